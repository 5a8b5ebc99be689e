/* Key records: parsed, compared with a key, and used to verify. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "address/taglist.h"
#include "base/base64.h"
#include "mail/dkim_key.h"

bool dkim_unfold_base64(struct arena *arena, struct slice text,
                        struct slice *out)
{
    char *packed = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (!memchr(" \t\r\n", text.p[i], 4))
            packed[n++] = text.p[i];
    return base64_decode(arena, (struct slice){packed, n}, out) == ST_OK;
}

/* Whether a colon-separated list has the word, or "*". */
static bool lists(struct slice list, const char *word)
{
    while (list.n) {
        struct slice item = slice_trim(slice_cut(&list, ':'));
        if (slice_is_nocase(item, word) || slice_is(item, "*"))
            return true;
    }
    return false;
}

static bool lists_flag(struct slice list, const char *flag)
{
    while (list.n)
        if (slice_is(slice_trim(slice_cut(&list, ':')), flag))
            return true;
    return false;
}

bool dkim_record_is(struct slice text)
{
    struct taglist list;
    struct slice value;
    return taglist_parse(text, &list) && taglist_find(&list, "p", &value);
}

static bool parse_algorithm(const struct taglist *list,
                            enum dkim_algorithm *out)
{
    struct slice value;
    *out = DKIM_ALGORITHM_RSA_SHA256;
    if (!taglist_find(list, "k", &value) || slice_is_nocase(value, "rsa"))
        return true;
    *out = DKIM_ALGORITHM_ED25519_SHA256;
    return slice_is_nocase(value, "ed25519");
}

bool dkim_record_parse(struct arena *arena, struct slice text,
                       struct dkim_record *out)
{
    struct taglist list;
    struct slice value, key;
    *out = (struct dkim_record){0};
    if (!taglist_parse(text, &list) || !taglist_find(&list, "p", &key))
        return false;
    if (taglist_find(&list, "v", &value) &&
        (!slice_is(value, "DKIM1") || !slice_is(list.tags[0].name, "v")))
        return false;
    if (!key.n) {
        out->is_revoked = true;
        return true;
    }
    if (taglist_find(&list, "h", &value) && !lists(value, "sha256"))
        return false;
    if (taglist_find(&list, "s", &value) && !lists(value, "email"))
        return false;
    out->is_strict = taglist_find(&list, "t", &value) && lists_flag(value, "s");
    return parse_algorithm(&list, &out->algorithm) &&
           dkim_unfold_base64(arena, key, &out->key);
}

/* RFC 6376 3.6.1 says RSAPublicKey; what everybody publishes, and its examples
 * too, is a SubjectPublicKeyInfo. Both are read. */
static EVP_PKEY *rsa_of(struct slice der)
{
    const unsigned char *p = (const unsigned char *)der.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)der.n);
    if (!key) {
        p = (const unsigned char *)der.p;
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.n);
    }
    if (key && (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
                EVP_PKEY_get_bits(key) < DKIM_RSA_BITS_VERIFIED)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static bool verify_rsa(EVP_PKEY *key, const unsigned char *hash,
                       struct slice signature)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool good = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
                EVP_PKEY_verify(ctx, (const unsigned char *)signature.p,
                                signature.n, hash, DKIM_HASH_BYTES) == 1;
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static bool verify_ed25519(EVP_PKEY *key, const unsigned char *hash,
                           struct slice signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(ctx, (const unsigned char *)signature.p,
                                 signature.n, hash, DKIM_HASH_BYTES) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

bool dkim_record_verify(const struct dkim_record *record,
                        const unsigned char hash[DKIM_HASH_BYTES],
                        struct slice signature)
{
    bool is_rsa = record->algorithm == DKIM_ALGORITHM_RSA_SHA256;
    if (record->is_revoked)
        return false;
    EVP_PKEY *key =
        is_rsa
            ? rsa_of(record->key)
            : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                          (const unsigned char *)record->key.p,
                                          record->key.n);
    bool good =
        key && (is_rsa ? verify_rsa : verify_ed25519)(key, hash, signature);
    EVP_PKEY_free(key);
    return good;
}
