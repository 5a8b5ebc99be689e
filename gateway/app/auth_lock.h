/* auth_lock - a temporary lock per client (net_client_key) and user name after
 * wrong credentials (AUTH-2). It bars nobody else: neither another client with
 * that name nor that client with another name. A name that does not exist is
 * locked as one that does. Times are the caller's; memory is bounded. */
#ifndef APP_AUTH_LOCK_H
#define APP_AUTH_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct auth_lock;

struct auth_lock_settings {
    unsigned failures; /* so many within lock_ms lock; default 5 */
    int64_t lock_ms;   /* default 900000; 0: never locked */
};

struct auth_lock *auth_lock_create(const struct auth_lock_settings *settings);
void auth_lock_destroy(struct auth_lock **lock);

bool auth_lock_is_closed(const struct auth_lock *lock, const char *client,
                         struct slice user, int64_t now_ms);
/* Wrong once more. */
void auth_lock_failed(struct auth_lock *lock, const char *client,
                      struct slice user, int64_t now_ms);
/* Right: forgotten. */
void auth_lock_passed(struct auth_lock *lock, const char *client,
                      struct slice user);

#endif
