/* The question: what is due. Messages that several due items share are loaded
 * once a batch; a batch ends where its content passes a cap. */
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/death.h"
#include "store/right_value.h"
#include "store/spool.h"
#include "store/statement.h"
#include "store/vault.h"
#include "store/waiting.h"

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
        err_set(load->err, ST_INVAL, "row %lld is gone", (long long)n);
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
        return load->err->status;
    struct loaded *m = ARENA_NEW(load->arena, struct loaded);
    *m = (struct loaded){load->messages,
                         n,
                         with_content,
                         {.n = n,
                          .id = column(load, stmt, 0),
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

/* NULL once the outcome is final: nobody needs it then. */
static enum status load_token(struct load *load, const char *sealed,
                              const char **out)
{
    struct slice token;
    *out = NULL;
    if (!sealed)
        return ST_OK;
    enum status status = vault_unseal(load->db->vault, load->arena, "link",
                                      slice_of(sealed), &token, load->err);
    if (status != ST_OK)
        return load->err->status = ST_INVAL; /* of this row alone */
    *out = token.p;
    return ST_OK;
}

/* KEEP-4 */
static enum status load_guard(struct load *load, enum hand_kind kind,
                              int64_t message, struct store_item *item)
{
    const struct hand_work work = {kind, message, item->id};
    return death_guard(load->db, &work, &item->guard, load->err);
}

static enum status load_recipient(struct load *load, enum hand_kind kind,
                                  struct store_item *item, bool with_content)
{
    sqlite3_stmt *stmt = one_row(load, STMT_RECIPIENT, item->id);
    if (!stmt)
        return load->err->status;
    struct store_recipient *r = ARENA_NEW(load->arena, struct store_recipient);
    int64_t message = sqlite3_column_int64(stmt, 0);
    *r = (struct store_recipient){
        .address = column(load, stmt, 1),
        .conversation = column(load, stmt, 2),
        .notify = (unsigned)sqlite3_column_int(stmt, 3),
        .orcpt = column(load, stmt, 4),
        .right = column(load, stmt, 5),
        .right_value =
            right_value_show(load->db, load->arena, column(load, stmt, 5),
                             column(load, stmt, 6)),
        .return_path = column(load, stmt, 7),
        .mail_id = column(load, stmt, 9),
    };
    const char *sealed = column(load, stmt, 8);
    item->attempts = (unsigned)sqlite3_column_int(stmt, 10);
    item->method = column(load, stmt, 11);
    r->reported = (unsigned)sqlite3_column_int(stmt, 12);
    item->recipient = r;
    sqlite3_reset(stmt);
    enum status status = load_token(load, sealed, &r->link_token);
    if (status == ST_OK)
        status = load_guard(load, kind, message, item);
    if (status == ST_OK)
        status = load_message(load, message, with_content, &item->message);
    if (status == ST_OK)
        item->created_ms = item->message->accepted_ms;
    return status;
}

static enum status load_dsn(struct load *load, struct store_item *item)
{
    sqlite3_stmt *stmt = one_row(load, STMT_DSN, item->id);
    if (!stmt)
        return load->err->status;
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
    if (dsn->conversation && dsn->content.n &&
        vault_unseal(load->db->vault, load->arena, "mail", dsn->content,
                     &dsn->content, load->err) != ST_OK)
        return load->err->status = ST_INVAL;
    enum status status = load_guard(load, HAND_DSN, message, item);
    return status == ST_OK ? load_message(load, message, false, &item->message)
                           : status;
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

/* Of what lies before the scan's cursor nothing is found when it is due: after
 * a clock that went back it stands at that time. */
static void set_back(struct db *db, int64_t now_ms)
{
    for (size_t i = 0; i < 2; i++)
        if (db->scanned[i].due_ms > now_ms)
            db->scanned[i] = (struct due_cursor){now_ms, INT64_MAX};
}

struct taken {
    struct store_item item; /* the first */
    int64_t due_ms;
};

static int by_time(const void *a_in, const void *b_in)
{
    const struct taken *a = *(const struct taken *const *)a_in;
    const struct taken *b = *(const struct taken *const *)b_in;
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms ? -1 : 1;
    if (a->item.kind != b->item.kind)
        return a->item.kind < b->item.kind ? -1 : 1;
    return a->item.id < b->item.id ? -1 : 1;
}

/* KEEP-4: a row that is not whole, or lies on a damaged page, is left out
 * (ST_INVAL), and so are no others; it stays claimed, to be met but once. */
static enum status take_item(struct load *load, struct store_item *item)
{
    enum status status = item->kind == STORE_KIND_DSN
                             ? load_dsn(load, item)
                             : load_recipient(load, HAND_RECIPIENT, item, true);
    bool is_damaged =
        status == ST_TEMP && sqlite3_errcode(load->db->sql) == SQLITE_CORRUPT;
    if (status == ST_OK)
        return claim(load, item);
    if (status != ST_INVAL && !is_damaged)
        return status;
    log_error("store", "an item of the queue cannot be read",
              "kind=%s item=%lld error=%s",
              item->kind == STORE_KIND_DSN ? "dsn" : "recipient",
              (long long)item->id, load->err->text);
    status = claim(load, item);
    return status == ST_OK ? ST_INVAL : status;
}

/* KEEP-4: a suspect comes first, and by itself. */
static enum status take_suspect(struct load *load, int64_t now_ms,
                                struct store_item **items,
                                struct store_due *out)
{
    struct store_item *item = &ARENA_NEW(load->arena, struct taken)->item;
    enum status status = death_first_suspect(load->db, now_ms, item, load->err);
    if (status != ST_OK)
        return status == ST_NONE ? ST_OK : status;
    out->is_alone = out->more = true;
    status = take_item(load, item);
    if (status == ST_OK)
        items[out->count++] = item;
    return status == ST_INVAL ? ST_OK : status;
}

static enum status load_one(struct load *load, struct due_domain *destination,
                            int64_t now_ms, struct store_item *item)
{
    enum status status =
        waiting_take(load->db, destination, now_ms, item, load->err);
    if (status != ST_OK)
        return status;
    ((struct taken *)item)->due_ms = destination->cursor[item->kind].due_ms;
    return take_item(load, item);
}

/* Whether the next one's turn would give something: nothing is taken. */
static enum status is_more(struct load *load, const struct due_wish *wish,
                           bool *more_out)
{
    struct destinations *all = load->db->destinations;
    struct due_domain *d;
    enum status status = ST_NONE;
    while (status == ST_NONE && (d = destinations_next(all, wish->idle_only))) {
        struct due_cursor cursor[2] = {d->cursor[0], d->cursor[1]};
        struct store_item item;
        status = waiting_take(load->db, d, wish->now_ms, &item, load->err);
        d->cursor[0] = cursor[0];
        d->cursor[1] = cursor[1];
        if (status == ST_NONE)
            destinations_rest(all, d);
    }
    *more_out = status == ST_OK;
    return status == ST_NONE ? ST_OK : status;
}

/* One of each destination after another; where the batch is full the rest is
 * for another time. */
static enum status take_all(struct load *load, const struct due_wish *wish,
                            struct store_item **items, struct store_due *out)
{
    struct destinations *all = load->db->destinations;
    struct due_domain *d;
    enum status status = ST_OK;
    while (out->count < wish->limit && load->bytes < BATCH_BYTES &&
           (d = destinations_next(all, wish->idle_only))) {
        struct store_item *item = &ARENA_NEW(load->arena, struct taken)->item;
        status = load_one(load, d, wish->now_ms, item);
        if (status == ST_NONE) {
            destinations_rest(all, d);
            continue;
        }
        if (status == ST_INVAL)
            continue;
        if (status != ST_OK)
            return status;
        item->destination = d;
        items[out->count++] = item;
        destinations_took(all, d);
    }
    qsort(items, out->count, sizeof *items, by_time);
    return is_more(load, wish, &out->more);
}

enum status db_due(struct db *db, struct arena *arena,
                   const struct due_wish *wish, struct store_due *out,
                   struct err *err)
{
    struct load load = {.db = db, .arena = arena, .err = err};
    struct store_item **items = arena_alloc(arena, wish->limit * sizeof *items);
    bool is_whole = true; /* else the rest another time */
    *out = (struct store_due){.status = ST_OK, .items = items, .next_ms = -1};
    set_back(db, wish->now_ms);
    enum status status = recall(&load, wish->now_ms);
    if (status == ST_OK)
        status = take_suspect(&load, wish->now_ms, items, out);
    if (out->is_alone)
        return status;
    if (status == ST_OK)
        status = waiting_scan(db, wish->now_ms, &is_whole, err);
    if (status == ST_OK)
        status = take_all(&load, wish, items, out);
    if (status == ST_OK)
        status = waiting_next(db, &out->next_ms, err);
    out->unseen = !is_whole;
    return status;
}

void db_due_undone(struct db *db, const struct store_due *due)
{
    for (size_t i = 0; i < due->count; i++)
        destinations_gave(db->destinations, due->items[i]->destination,
                          STORE_HEARD_UNKNOWN);
    waiting_rewind(db);
}

void db_gave(struct db *db, const struct store_record *record)
{
    bool is_over = record->change == STORE_CHANGE_DEFERRED ||
                   record->change == STORE_CHANGE_FINISHED;
    if (is_over && record->item->destination)
        destinations_gave(db->destinations, record->item->destination,
                          record->heard);
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
    status = load_recipient(&load, HAND_BOUNCE, item, question->with_content);
    if (status != ST_INVAL)
        return status;
    err_wrap(err, "recipient %lld", (long long)item->id);
    return err->status = ST_TEMP;
}
