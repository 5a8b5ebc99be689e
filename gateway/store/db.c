#include "store/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/log.h"
#include "store/statement.h"

/* Exclusive: a second gateway on the same state is told so at once, and no
 * shared-memory file is needed. WAL with FULL: one sync a commit. */
static const char pragmas[] = "PRAGMA locking_mode = EXCLUSIVE;"
                              "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA foreign_keys = ON;"
                              "PRAGMA temp_store = MEMORY;"
                              "CREATE TEMP TABLE claim ("
                              " kind INTEGER, item INTEGER,"
                              " PRIMARY KEY (kind, item)) WITHOUT ROWID;";

enum { SCHEMA_VERSION = 1, BUSY_MS = 2000 };

/* due_ms is NULL once the outcome is final. */
static const char schema[] =
    "BEGIN;"
    "CREATE TABLE message ("
    " n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " accepted_ms INTEGER NOT NULL, organization TEXT NOT NULL,"
    " sender TEXT NOT NULL, reverse_path TEXT NOT NULL, envid TEXT,"
    " ret_full INTEGER NOT NULL, direct_delivery INTEGER NOT NULL,"
    " email_permitted INTEGER NOT NULL, content BLOB NOT NULL);"
    "CREATE TABLE recipient ("
    " n INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES message (n),"
    " address TEXT NOT NULL, conversation TEXT NOT NULL,"
    " notify INTEGER NOT NULL, orcpt TEXT, right TEXT NOT NULL,"
    " right_value TEXT, return_path TEXT NOT NULL UNIQUE,"
    " link_token TEXT NOT NULL UNIQUE, mail_id TEXT NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0,"
    " method TEXT NOT NULL DEFAULT 'none', due_ms INTEGER);"
    "CREATE INDEX recipient_due ON recipient (due_ms)"
    " WHERE due_ms IS NOT NULL;"
    "CREATE TABLE dsn ("
    " n INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES message (n),"
    " goes_to TEXT NOT NULL, recipients TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,"
    " due_ms INTEGER, content BLOB NOT NULL);"
    "CREATE INDEX dsn_due ON dsn (due_ms) WHERE due_ms IS NOT NULL;"
    "CREATE TABLE event ("
    " n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, line TEXT NOT NULL);"
    "PRAGMA user_version = 1;"
    "COMMIT;";

static enum status run_text(struct db *db, const char *text, struct err *err)
{
    if (sqlite3_exec(db->sql, text, NULL, NULL, NULL) == SQLITE_OK)
        return ST_OK;
    return stmt_fault(db, err);
}

static int on_version(void *out, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(int *)out = values[0] ? atoi(values[0]) : 0;
    return 0;
}

static enum status prepare_schema(struct db *db, struct err *err)
{
    int version = 0;
    enum status status = run_text(db, pragmas, err);
    if (status != ST_OK)
        return status;
    if (sqlite3_exec(db->sql, "PRAGMA user_version", on_version, &version,
                     NULL) != SQLITE_OK)
        return stmt_fault(db, err);
    if (version == 0)
        return run_text(db, schema, err);
    if (version != SCHEMA_VERSION)
        return err_set(err, ST_TEMP, "database of version %d, expected %d",
                       version, SCHEMA_VERSION);
    return ST_OK;
}

enum status db_open(const char *directory, struct db **db_out, struct err *err)
{
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return err_set(err, ST_TEMP, "%s: %s", directory, strerror(errno));
    char *path = xasprintf("%s/gateway.db", directory);
    struct db *db = xcalloc(1, sizeof *db);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    enum status status = ST_OK;
    if (sqlite3_open_v2(path, &db->sql, flags, NULL) != SQLITE_OK)
        status = stmt_fault(db, err);
    if (status == ST_OK) {
        sqlite3_busy_timeout(db->sql, BUSY_MS);
        status = prepare_schema(db, err);
    }
    if (status != ST_OK) {
        err_wrap(err, "%s", path);
        db_close(&db);
    }
    free(path);
    *db_out = db;
    return status;
}

void db_close(struct db **db)
{
    if (!*db)
        return;
    for (size_t i = 0; i < STMT_COUNT; i++)
        sqlite3_finalize((*db)->prepared[i]);
    if (sqlite3_close((*db)->sql) != SQLITE_OK)
        BUG("a statement was left open");
    free(*db);
    *db = NULL;
}

enum status db_begin(struct db *db, struct err *err)
{
    return stmt_simple(db, STMT_BEGIN, err);
}

enum status db_commit(struct db *db, struct err *err)
{
    return stmt_simple(db, STMT_COMMIT, err);
}

void db_rollback(struct db *db)
{
    struct err err;
    if (!sqlite3_get_autocommit(db->sql) &&
        stmt_simple(db, STMT_ROLLBACK, &err) != ST_OK)
        log_error("store", "rollback failed", "error=%s", err.text);
}

enum status db_step_begin(struct db *db, struct err *err)
{
    return stmt_simple(db, STMT_STEP, err);
}

void db_step_end(struct db *db, bool keep)
{
    struct err err;
    if (db_is_broken(db))
        return;
    if (!keep && stmt_simple(db, STMT_STEP_UNDO, &err) != ST_OK)
        log_error("store", "step not undone", "error=%s", err.text);
    if (stmt_simple(db, STMT_STEP_KEEP, &err) != ST_OK)
        log_error("store", "step not released", "error=%s", err.text);
}

bool db_is_broken(const struct db *db)
{
    return sqlite3_get_autocommit(db->sql);
}

enum store_fault db_fault(const struct db *db)
{
    return db->fault;
}
