/* Two tables of fixed size under a keyed hash, as in app/auth_lock: where two
 * keys meet in one slot the later failure stays, so that trying many names
 * forgets locks at worst. */
#include "portal/login_guard.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"

enum { PAIRS = 4096, ACCOUNTS = 1024, DIGEST_BYTES = 32 };

struct pair {
    unsigned char digest[DIGEST_BYTES];
    unsigned wrong;   /* since the last lock */
    unsigned locks;   /* in a row */
    bool has_passed;  /* it logged in */
    int64_t until_ms; /* locked */
    int64_t latest_ms;
};

struct account {
    unsigned char digest[DIGEST_BYTES];
    unsigned wrong;
    int64_t since_ms;
};

struct login_guard {
    struct login_guard_settings settings;
    unsigned char key[DIGEST_BYTES];
    struct pair pairs[PAIRS];
    /* Who logged in, by pair: a stranger overwrites none of them. */
    unsigned char known[PAIRS][DIGEST_BYTES];
    struct account accounts[ACCOUNTS];
};

struct login_guard *login_guard_create(const struct login_guard_settings *s)
{
    struct login_guard *guard = xcalloc(1, sizeof *guard);
    guard->settings = *s;
    random_bytes(guard->key, sizeof guard->key);
    return guard;
}

void login_guard_destroy(struct login_guard **guard)
{
    free(*guard);
    *guard = NULL;
}

/* A client has no blank in it: the two texts cannot be mistaken. */
static size_t digest_of(const struct login_guard *guard, const char *client,
                        const char *account, unsigned char *out)
{
    char *text = xasprintf("%s %s", client, account);
    if (!HMAC(EVP_sha256(), guard->key, sizeof guard->key,
              (const unsigned char *)text, strlen(text), out, NULL))
        BUG("HMAC");
    free(text);
    return (size_t)(out[0] | out[1] << 8);
}

static int64_t longest_ms(const struct login_guard *guard)
{
    return guard->settings.lock_ms << LOGIN_GUARD_DOUBLINGS;
}

/* A clock that went back locks nobody for longer. */
static bool is_fresh(int64_t then_ms, int64_t now_ms, int64_t length_ms)
{
    return now_ms >= then_ms && now_ms - then_ms < length_ms;
}

static struct pair *pair_of(struct login_guard *guard,
                            const struct login_try *try_in)
{
    unsigned char digest[DIGEST_BYTES];
    struct pair *pair =
        &guard
             ->pairs[digest_of(guard, try_in->client, try_in->account, digest) %
                     PAIRS];
    bool is_same = memcmp(pair->digest, digest, sizeof digest) == 0;
    if (!is_same)
        *pair = (struct pair){.wrong = 0};
    if (!is_fresh(pair->latest_ms, try_in->now_ms, 2 * longest_ms(guard)))
        pair->wrong = pair->locks = 0;
    memcpy(pair->digest, digest, sizeof digest);
    return pair;
}

static unsigned char *known_of(struct login_guard *guard,
                               const struct pair *pair)
{
    return guard->known[pair - guard->pairs];
}

static struct account *account_of(struct login_guard *guard,
                                  const struct login_try *try_in)
{
    unsigned char digest[DIGEST_BYTES];
    struct account *account =
        &guard->accounts[digest_of(guard, "", try_in->account, digest) %
                         ACCOUNTS];
    if (memcmp(account->digest, digest, sizeof digest) != 0 ||
        !is_fresh(account->since_ms, try_in->now_ms, guard->settings.lock_ms))
        *account = (struct account){.since_ms = try_in->now_ms};
    memcpy(account->digest, digest, sizeof digest);
    return account;
}

static bool is_locked(const struct login_guard *guard, const struct pair *pair,
                      int64_t now_ms)
{
    return now_ms < pair->until_ms &&
           pair->until_ms - now_ms <= longest_ms(guard);
}

/* It doubles as often as the tries did. */
static int64_t pause_of(unsigned wrong)
{
    int64_t pause_ms = 0;
    for (unsigned n = LOGIN_GUARD_SLOW_AFTER; n <= wrong; n *= 2)
        pause_ms = pause_ms ? 2 * pause_ms : LOGIN_GUARD_PAUSE_FIRST_MS;
    return pause_ms < LOGIN_GUARD_PAUSE_MOST_MS ? pause_ms
                                                : LOGIN_GUARD_PAUSE_MOST_MS;
}

bool login_guard_begin(struct login_guard *guard,
                       const struct login_try *try_in, int64_t *pause_ms)
{
    struct pair *pair = pair_of(guard, try_in);
    struct account *account = account_of(guard, try_in);
    *pause_ms = 0;
    if (is_locked(guard, pair, try_in->now_ms))
        return false;
    if (memcmp(known_of(guard, pair), pair->digest, DIGEST_BYTES) != 0)
        *pause_ms = pause_of(account->wrong);
    if (account->wrong < UINT32_MAX / 4)
        account->wrong++;
    pair->latest_ms = try_in->now_ms;
    if (++pair->wrong < guard->settings.tries)
        return true;
    pair->wrong = 0;
    pair->until_ms = try_in->now_ms + (guard->settings.lock_ms << pair->locks);
    if (pair->locks < LOGIN_GUARD_DOUBLINGS)
        pair->locks++;
    return true;
}

bool login_guard_is_locked(const struct login_guard *guard,
                           const struct login_try *try_in)
{
    unsigned char digest[DIGEST_BYTES];
    const struct pair *pair =
        &guard
             ->pairs[digest_of(guard, try_in->client, try_in->account, digest) %
                     PAIRS];
    return memcmp(pair->digest, digest, sizeof digest) == 0 &&
           is_locked(guard, pair, try_in->now_ms);
}

void login_guard_passed(struct login_guard *guard,
                        const struct login_try *try_in)
{
    struct pair *pair = pair_of(guard, try_in);
    struct account *account = account_of(guard, try_in);
    pair->wrong = pair->locks = 0;
    pair->until_ms = 0;
    memcpy(known_of(guard, pair), pair->digest, DIGEST_BYTES);
    pair->latest_ms = try_in->now_ms;
    if (account->wrong)
        account->wrong--;
}
