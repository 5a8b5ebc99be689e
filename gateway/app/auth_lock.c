/* A table of fixed size under a keyed hash: a row is a pair of client and user.
 * Where two pairs meet in one slot, the one that failed later stays, so that
 * trying many names forgets locks at worst, and never adds memory. */
#include "app/auth_lock.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"

enum { ROWS = 4096, DIGEST_BYTES = 32 };

struct row {
    unsigned char digest[DIGEST_BYTES];
    unsigned failures; /* 0: free */
    int64_t latest_ms;
};

struct auth_lock {
    struct auth_lock_settings settings;
    unsigned char key[DIGEST_BYTES];
    struct row rows[ROWS];
};

struct auth_lock *auth_lock_create(const struct auth_lock_settings *settings)
{
    struct auth_lock *lock = xcalloc(1, sizeof *lock);
    lock->settings = *settings;
    random_bytes(lock->key, sizeof lock->key);
    return lock;
}

void auth_lock_destroy(struct auth_lock **lock)
{
    free(*lock);
    *lock = NULL;
}

static size_t digest_of(const struct auth_lock *lock, const char *client,
                        struct slice user, unsigned char *out)
{
    size_t client_n = strlen(client), n = client_n + 1 + user.n;
    unsigned char *text = xcalloc(1, n + 1);
    memcpy(text, client, client_n);
    if (user.n)
        memcpy(text + client_n + 1, user.p, user.n);
    if (!HMAC(EVP_sha256(), lock->key, sizeof lock->key, text, n, out, NULL))
        BUG("HMAC");
    free(text);
    return (size_t)(out[0] | out[1] << 8) % ROWS;
}

static bool is_fresh(const struct auth_lock *lock, const struct row *row,
                     int64_t now_ms)
{
    return row->failures > 0 && now_ms >= row->latest_ms &&
           now_ms - row->latest_ms < lock->settings.lock_ms;
}

bool auth_lock_is_closed(const struct auth_lock *lock, const char *client,
                         struct slice user, int64_t now_ms)
{
    unsigned char digest[DIGEST_BYTES];
    const struct row *row = &lock->rows[digest_of(lock, client, user, digest)];
    return memcmp(row->digest, digest, sizeof digest) == 0 &&
           row->failures >= lock->settings.failures &&
           is_fresh(lock, row, now_ms);
}

void auth_lock_failed(struct auth_lock *lock, const char *client,
                      struct slice user, int64_t now_ms)
{
    unsigned char digest[DIGEST_BYTES];
    struct row *row = &lock->rows[digest_of(lock, client, user, digest)];
    if (memcmp(row->digest, digest, sizeof digest) != 0 ||
        !is_fresh(lock, row, now_ms))
        row->failures = 0;
    memcpy(row->digest, digest, sizeof digest);
    row->failures++;
    row->latest_ms = now_ms;
}

void auth_lock_passed(struct auth_lock *lock, const char *client,
                      struct slice user)
{
    unsigned char digest[DIGEST_BYTES];
    struct row *row = &lock->rows[digest_of(lock, client, user, digest)];
    if (memcmp(row->digest, digest, sizeof digest) == 0)
        row->failures = 0;
}
