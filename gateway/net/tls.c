#include "net/tls_internal.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* The security level is 0 on both sides: a weak certificate of a server shall
 * be met and told, not hidden behind a failed handshake, and our own may be a
 * bad one on purpose (CONN-1). What is offered is chosen here instead. */
static const char server_suites[] =
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:@SECLEVEL=0";
static const char any_suites[] =
    "DEFAULT:!aNULL:!eNULL:!MD5:!PSK:!SRP:@SECLEVEL=0";
static const char rfc9325_suites[] = /* RFC 9325 4.2 */
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0";
/* Not const: OpenSSL's macros cast it away. */
static char signatures[] =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
    "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";

struct tls_server {
    SSL_CTX *ctx;
};

struct tls_client {
    SSL_CTX *ctx;
};

/* The newest protocol version of a client hello: RFC 8446 4.2.1, else the
 * legacy field. */
static unsigned offered_version(SSL *ssl)
{
    const unsigned char *p;
    size_t n;
    unsigned newest = 0;
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &p, &n))
        return SSL_client_hello_get0_legacy_version(ssl);
    for (size_t i = 1; i + 1 < n; i += 2) {
        unsigned version = (unsigned)p[i] << 8 | p[i + 1];
        if (version >= SSL3_VERSION && version <= TLS1_3_VERSION &&
            version > newest)
            newest = version;
    }
    return newest;
}

static int on_hello(SSL *ssl, int *alert, void *ctx)
{
    struct tls_facts *facts = SSL_get_app_data(ssl);
    unsigned version = offered_version(ssl);
    (void)alert;
    (void)ctx;
    if (version >= TLS1_VERSION && version <= TLS1_3_VERSION)
        snprintf(facts->offered_version, sizeof facts->offered_version, "1.%u",
                 version - TLS1_VERSION);
    else
        snprintf(facts->offered_version, sizeof facts->offered_version, "ssl3");
    return SSL_CLIENT_HELLO_SUCCESS;
}

static SSL_CTX *context(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx)
        BUG("no TLS context");
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
                              SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_set1_sigalgs_list(ctx, signatures) != 1)
        BUG("signature algorithms");
    return ctx;
}

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_error());
    return text ? text : "unknown fault";
}

enum status tls_server_create(const char *chain_file, const char *key_file,
                              struct tls_server **out, struct err *err)
{
    SSL_CTX *ctx = context(TLS_server_method());
    enum status status = ST_OK;
    ERR_clear_error();
    if (SSL_CTX_set_cipher_list(ctx, server_suites) != 1)
        BUG("server suites");
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_options(ctx,
                        SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
    if (SSL_CTX_use_certificate_chain_file(ctx, chain_file) != 1)
        status = err_set(err, ST_INVAL, "%s: no certificate chain in PEM: %s",
                         chain_file, reason());
    else if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
        status =
            err_set(err, ST_INVAL, "%s: no private key in PEM that fits %s: %s",
                    key_file, chain_file, reason());
    ERR_clear_error();
    if (status != ST_OK) {
        SSL_CTX_free(ctx);
        return status;
    }
    *out = xcalloc(1, sizeof **out);
    (*out)->ctx = ctx;
    return ST_OK;
}

enum status tls_server_reload(struct tls_server *server, const char *chain_file,
                              const char *key_file, struct err *err)
{
    struct tls_server *fresh;
    enum status status = tls_server_create(chain_file, key_file, &fresh, err);
    if (status != ST_OK)
        return status;
    SSL_CTX *old = server->ctx;
    server->ctx = fresh->ctx;
    fresh->ctx = old; /* sessions hold on to it */
    tls_server_destroy(&fresh);
    return ST_OK;
}

void tls_server_destroy(struct tls_server **server)
{
    if (!*server)
        return;
    SSL_CTX_free((*server)->ctx);
    free(*server);
    *server = NULL;
}

enum status tls_client_create(const char *trust_file, struct tls_client **out,
                              struct err *err)
{
    SSL_CTX *ctx = context(TLS_client_method());
    ERR_clear_error();
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    if (SSL_CTX_dane_enable(ctx) != 1)
        BUG("DANE");
    int ok = trust_file ? SSL_CTX_load_verify_file(ctx, trust_file)
                        : SSL_CTX_set_default_verify_paths(ctx);
    if (ok != 1) {
        enum status status =
            err_set(err, ST_INVAL, "%s: no trusted roots: %s",
                    trust_file ? trust_file : "system", reason());
        ERR_clear_error();
        SSL_CTX_free(ctx);
        return status;
    }
    *out = xcalloc(1, sizeof **out);
    (*out)->ctx = ctx;
    return ST_OK;
}

void tls_client_destroy(struct tls_client **client)
{
    if (!*client)
        return;
    SSL_CTX_free((*client)->ctx);
    free(*client);
    *client = NULL;
}

SSL *tls_server_session(struct tls_server *server, struct tls_facts *facts)
{
    SSL *ssl = SSL_new(server->ctx);
    if (!ssl)
        BUG("no TLS session");
    SSL_set_app_data(ssl, facts);
    SSL_set_accept_state(ssl);
    return ssl;
}

SSL *tls_client_session(struct tls_client *client,
                        const struct tls_client_options *options, int64_t now_s,
                        struct tls_facts *facts)
{
    SSL *ssl = SSL_new(client->ctx);
    const char *suites =
        options->rfc9325_suites_only ? rfc9325_suites : any_suites;
    if (!ssl || SSL_set_cipher_list(ssl, suites) != 1)
        BUG("no TLS session");
    (void)SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
    /* RFC 7672 8.1: the server chooses its chain by the TLSA base domain.
     * A name that is none (over 255 octets) goes without SNI. */
    char *name =
        xstrdup(options->tlsa_count ? options->dane_names[0] : options->host);
    if (SSL_set_tlsext_host_name(ssl, name) != 1)
        ERR_clear_error();
    free(name);
    tls_dane_apply(ssl, options, now_s, facts);
    SSL_set_connect_state(ssl);
    return ssl;
}

/* Whether the suite agreed on is one that RFC 9325 4.2 recommends. */
static bool is_rfc9325(SSL *ssl)
{
    const char *name = SSL_get_cipher(ssl);
    size_t n = strlen(name);
    if (SSL_version(ssl) >= TLS1_3_VERSION)
        return true;
    for (const char *at = strstr(rfc9325_suites, name); at;
         at = strstr(at + 1, name))
        if (at[n] == ':')
            return true;
    return false;
}

void tls_note_success(SSL *ssl, const char *host, int64_t now_s,
                      struct tls_facts *facts)
{
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    int version = SSL_version(ssl);
    snprintf(facts->version, sizeof facts->version, "1.%u",
             (unsigned)(version - TLS1_VERSION) % 10);
    snprintf(facts->cipher, sizeof facts->cipher, "%s", SSL_get_cipher(ssl));
    snprintf(facts->sni, sizeof facts->sni, "%s", sni ? sni : "");
    if (!host)
        return;
    facts->rfc9325 = is_rfc9325(ssl);
    tls_dane_note(ssl, facts);
    tls_verify(ssl, SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), host, now_s,
               facts);
}

void tls_note_failure(struct tls_facts *facts)
{
    unsigned long code = ERR_peek_error();
    int why = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    snprintf(facts->error, sizeof facts->error, "%s",
             code ? reason() : "closed in the handshake");
    facts->version_refused =
        why == SSL_R_UNSUPPORTED_PROTOCOL || why == SSL_R_VERSION_TOO_LOW;
    ERR_clear_error();
}
