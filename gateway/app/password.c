#include "app/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/random.h"

enum { SALT_BYTES = 16, BLOCK_R = 8, R_MAX = 32, P_MAX = 16 };

/* "name=number" at the front of *rest, up to ',' or the end. */
static bool take_number(struct slice *rest, const char *name, unsigned long max,
                        unsigned *out)
{
    struct slice value = slice_cut(rest, ',');
    unsigned long number;
    if (!slice_is(slice_cut(&value, '='), name) ||
        !slice_number(value, max, &number) || number == 0)
        return false;
    *out = (unsigned)number;
    return true;
}

enum status password_hash_parse(struct arena *arena, const char *text,
                                struct password_hash *out)
{
    struct slice rest = slice_of(text);
    if (slice_cut(&rest, '$').n || !slice_is(slice_cut(&rest, '$'), "scrypt"))
        return ST_INVAL;
    struct slice numbers = slice_cut(&rest, '$');
    struct slice salt = slice_cut(&rest, '$');
    if (!take_number(&numbers, "ln", PASSWORD_COST_MAX, &out->cost) ||
        !take_number(&numbers, "r", R_MAX, &out->r) ||
        !take_number(&numbers, "p", P_MAX, &out->p) || numbers.n ||
        base64_decode(arena, salt, &out->salt) != ST_OK ||
        base64_decode(arena, rest, &out->expected) != ST_OK ||
        out->salt.n < 4 || out->expected.n != PASSWORD_BYTES)
        return ST_INVAL;
    return ST_OK;
}

static bool derive(const struct password_hash *hash, struct slice password,
                   unsigned char out[PASSWORD_BYTES])
{
    uint64_t n = (uint64_t)1 << hash->cost;
    uint64_t memory = 128ULL * hash->r * (n + hash->p + 2) + (1 << 20);
    if (EVP_PBE_scrypt(password.n ? password.p : "", password.n,
                       (const unsigned char *)hash->salt.p, hash->salt.n, n,
                       hash->r, hash->p, memory, out, PASSWORD_BYTES) == 1)
        return true;
    log_error("password", "a hash cannot be computed here", "ln=%u r=%u p=%u",
              hash->cost, hash->r, hash->p);
    return false;
}

bool password_is(const struct password_hash *hash,
                 const struct secret *password)
{
    unsigned char got[PASSWORD_BYTES];
    bool same = derive(hash, secret_slice(password), got) &&
                CRYPTO_memcmp(got, hash->expected.p, sizeof got) == 0;
    OPENSSL_cleanse(got, sizeof got);
    return same;
}

char *password_hash_make(struct arena *arena, const struct secret *password,
                         unsigned cost)
{
    char salt[SALT_BYTES];
    unsigned char out[PASSWORD_BYTES];
    random_bytes(salt, sizeof salt);
    struct password_hash hash = {
        .cost = cost, .r = BLOCK_R, .p = 1, .salt = {salt, sizeof salt}};
    if (!derive(&hash, secret_slice(password), out))
        BUG("a hash of our own cost");
    return arena_printf(
        arena, "$scrypt$ln=%u,r=%d,p=1$%s$%s", cost, BLOCK_R,
        base64_encode(arena, hash.salt),
        base64_encode(arena, (struct slice){(char *)out, sizeof out}));
}

bool password_read(FILE *in, char *line, int size)
{
    bool is_read = fgets(line, size, in) != NULL;
    size_t n = is_read ? strcspn(line, "\r\n") : 0;
    if (n && (line[n] || feof(in))) {
        line[n] = '\0';
        return true;
    }
    explicit_bzero(line, (size_t)size);
    return false;
}
