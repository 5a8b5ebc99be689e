/* Codes and notices: asked for, counted, and mailed in the same step. */
#include "store/portal_tries.h"
#include "store/query.h"
#include "store/vault.h"

enum status codes_end(struct db *db, int64_t recipient, struct err *err)
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

static enum status add_code(struct db *db, struct arena *arena,
                            const struct portal_code *code, struct err *err)
{
    struct query q =
        query_open(db,
                   "INSERT INTO portal_code (recipient, kind, code, issued_ms,"
                   " until_ms, is_live) VALUES (?,?,?,?,?,1)",
                   err);
    query_int(&q, code->recipient);
    query_text(&q, code->kind);
    query_text(&q, vault_code(db->vault, arena, code->code));
    query_int(&q, code->now_ms);
    query_int(&q, code->until_ms);
    return query_run(&q, err);
}

static enum status add_mail(struct db *db, struct arena *arena,
                            int64_t recipient, int64_t now_ms,
                            const struct store_dsn *mail, struct err *err)
{
    const char *sealed = vault_seal(db->vault, arena, "mail", mail->content);
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
    query_blob(&q, slice_of(sealed));
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
    enum status status = tries_read(db, code->recipient, &tries, err);
    answer->result = tries_gate(&tries, code->now_ms);
    if (status != ST_OK || answer->result != PORTAL_OK)
        return status;
    status = count_codes(db, code, &count, err);
    if (status == ST_OK && count >= code->limits->codes) {
        answer->result = PORTAL_TOO_MANY;
        return ST_OK;
    }
    if (status == ST_OK)
        status = codes_end(db, code->recipient, err);
    if (status == ST_OK)
        status = add_code(db, arena, code, err);
    if (status == ST_OK && code->mail)
        status =
            add_mail(db, arena, code->recipient, code->now_ms, code->mail, err);
    return status;
}

enum status portal_tell(struct db *db, struct arena *arena, const void *in,
                        struct portal_answer *answer, struct err *err)
{
    const struct portal_tell *tell = in;
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
    return add_mail(db, arena, tell->recipient, tell->now_ms, tell->mail, err);
}
