#include "peer/tls.h"

#include <openssl/ssl.h>
#include <string.h>

#include "base/status.h"

static const struct {
    const char *name;
    int version;
} versions[] = {
    {"1.0", TLS1_VERSION},
    {"1.1", TLS1_1_VERSION},
    {"1.2", TLS1_2_VERSION},
    {"1.3", TLS1_3_VERSION},
};
enum { VERSION_COUNT = sizeof versions / sizeof *versions };

static int version_of(const char *text, size_t n)
{
    for (size_t i = 0; i < VERSION_COUNT; i++)
        if (strlen(versions[i].name) == n && !memcmp(text, versions[i].name, n))
            return versions[i].version;
    return 0;
}

bool tls_range_parse(const char *text, struct tls_range *out)
{
    *out = (struct tls_range){0, 0, false};
    if (!strcmp(text, "any"))
        return true;
    size_t n = strcspn(text, "-");
    out->lowest = version_of(text, n);
    const char *highest = text[n] ? text + n + 1 : text;
    out->highest = version_of(highest, text[n] ? strlen(highest) : n);
    return out->lowest && out->highest && out->lowest <= out->highest;
}

const char *tls_version_name(int version)
{
    for (size_t i = 0; i < VERSION_COUNT; i++)
        if (versions[i].version == version)
            return versions[i].name;
    return "?";
}

const char *tls_connection_version(const SSL *ssl)
{
    return tls_version_name(SSL_version(ssl));
}

void tls_context_pin(SSL_CTX *context, struct tls_range range)
{
    int lowest = range.lowest ? range.lowest : TLS1_VERSION;
    SSL_CTX_set_min_proto_version(context, lowest);
    SSL_CTX_set_max_proto_version(context, range.highest);
    SSL_CTX_set_cipher_list(context, range.has_legacy_ciphers
                                         ? "ECDHE+AES+SHA1:@SECLEVEL=0"
                                         : "DEFAULT:@SECLEVEL=0");
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

SSL_CTX *tls_client_create(struct tls_range range)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context)
        BUG("no TLS context");
    tls_context_pin(context, range);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    return context;
}

void tls_context_destroy(SSL_CTX **context)
{
    SSL_CTX_free(*context);
    *context = NULL;
}
