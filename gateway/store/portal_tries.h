/* portal_tries - how the tries at a link stand, and what the parts of the
 * portal's changes need of each other. Inside store only. */
#ifndef STORE_PORTAL_TRIES_H
#define STORE_PORTAL_TRIES_H

#include "store/portal_db.h"

/* A link or an account that has none has zeros. */
struct tries {
    int64_t wrong, in_all, locked_until_ms;
    bool is_void;
};

enum status tries_read(struct db *db, int64_t recipient, struct tries *tries,
                       struct err *err) MUST_USE;
enum status tries_write(struct db *db, int64_t recipient,
                        const struct tries *tries, struct err *err) MUST_USE;
/* tries_gate - OK, LOCKED or VOID. */
enum portal_result tries_gate(const struct tries *tries, int64_t now_ms);
/* tries_count - one more wrong try: WRONG, LOCKED or VOID by now. */
enum portal_result tries_count(struct tries *tries, int64_t now_ms,
                               const struct portal_limits *limits);

/* Every code of the link is void. */
enum status codes_end(struct db *db, int64_t recipient,
                      struct err *err) MUST_USE;

/* session_grant - the session is verified for the link. again: a fresh
 * verification, which is opened afresh; else only where it is not yet, and
 * until_ms is the time. */
enum status session_grant(struct db *db, const char *session, int64_t recipient,
                          const char *method, int64_t until_ms, bool again,
                          struct err *err) MUST_USE;

#endif
