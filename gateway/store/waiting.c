#include "store/waiting.h"

#include <string.h>

#include "base/log.h"

enum { SCAN_MOST = 4096 }; /* rows of a kind in one go */

/* The other way to a row: by destination. A condition that names the same
 * expression uses it (STMT_TAKE_...). */
static const char indexes[] =
    "CREATE INDEX IF NOT EXISTS recipient_waits ON recipient"
    " (" STMT_DOMAIN_OF(
        "address") ", due_ms) WHERE due_ms IS NOT NULL;"
                   "CREATE INDEX IF NOT EXISTS dsn_waits ON dsn"
                   " (" STMT_DOMAIN_OF(
                       "goes_to") ", due_ms) WHERE due_ms IS NOT NULL;";

/* Whoever makes a row due tells it by that; a step that is undone has woken
 * somebody for nothing. */
static const char triggers[] =
    "CREATE TEMP TRIGGER recipient_added AFTER INSERT ON main.recipient"
    " WHEN new.due_ms IS NOT NULL BEGIN"
    " SELECT destination_wake(0, new.address, new.due_ms, new.n); END;"
    "CREATE TEMP TRIGGER recipient_moved AFTER UPDATE OF due_ms"
    " ON main.recipient WHEN new.due_ms IS NOT NULL BEGIN"
    " SELECT destination_wake(0, new.address, new.due_ms, new.n); END;"
    "CREATE TEMP TRIGGER dsn_added AFTER INSERT ON main.dsn"
    " WHEN new.due_ms IS NOT NULL BEGIN"
    " SELECT destination_wake(1, new.goes_to, new.due_ms, new.n); END;"
    "CREATE TEMP TRIGGER dsn_moved AFTER UPDATE OF due_ms ON main.dsn"
    " WHEN new.due_ms IS NOT NULL BEGIN"
    " SELECT destination_wake(1, new.goes_to, new.due_ms, new.n); END;";

static bool is_behind(const struct due_cursor *cursor, int64_t due_ms,
                      int64_t n)
{
    return due_ms < cursor->due_ms ||
           (due_ms == cursor->due_ms && n <= cursor->n);
}

/* What lies before the cursor of the scan is found by that when it is due. */
static void on_row(sqlite3_context *context, int count, sqlite3_value **value)
{
    struct db *db = sqlite3_user_data(context);
    enum store_kind kind =
        sqlite3_value_int(value[0]) ? STORE_KIND_DSN : STORE_KIND_RECIPIENT;
    struct due_cursor row = {sqlite3_value_int64(value[2]),
                             sqlite3_value_int64(value[3])};
    (void)count;
    if (is_behind(&db->scanned[kind], row.due_ms, row.n))
        destinations_wake(db->destinations, kind,
                          (const char *)sqlite3_value_text(value[1]), row);
}

void waiting_rewind(struct db *db)
{
    const struct due_cursor beginning = {INT64_MIN, INT64_MIN};
    db->scanned[0] = db->scanned[1] = beginning;
    destinations_rewind(db->destinations);
}

enum status waiting_open(struct db *db, struct err *err)
{
    waiting_rewind(db);
    if (sqlite3_exec(db->sql, indexes, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_create_function_v2(db->sql, "destination_wake", 4, SQLITE_UTF8,
                                   db, on_row, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db->sql, triggers, NULL, NULL, NULL) != SQLITE_OK)
        return stmt_fault(db, err);
    return ST_OK;
}

/* Statements of two kinds come in pairs: those of the same time as the cursor's
 * row, and those after it. So each is a step on the index and no search. */
static sqlite3_stmt *start(struct db *db, enum stmt which,
                           const struct due_cursor *cursor, int64_t now_ms,
                           struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, which, err);
    if (!stmt)
        return NULL;
    stmt_int(stmt, 1, cursor->due_ms);
    stmt_int(stmt, 2, cursor->n);
    stmt_int(stmt, 3, now_ms);
    return stmt;
}

/* KEEP-4: by anything else no destination is found. */
static bool is_text(sqlite3_stmt *stmt, int at)
{
    const char *text = (const char *)sqlite3_column_text(stmt, at);
    return sqlite3_column_type(stmt, at) == SQLITE_TEXT && text &&
           strlen(text) == (size_t)sqlite3_column_bytes(stmt, at);
}

