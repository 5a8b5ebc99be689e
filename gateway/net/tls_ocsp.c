/* A stapled OCSP response (RFC 6066 8, RFC 6960). Nothing is fetched: without
 * one, or with one that proves nothing, revocation is not checked
 * (TRANSPORT-2). A revocation counts whatever the response's age. */
#include "net/tls_internal.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

static OCSP_BASICRESP *stapled(SSL *ssl)
{
    const unsigned char *p = NULL;
    long n = SSL_get_tlsext_status_ocsp_resp(ssl, &p);
    if (n <= 0 || !p)
        return NULL;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, n);
    OCSP_BASICRESP *basic = NULL;
    if (response &&
        OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        basic = OCSP_response_get1_basic(response);
    OCSP_RESPONSE_free(response);
    return basic;
}

static X509 *issuer_of(X509 *leaf, STACK_OF(X509) * chain)
{
    for (int i = 1; i < sk_X509_num(chain); i++)
        if (X509_check_issued(sk_X509_value(chain, i), leaf) == X509_V_OK)
            return sk_X509_value(chain, i);
    return NULL;
}

static bool says_revoked(OCSP_BASICRESP *basic, X509 *leaf, X509 *issuer)
{
    int status = V_OCSP_CERTSTATUS_UNKNOWN;
    /* The digest that the response names its certificate with. */
    const EVP_MD *const digests[] = {EVP_sha1(), EVP_sha256()};
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        OCSP_CERTID *id = OCSP_cert_to_id(digests[i], leaf, issuer);
        bool found = id && OCSP_resp_find_status(basic, id, &status, NULL, NULL,
                                                 NULL, NULL) == 1;
        OCSP_CERTID_free(id);
        if (found)
            return status == V_OCSP_CERTSTATUS_REVOKED;
    }
    return false;
}

bool tls_ocsp_revoked(SSL *ssl, X509 *leaf, STACK_OF(X509) * chain,
                      X509_STORE *roots)
{
    OCSP_BASICRESP *basic = stapled(ssl);
    X509 *issuer = basic ? issuer_of(leaf, chain) : NULL;
    bool revoked =
        issuer && says_revoked(basic, leaf, issuer) &&
        OCSP_basic_verify(basic, chain, roots, OCSP_PARTIAL_CHAIN) == 1;
    OCSP_BASICRESP_free(basic);
    ERR_clear_error();
    return revoked;
}
