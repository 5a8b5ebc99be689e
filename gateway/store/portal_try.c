/* The changes: codes, tries, sessions, what was opened. */
#include <openssl/crypto.h>
#include <string.h>

#include "store/portal_db.h"
#include "store/query.h"

/* How tries stand; a link or an account that has none has zeros. */
struct tries {
    int64_t wrong, in_all, locked_until_ms;
    bool is_void;
};

static enum status read_tries(struct db *db, int64_t recipient,
                              struct tries *tries, struct err *err)
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

static enum status write_tries(struct db *db, int64_t recipient,
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

static enum portal_result gate(const struct tries *tries, int64_t now_ms)
{
    if (tries->is_void)
        return PORTAL_VOID;
    return now_ms < tries->locked_until_ms ? PORTAL_LOCKED : PORTAL_OK;
}

/* PORTAL-2: 5 lock it, 20 in all void it. */
static enum portal_result count_wrong(struct tries *tries, int64_t now_ms,
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

/* --- codes --------------------------------------------------------------- */

static enum status end_codes(struct db *db, int64_t recipient, struct err *err)
{
    struct query q = query_open(
        db, "UPDATE portal_code SET is_live = 0 WHERE recipient = ?", err);
    query_int(&q, recipient);
    return query_run(&q, err);
}

static enum status count_codes(struct db *db, const struct portal_code *code,
                               int64_t *count, struct err *err)
{
    struct query q = query_open(
        db, "DELETE FROM portal_code WHERE recipient = ? AND issued_ms <= ?",
        err);
    query_int(&q, code->recipient);
    query_int(&q, code->now_ms - code->limits->window_ms);
    enum status status = query_run(&q, err);
    if (status != ST_OK)
        return status;
    q = query_open(db, "SELECT count(*) FROM portal_code WHERE recipient = ?",
                   err);
    query_int(&q, code->recipient);
    status = query_row(&q, err);
    if (status == ST_OK) {
        *count = query_get_int(&q, 0);
        query_close(&q);
    }
    return status;
}

static enum status add_code(struct db *db, const struct portal_code *code,
                            struct err *err)
{
    struct query q =
        query_open(db,
                   "INSERT INTO portal_code (recipient, kind, code, issued_ms,"
                   " until_ms, is_live) VALUES (?,?,?,?,?,1)",
                   err);
    query_int(&q, code->recipient);
    query_text(&q, code->kind);
    query_text(&q, code->code);
    query_int(&q, code->now_ms);
    query_int(&q, code->until_ms);
    return query_run(&q, err);
}

static enum status add_mail(struct db *db, int64_t recipient, int64_t now_ms,
                            const struct store_dsn *mail, struct err *err)
{
    struct query q =
        query_open(db,
                   "INSERT INTO dsn (message, goes_to, recipients, created_ms,"
                   " due_ms, content, action, conversation, until_ms)"
                   " SELECT message, ?2, ?3, ?4, ?4, ?5, ?6, conversation, ?7"
                   " FROM recipient WHERE n = ?1",
                   err);
    query_int(&q, recipient);
    query_text(&q, mail->to);
    query_text(&q, mail->recipients);
    query_int(&q, now_ms);
    query_blob(&q, mail->content);
    query_text(&q, mail->action);
    query_int(&q, mail->until_ms);
    return query_run(&q, err);
}

enum status portal_code(struct db *db, struct arena *arena, const void *in,
                        struct portal_answer *answer, struct err *err)
{
    const struct portal_code *code = in;
    struct tries tries;
    int64_t count = 0;
    (void)arena;
    enum status status = read_tries(db, code->recipient, &tries, err);
    answer->result = gate(&tries, code->now_ms);
    if (status != ST_OK || answer->result != PORTAL_OK)
        return status;
    status = count_codes(db, code, &count, err);
    if (status == ST_OK && count >= code->limits->codes) {
        answer->result = PORTAL_TOO_MANY;
        return ST_OK;
    }
    if (status == ST_OK)
        status = end_codes(db, code->recipient, err);
    if (status == ST_OK)
        status = add_code(db, code, err);
    if (status == ST_OK && code->mail)
        status = add_mail(db, code->recipient, code->now_ms, code->mail, err);
    return status;
}

enum status portal_tell(struct db *db, struct arena *arena, const void *in,
                        struct portal_answer *answer, struct err *err)
{
    const struct portal_tell *tell = in;
    (void)arena;
    struct query q = query_open(
        db,
        "INSERT INTO portal_link (recipient, told_ms) VALUES (?1, ?2)"
        " ON CONFLICT (recipient) DO UPDATE SET told_ms = ?2"
        " WHERE told_ms IS NULL OR told_ms <= ?3",
        err);
    query_int(&q, tell->recipient);
    query_int(&q, tell->now_ms);
    query_int(&q, tell->now_ms - tell->window_ms);
    enum status status = query_run(&q, err);
    answer->result = sqlite3_changes(db->sql) ? PORTAL_OK : PORTAL_NONE;
    if (status != ST_OK || answer->result != PORTAL_OK)
        return status;
    return add_mail(db, tell->recipient, tell->now_ms, tell->mail, err);
}

/* --- comparing ----------------------------------------------------------- */

static bool is_same(const char *given, const char *expected)
{
    size_t n = expected ? strlen(expected) : 0;
    return n && strlen(given) == n && CRYPTO_memcmp(given, expected, n) == 0;
}

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
        *right = is_same(try_in->given, query_get_text(&q, arena, 0));
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
    *right = is_same(try_in->given, try_in->expected);
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
                                " until_ms = ?3 WHERE hash = ?4",
                                err);
    query_text(&q, try_in->new_session);
    query_text(&q, account ? try_in->account : NULL);
    query_int(&q, try_in->session_until_ms);
    query_text(&q, try_in->old_session);
    status = query_run(&q, err);
    if (status != ST_OK || sqlite3_changes(db->sql) == 1)
        return status;
    q = query_open(db,
                   "INSERT INTO portal_session (hash, account, until_ms)"
                   " VALUES (?,?,?)",
                   err);
    query_text(&q, try_in->new_session);
    query_text(&q, account ? try_in->account : NULL);
    query_int(&q, try_in->session_until_ms);
    return query_run(&q, err);
}

