/* What was opened, and what that earns (SHARED-1). */
#include "store/portal_tries.h"
#include "store/query.h"
#include "store/right_value.h"

enum { OPENED_MESSAGE = 1, OPENED_ATTACHMENT = 2 };

static enum status mark_opened(struct db *db,
                               const struct portal_opened *opened, bool *first,
                               struct err *err)
{
    struct query q = query_open(
        db,
        "UPDATE portal_grant SET opened = opened | ?3 WHERE recipient = ?2"
        " AND session = (SELECT n FROM portal_session WHERE hash = ?1)"
        " AND opened & ?3 = 0",
        err);
    query_text(&q, opened->session);
    query_int(&q, opened->recipient);
    query_int(&q, opened->attachment ? OPENED_ATTACHMENT : OPENED_MESSAGE);
    enum status status = query_run(&q, err);
    *first = sqlite3_changes(db->sql) == 1;
    if (status != ST_OK || !*first)
        return status;
    q = query_open(db,
                   "UPDATE recipient SET opened_ms = ?2 WHERE n = ?1"
                   " AND opened_ms IS NULL",
                   err);
    query_int(&q, opened->recipient);
    query_int(&q, opened->now_ms);
    return query_run(&q, err);
}

/* Of several the most recently opened counts: this one (SHARED-1). */
static enum status add_share(struct db *db, struct arena *arena,
                             const struct portal_share *share, struct err *err)
{
    const char *kept = right_value_keep(db, arena, share->kind, share->value);
    struct query q =
        query_open(db,
                   "INSERT OR REPLACE INTO portal_share (organization,"
                   " recipient, kind, value, opened_ms) VALUES (?,?,?,?,?)",
                   err);
    query_text(&q, share->organization);
    query_text(&q, share->recipient);
    query_text(&q, share->kind);
    query_text(&q, kept);
    query_int(&q, share->opened_ms);
    return query_run(&q, err);
}

enum status portal_opened(struct db *db, struct arena *arena, const void *in,
                          struct portal_answer *answer, struct err *err)
{
    const struct portal_opened *opened = in;
    bool first = false;
    enum status status =
        session_grant(db, opened->session, opened->recipient, opened->method,
                      opened->now_ms, false, err);
    if (status == ST_OK)
        status = mark_opened(db, opened, &first, err);
    answer->result = first ? PORTAL_OK : PORTAL_NONE;
    if (status == ST_OK && first)
        status = db_add_event(db, &opened->event, err);
    if (status == ST_OK && first && opened->share)
        status = add_share(db, arena, opened->share, err);
    return status;
}

enum status portal_leave(struct db *db, struct arena *arena, const void *in,
                         struct portal_answer *answer, struct err *err)
{
    (void)arena;
    struct query q =
        query_open(db, "DELETE FROM portal_session WHERE hash = ?", err);
    query_text(&q, in);
    answer->result = PORTAL_OK;
    return query_run(&q, err);
}
