/* Tries, and the sessions that come of them (PORTAL-2). */
#include <string.h>

#include "store/portal_tries.h"
#include "store/query.h"
#include "store/vault.h"

static enum status is_live_code(struct db *db, struct arena *arena,
                                const struct portal_try *try_in, bool *right,
                                struct err *err)
{
    struct query q = query_open(db,
                                "SELECT code FROM portal_code WHERE recipient ="
                                " ? AND kind = ? AND is_live AND until_ms > ?",
                                err);
    query_int(&q, try_in->recipient);
    query_text(&q, try_in->method);
    query_int(&q, try_in->now_ms);
    enum status status = query_row(&q, err);
    *right = false;
    if (status == ST_OK) {
        *right = vault_is_code(db->vault, query_get_text(&q, arena, 0),
                               try_in->given);
        query_close(&q);
    }
    return status == ST_NONE ? ST_OK : status;
}

/* A TOTP code is good once: its step must be later than the last one. */
static enum status use_step(struct db *db, const struct portal_try *try_in,
                            bool *right, struct err *err)
{
    struct query q =
        query_open(db,
                   "INSERT INTO portal_account (address, totp_step)"
                   " VALUES (?1, ?2) ON CONFLICT (address) DO UPDATE"
                   " SET totp_step = ?2 WHERE totp_step < ?2",
                   err);
    query_text(&q, try_in->account);
    query_int(&q, try_in->totp_step);
    enum status status = query_run(&q, err);
    *right = sqlite3_changes(db->sql) == 1;
    return status;
}

static enum status is_right(struct db *db, struct arena *arena,
                            const struct portal_try *try_in, bool *right,
                            struct err *err)
{
    *right = false;
    if (strcmp(try_in->method, "account") == 0)
        return try_in->is_right ? use_step(db, try_in, right, err) : ST_OK;
    if (strcmp(try_in->method, "access-code") != 0)
        return is_live_code(db, arena, try_in, right, err);
    *right = vault_is_code(db->vault, try_in->expected, try_in->given);
    return ST_OK;
}

/* --- sessions ------------------------------------------------------------ */

static enum status forget_old(struct db *db, int64_t now_ms, struct err *err)
{
    struct query q =
        query_open(db, "DELETE FROM portal_session WHERE until_ms <= ?", err);
    query_int(&q, now_ms);
    return query_run(&q, err);
}

/* The token changes with each verification; what the session had stays its
 * own. */
static enum status renew_session(struct db *db, const struct portal_try *try_in,
                                 struct err *err)
{
    bool account = strcmp(try_in->method, "account") == 0;
    enum status status = forget_old(db, try_in->now_ms, err);
    if (status != ST_OK)
        return status;
    struct query q = query_open(db,
                                "UPDATE portal_session SET hash = ?1,"
                                " account = coalesce(?2, account),"
                                " credential = coalesce(?3, credential),"
                                " until_ms = ?4 WHERE hash = ?5",
                                err);
    query_text(&q, try_in->new_session);
    query_text(&q, account ? try_in->account : NULL);
    query_text(&q, account ? try_in->credential : NULL);
    query_int(&q, try_in->session_until_ms);
    query_text(&q, try_in->old_session);
    status = query_run(&q, err);
    if (status != ST_OK || sqlite3_changes(db->sql) == 1)
        return status;
    q = query_open(db,
                   "INSERT INTO portal_session (hash, account, credential,"
                   " until_ms) VALUES (?,?,?,?)",
                   err);
    query_text(&q, try_in->new_session);
    query_text(&q, account ? try_in->account : NULL);
    query_text(&q, account ? try_in->credential : NULL);
    query_int(&q, try_in->session_until_ms);
    return query_run(&q, err);
}

enum status session_grant(struct db *db, const char *session, int64_t recipient,
                          const char *method, int64_t until_ms, bool again,
                          struct err *err)
{
    struct query q = query_open(
        db,
        again ? "INSERT OR REPLACE INTO portal_grant (session, recipient,"
                " method, until_ms) SELECT n, ?2, ?3, ?4 FROM portal_session"
                " WHERE hash = ?1"
              : "INSERT OR IGNORE INTO portal_grant (session, recipient,"
                " method, until_ms) SELECT n, ?2, ?3, until_ms"
                " FROM portal_session WHERE hash = ?1 AND until_ms > ?4",
        err);
    query_text(&q, session);
    query_int(&q, recipient);
    query_text(&q, method);
    query_int(&q, until_ms);
    return query_run(&q, err);
}

enum status portal_try(struct db *db, struct arena *arena, const void *in,
                       struct portal_answer *answer, struct err *err)
{
    const struct portal_try *try_in = in;
    struct tries tries;
    bool right = false;
    enum status status = tries_read(db, try_in->recipient, &tries, err);
    answer->result = tries_gate(&tries, try_in->now_ms);
    if (status != ST_OK || answer->result != PORTAL_OK)
        return status;
    status = is_right(db, arena, try_in, &right, err);
    if (right)
        tries.wrong = 0;
    else
        answer->result = tries_count(&tries, try_in->now_ms, try_in->limits);
    if (status == ST_OK)
        status = tries_write(db, try_in->recipient, &tries, err);
    if (status != ST_OK || !right)
        return status;
    status = codes_end(db, try_in->recipient, err);
    if (status == ST_OK)
        status = renew_session(db, try_in, err);
    if (status == ST_OK)
        status =
            session_grant(db, try_in->new_session, try_in->recipient,
                          try_in->method, try_in->session_until_ms, true, err);
    return status;
}

/* --- an account without a link ------------------------------------------- */

enum status portal_login(struct db *db, struct arena *arena, const void *in,
                         struct portal_answer *answer, struct err *err)
{
    const struct portal_try *try_in = in;
    bool right = false;
    enum status status = is_right(db, arena, try_in, &right, err);
    answer->result = right ? PORTAL_OK : PORTAL_WRONG;
    return status == ST_OK && right ? renew_session(db, try_in, err) : status;
}
