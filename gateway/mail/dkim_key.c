#include "mail/dkim_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/log.h"

struct dkim_key {
    EVP_PKEY *key; /* NULL: not yet read, or not readable */
    enum dkim_algorithm algorithm;
    char *path; /* still to be read; else NULL */
};

const char *dkim_algorithm_name(enum dkim_algorithm algorithm)
{
    static const char *const names[] = {
        [DKIM_ALGORITHM_RSA_SHA256] = "rsa-sha256",
        [DKIM_ALGORITHM_ED25519_SHA256] = "ed25519-sha256",
    };
    _Static_assert(sizeof names / sizeof *names == DKIM_ALGORITHM_COUNT,
                   "a word each");
    return names[algorithm];
}

static struct dkim_key *key_of(EVP_PKEY *pkey, enum dkim_algorithm algorithm)
{
    struct dkim_key *key = xmalloc(sizeof *key);
    *key = (struct dkim_key){.key = pkey, .algorithm = algorithm};
    return key;
}

/* Nobody is asked for a password. */
static int no_password(char *out, int size, int rwflag, void *ctx)
{
    (void)out, (void)size, (void)rwflag, (void)ctx;
    return -1;
}

/* RFC 8410 7: the bare octets in a PKCS #8. Read by hand, for OpenSSL's way of
 * finding out what a key is costs a hundred times as much, and a gateway signs
 * for many domains. NULL: another kind. */
static EVP_PKEY *read_ed25519(FILE *file)
{
    enum { HEAD_OCTETS = 2, KEY_OCTETS = 32 };
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long n = 0;
    EVP_PKEY *key = NULL;
    if (PEM_read(file, &name, &header, &der, &n) != 1)
        return NULL;
    const unsigned char *at = der, *octets;
    const ASN1_OBJECT *kind;
    int count;
    PKCS8_PRIV_KEY_INFO *info = strcmp(name, PEM_STRING_PKCS8INF) == 0
                                    ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, n)
                                    : NULL;
    if (info && PKCS8_pkey_get0(&kind, &octets, &count, NULL, info) == 1 &&
        OBJ_obj2nid(kind) == NID_ED25519 && count == HEAD_OCTETS + KEY_OCTETS &&
        octets[0] == 0x04 && octets[1] == KEY_OCTETS)
        key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
                                           octets + HEAD_OCTETS, KEY_OCTETS);
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, (size_t)n);
    return key;
}

enum status dkim_key_load(const char *path, struct dkim_key **out,
                          struct err *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set(err, ST_INVAL, "%s: %s", path, strerror(errno));
    EVP_PKEY *pkey = read_ed25519(file);
    if (!pkey) {
        rewind(file);
        pkey = PEM_read_PrivateKey(file, NULL, no_password, NULL);
    }
    fclose(file);
    ERR_clear_error();
    if (!pkey)
        return err_set(err, ST_INVAL,
                       "%s: no private key in PEM without password", path);
    int kind = EVP_PKEY_get_base_id(pkey);
    if (kind == EVP_PKEY_ED25519) {
        *out = key_of(pkey, DKIM_ALGORITHM_ED25519_SHA256);
        return ST_OK;
    }
    int bits = EVP_PKEY_get_bits(pkey);
    if (kind == EVP_PKEY_RSA && bits >= DKIM_RSA_BITS) {
        *out = key_of(pkey, DKIM_ALGORITHM_RSA_SHA256);
        return ST_OK;
    }
    EVP_PKEY_free(pkey);
    return err_set(err, ST_INVAL,
                   "%s: DKIM needs RSA of %d bits or more, or Ed25519", path,
                   DKIM_RSA_BITS);
}

struct dkim_key *dkim_key_later(const char *path)
{
    struct dkim_key *key = xcalloc(1, sizeof *key);
    key->path = xstrdup(path);
    return key;
}

/* false: there is no key. */
static bool is_read(struct dkim_key *key)
{
    struct dkim_key *read;
    struct err err;
    if (!key->path)
        return key->key != NULL;
    if (dkim_key_load(key->path, &read, &err) == ST_OK) {
        key->key = read->key;
        key->algorithm = read->algorithm;
        free(read);
    } else {
        log_error("mail", "key not usable", "error=%s", err.text);
    }
    free(key->path);
    key->path = NULL;
    return key->key != NULL;
}

struct dkim_key *dkim_key_generate(enum dkim_algorithm algorithm)
{
    EVP_PKEY *pkey =
        algorithm == DKIM_ALGORITHM_RSA_SHA256
            ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)DKIM_RSA_BITS)
            : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!pkey)
        BUG("no key");
    return key_of(pkey, algorithm);
}

enum status dkim_key_write(const struct dkim_key *key, const char *path,
                           struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file) {
        enum status status =
            err_set(err, ST_INVAL, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return status;
    }
    bool good = PEM_write_PKCS8PrivateKey(file, key->key, NULL, NULL, 0, NULL,
                                          NULL) == 1;
    good = fclose(file) == 0 && good;
    return good ? ST_OK : err_set(err, ST_INVAL, "%s: cannot be written", path);
}

