/* The changes: accept, record, and the journal lines that wait. */
#include "base/log.h"
#include "store/db.h"
#include "store/death.h"
#include "store/portal_db.h"
#include "store/right_value.h"
#include "store/spool.h"
#include "store/statement.h"
#include "store/vault.h"

static enum status add_message(struct db *db, const struct store_message *m,
                               bool in_database, struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_ADD_MESSAGE, err);
    if (!stmt)
        return ST_TEMP;
    stmt_text(stmt, 1, m->id);
    stmt_int(stmt, 2, m->accepted_ms);
    stmt_text(stmt, 3, m->organization);
    stmt_text(stmt, 4, m->sender);
    stmt_text(stmt, 5, m->reverse_path);
    stmt_text(stmt, 6, m->envid);
    stmt_int(stmt, 7, m->ret_full);
    stmt_int(stmt, 8, m->direct_delivery);
    stmt_int(stmt, 9, m->email_permitted);
    stmt_text(stmt, 10, m->kind ? m->kind : "mail");
    stmt_int(stmt, 11, (int64_t)m->content.n);
    if (in_database)
        stmt_blob(stmt, 12, m->content);
    return stmt_run(db, stmt, err);
}

static void bind_link(struct db *db, sqlite3_stmt *stmt, struct arena *arena,
                      const char *token)
{
    char *mark = arena_alloc(arena, VAULT_MARK_BYTES); /* until it has run */
    vault_mark(db->vault, "link", token, mark);
    stmt_text(stmt, 9, mark);
    stmt_text(stmt, 10, vault_seal(db->vault, arena, "link", slice_of(token)));
}

static enum status add_recipient(struct db *db, int64_t message, int64_t due_ms,
                                 const struct store_recipient *r,
                                 struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_ADD_RECIPIENT, err);
    if (!stmt)
        return ST_TEMP;
    struct arena *arena = arena_create();
    stmt_int(stmt, 1, message);
    stmt_text(stmt, 2, r->address);
    stmt_text(stmt, 3, r->conversation);
    stmt_int(stmt, 4, r->notify);
    stmt_text(stmt, 5, r->orcpt);
    stmt_text(stmt, 6, r->right);
    stmt_text(stmt, 7, right_value_keep(db, arena, r->right, r->right_value));
    stmt_text(stmt, 8, r->return_path);
    bind_link(db, stmt, arena, r->link_token);
    stmt_text(stmt, 11, r->mail_id);
    stmt_int(stmt, 12, due_ms);
    enum status status = stmt_run(db, stmt, err);
    arena_destroy(&arena);
    return status;
}

static enum status add_event(struct db *db, const struct store_event *event,
                             struct err *err)
{
    if (!event->id)
        return ST_OK;
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_ADD_EVENT, err);
    if (!stmt)
        return ST_TEMP;
    stmt_text(stmt, 1, event->id);
    stmt_text(stmt, 2, event->line);
    return stmt_run(db, stmt, err);
}

enum status db_add_event(struct db *db, const struct store_event *event,
                         struct err *err)
{
    return add_event(db, event, err);
}

enum status db_accept(struct db *db, const struct store_accept *accept,
                      struct err *err)
{
    enum status status =
        add_message(db, accept->message, !spool_holds(accept), err);
    int64_t message = sqlite3_last_insert_rowid(db->sql);
    for (size_t i = 0; status == ST_OK && i < accept->recipient_count; i++)
        status = add_recipient(db, message, accept->message->accepted_ms,
                               &accept->recipients[i], err);
    if (status == ST_OK)
        status = add_event(db, &accept->event, err);
    return status;
}

static enum status add_dsn(struct db *db, int64_t recipient,
                           const struct store_dsn *dsn, struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_REPORTED, err);
    if (!stmt)
        return ST_TEMP;
    stmt_int(stmt, 1, recipient);
    stmt_int(stmt, 2, dsn->reports);
    enum status status = stmt_run(db, stmt, err);
    if (status != ST_OK)
        return status;
    if (sqlite3_changes(db->sql) == 0)
        return ST_OK; /* he was told before */
    stmt = stmt_prepare(db, STMT_ADD_DSN, err);
    if (!stmt)
        return ST_TEMP;
    stmt_int(stmt, 1, recipient);
    stmt_text(stmt, 2, dsn->to);
    stmt_text(stmt, 3, dsn->recipients);
    stmt_int(stmt, 4, dsn->made_ms);
    stmt_blob(stmt, 5, dsn->content);
    stmt_text(stmt, 6, dsn->action);
    return stmt_run(db, stmt, err);
}