static enum status scan(struct db *db, enum stmt which, enum store_kind kind,
                        int64_t now_ms, size_t *left, struct err *err)
{
    struct due_cursor *cursor = &db->scanned[kind];
    sqlite3_stmt *stmt = start(db, which, cursor, now_ms, err);
    if (!stmt)
        return ST_TEMP;
    enum status status = ST_OK;
    while (*left && (status = stmt_row(db, stmt, err)) == ST_OK) {
        *cursor = (struct due_cursor){sqlite3_column_int64(stmt, 1),
                                      sqlite3_column_int64(stmt, 0)};
        if (is_text(stmt, 2))
            destinations_wake(db->destinations, kind,
                              (const char *)sqlite3_column_text(stmt, 2),
                              *cursor);
        else
            log_error("store", "an address of the queue is no text",
                      "kind=%d item=%lld", (int)kind, (long long)cursor->n);
        --*left;
    }
    sqlite3_reset(stmt);
    return status == ST_NONE ? ST_OK : status;
}

enum status waiting_scan(struct db *db, int64_t now_ms, bool *is_whole_out,
                         struct err *err)
{
    enum status status = ST_OK;
    *is_whole_out = true;
    for (enum store_kind kind = STORE_KIND_RECIPIENT;
         status == ST_OK && kind <= STORE_KIND_DSN; kind++) {
        size_t left = SCAN_MOST;
        status = scan(db, STMT_SCAN + 2 * kind, kind, now_ms, &left, err);
        if (status == ST_OK)
            status =
                scan(db, STMT_SCAN + 2 * kind + 1, kind, now_ms, &left, err);
        *is_whole_out &= left > 0;
    }
    return status;
}

/* The first of a kind behind the destination's cursor; ST_NONE: none is due. */
static enum status first_of(struct db *db, const struct due_domain *d,
                            enum store_kind kind, int64_t now_ms,
                            struct due_cursor *out, struct err *err)
{
    enum status status = ST_NONE;
    for (int i = 0; status == ST_NONE && i < 2; i++) {
        sqlite3_stmt *stmt =
            start(db, STMT_TAKE + 2 * kind + i, &d->cursor[kind], now_ms, err);
        if (!stmt)
            return ST_TEMP;
        stmt_text(stmt, 4, d->name);
        status = stmt_row(db, stmt, err);
        if (status == ST_OK)
            *out = (struct due_cursor){sqlite3_column_int64(stmt, 1),
                                       sqlite3_column_int64(stmt, 0)};
        sqlite3_reset(stmt);
        sqlite3_clear_bindings(stmt);
    }
    return status;
}

enum status waiting_take(struct db *db, struct due_domain *d, int64_t now_ms,
                         struct store_item *item, struct err *err)
{
    struct due_cursor row[2];
    enum status status[2];
    for (enum store_kind kind = STORE_KIND_RECIPIENT; kind <= STORE_KIND_DSN;
         kind++) {
        status[kind] = first_of(db, d, kind, now_ms, &row[kind], err);
        if (status[kind] != ST_OK && status[kind] != ST_NONE)
            return status[kind];
    }
    if (status[0] != ST_OK && status[1] != ST_OK)
        return ST_NONE;
    bool is_dsn = status[0] != ST_OK ||
                  (status[1] == ST_OK && row[1].due_ms < row[0].due_ms);
    item->kind = is_dsn ? STORE_KIND_DSN : STORE_KIND_RECIPIENT;
    item->id = row[item->kind].n;
    d->cursor[item->kind] = row[item->kind];
    return ST_OK;
}

enum status waiting_next(struct db *db, int64_t *next_ms, struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_NEXT, err);
    if (!stmt)
        return ST_TEMP;
    stmt_int(stmt, 1, db->scanned[STORE_KIND_RECIPIENT].due_ms);
    stmt_int(stmt, 2, db->scanned[STORE_KIND_DSN].due_ms);
    if (stmt_row(db, stmt, err) != ST_OK)
        return ST_TEMP;
    *next_ms = sqlite3_column_type(stmt, 0) == SQLITE_NULL
                   ? -1
                   : sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return ST_OK;
}
