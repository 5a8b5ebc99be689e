/* login_guard - how often a password may be tried at the interface for mail
 * clients, so that guessing is slow and nobody can lock the owner out
 * (PORTAL-5, CONN-10). Inside portal only; times are the caller's, memory is
 * bounded.
 *
 * Wrong tries count for a client (net_client_key) and an address together: so
 * many lock that pair, each time twice as long as before. Whoever comes from
 * elsewhere is not locked. Where an address was tried wrongly from many places
 * each further try waits before it is checked, unless this client has logged in
 * to it before. An address without an account is treated like one with. */
#ifndef PORTAL_LOGIN_GUARD_H
#define PORTAL_LOGIN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct login_guard;

struct login_guard_settings {
    unsigned tries;  /* so many wrong ones lock */
    int64_t lock_ms; /* the first time; 0: never */
};

/* One try: whose, and of what. */
struct login_try {
    const char *client;
    const char *account; /* as the directory compares it */
    int64_t now_ms;
};

enum {
    LOGIN_GUARD_SLOW_AFTER =
        20, /* wrong tries of one account, within lock_ms */
    LOGIN_GUARD_PAUSE_FIRST_MS = 500,
    LOGIN_GUARD_PAUSE_MOST_MS = 8000,
    LOGIN_GUARD_DOUBLINGS = 4 /* the longest lock is 16 times the first */
};

struct login_guard *login_guard_create(const struct login_guard_settings *);
void login_guard_destroy(struct login_guard **guard);

/* login_guard_begin - may it be checked? false: the pair is locked. It counts
 * as wrong from now on, so that tries at the same time count, too.
 *
 * out  pause_ms: to wait before it is checked; 0: none */
bool login_guard_begin(struct login_guard *guard,
                       const struct login_try *try_in, int64_t *pause_ms);
bool login_guard_is_locked(const struct login_guard *guard,
                           const struct login_try *try_in);
/* login_guard_passed - it was right: what this client did is forgotten, and the
 * client is known. */
void login_guard_passed(struct login_guard *guard,
                        const struct login_try *try_in);

#endif
