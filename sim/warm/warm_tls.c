/* One key, one certificate and one handshake with oneself. All of OpenSSL is
 * weak here: the program brings it, or brings an older one, or none. */
#include "warm_tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#pragma weak ASN1_INTEGER_set
#pragma weak BIO_free
#pragma weak BIO_new
#pragma weak BIO_new_bio_pair
#pragma weak BIO_s_mem
#pragma weak CRYPTO_free
#pragma weak ERR_clear_error
#pragma weak EVP_PKEY_Q_keygen
#pragma weak EVP_PKEY_free
#pragma weak EVP_sha256
#pragma weak PEM_read_bio_PrivateKey
#pragma weak PEM_read_bio_X509
#pragma weak PEM_write_bio_PrivateKey
#pragma weak PEM_write_bio_X509
#pragma weak SSL_CTX_free
#pragma weak SSL_CTX_new
#pragma weak SSL_CTX_use_PrivateKey
#pragma weak SSL_CTX_use_certificate
#pragma weak SSL_do_handshake
#pragma weak SSL_free
#pragma weak SSL_new
#pragma weak SSL_set_accept_state
#pragma weak SSL_set_bio
#pragma weak SSL_set_connect_state
#pragma weak TLS_client_method
#pragma weak TLS_server_method
#pragma weak X509_free
#pragma weak X509_get_serialNumber
#pragma weak X509_getm_notAfter
#pragma weak X509_getm_notBefore
#pragma weak X509_gmtime_adj
#pragma weak X509_new
#pragma weak X509_set_pubkey
#pragma weak X509_sign
#pragma weak i2d_PUBKEY

enum { DAY_S = 86400, TURNS_MOST = 16 };

static X509 *mint(EVP_PKEY *key)
{
    X509 *x = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), DAY_S);
    X509_set_pubkey(x, key);
    X509_sign(x, key, EVP_sha256());
    return x;
}

/* Encoders and decoders: out as PEM and in again. */
static void warm_files(EVP_PKEY *key, X509 *certificate)
{
    BIO *file = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    PEM_write_bio_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    PEM_write_bio_X509(file, certificate);
    EVP_PKEY_free(PEM_read_bio_PrivateKey(file, NULL, NULL, NULL));
    X509_free(PEM_read_bio_X509(file, NULL, NULL, NULL));
    BIO_free(file);
    if (i2d_PUBKEY(key, &der) > 0)
        OPENSSL_free(der);
}

static void shake(SSL *server, SSL *client)
{
    BIO *ends[2];
    if (BIO_new_bio_pair(&ends[0], 0, &ends[1], 0) != 1)
        return;
    SSL_set_bio(server, ends[0], ends[0]);
    SSL_set_bio(client, ends[1], ends[1]);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    for (int i = 0; i < TURNS_MOST; i++) {
        int c = SSL_do_handshake(client), s = SSL_do_handshake(server);
        if (c == 1 && s == 1)
            return;
    }
}

static void warm_handshake(EVP_PKEY *key, X509 *certificate)
{
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());
    SSL_CTX *client = SSL_CTX_new(TLS_client_method());
    if (server && client && SSL_CTX_use_certificate(server, certificate) == 1 &&
        SSL_CTX_use_PrivateKey(server, key) == 1) {
        SSL *one = SSL_new(server), *other = SSL_new(client);
        shake(one, other);
        SSL_free(one);
        SSL_free(other);
    }
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

void warm_tls(void)
{
    if (!EVP_PKEY_Q_keygen || !SSL_CTX_new) /* 3.0 and later */
        return;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *certificate = key ? mint(key) : NULL;
    if (certificate) {
        warm_files(key, certificate);
        warm_handshake(key, certificate);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
}
