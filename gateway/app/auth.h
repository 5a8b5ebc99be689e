/* auth - are these credentials right? The hash is memory-hard and runs on a
 * thread of its own; a success is remembered for a while under an HMAC whose
 * key was made at start, so that a busy submitter costs it once. An unknown
 * user costs the same hash as a known one (AUTH-1, AUTH-2). */
#ifndef APP_AUTH_H
#define APP_AUTH_H

#include <stdint.h>

#include "base/secret.h"
#include "base/slice.h"

struct auth;
struct auth_request;

struct auth_settings {
    void (*post)(void *loop, void (*fn)(void *arg), void *arg);
    void *loop;
    const char *dummy_hash; /* checked for unknown users; any valid hash */
};

struct auth *auth_create(const struct auth_settings *settings);
/* Ends the thread after the hash at which it is; requests not yet answered
 * never are. */
void auth_destroy(struct auth **auth);

/* auth_check - hash: of the user's credential, NULL: unknown user. The answer
 * comes later, never from inside. user and password are copied. */
typedef void auth_done_fn(void *ctx, bool right);
struct auth_request *auth_check(struct auth *auth, struct slice user,
                                const struct secret *password, const char *hash,
                                auth_done_fn *done, void *ctx);
/* auth_cancel - no answer will come. */
void auth_cancel(struct auth_request **request);

/* How many hashes were computed: for tests that count them (AUTH-2). */
uint64_t auth_hash_count(struct auth *auth);

#endif
