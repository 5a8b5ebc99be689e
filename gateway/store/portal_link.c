/* The questions: how a link stands, and what a conversation holds. */
#include <openssl/crypto.h>
#include <string.h>

#include "base/log.h"
#include "store/death.h"
#include "store/portal_db.h"
#include "store/portal_words.h"
#include "store/query.h"
#include "store/right_value.h"
#include "store/spool.h"
#include "store/vault.h"

/* Of a link and the session that asks; ?1 is its hash, ?2 the time. */
#define LINK_COLUMNS                                                           \
    "SELECT r.n, r.link_mark, m.id, m.kind, m.accepted_ms, m.organization,"    \
    " m.sender, r.address, r.conversation, r.method, r.delivery, r.right,"     \
    " r.right_value, coalesce(p.is_void, 0), coalesce(p.locked_until_ms, 0),"  \
    " c.kind, g.method, s.credential,"                                         \
    " coalesce(s.account = r.address COLLATE NOCASE, 0), m.content_bytes, m.n" \
    " FROM recipient r JOIN message m ON m.n = r.message"                      \
    " LEFT JOIN portal_link p ON p.recipient = r.n"                            \
    " LEFT JOIN portal_code c ON c.recipient = r.n AND c.is_live"              \
    " AND c.until_ms > ?2"                                                     \
    " LEFT JOIN portal_session s ON s.hash = ?1 AND s.until_ms > ?2"           \
    " LEFT JOIN portal_grant g ON g.session = s.n AND g.recipient = r.n"       \
    " AND g.until_ms > ?2"

enum { TOKEN_DIGITS = 64, LINKS_MOST = 100 };

struct row {
    struct portal_link link;
    const char *mark;
    size_t content_bytes;
};

static void take_row(struct query *q, struct arena *arena, struct row *row)
{
    struct portal_link *link = &row->link;
    *link = (struct portal_link){
        .recipient = query_get_int(q, 0),
        .message = {.id = query_get_text(q, arena, 2),
                    .kind = query_get_text(q, arena, 3),
                    .accepted_ms = query_get_int(q, 4),
                    .organization = query_get_text(q, arena, 5),
                    .sender = query_get_text(q, arena, 6)},
        .address = query_get_text(q, arena, 7),
        .conversation = query_get_text(q, arena, 8),
        .method = query_get_text(q, arena, 9),
        .delivery = query_get_text(q, arena, 10),
        .right = query_get_text(q, arena, 11),
        .right_value =
            right_value_show(q->db, arena, query_get_text(q, arena, 11),
                             query_get_text(q, arena, 12)),
        .is_void = query_get_int(q, 13) != 0,
        .locked_until_ms = query_get_int(q, 14),
        .code_kind = query_get_text(q, arena, 15),
        .granted = query_get_text(q, arena, 16),
        .credential = query_get_text(q, arena, 17),
        .is_account = query_get_int(q, 18) != 0};
    row->mark = query_get_text(q, arena, 1);
    row->content_bytes = (size_t)query_get_int(q, 19);
    link->message.n = query_get_int(q, 20);
}

static enum status load_participants(struct db *db, struct arena *arena,
                                     struct row *row, struct err *err)
{
    const char **list = NULL;
    size_t count = 0, size = 0;
    struct query q = query_open(db,
                                "SELECT address FROM recipient WHERE message ="
                                " ? AND conversation = ? ORDER BY n",
                                err);
    query_int(&q, row->link.message.n);
    query_text(&q, row->link.conversation);
    enum status status;
    while ((status = query_row(&q, err)) == ST_OK) {
        if (count == size) {
            size_t wider = size ? 2 * size : 16;
            const char **more = arena_alloc(arena, wider * sizeof *more);
            if (count)
                memcpy(more, list, count * sizeof *more);
            list = more;
            size = wider;
        }
        list[count++] = query_get_text(&q, arena, 0);
    }
    row->link.participants = list;
    row->link.participant_count = count;
    return status == ST_NONE ? ST_OK : status;
}

static enum status load_content(struct db *db, struct arena *arena,
                                struct row *row, struct err *err)
{
    struct store_message *message = &row->link.message;
    const struct hand_work page = {HAND_PAGE, message->n, 0};
    enum status status = death_guard(db, &page, &row->link.guard, err);
    if (status != ST_OK)
        return status;
    if (row->link.guard == STORE_GUARD_ASIDE) {
        message->content_fault = "set aside"; /* KEEP-4 */
        return load_participants(db, arena, row, err);
    }
    struct query q =
        query_open(db, "SELECT content FROM message WHERE n = ?", err);
    query_int(&q, row->link.message.n);
    status = query_row(&q, err);
    if (status != ST_OK)
        return status == ST_NONE ? err_set(err, ST_TEMP, "a message is gone")
                                 : status;
    if (sqlite3_column_type(q.stmt, 0) == SQLITE_NULL)
        spool_load(db, arena, message, row->content_bytes);
    else
        message->content = arena_slice(
            arena, (struct slice){sqlite3_column_blob(q.stmt, 0),
                                  (size_t)sqlite3_column_bytes(q.stmt, 0)});
    query_close(&q);
    return load_participants(db, arena, row, err);
}

