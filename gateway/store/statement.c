#include "store/statement.h"

#include <errno.h>
#include <string.h>

/* A claim is this process's alone: it lives in a temporary table and is gone
 * after a crash, when every open item is due again. */
#define UNCLAIMED(table, kind)                                                 \
    "NOT EXISTS (SELECT 1 FROM temp.claim c WHERE c.kind = " #kind             \
    " AND c.item = " table ".n)"

/* Behind a cursor: rows of its own time, in their order, and those after it.
 * Both are steps on an index; together they would be a search. */
#define SAME " due_ms = ?1 AND n > ?2 AND due_ms <= ?3 "
#define LATER " due_ms > ?1 AND due_ms <= ?3 "
#define SCAN(table, address, after)                                            \
    "SELECT n, due_ms, " address " FROM " table " WHERE" after                 \
    "ORDER BY due_ms, n"
#define TAKE(table, address, after, kind)                                      \
    "SELECT n, due_ms FROM " table " WHERE " STMT_DOMAIN_OF(                   \
        address) " = ?4 "                                                      \
                 "AND" after                                                   \
                 "AND " UNCLAIMED(table, kind) " ORDER BY due_ms, n LIMIT 1"

static const char *const texts[] = {
    [STMT_BEGIN] = "BEGIN IMMEDIATE",
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
    [STMT_STEP] = "SAVEPOINT step",
    [STMT_STEP_KEEP] = "RELEASE step",
    [STMT_STEP_UNDO] = "ROLLBACK TO step",
    [STMT_ADD_MESSAGE] =
        "INSERT INTO message (id, accepted_ms, organization, sender,"
        " reverse_path, envid, ret_full, direct_delivery, email_permitted,"
        " kind, content_bytes, content) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
    [STMT_ADD_RECIPIENT] =
        "INSERT INTO recipient (message, address, conversation, notify, orcpt,"
        " right, right_value, return_path, link_mark, link_sealed, mail_id,"
        " due_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
    [STMT_ADD_DSN] =
        "INSERT INTO dsn (message, goes_to, recipients, created_ms, due_ms,"
        " content, action) SELECT message, ?2, ?3, ?4, ?4, ?5, ?6 FROM "
        "recipient"
        " WHERE n = ?1",
    [STMT_REPORTED] = "UPDATE recipient SET reported = reported | ?2"
                      " WHERE n = ?1 AND reported & ?2 = 0",
    [STMT_ADD_EVENT] = "INSERT INTO event (id, line) VALUES (?,?)",
    [STMT_DROP_EVENT] = "DELETE FROM event WHERE id = ?",
    [STMT_EVENTS] = "SELECT id, line FROM event ORDER BY n",
    [STMT_METHOD] =
        "UPDATE recipient SET method = coalesce(?2, method), decided = ?3"
        " WHERE n = ?1 AND due_ms IS NOT NULL",
    [STMT_DEFER_RECIPIENT] =
        "UPDATE recipient SET due_ms = ?2, method = coalesce(?3, method),"
        " latest = coalesce(?4, latest), attempts = attempts + 1"
        " WHERE n = ?1 AND due_ms IS NOT NULL",
    [STMT_DEFER_DSN] = "UPDATE dsn SET due_ms = ?2, attempts = attempts + 1"
                       " WHERE n = ?1 AND due_ms IS NOT NULL",
    [STMT_FINISH_RECIPIENT] =
        "UPDATE recipient SET due_ms = NULL, link_sealed = NULL, method = "
        "coalesce(?2, method),"
        " delivery = ?3, outcome_ms = ?4, links = ?5,"
        " latest = coalesce(?6, latest), attempts = attempts + 1 WHERE n = ?1 "
        "AND due_ms IS NOT NULL",
    [STMT_BOUNCED] = "UPDATE recipient SET latest = coalesce(?2, latest)"
                     " WHERE n = ?1",
    [STMT_FINISH_DSN] = "UPDATE dsn SET due_ms = NULL, attempts = attempts + 1,"
                        " content = CASE WHEN conversation IS NULL THEN content"
                        " ELSE x'' END"
                        " WHERE n = ?1 AND due_ms IS NOT NULL",
    [STMT_CLAIM] = "INSERT INTO temp.claim (kind, item) VALUES (?,?)",
    [STMT_UNCLAIM] = "DELETE FROM temp.claim WHERE kind = ? AND item = ?",
    [STMT_RECALL_RECIPIENTS] =
        "UPDATE recipient SET due_ms = ?1 WHERE due_ms > ?1 + ?2",
    [STMT_RECALL_DSNS] = "UPDATE dsn SET due_ms = ?1 WHERE due_ms > ?1 + ?2",
    [STMT_SCAN_RECIPIENT] = SCAN("recipient", "address", SAME),
    [STMT_SCAN_RECIPIENT_LATER] = SCAN("recipient", "address", LATER),
    [STMT_SCAN_DSN] = SCAN("dsn", "goes_to", SAME),
    [STMT_SCAN_DSN_LATER] = SCAN("dsn", "goes_to", LATER),
    [STMT_TAKE_RECIPIENT] = TAKE("recipient", "address", SAME, 0),
    [STMT_TAKE_RECIPIENT_LATER] = TAKE("recipient", "address", LATER, 0),
    [STMT_TAKE_DSN] = TAKE("dsn", "goes_to", SAME, 1),
    [STMT_TAKE_DSN_LATER] = TAKE("dsn", "goes_to", LATER, 1),
    [STMT_NEXT] =
        "SELECT min(due_ms) FROM (SELECT min(due_ms) AS due_ms FROM recipient"
        " WHERE due_ms > ?1 UNION ALL SELECT min(due_ms) FROM dsn"
        " WHERE due_ms > ?2)",
    [STMT_MESSAGE] =
        "SELECT id, accepted_ms, organization, sender, reverse_path, envid,"
        " ret_full, direct_delivery, email_permitted, kind, content_bytes,"
        " content FROM message WHERE n = ?",
    [STMT_RECIPIENT] =
        "SELECT message, address, conversation, notify, orcpt, right,"
        " right_value, return_path, link_sealed, mail_id, attempts, method,"
        " reported FROM recipient WHERE n = ?",
    [STMT_FIND] = "SELECT n FROM recipient"
                  " WHERE return_path >= ?1 AND return_path < ?2 LIMIT 1",
    [STMT_DSN] =
        "SELECT message, goes_to, recipients, created_ms, attempts, content,"
        " action, conversation, until_ms FROM dsn WHERE n = ?",
    [STMT_SPOOLED] = "SELECT 1 FROM message WHERE id = ? AND content IS NULL",
    [STMT_KEEP_POLICY] = "INSERT OR REPLACE INTO policy (domain, id, fetched_s,"
                         " until_s, text) VALUES (?,?,?,?,?)",
    [STMT_POLICIES] = "SELECT domain, id, fetched_s, until_s, text FROM policy"
                      " WHERE until_s > ?",
};
_Static_assert(sizeof texts / sizeof *texts == STMT_COUNT,
               "a text per statement");

