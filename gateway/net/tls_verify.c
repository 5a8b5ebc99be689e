/* What a server's certificate is worth (TRANSPORT-2). Done after the handshake
 * and at the wall time given, because nothing here may break a connection off:
 * a notification goes over TLS to a bad certificate all the same. */
#include "net/tls_internal.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { RSA_BITS = 2048, EC_BITS = 256, SHA256_SECURITY_BITS = 128 };

struct findings {
    bool expired, not_yet_valid, self_signed, untrusted;
};

const char *tls_fault_name(enum tls_fault fault)
{
    static const char *const names[] = {
        "none",    "no certificate", "self-signed", "untrusted issuer",
        "expired", "not yet valid",  "wrong host",  "weak key",
        "revoked"};
    _Static_assert(sizeof names / sizeof *names == TLS_FAULT_COUNT,
                   "fault names");
    return names[fault];
}

/* Collects every fault of the chain instead of stopping at the first. */
static int on_verify(int ok, X509_STORE_CTX *ctx)
{
    struct findings *found = X509_STORE_CTX_get_app_data(ctx);
    if (ok)
        return 1;
    switch (X509_STORE_CTX_get_error(ctx)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        found->expired = true;
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        found->not_yet_valid = true;
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        found->self_signed = true;
        break;
    default:
        found->untrusted = true;
    }
    return 1;
}

static bool is_strong_key(X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (!key)
        return false;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return EVP_PKEY_get_bits(key) >= RSA_BITS;
    case EVP_PKEY_EC:
        return EVP_PKEY_get_bits(key) >= EC_BITS;
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
        return true;
    default:
        return false;
    }
}

static bool is_strong_signature(X509 *certificate)
{
    int bits;
    return X509_get_signature_info(certificate, NULL, NULL, &bits, NULL) == 1 &&
           bits >= SHA256_SECURITY_BITS;
}

static void judge_strength(STACK_OF(X509) * chain, struct tls_facts *facts)
{
    int n = sk_X509_num(chain);
    facts->key_ok = facts->signature_ok = n > 0;
    for (int i = 0; i < n; i++) {
        X509 *certificate = sk_X509_value(chain, i);
        /* Nobody relies on the signature that a root gives itself. */
        bool is_root =
            i == n - 1 && X509_get_extension_flags(certificate) & EXFLAG_SS;
        if (!is_strong_key(certificate))
            facts->key_ok = false;
        if (!is_root && !is_strong_signature(certificate))
            facts->signature_ok = false;
    }
}

/* subjectAltName alone; a wildcard is the whole first label. */
static bool is_for_host(X509 *leaf, const char *host)
{
    unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                     X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    return *host && X509_check_host(leaf, host, strlen(host), flags, NULL) == 1;
}

static enum tls_fault first_fault(const struct tls_facts *facts)
{
    if (!facts->has_certificate)
        return TLS_FAULT_NO_CERTIFICATE;
    if (facts->self_signed)
        return TLS_FAULT_SELF_SIGNED;
    if (!facts->chain_ok)
        return TLS_FAULT_UNTRUSTED;
    if (facts->expired)
        return TLS_FAULT_EXPIRED;
    if (facts->not_yet_valid)
        return TLS_FAULT_NOT_YET_VALID;
    if (!facts->not_revoked)
        return TLS_FAULT_REVOKED;
    if (!facts->name_ok)
        return TLS_FAULT_WRONG_HOST;
    if (!facts->key_ok || !facts->signature_ok)
        return TLS_FAULT_WEAK_KEY;
    return TLS_FAULT_NONE;
}

static void judge_chain(X509_STORE_CTX *ctx, SSL *ssl, struct tls_facts *facts)
{
    struct findings found = {0};
    X509_STORE_CTX_set_app_data(ctx, &found);
    X509_STORE_CTX_set_verify_cb(ctx, on_verify);
    if (X509_verify_cert(ctx) != 1)
        found.untrusted = true;
    facts->expired = found.expired;
    facts->not_yet_valid = found.not_yet_valid;
    facts->self_signed = found.self_signed;
    facts->chain_ok = !found.self_signed && !found.untrusted;
    facts->in_time = !found.expired && !found.not_yet_valid;
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    if (!chain)
        return;
    judge_strength(chain, facts);
    facts->not_revoked =
        !tls_ocsp_revoked(ssl, X509_STORE_CTX_get0_cert(ctx), chain,
                          X509_STORE_CTX_get0_store(ctx));
}

void tls_verify(SSL *ssl, X509_STORE *roots, const char *host, int64_t now_s,
                struct tls_facts *facts)
{
    X509 *leaf = SSL_get0_peer_certificate(ssl);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    facts->has_certificate = leaf != NULL;
    facts->not_revoked = true;
    if (leaf && ctx &&
        X509_STORE_CTX_init(ctx, roots, leaf, SSL_get_peer_cert_chain(ssl))) {
        X509_STORE_CTX_set_default(ctx, "ssl_server");
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
        X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
        X509_VERIFY_PARAM_set_auth_level(param, 0); /* judged above */
        judge_chain(ctx, ssl, facts);
        facts->name_ok = is_for_host(leaf, host);
    }
    X509_STORE_CTX_free(ctx);
    facts->fault = first_fault(facts);
    facts->pkix = facts->fault == TLS_FAULT_NONE;
}