/* How many replies the guest sent since then. */
static enum status count_replies(struct db *db, struct portal_link *link,
                                 int64_t since_ms, struct err *err)
{
    struct query q = query_open(db,
                                "SELECT count(*) FROM message WHERE kind ="
                                " 'reply' AND sender = ? AND accepted_ms > ?",
                                err);
    query_text(&q, link->address);
    query_int(&q, since_ms);
    enum status status = query_row(&q, err);
    if (status != ST_OK)
        return status;
    link->replies = query_get_int(&q, 0);
    query_close(&q);
    return ST_OK;
}

enum status portal_look(struct db *db, struct arena *arena, const void *in,
                        struct portal_answer *answer, struct err *err)
{
    const struct portal_look *look = in;
    struct row *found = ARENA_NEW(arena, struct row);
    char mark[VAULT_MARK_BYTES];
    bool is_found = false;
    vault_mark(db->vault, "link", look->token, mark);
    struct query q = query_open(
        db,
        LINK_COLUMNS " WHERE substr(r.link_mark, 1, 16) = substr(?3, 1, 16)",
        err);
    query_text(&q, look->session);
    query_int(&q, look->now_ms);
    query_text(&q, mark);
    enum status status;
    while ((status = query_row(&q, err)) == ST_OK) {
        struct row row = {.mark = NULL};
        take_row(&q, arena, &row);
        if (row.mark && strlen(row.mark) == TOKEN_DIGITS &&
            CRYPTO_memcmp(row.mark, mark, TOKEN_DIGITS) == 0) {
            *found = row;
            is_found = true;
        }
    }
    if (status != ST_NONE)
        return status;
    answer->result = is_found ? PORTAL_OK : PORTAL_NONE;
    if (!is_found)
        return ST_OK;
    status = portal_words_check(&found->link, err);
    if (status != ST_OK)
        return status;
    answer->links = &found->link;
    answer->count = 1;
    bool is_open = found->link.granted || found->link.is_account;
    if (!look->with_content || !is_open)
        return ST_OK;
    status = load_content(db, arena, found, err);
    return status == ST_OK && look->replies_since_ms
               ? count_replies(db, &found->link, look->replies_since_ms, err)
               : status;
}

/* As recipient only where the order gave him his account; as sender of his
 * own message once, however many recipients it has. */
#define TAKES_PART                                                             \
    " AND s.account IS NOT NULL AND ((s.account = r.address COLLATE NOCASE"    \
    " AND r.method = 'account' AND coalesce(r.delivery, '') <> 'failed')"      \
    " OR (s.account = m.sender COLLATE NOCASE AND r.n = (SELECT min(o.n)"      \
    " FROM recipient o WHERE o.message = m.n"                                  \
    " AND o.conversation = r.conversation)))"                                  \
    " ORDER BY m.n LIMIT ?4"

/* Somebody is logged in by this session. */
static enum status has_account(struct db *db, const char *session,
                               int64_t now_ms, bool *yes, struct err *err)
{
    struct query q = query_open(db,
                                "SELECT 1 FROM portal_session WHERE hash = ?"
                                " AND until_ms > ? AND account IS NOT NULL",
                                err);
    query_text(&q, session);
    query_int(&q, now_ms);
    enum status status = query_row(&q, err);
    *yes = status == ST_OK;
    if (*yes)
        query_close(&q);
    return status == ST_NONE ? ST_OK : status;
}

enum status portal_conversation(struct db *db, struct arena *arena,
                                const void *in, struct portal_answer *answer,
                                struct err *err)
{
    const struct portal_conversation *wanted = in;
    bool known;
    enum status status =
        has_account(db, wanted->session, wanted->now_ms, &known, err);
    answer->result = PORTAL_WRONG;
    if (status != ST_OK || !known)
        return status;
    struct row *rows = arena_alloc(arena, LINKS_MOST * sizeof *rows);
    size_t count = 0;
    struct query q = query_open(
        db,
        wanted->id ? LINK_COLUMNS " WHERE r.conversation = ?3" TAKES_PART
                   : LINK_COLUMNS " WHERE m.id = ?3" TAKES_PART,
        err);
    query_text(&q, wanted->session);
    query_int(&q, wanted->now_ms);
    query_text(&q, wanted->id ? wanted->id : wanted->message);
    query_int(&q, LINKS_MOST);
    while ((status = query_row(&q, err)) == ST_OK) {
        take_row(&q, arena, &rows[count]);
        if (portal_words_check(&rows[count].link, err) == ST_OK)
            count++;
        else
            log_error("store", "a message is left out of its conversation",
                      "error=%s", err->text);
    }
    if (status != ST_NONE)
        return status;
    status = ST_OK;
    struct portal_link *links = arena_alloc(arena, (count + 1) * sizeof *links);
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = load_content(db, arena, &rows[i], err);
        links[i] = rows[i].link;
    }
    *answer = (struct portal_answer){.result = count ? PORTAL_OK : PORTAL_NONE,
                                     .links = links,
                                     .count = count};
    return status;
}
