/* pki_mint - making one key or one certificate; what pki.h is built from. */
#ifndef PEER_PKI_MINT_H
#define PEER_PKI_MINT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

struct pki_mint {
    const char *common_name;
    const char *names; /* "DNS:a.example,DNS:b.example"; NULL: none */
    bool is_authority;
    bool is_sha1;   /* else SHA-256 */
    bool is_client; /* for clients alone, not for servers */
    int64_t from_s;
    int64_t until_s;
    EVP_PKEY *key;
    X509 *issuer; /* NULL: self-signed */
    EVP_PKEY *issuer_key;
};

/* owner: caller, by X509_free(). */
X509 *pki_mint(const struct pki_mint *mint);
/* owner: caller, by EVP_PKEY_free(). */
EVP_PKEY *pki_mint_ec_key(void);
EVP_PKEY *pki_mint_weak_key(void);

/* owner: caller, by free(). */
char *pki_mint_certificate_pem(X509 *certificate);
char *pki_mint_key_pem(EVP_PKEY *key);

#endif
