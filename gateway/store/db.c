#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "store/lock.h"
#include "store/query.h"
#include "store/schema.h"
#include "store/spool.h"
#include "store/statement.h"

/* WAL with FULL: one sync a commit, and readers in other processes. */
static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA foreign_keys = ON;"
                              "PRAGMA temp_store = MEMORY;"
                              "CREATE TEMP TABLE claim ("
                              " kind INTEGER, item INTEGER,"
                              " PRIMARY KEY (kind, item)) WITHOUT ROWID;";

enum { SCHEMA_VERSION = 2, BUSY_MS = 2000 };

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

/* One area after another, all or nothing. */
static enum status create_schema(struct db *db, struct err *err)
{
    static const char *const areas[] = {"BEGIN",
                                        schema_queue,
                                        schema_policy,
                                        schema_portal,
                                        "PRAGMA user_version = 2",
                                        "COMMIT"};
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < sizeof areas / sizeof *areas; i++)
        status = run_text(db, areas[i], err);
    return status;
}

/* KEEP-3: a broken database is not worked with: what it no longer shows would
 * be lost without a word. */
static enum status check_pages(struct db *db, struct err *err)
{
    struct query q = query_open(db, "PRAGMA quick_check(1)", err);
    enum status status = query_row(&q, err);
    if (status != ST_OK)
        return status == ST_NONE ? err_set(err, ST_TEMP, "not checked")
                                 : status;
    struct arena *arena = arena_create();
    const char *found = query_get_text(&q, arena, 0);
    if (strcmp(found, "ok") != 0)
        status = err_set(err, ST_TEMP, "the database is damaged: %s", found);
    query_close(&q);
    arena_destroy(&arena);
    return status;
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
    if (version == 0) {
        status = spool_must_be_empty(db, err);
        return status == ST_OK ? create_schema(db, err) : status;
    }
    if (version != SCHEMA_VERSION)
        return err_set(err, ST_TEMP, "database of version %d, expected %d",
                       version, SCHEMA_VERSION);
    return check_pages(db, err);
}

static enum status make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return ST_OK;
    return err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
}

/* SQLite would let others read a new database, and gives its log the same
 * rights. */
static enum status make_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, ST_TEMP, "%s", strerror(errno));
    close(fd);
    return ST_OK;
}

static enum status open_file(struct db *db, const char *path, struct err *err)
{
    if (make_file(path, err) != ST_OK)
        return ST_TEMP;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(path, &db->sql, flags, NULL) != SQLITE_OK)
        return stmt_fault(db, err);
    sqlite3_busy_timeout(db->sql, BUSY_MS);
    return prepare_schema(db, err);
}

enum status db_open(const struct store_settings *settings, struct db **db_out,
                    struct err *err)
{
    const char *directory = settings->directory;
    char *path = xasprintf("%s/gateway.db", directory);
    struct db *db = xcalloc(1, sizeof *db);
    db->spool = xasprintf("%s/spool", directory);
    db->lock = -1;
    db->keep_finished_ms = settings->keep_finished_ms;
    db->longest_wait_ms = settings->longest_wait_ms;
    enum status status = make_folder(directory, err);
    if (status == ST_OK)
        status = make_folder(db->spool, err);
    if (status == ST_OK)
        status = lock_take(directory, &db->lock, err);
    if (status == ST_OK && (status = open_file(db, path, err)) != ST_OK)
        err_wrap(err, "%s", path);
    if (status == ST_OK)
        status = spool_clean(db, err);
    if (status != ST_OK)
        db_close(&db);
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
    if ((*db)->lock >= 0)
        close((*db)->lock);
    free((*db)->spool);
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

const char *db_spool(const struct db *db)
{
    return db->spool;
}

enum store_fault db_fault(const struct db *db)
{
    return db->fault;
}