/* A fresh verification of a link is opened afresh. */
static enum status grant(struct db *db, const char *session, int64_t recipient,
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
    enum status status = read_tries(db, try_in->recipient, &tries, err);
    answer->result = gate(&tries, try_in->now_ms);
    if (status != ST_OK || answer->result != PORTAL_OK)
        return status;
    status = is_right(db, arena, try_in, &right, err);
    if (right)
        tries.wrong = 0;
    else
        answer->result = count_wrong(&tries, try_in->now_ms, try_in->limits);
    if (status == ST_OK)
        status = write_tries(db, try_in->recipient, &tries, err);
    if (status != ST_OK || !right)
        return status;
    status = end_codes(db, try_in->recipient, err);
    if (status == ST_OK)
        status = renew_session(db, try_in, err);
    if (status == ST_OK)
        status = grant(db, try_in->new_session, try_in->recipient,
                       try_in->method, try_in->session_until_ms, true, err);
    return status;
}

/* --- an account without a link ------------------------------------------- */

static enum status read_account(struct db *db, const char *address,
                                struct tries *tries, struct err *err)
{
    *tries = (struct tries){.wrong = 0};
    struct query q = query_open(db,
                                "SELECT wrong, locked_until_ms"
                                " FROM portal_account WHERE address = ?",
                                err);
    query_text(&q, address);
    enum status status = query_row(&q, err);
    if (status == ST_OK) {
        tries->wrong = query_get_int(&q, 0);
        tries->locked_until_ms = query_get_int(&q, 1);
        query_close(&q);
    }
    return status == ST_NONE ? ST_OK : status;
}

static enum status write_account(struct db *db, const char *address,
                                 const struct tries *tries, struct err *err)
{
    struct query q = query_open(db,
                                "INSERT INTO portal_account (address, wrong,"
                                " locked_until_ms) VALUES (?,?,?)"
                                " ON CONFLICT (address) DO UPDATE SET"
                                " wrong = excluded.wrong,"
                                " locked_until_ms = excluded.locked_until_ms",
                                err);
    query_text(&q, address);
    query_int(&q, tries->wrong);
    query_int(&q, tries->locked_until_ms);
    return query_run(&q, err);
}

enum status portal_login(struct db *db, struct arena *arena, const void *in,
                         struct portal_answer *answer, struct err *err)
{
    const struct portal_try *try_in = in;
    struct portal_limits limits = *try_in->limits;
    struct tries tries;
    bool right = false;
    limits.void_tries = (unsigned)-1; /* an account is locked, never void */
    enum status status = read_account(db, try_in->account, &tries, err);
    answer->result = gate(&tries, try_in->now_ms);
    if (status != ST_OK || answer->result != PORTAL_OK)
        return status;
    status = is_right(db, arena, try_in, &right, err);
    if (right)
        tries.wrong = 0;
    else
        answer->result = count_wrong(&tries, try_in->now_ms, &limits);
    if (status == ST_OK)
        status = write_account(db, try_in->account, &tries, err);
    return status == ST_OK && right ? renew_session(db, try_in, err) : status;
}

/* --- what was opened ----------------------------------------------------- */

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
static enum status add_share(struct db *db, const struct portal_share *share,
                             struct err *err)
{
    struct query q =
        query_open(db,
                   "INSERT OR REPLACE INTO portal_share (organization,"
                   " recipient, kind, value, opened_ms) VALUES (?,?,?,?,?)",
                   err);
    query_text(&q, share->organization);
    query_text(&q, share->recipient);
    query_text(&q, share->kind);
    query_text(&q, share->value);
    query_int(&q, share->opened_ms);
    return query_run(&q, err);
}

enum status portal_opened(struct db *db, struct arena *arena, const void *in,
                          struct portal_answer *answer, struct err *err)
{
    const struct portal_opened *opened = in;
    bool first = false;
    (void)arena;
    enum status status = grant(db, opened->session, opened->recipient,
                               opened->method, opened->now_ms, false, err);
    if (status == ST_OK)
        status = mark_opened(db, opened, &first, err);
    answer->result = first ? PORTAL_OK : PORTAL_NONE;
    if (status == ST_OK && first)
        status = db_add_event(db, &opened->event, err);
    if (status == ST_OK && first && opened->share)
        status = add_share(db, opened->share, err);
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
