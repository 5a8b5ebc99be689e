/* auth - are these credentials right? The hash is memory-hard and runs on a
 * thread of its own; a success is remembered for a while under an HMAC whose
 * key was made at start, so that a busy submitter costs it once. However many
 * show the same user and password at once, right or wrong, wait for one hash.
 * An unknown user costs the same hash as a known one (AUTH-1, AUTH-2).
 *
 * What must be hashed waits by turns of the clients (auth_queue.h), and few of
 * one client; what is remembered does not wait at all. */
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

/* All of it is copied. */
struct auth_question {
    const char *client; /* whose turn it is: net_client_key */
    struct slice user;
    const struct secret *password;
    const char *hash; /* of the user's credential; NULL: unknown user */
    bool is_bounded;  /* elsewhere: it is never refused */
};

/* auth_check - the answer comes later, never from inside. NULL: too many of
 * that client wait, nothing is asked and nothing is answered. */
typedef void auth_done_fn(void *ctx, bool right);
struct auth_request *auth_check(struct auth *auth,
                                const struct auth_question *question,
                                auth_done_fn *done, void *ctx);
/* auth_cancel - no answer will come; a hash that nobody waits for any more is
 * not computed, if it has not begun. */
void auth_cancel(struct auth_request **request);

/* How many hashes were computed: for tests that count them (AUTH-2). */
uint64_t auth_hash_count(struct auth *auth);

#endif
