#include "peer/mailkey.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "peer/pki_mint.h"

enum { RSA_BITS = 2048, ED25519_OCTETS = 32 };

struct mailkey {
    enum mailkey_kind kind;
    const char *domain;
    const char *pem, *record;
    struct mailkey *next;
};

struct mailkeys {
    struct arena *arena;
    struct mailkey *made;
};

const char *mailkey_selector(enum mailkey_kind kind)
{
    static const char *const selectors[] = {
        [MAILKEY_KIND_ED25519] = "lasthop1", [MAILKEY_KIND_RSA] = "lasthop2"};
    _Static_assert(sizeof selectors / sizeof *selectors == MAILKEY_KIND_COUNT,
                   "a selector per kind");
    return selectors[kind];
}

const char *mailkey_owner(enum mailkey_kind kind, const char *domain)
{
    return kind == MAILKEY_KIND_RSA ? "all" : domain;
}

struct mailkeys *mailkeys_create(void)
{
    struct mailkeys *keys = xcalloc(1, sizeof *keys);
    keys->arena = arena_create();
    return keys;
}

void mailkeys_destroy(struct mailkeys **keys)
{
    if (!*keys)
        return;
    arena_destroy(&(*keys)->arena);
    free(*keys);
    *keys = NULL;
}

/* RFC 8463 4: the bare 32 octets. */
static const char *ed25519_record(struct arena *arena, EVP_PKEY *key)
{
    unsigned char octets[ED25519_OCTETS];
    size_t n = sizeof octets;
    if (EVP_PKEY_get_raw_public_key(key, octets, &n) != 1)
        BUG("no public key");
    return arena_printf(
        arena, "v=DKIM1; k=ed25519; p=%s",
        base64_encode(arena, (struct slice){(const char *)octets, n}));
}

/* RFC 6376 3.6.1: a SubjectPublicKeyInfo. */
static const char *rsa_record(struct arena *arena, EVP_PKEY *key)
{
    unsigned char *octets = NULL;
    int n = i2d_PUBKEY(key, &octets);
    if (n <= 0)
        BUG("no public key");
    const char *record = arena_printf(
        arena, "v=DKIM1; k=rsa; p=%s",
        base64_encode(arena, (struct slice){(const char *)octets, (size_t)n}));
    OPENSSL_free(octets);
    return record;
}

static void mint(struct arena *arena, struct mailkey *k)
{
    bool is_rsa = k->kind == MAILKEY_KIND_RSA;
    EVP_PKEY *key = is_rsa ? EVP_RSA_gen(RSA_BITS)
                           : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!key)
        BUG("no key for %s", k->domain);
    char *pem = pki_mint_key_pem(key);
    k->pem = arena_strdup(arena, pem);
    k->record = is_rsa ? rsa_record(arena, key) : ed25519_record(arena, key);
    free(pem);
    EVP_PKEY_free(key);
}

/* Of the one RSA key, which lives as long as the process. */
static struct arena *rsa_arena;

static void forget_rsa(void)
{
    arena_destroy(&rsa_arena);
}

static const struct mailkey *rsa_key(void)
{
    static struct mailkey key = {.kind = MAILKEY_KIND_RSA};
    if (!key.pem) {
        rsa_arena = arena_create();
        mint(rsa_arena, &key);
        atexit(forget_rsa);
    }
    return &key;
}

void mailkeys_prepare(void)
{
    (void)rsa_key();
}

static const struct mailkey *find(struct mailkeys *keys, enum mailkey_kind kind,
                                  const char *domain)
{
    if (kind == MAILKEY_KIND_RSA)
        return rsa_key();
    struct mailkey *k = keys->made;
    while (k && strcmp(k->domain, domain) != 0)
        k = k->next;
    if (k)
        return k;
    k = ARENA_NEW(keys->arena, struct mailkey);
    *k = (struct mailkey){.kind = kind,
                          .domain = arena_strdup(keys->arena, domain),
                          .next = keys->made};
    mint(keys->arena, k);
    keys->made = k;
    return k;
}

const char *mailkey_pem(struct mailkeys *keys, enum mailkey_kind kind,
                        const char *domain)
{
    return find(keys, kind, domain)->pem;
}

const char *mailkey_record(struct mailkeys *keys, enum mailkey_kind kind,
                           const char *domain)
{
    return find(keys, kind, domain)->record;
}
