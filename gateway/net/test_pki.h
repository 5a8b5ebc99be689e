/* test_pki - certificates made on the spot, for the tests of net. */
#ifndef NET_TEST_PKI_H
#define NET_TEST_PKI_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct pki_identity {
    EVP_PKEY *key;
    X509 *certificate;
};

struct pki_wish {
    const char *common_name;
    const char *alt_name; /* "DNS:mx.example"; NULL: none */
    const char *key;      /* "P-256" (NULL), "P-224", "rsa1024" */
    const EVP_MD *digest; /* NULL: SHA-256 */
    long from_s, to_s;    /* relative to now; both 0: around now */
    bool is_ca;
    const struct pki_identity *issuer; /* NULL: self-signed */
};

static inline void pki_extend(X509 *certificate, X509 *issuer, int nid,
                              const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    if (!ext || !X509_add_ext(certificate, ext, -1))
        BUG("extension %s", value);
    X509_EXTENSION_free(ext);
}

static inline struct pki_identity pki_make(struct pki_wish wish)
{
    static long serial = 1;
    const char *kind = wish.key ? wish.key : "P-256";
    struct pki_identity made = {strcmp(kind, "rsa1024") == 0 ? EVP_RSA_gen(1024)
                                                             : EVP_EC_gen(kind),
                                X509_new()};
    X509 *c = made.certificate;
    X509 *issuer = wish.issuer ? wish.issuer->certificate : c;
    if (!wish.from_s && !wish.to_s) {
        wish.from_s = -86400;
        wish.to_s = 86400;
    }
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), serial++);
    X509_gmtime_adj(X509_getm_notBefore(c), wish.from_s);
    X509_gmtime_adj(X509_getm_notAfter(c), wish.to_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
                               (const unsigned char *)wish.common_name, -1, -1,
                               0);
    X509_set_issuer_name(c, X509_get_subject_name(issuer));
    X509_set_pubkey(c, made.key);
    if (wish.is_ca)
        pki_extend(c, issuer, NID_basic_constraints, "critical,CA:TRUE");
    if (wish.alt_name)
        pki_extend(c, issuer, NID_subject_alt_name, wish.alt_name);
    if (!X509_sign(c, wish.issuer ? wish.issuer->key : made.key,
                   wish.digest ? wish.digest : EVP_sha256()))
        BUG("sign");
    return made;
}

static inline void pki_free(struct pki_identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
    *identity = (struct pki_identity){0};
}

/* The file holds the certificates, leaf first. */
static inline void pki_write(const char *path, X509 *first, X509 *second)
{
    FILE *f = fopen(path, "w");
    if (!f || !PEM_write_X509(f, first) ||
        (second && !PEM_write_X509(f, second)))
        BUG("write %s", path);
    fclose(f);
}

static inline void pki_write_key(const char *path, EVP_PKEY *key)
{
    FILE *f = fopen(path, "w");
    if (!f || !PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL))
        BUG("write %s", path);
    fclose(f);
}

#endif
