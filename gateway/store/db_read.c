/* The question: what is due. Messages that several due items share are loaded
 * once a batch; a batch ends where its content passes a cap. */
#include "store/db.h"

#include <string.h>

#include "store/spool.h"
#include "store/statement.h"

enum { BATCH_BYTES = 32 << 20 };

struct loaded {
    struct loaded *next;
    int64_t n;
    bool with_content;
    struct store_message message;
};

struct load {
    struct db *db;
    struct arena *arena;
    struct loaded *messages;
    size_t bytes;
    struct err *err;
};

static const char *column(struct load *load, sqlite3_stmt *stmt, int at)
{
    const char *text = (const char *)sqlite3_column_text(stmt, at);
    return text ? arena_strdup(load->arena, text) : NULL;
}

static struct slice column_blob(struct load *load, sqlite3_stmt *stmt, int at)
{
    struct slice octets = {sqlite3_column_blob(stmt, at),
                           (size_t)sqlite3_column_bytes(stmt, at)};
    load->bytes += octets.n;
    return arena_slice(load->arena, octets);
}

/* Starts a statement that answers one row by its number. */
static sqlite3_stmt *one_row(struct load *load, enum stmt which, int64_t n)
{
    sqlite3_stmt *stmt = stmt_prepare(load->db, which, load->err);
    if (!stmt)
        return NULL;
    stmt_int(stmt, 1, n);
    enum status status = stmt_row(load->db, stmt, load->err);
    if (status == ST_NONE)
        BUG("row %lld is gone", (long long)n);
    return status == ST_OK ? stmt : NULL;
}

static void load_content(struct load *load, sqlite3_stmt *stmt,
                         struct store_message *message)
{
    if (sqlite3_column_type(stmt, 11) == SQLITE_NULL)
        spool_load(load->db, load->arena, message,
                   (size_t)sqlite3_column_int64(stmt, 10));
    else
        message->content = column_blob(load, stmt, 11);
}

static enum status load_message(struct load *load, int64_t n, bool with_content,
                                const struct store_message **out)
{
    for (struct loaded *m = load->messages; m; m = m->next) {
        if (m->n == n && m->with_content == with_content) {
            *out = &m->message;
            return ST_OK;
        }
    }
    sqlite3_stmt *stmt = one_row(load, STMT_MESSAGE, n);
    if (!stmt)
        return ST_TEMP;
    struct loaded *m = ARENA_NEW(load->arena, struct loaded);
    *m = (struct loaded){load->messages,
                         n,
                         with_content,
                         {.id = column(load, stmt, 0),
                          .accepted_ms = sqlite3_column_int64(stmt, 1),
                          .organization = column(load, stmt, 2),
                          .sender = column(load, stmt, 3),
                          .reverse_path = column(load, stmt, 4),
                          .envid = column(load, stmt, 5),
                          .ret_full = sqlite3_column_int(stmt, 6) != 0,
                          .direct_delivery = sqlite3_column_int(stmt, 7) != 0,
                          .email_permitted = sqlite3_column_int(stmt, 8) != 0,
                          .kind = column(load, stmt, 9)}};
    if (with_content)
        load_content(load, stmt, &m->message);
    sqlite3_reset(stmt);
    load->messages = m;
    *out = &m->message;
    return ST_OK;
}

static enum status load_recipient(struct load *load, struct store_item *item,
                                  bool with_content)
{
    sqlite3_stmt *stmt = one_row(load, STMT_RECIPIENT, item->id);
    if (!stmt)
        return ST_TEMP;
    struct store_recipient *r = ARENA_NEW(load->arena, struct store_recipient);
    int64_t message = sqlite3_column_int64(stmt, 0);
    *r = (struct store_recipient){
        .address = column(load, stmt, 1),
        .conversation = column(load, stmt, 2),
        .notify = (unsigned)sqlite3_column_int(stmt, 3),
        .orcpt = column(load, stmt, 4),
        .right = column(load, stmt, 5),
        .right_value = column(load, stmt, 6),
        .return_path = column(load, stmt, 7),
        .link_token = column(load, stmt, 8),
        .mail_id = column(load, stmt, 9),
    };
    item->attempts = (unsigned)sqlite3_column_int(stmt, 10);
    item->method = column(load, stmt, 11);
    r->reported = (unsigned)sqlite3_column_int(stmt, 12);
    item->recipient = r;
    sqlite3_reset(stmt);
    enum status status =
        load_message(load, message, with_content, &item->message);
    if (status == ST_OK)
        item->created_ms = item->message->accepted_ms;
    return status;
}