/* A quota or a limit of file sizes is want of room, too; to SQLite it is an
 * error of the log, whose file has kept what the system said. */
static bool was_refused_room(sqlite3 *sql)
{
    sqlite3_file *log = NULL;
    int code = 0;
    if (sqlite3_extended_errcode(sql) != SQLITE_IOERR_WRITE)
        return false;
    sqlite3_file_control(sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log && log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &code);
    return code == EDQUOT || code == EFBIG;
}

enum status stmt_fault(struct db *db, struct err *err)
{
    int code = sqlite3_errcode(db->sql);
    bool is_full = code == SQLITE_FULL || was_refused_room(db->sql);
    db->fault = is_full ? STORE_FAULT_FULL : STORE_FAULT_IO;
    bool is_damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return err_set(err, ST_TEMP, "%s: %s (%d)",
                   is_damaged ? "the database is damaged" : "database",
                   sqlite3_errmsg(db->sql), sqlite3_extended_errcode(db->sql));
}

sqlite3_stmt *stmt_prepare(struct db *db, enum stmt which, struct err *err)
{
    sqlite3_stmt **stmt = &db->prepared[which];
    if (!*stmt &&
        sqlite3_prepare_v3(db->sql, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                           stmt, NULL) != SQLITE_OK) {
        stmt_fault(db, err);
        return NULL;
    }
    sqlite3_reset(*stmt);
    sqlite3_clear_bindings(*stmt);
    return *stmt;
}

static void bound(int code)
{
    if (code == SQLITE_NOMEM)
        BUG("no memory to bind");
    if (code != SQLITE_OK && code != SQLITE_TOOBIG)
        BUG("bind: %d", code);
}

void stmt_text(sqlite3_stmt *stmt, int at, const char *text)
{
    bound(sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC));
}

void stmt_blob(sqlite3_stmt *stmt, int at, struct slice octets)
{
    bound(sqlite3_bind_blob64(stmt, at, octets.n ? octets.p : "", octets.n,
                              SQLITE_STATIC));
}

void stmt_int(sqlite3_stmt *stmt, int at, int64_t value)
{
    bound(sqlite3_bind_int64(stmt, at, value));
}

enum status stmt_row(struct db *db, sqlite3_stmt *stmt, struct err *err)
{
    switch (sqlite3_step(stmt)) {
    case SQLITE_ROW:
        return ST_OK;
    case SQLITE_DONE:
        sqlite3_reset(stmt);
        return ST_NONE;
    }
    enum status status = stmt_fault(db, err);
    sqlite3_reset(stmt);
    return status;
}

enum status stmt_run(struct db *db, sqlite3_stmt *stmt, struct err *err)
{
    enum status status;
    while ((status = stmt_row(db, stmt, err)) == ST_OK)
        ;
    sqlite3_clear_bindings(stmt); /* they point into the caller's memory */
    return status == ST_NONE ? ST_OK : status;
}

enum status stmt_simple(struct db *db, enum stmt which, struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, which, err);
    return stmt ? stmt_run(db, stmt, err) : ST_TEMP;
}
