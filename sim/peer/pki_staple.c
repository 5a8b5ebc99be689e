#include "peer/pki_staple.h"

#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/alloc.h"

enum { DAY_S = 86400 };

static ASN1_TIME *time_of(int64_t second)
{
    return ASN1_GENERALIZEDTIME_set(NULL, second);
}

char *pki_staple_revoked(X509 *leaf, X509 *issuer, EVP_PKEY *issuer_key,
                         int64_t from_s, int64_t until_s, struct slice *out)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf, issuer);
    ASN1_TIME *revoked = time_of(from_s - DAY_S), *from = time_of(from_s),
              *until = time_of(until_s);
    OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_REVOKED,
                           OCSP_REVOKED_STATUS_KEYCOMPROMISE, revoked, from,
                           until);
    if (OCSP_basic_sign(basic, issuer, issuer_key, EVP_sha256(), NULL,
                        OCSP_NOCERTS) != 1)
        BUG("no OCSP response");
    OCSP_RESPONSE *response =
        OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char *der = NULL;
    int n = i2d_OCSP_RESPONSE(response, &der);
    if (n <= 0)
        BUG("no OCSP response");
    char *octets = xmalloc((size_t)n);
    memcpy(octets, der, (size_t)n);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(revoked);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    *out = (struct slice){octets, (size_t)n};
    return octets;
}

static int on_status(SSL *ssl, void *ctx)
{
    const struct slice *response = ctx;
    unsigned char *copy = OPENSSL_memdup(response->p, response->n);
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)response->n);
    return SSL_TLSEXT_ERR_OK;
}

void pki_staple_serve(SSL_CTX *context, const struct slice *response)
{
    union {
        const void *in;
        void *out;
    } ctx = {.in = response};
    SSL_CTX_set_tlsext_status_cb(context, on_status);
    SSL_CTX_set_tlsext_status_arg(context, ctx.out);
}