static enum status load_dsn(struct load *load, struct store_item *item)
{
    sqlite3_stmt *stmt = one_row(load, STMT_DSN, item->id);
    if (!stmt)
        return ST_TEMP;
    struct store_dsn *dsn = ARENA_NEW(load->arena, struct store_dsn);
    int64_t message = sqlite3_column_int64(stmt, 0);
    dsn->to = column(load, stmt, 1);
    dsn->recipients = column(load, stmt, 2);
    item->created_ms = sqlite3_column_int64(stmt, 3);
    item->attempts = (unsigned)sqlite3_column_int(stmt, 4);
    dsn->content = column_blob(load, stmt, 5);
    dsn->action = column(load, stmt, 6);
    dsn->conversation = column(load, stmt, 7);
    dsn->until_ms = sqlite3_column_int64(stmt, 8);
    item->dsn = dsn;
    item->method = "none";
    sqlite3_reset(stmt);
    return load_message(load, message, false, &item->message);
}

static enum status claim(struct load *load, const struct store_item *item)
{
    sqlite3_stmt *stmt = stmt_prepare(load->db, STMT_CLAIM, load->err);
    if (!stmt)
        return ST_TEMP;
    stmt_int(stmt, 1, item->kind);
    stmt_int(stmt, 2, item->id);
    return stmt_run(load->db, stmt, load->err);
}

static enum status list_due(struct load *load, int64_t now_ms, size_t limit,
                            struct store_item **items, size_t *count)
{
    sqlite3_stmt *stmt = stmt_prepare(load->db, STMT_DUE, load->err);
    if (!stmt)
        return ST_TEMP;
    stmt_int(stmt, 1, now_ms);
    stmt_int(stmt, 2, (int64_t)limit);
    enum status status;
    while ((status = stmt_row(load->db, stmt, load->err)) == ST_OK) {
        struct store_item *item = ARENA_NEW(load->arena, struct store_item);
        item->kind =
            sqlite3_column_int(stmt, 0) ? STORE_KIND_DSN : STORE_KIND_RECIPIENT;
        item->id = sqlite3_column_int64(stmt, 1);
        items[(*count)++] = item;
    }
    return status == ST_NONE ? ST_OK : status;
}

static enum status next_due(struct load *load, int64_t *next_ms)
{
    sqlite3_stmt *stmt = stmt_prepare(load->db, STMT_NEXT, load->err);
    if (!stmt || stmt_row(load->db, stmt, load->err) != ST_OK)
        return ST_TEMP;
    *next_ms = sqlite3_column_type(stmt, 0) == SQLITE_NULL
                   ? -1
                   : sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return ST_OK;
}

/* What waits for a time that the clock will not reach is due now. */
static enum status recall(struct load *load, int64_t now_ms)
{
    enum status status = ST_OK;
    if (load->db->longest_wait_ms == 0)
        return ST_OK;
    for (enum stmt which = STMT_RECALL_RECIPIENTS;
         status == ST_OK && which <= STMT_RECALL_DSNS; which++) {
        sqlite3_stmt *stmt = stmt_prepare(load->db, which, load->err);
        if (!stmt)
            return ST_TEMP;
        stmt_int(stmt, 1, now_ms);
        stmt_int(stmt, 2, load->db->longest_wait_ms);
        status = stmt_run(load->db, stmt, load->err);
    }
    return status;
}

enum status db_due(struct db *db, struct arena *arena, int64_t now_ms,
                   size_t limit, struct store_due *out, struct err *err)
{
    struct load load = {.db = db, .arena = arena, .err = err};
    struct store_item **items = arena_alloc(arena, limit * sizeof *items);
    size_t listed = 0, count = 0;
    enum status status = recall(&load, now_ms);
    if (status == ST_OK)
        status = list_due(&load, now_ms, limit, items, &listed);
    while (status == ST_OK && count < listed && load.bytes < BATCH_BYTES) {
        struct store_item *item = items[count++];
        status = item->kind == STORE_KIND_DSN
                     ? load_dsn(&load, item)
                     : load_recipient(&load, item, true);
        if (status == ST_OK)
            status = claim(&load, item);
    }
    int64_t next_ms = -1;
    if (status == ST_OK)
        status = next_due(&load, &next_ms);
    if (status == ST_OK)
        *out = (struct store_due){.status = ST_OK,
                                  .items = items,
                                  .count = count,
                                  .more = count < listed || listed == limit,
                                  .next_ms = next_ms};
    return status;
}

enum status db_find(struct db *db, struct arena *arena,
                    const struct store_question *question,
                    struct store_item **out, struct err *err)
{
    struct slice local_part = question->local_part;
    struct load load = {.db = db, .arena = arena, .err = err};
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_FIND, err);
    if (!stmt)
        return ST_TEMP;
    /* Whatever stands behind the local part and its "@", which 'A' follows. */
    stmt_text(stmt, 1, arena_printf(arena, "%.*s@", SLICE_ARG(local_part)));
    stmt_text(stmt, 2, arena_printf(arena, "%.*sA", SLICE_ARG(local_part)));
    enum status status = stmt_row(db, stmt, err);
    if (status != ST_OK)
        return status;
    struct store_item *item = ARENA_NEW(arena, struct store_item);
    item->kind = STORE_KIND_RECIPIENT;
    item->id = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    *out = item;
    return load_recipient(&load, item, question->with_content);
}
