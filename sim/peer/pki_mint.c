#include "peer/pki_mint.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/random.h"

static void add_extension(X509 *certificate, X509 *issuer, int nid,
                          const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (!extension)
        BUG("no certificate extension from '%s'", value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static void set_serial(X509 *certificate)
{
    unsigned char octets[16];
    random_bytes(octets, sizeof octets);
    octets[0] = (octets[0] & 0x3f) | 0x40; /* positive, of a fixed length */
    BIGNUM *number = BN_bin2bn(octets, sizeof octets, NULL);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
}

static void set_name(X509 *certificate, const char *common_name)
{
    X509_NAME *name = X509_NAME_new();
    /* The standard's upper bound for a common name is 64 characters. */
    struct slice text = slice_of(common_name);
    if (text.n > 64)
        text.n = 64;
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *)text.p, (int)text.n, -1,
                               0);
    X509_set_subject_name(certificate, name);
    X509_NAME_free(name);
}

static void set_validity(X509 *certificate, int64_t from_s, int64_t until_s)
{
    ASN1_TIME *time = ASN1_TIME_new();
    ASN1_TIME_set(time, from_s);
    X509_set1_notBefore(certificate, time);
    ASN1_TIME_set(time, until_s);
    X509_set1_notAfter(certificate, time);
    ASN1_TIME_free(time);
}

X509 *pki_mint(const struct pki_mint *mint)
{
    X509 *c = X509_new();
    X509 *issuer = mint->issuer ? mint->issuer : c;
    X509_set_version(c, 2);
    set_serial(c);
    set_name(c, mint->common_name);
    X509_set_issuer_name(c, X509_get_subject_name(issuer));
    set_validity(c, mint->from_s, mint->until_s);
    X509_set_pubkey(c, mint->key);
    if (mint->is_authority) {
        add_extension(c, issuer, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(c, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        add_extension(c, issuer, NID_basic_constraints, "critical,CA:FALSE");
        add_extension(c, issuer, NID_key_usage, "critical,digitalSignature");
        add_extension(c, issuer, NID_ext_key_usage,
                      mint->is_client ? "clientAuth" : "serverAuth");
    }
    add_extension(c, issuer, NID_subject_key_identifier, "hash");
    if (mint->issuer)
        add_extension(c, issuer, NID_authority_key_identifier, "keyid:always");
    if (mint->names)
        add_extension(c, issuer, NID_subject_alt_name, mint->names);
    EVP_PKEY *signer = mint->issuer ? mint->issuer_key : mint->key;
    if (!X509_sign(c, signer, mint->is_sha1 ? EVP_sha1() : EVP_sha256()))
        BUG("cannot sign a certificate for %s", mint->common_name);
    return c;
}

EVP_PKEY *pki_mint_ec_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (!key)
        BUG("no P-256 key");
    return key;
}

EVP_PKEY *pki_mint_weak_key(void)
{
    EVP_PKEY *key = EVP_RSA_gen(1024);
    if (!key)
        BUG("no RSA key");
    return key;
}

static char *text_of(BIO *bio)
{
    char *octets;
    long n = BIO_get_mem_data(bio, &octets);
    char *text = xasprintf("%.*s", (int)n, octets);
    BIO_free(bio);
    return text;
}

char *pki_mint_certificate_pem(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    return text_of(bio);
}

char *pki_mint_key_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    return text_of(bio);
}
