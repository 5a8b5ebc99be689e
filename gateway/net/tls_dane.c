/* TLSA records on an outgoing handshake (RFC 7672). OpenSSL matches them; what
 * it takes as "no usable record" it answers by trusting the roots instead, so
 * the verify result alone says nothing: a match has an authority too. */
#include "net/tls_internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

void tls_dane_apply(SSL *ssl, const struct tls_client_options *options,
                    int64_t now_s, struct tls_facts *facts)
{
    facts->dane = TLS_DANE_NONE;
    if (options->tlsa_count == 0)
        return;
    facts->dane = TLS_DANE_UNUSABLE;
    if (SSL_dane_enable(ssl, options->dane_names[0]) != 1) {
        facts->dane = TLS_DANE_MISMATCH; /* no name to bind to */
        ERR_clear_error();
        return;
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    for (size_t i = 1; i < TLS_DANE_NAMES && options->dane_names[i]; i++)
        (void)SSL_add1_host(ssl, options->dane_names[i]);
    X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), (time_t)now_s);
    for (size_t i = 0; i < options->tlsa_count; i++) {
        const struct tls_tlsa *t = &options->tlsa[i];
        if (SSL_dane_tlsa_add(ssl, (uint8_t)t->usage, (uint8_t)t->selector,
                              (uint8_t)t->matching,
                              (const unsigned char *)t->data.p, t->data.n) == 1)
            facts->dane = TLS_DANE_MISMATCH;
    }
    ERR_clear_error();
}

void tls_dane_note(SSL *ssl, struct tls_facts *facts)
{
    if (facts->dane == TLS_DANE_MISMATCH &&
        SSL_get_verify_result(ssl) == X509_V_OK &&
        SSL_get0_dane_authority(ssl, NULL, NULL) >= 0)
        facts->dane = TLS_DANE_MATCH;
}
