#include "store/portal_tries.h"

#include "store/query.h"

enum status tries_read(struct db *db, int64_t recipient, struct tries *tries,
                       struct err *err)
{
    *tries = (struct tries){.wrong = 0};
    struct query q = query_open(db,
                                "SELECT wrong, wrong_in_all, locked_until_ms,"
                                " is_void FROM portal_link WHERE recipient = ?",
                                err);
    query_int(&q, recipient);
    enum status status = query_row(&q, err);
    if (status == ST_OK) {
        *tries =
            (struct tries){query_get_int(&q, 0), query_get_int(&q, 1),
                           query_get_int(&q, 2), query_get_int(&q, 3) != 0};
        query_close(&q);
    }
    return status == ST_NONE ? ST_OK : status;
}

enum status tries_write(struct db *db, int64_t recipient,
                        const struct tries *tries, struct err *err)
{
    struct query q =
        query_open(db,
                   "INSERT INTO portal_link (recipient, wrong, wrong_in_all,"
                   " locked_until_ms, is_void) VALUES (?,?,?,?,?)"
                   " ON CONFLICT (recipient) DO UPDATE SET"
                   " wrong = excluded.wrong,"
                   " wrong_in_all = excluded.wrong_in_all,"
                   " locked_until_ms = excluded.locked_until_ms,"
                   " is_void = excluded.is_void",
                   err);
    query_int(&q, recipient);
    query_int(&q, tries->wrong);
    query_int(&q, tries->in_all);
    query_int(&q, tries->locked_until_ms);
    query_int(&q, tries->is_void);
    return query_run(&q, err);
}

enum portal_result tries_gate(const struct tries *tries, int64_t now_ms)
{
    if (tries->is_void)
        return PORTAL_VOID;
    return now_ms < tries->locked_until_ms ? PORTAL_LOCKED : PORTAL_OK;
}

/* PORTAL-2: 5 lock it, 20 in all void it. */
enum portal_result tries_count(struct tries *tries, int64_t now_ms,
                               const struct portal_limits *limits)
{
    tries->wrong++;
    tries->in_all++;
    if (tries->in_all >= limits->void_tries) {
        tries->is_void = true;
        return PORTAL_VOID;
    }
    if (tries->wrong < limits->tries)
        return PORTAL_WRONG;
    tries->wrong = 0;
    tries->locked_until_ms = now_ms + limits->lock_ms;
    return PORTAL_LOCKED;
}