static enum status unclaim(struct db *db, const struct store_item *item,
                           struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_UNCLAIM, err);
    if (!stmt)
        return ST_TEMP;
    stmt_int(stmt, 1, item->kind);
    stmt_int(stmt, 2, item->id);
    return stmt_run(db, stmt, err);
}

static const char *line_of(const struct store_record *record)
{
    return record->event.id ? record->event.line : NULL;
}

static void bind_decided(sqlite3_stmt *stmt, const struct store_record *record)
{
    stmt_text(stmt, 2, record->method);
    stmt_text(stmt, 3, line_of(record));
}

static void bind_deferred(sqlite3_stmt *stmt, const struct store_record *record)
{
    stmt_int(stmt, 2, record->until_ms);
    if (record->item->kind == STORE_KIND_DSN)
        return;
    stmt_text(stmt, 3, record->method);
    stmt_text(stmt, 4, line_of(record));
}

static void bind_finished(sqlite3_stmt *stmt, const struct store_record *record)
{
    stmt_text(stmt, 2, record->method);
    stmt_text(stmt, 3, record->delivery);
    stmt_int(stmt, 4, record->until_ms);
    stmt_int(stmt, 5, record->links);
    stmt_text(stmt, 6, line_of(record));
}

static sqlite3_stmt *
bind_change(struct db *db, const struct store_record *record, struct err *err)
{
    bool dsn = record->item->kind == STORE_KIND_DSN;
    sqlite3_stmt *stmt = NULL;
    switch (record->change) {
    case STORE_CHANGE_DECIDED:
        stmt = stmt_prepare(db, STMT_METHOD, err);
        if (stmt)
            bind_decided(stmt, record);
        break;
    case STORE_CHANGE_DEFERRED:
        stmt =
            stmt_prepare(db, dsn ? STMT_DEFER_DSN : STMT_DEFER_RECIPIENT, err);
        if (stmt)
            bind_deferred(stmt, record);
        break;
    case STORE_CHANGE_FINISHED:
        stmt = stmt_prepare(db, dsn ? STMT_FINISH_DSN : STMT_FINISH_RECIPIENT,
                            err);
        if (stmt && !dsn)
            bind_finished(stmt, record);
        break;
    case STORE_CHANGE_BOUNCED:
        stmt = stmt_prepare(db, STMT_BOUNCED, err);
        if (stmt)
            stmt_text(stmt, 2, line_of(record));
        break;
    }
    if (stmt)
        stmt_int(stmt, 1, record->item->id);
    return stmt;
}

static enum status change_item(struct db *db, const struct store_record *record,
                               struct err *err)
{
    sqlite3_stmt *stmt = bind_change(db, record, err);
    enum status status = stmt ? stmt_run(db, stmt, err) : ST_TEMP;
    if (status != ST_OK || record->change == STORE_CHANGE_BOUNCED)
        return status;
    /* Somebody else ended or removed it: what came of it is told all the same.
     */
    if (sqlite3_changes(db->sql) != 1)
        log_error("store", "an item is not open any more", "kind=%d item=%lld",
                  (int)record->item->kind, (long long)record->item->id);
    if (record->change != STORE_CHANGE_DECIDED)
        status = unclaim(db, record->item, err);
    if (status == ST_OK && record->change != STORE_CHANGE_DECIDED)
        status = death_survived(db, record->item, err);
    return status;
}

enum status db_record(struct db *db, const struct store_record *record,
                      struct err *err)
{
    enum status status = change_item(db, record, err);
    if (status == ST_OK && record->dsn)
        status = add_dsn(db, record->item->id, record->dsn, err);
    if (status == ST_OK)
        status = add_event(db, &record->event, err);
    return status;
}

enum status db_event_written(struct db *db, const char *id, struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_DROP_EVENT, err);
    if (!stmt)
        return ST_TEMP;
    stmt_text(stmt, 1, id);
    return stmt_run(db, stmt, err);
}

enum status db_unwritten(struct db *db, store_event_fn *each, void *ctx,
                         struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_EVENTS, err);
    enum status status = stmt ? ST_OK : ST_TEMP;
    while (status == ST_OK && (status = stmt_row(db, stmt, err)) == ST_OK) {
        struct store_event event = {
            (const char *)sqlite3_column_text(stmt, 0),
            (const char *)sqlite3_column_text(stmt, 1),
        };
        each(ctx, &event);
    }
    return status == ST_NONE ? ST_OK : status;
}