void dkim_key_destroy(struct dkim_key **key)
{
    if (!*key)
        return;
    EVP_PKEY_free((*key)->key);
    free((*key)->path);
    free(*key);
    *key = NULL;
}

enum dkim_algorithm dkim_key_algorithm(const struct dkim_key *key)
{
    return key->algorithm;
}

unsigned dkim_key_bits(const struct dkim_key *key)
{
    return (unsigned)EVP_PKEY_get_bits(key->key);
}

static struct slice der_of(struct arena *arena, const struct dkim_key *key,
                           int (*encode)(const EVP_PKEY *, unsigned char **))
{
    unsigned char *der = NULL;
    int n = encode(key->key, &der);
    if (n <= 0)
        BUG("a key without public part");
    struct slice out =
        arena_slice(arena, (struct slice){(const char *)der, (size_t)n});
    OPENSSL_free(der);
    return out;
}

static struct slice public_of(struct arena *arena, const struct dkim_key *key)
{
    if (key->algorithm == DKIM_ALGORITHM_RSA_SHA256)
        return der_of(arena, key, i2d_PUBKEY);
    unsigned char raw[64];
    size_t n = sizeof raw;
    if (EVP_PKEY_get_raw_public_key(key->key, raw, &n) != 1)
        BUG("a key without public part");
    return arena_slice(arena, (struct slice){(const char *)raw, n});
}

char *dkim_key_record(struct arena *arena, const struct dkim_key *key)
{
    return arena_printf(arena, "v=DKIM1; k=%s; p=%s",
                        key->algorithm == DKIM_ALGORITHM_RSA_SHA256 ? "rsa"
                                                                    : "ed25519",
                        base64_encode(arena, public_of(arena, key)));
}

static bool is_same(struct arena *arena, const struct dkim_key *key,
                    const struct dkim_record *record)
{
    if (record->algorithm != key->algorithm)
        return false;
    if (slice_eq(record->key, public_of(arena, key)))
        return true;
    return key->algorithm == DKIM_ALGORITHM_RSA_SHA256 &&
           slice_eq(record->key, der_of(arena, key, i2d_PublicKey));
}

static enum dkim_published judge(struct arena *arena,
                                 const struct dkim_key *key, struct slice text)
{
    struct dkim_record record;
    if (!dkim_record_parse(arena, text, &record))
        return DKIM_PUBLISHED_INVALID;
    if (record.is_revoked)
        return DKIM_PUBLISHED_REVOKED;
    return is_same(arena, key, &record) ? DKIM_PUBLISHED_GOOD
                                        : DKIM_PUBLISHED_OTHER;
}

enum dkim_published dkim_key_published(struct dkim_key *key,
                                       const struct slice *texts, size_t count)
{
    const struct slice *found = NULL;
    if (!is_read(key))
        return DKIM_PUBLISHED_NO_KEY;
    for (size_t i = 0; i < count; i++) {
        if (!dkim_record_is(texts[i]))
            continue;
        if (found)
            return DKIM_PUBLISHED_TWICE;
        found = &texts[i];
    }
    if (!found)
        return count ? DKIM_PUBLISHED_INVALID : DKIM_PUBLISHED_NONE;
    struct arena *arena = arena_create();
    enum dkim_published answer = judge(arena, key, *found);
    arena_destroy(&arena);
    return answer;
}

static struct slice sign_rsa(struct arena *arena, EVP_PKEY *pkey,
                             const unsigned char *hash)
{
    size_t n = (size_t)EVP_PKEY_get_size(pkey);
    unsigned char *out = arena_alloc(arena, n);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    if (!ctx || EVP_PKEY_sign_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
        EVP_PKEY_sign(ctx, out, &n, hash, DKIM_HASH_BYTES) != 1)
        BUG("RSA does not sign");
    EVP_PKEY_CTX_free(ctx);
    return (struct slice){(const char *)out, n};
}

static struct slice sign_ed25519(struct arena *arena, EVP_PKEY *pkey,
                                 const unsigned char *hash)
{
    size_t n = 64;
    unsigned char *out = arena_alloc(arena, n);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) != 1 ||
        EVP_DigestSign(ctx, out, &n, hash, DKIM_HASH_BYTES) != 1)
        BUG("Ed25519 does not sign");
    EVP_MD_CTX_free(ctx);
    return (struct slice){(const char *)out, n};
}

struct slice dkim_key_sign(struct arena *arena, const struct dkim_key *key,
                           const unsigned char hash[DKIM_HASH_BYTES])
{
    return key->algorithm == DKIM_ALGORITHM_RSA_SHA256
               ? sign_rsa(arena, key->key, hash)
               : sign_ed25519(arena, key->key, hash);
}

struct dkim_ring dkim_ring_find(struct arena *arena,
                                const struct dkim_ring *ring,
                                const char *domain)
{
    struct dkim_selector *found =
        arena_alloc(arena, (ring->count + 1) * sizeof *found);
    size_t count = 0;
    for (size_t i = 0; i < ring->count; i++)
        if (strcasecmp(ring->selectors[i].domain, domain) == 0)
            found[count++] = ring->selectors[i];
    return (struct dkim_ring){found, count};
}
