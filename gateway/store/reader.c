#include "store/reader.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "store/death.h"

enum { BUSY_MS = 5000 };

struct store_reader {
    sqlite3 *sql;
    char *path;
};

_Static_assert(DEATHS_MOST == 30, "the number stands in a text here");

/* KEEP-4: of deliveries, and of status notifications. */
#define IS_ASIDE(kind, table)                                                  \
    "(SELECT coalesce(sum(count), 0) >= 30 FROM death x WHERE x.message "      \
    "= " #table ".message AND x.kind = " #kind ")"

#define RECIPIENT_ROWS                                                         \
    "SELECT m.id, m.organization, m.sender, r.address, r.conversation,"        \
    " m.accepted_ms, r.method, r.delivery, r.outcome_ms, r.opened_ms,"         \
    " r.attempts, r.due_ms, r.decided, 0, r.latest, " IS_ASIDE(                \
        0, r) " FROM recipient r JOIN message m ON m.n = r.message"

static const char queue_text[] =
    RECIPIENT_ROWS " WHERE r.due_ms IS NOT NULL UNION ALL"
                   " SELECT m.id, m.organization, m.sender, d.goes_to, NULL,"
                   " m.accepted_ms, d.action, NULL, NULL, NULL, d.attempts,"
                   " d.due_ms, NULL, 1, NULL, " IS_ASIDE(
                       1, d) " FROM dsn d JOIN message m"
                             " ON m.n = d.message WHERE d.due_ms IS NOT NULL"
                             " ORDER BY 12";
static const char conversations_text[] =
    RECIPIENT_ROWS " ORDER BY m.accepted_ms, r.n";
static const char message_text[] =
    RECIPIENT_ROWS " WHERE (m.id = ?1 OR r.conversation = ?1) AND (?2 IS NULL "
                   "OR r.address = ?2 COLLATE NOCASE)"
                   " ORDER BY r.n";

static enum status fault(struct store_reader *reader, struct err *err)
{
    return err_set(err, ST_TEMP, "%s: %s", reader->path,
                   sqlite3_errmsg(reader->sql));
}

enum status store_reader_open(const char *directory, struct store_reader **out,
                              struct err *err)
{
    char *path = xasprintf("%s/gateway.db", directory);
    struct store_reader *reader = xcalloc(1, sizeof *reader);
    reader->path = path;
    enum status status = ST_OK;
    if (access(path, R_OK) != 0)
        status = err_set(err, errno == ENOENT ? ST_NONE : ST_TEMP, "%s: %s",
                         path, strerror(errno));
    else if (sqlite3_open_v2(path, &reader->sql, SQLITE_OPEN_READONLY, NULL) !=
             SQLITE_OK)
        status = fault(reader, err);
    if (status == ST_OK)
        sqlite3_busy_timeout(reader->sql, BUSY_MS);
    else
        store_reader_close(&reader);
    *out = reader;
    return status;
}

void store_reader_close(struct store_reader **reader)
{
    if (!*reader)
        return;
    sqlite3_close((*reader)->sql);
    free((*reader)->path);
    free(*reader);
    *reader = NULL;
}

static const char *text_at(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

static struct store_row row_of(sqlite3_stmt *stmt)
{
    return (struct store_row){.message = text_at(stmt, 0),
                              .organization = text_at(stmt, 1),
                              .sender = text_at(stmt, 2),
                              .recipient = text_at(stmt, 3),
                              .conversation = text_at(stmt, 4),
                              .accepted_ms = sqlite3_column_int64(stmt, 5),
                              .method = text_at(stmt, 6),
                              .delivery = text_at(stmt, 7),
                              .outcome_ms = sqlite3_column_int64(stmt, 8),
                              .opened_ms = sqlite3_column_int64(stmt, 9),
                              .attempts = sqlite3_column_int64(stmt, 10),
                              .due_ms = sqlite3_column_int64(stmt, 11),
                              .decided = text_at(stmt, 12),
                              .is_report = sqlite3_column_int(stmt, 13) != 0,
                              .latest = text_at(stmt, 14),
                              .is_aside = sqlite3_column_int(stmt, 15) != 0};
}

static enum status read_rows(struct store_reader *reader, const char *text,
                             const char *const binds[2], store_row_fn *each,
                             void *ctx, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(reader->sql, text, -1, &stmt, NULL);
    for (int i = 0; code == SQLITE_OK && binds && i < 2; i++)
        code = sqlite3_bind_text(stmt, i + 1, binds[i], -1, SQLITE_STATIC);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(stmt);
        if (code == SQLITE_ROW) {
            struct store_row row = row_of(stmt);
            each(ctx, &row);
        }
    }
    enum status status = code == SQLITE_DONE ? ST_OK : fault(reader, err);
    sqlite3_finalize(stmt);
    return status;
}

enum status store_reader_queue(struct store_reader *reader, store_row_fn *each,
                               void *ctx, struct err *err)
{
    return read_rows(reader, queue_text, NULL, each, ctx, err);
}

enum status store_reader_conversations(struct store_reader *reader,
                                       store_row_fn *each, void *ctx,
                                       struct err *err)
{
    return read_rows(reader, conversations_text, NULL, each, ctx, err);
}

enum status store_reader_message(struct store_reader *reader,
                                 const char *message, const char *recipient,
                                 store_row_fn *each, void *ctx, struct err *err)
{
    const char *const binds[] = {message, recipient};
    return read_rows(reader, message_text, binds, each, ctx, err);
}
