#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/begin.h"
#include "store/death.h"
#include "store/lock.h"
#include "store/query.h"
#include "store/schema.h"
#include "store/spool.h"
#include "store/statement.h"
#include "store/vault_db.h"
#include "store/waiting.h"

/* WAL with FULL: one sync a commit, and readers in other processes. */
static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA foreign_keys = ON;"
                              "PRAGMA temp_store = MEMORY;"
                              "CREATE TEMP TABLE claim ("
                              " kind INTEGER, item INTEGER,"
                              " PRIMARY KEY (kind, item)) WITHOUT ROWID;";

enum { SCHEMA_VERSION = 4, BUSY_MS = 2000, TELL_MS = 60000 };

static enum status run_text(struct db *db, const char *text, struct err *err)
{
    if (sqlite3_exec(db->sql, text, NULL, NULL, NULL) == SQLITE_OK)
        return ST_OK;
    return stmt_fault(db, err);
}

/* One area after another, all or nothing. */
static enum status create_schema(struct db *db, struct err *err)
{
    struct arena *arena = arena_create();
    const char *const areas[] = {"BEGIN",
                                 begin_mark(arena),
                                 schema_queue,
                                 schema_policy,
                                 schema_portal,
                                 vault_db_mark(db, arena),
                                 "PRAGMA user_version = 4",
                                 "COMMIT"};
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < sizeof areas / sizeof *areas; i++)
        status = run_text(db, areas[i], err);
    arena_destroy(&arena);
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

static enum status ask_number(struct db *db, const char *text, int64_t *out,
                              struct err *err)
{
    struct query q = query_open(db, text, err);
    enum status status = query_row(&q, err);
    if (status != ST_OK)
        return status == ST_NONE ? err_set(err, ST_TEMP, "%s: nothing", text)
                                 : status;
    *out = query_get_int(&q, 0);
    query_close(&q);
    return ST_OK;
}

/* A new file, or one whose making was interrupted; never somebody else's. */
static enum status begin_schema(struct db *db, struct err *err)
{
    int64_t tables = 0;
    enum status status =
        ask_number(db, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (status == ST_OK && tables)
        status = err_set(err, ST_TEMP, "this is no database of a gateway");
    return status == ST_OK ? create_schema(db, err) : status;
}

static enum status prepare_schema(struct db *db, struct err *err)
{
    int64_t version = 0;
    enum status status = run_text(db, pragmas, err);
    if (status == ST_OK)
        status = ask_number(db, "PRAGMA user_version", &version, err);
    if (status == ST_OK && version == 0) {
        status = begin_schema(db, err);
        return status == ST_OK ? begin_is_ours(db, err) : status;
    }
    if (status == ST_OK && version != SCHEMA_VERSION)
        status = err_set(err, ST_TEMP, "database of version %lld, expected %d",
                         (long long)version, SCHEMA_VERSION);
    if (status == ST_OK)
        status = check_pages(db, err);
    if (status == ST_OK)
        status = vault_db_check(db, err);
    return status == ST_OK ? begin_is_ours(db, err) : status;
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

static bool is_begun(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_size > 0;
}

/* All that the log holds goes into the database, is synced, and the log begins
 * anew. What an earlier sync failed to bring to the disk may stand in the
 * system's memory as if it were there, and a power failure would break the log
 * at that place, with all that was committed behind it (KEEP-1). */
static enum status empty_log(struct db *db, struct err *err)
{
    int code = sqlite3_wal_checkpoint_v2(
        db->sql, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (code == SQLITE_BUSY)
        log_warn("store", "log not emptied, somebody reads", "wait_ms=%d",
                 (int)BUSY_MS);
    else if (code != SQLITE_OK)
        return stmt_fault(db, err);
    return ST_OK;
}

static void empty_log_at_close(struct db *db, bool yes)
{
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !yes, NULL);
}

/* Until it is known to be ours, nothing of its log goes into it. */
/* KEEP-4: counted before anything is taken up. Without the file the gateway
 * works as well, as long as nothing ends it. */
static enum status open_hand(struct db *db, const char *directory,
                             struct err *err)
{
    struct err why;
    struct hand_left *left = xcalloc(1, sizeof *left);
    enum status status = hand_open(directory, &db->hand, left, &why);
    bool is_open = status == ST_OK;
    status = death_prepare(db, err);
    if (status == ST_OK && left->count)
        status = death_count(db, left, err);
    if (status == ST_OK && is_open && hand_begin(db->hand, &why) != ST_OK)
        is_open = false;
    if (!is_open)
        log_warn("store", "what is in hand is not written down", "error=%s",
                 why.text);
    free(left);
    return status;
}

static enum status open_file(struct db *db, const char *path,
                             const struct store_settings *settings,
                             struct err *err)
{
    bool is_new = !is_begun(path);
    if (is_new && begin_is_free(db, path, settings, err) != ST_OK)
        return ST_TEMP;
    if (make_file(path, err) != ST_OK)
        return ST_TEMP;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(path, &db->sql, flags, NULL) != SQLITE_OK)
        return stmt_fault(db, err);
    sqlite3_busy_timeout(db->sql, BUSY_MS);
    enum status status =
        vault_open(settings->directory, is_new, &db->vault, err);
    if (status == ST_OK)
        status = prepare_schema(db, err);
    if (status == ST_OK)
        status = waiting_open(db, err);
    if (status == ST_OK)
        status = open_hand(db, settings->directory, err);
    if (status == ST_OK)
        status = empty_log(db, err);
    if (status == ST_OK)
        status = presence_take(&db->presence, err);
    db->is_working = status == ST_OK;
    empty_log_at_close(db, db->is_working);
    return status;
}

enum status db_open(const struct store_settings *settings, struct db **db_out,
                    struct err *err)
{
    const char *directory = settings->directory;
    char *path = xasprintf("%s/gateway.db", directory);
    struct db *db = xcalloc(1, sizeof *db);
    db->spool = xasprintf("%s/spool", directory);
    db->lock = -1;
    presence_init(&db->presence, directory);
    db->keep_finished_ms = settings->keep_finished_ms;
    db->longest_wait_ms = settings->longest_wait_ms;
    db->destinations =
        destinations_create(settings->share_first, settings->share_most);
    enum status status = make_folder(directory, err);
    if (status == ST_OK)
        status = make_folder(db->spool, err);
    if (status == ST_OK)
        status = lock_take(directory, &db->lock, err);
    if (status == ST_OK &&
        (status = open_file(db, path, settings, err)) != ST_OK)
        err_wrap(err, "%s", path);
    if (status == ST_OK)
        status = spool_clean(db, err);
    if (status != ST_OK)
        db_close(&db);
    free(path);
    *db_out = db;
    return status;
}

/* What was cut or changed by others stays as it is, with its log: emptying that
 * would make it worse, and an index that was cut is SIGBUS. */
static void close_file(struct db *db)
{
    struct err err;
    for (size_t i = 0; i < STMT_COUNT; i++)
        sqlite3_finalize(db->prepared[i]);
    if (db->is_working && presence_check(&db->presence, true, &err) != ST_OK) {
        empty_log_at_close(db, false);
        log_warn("store", "left as it is", "error=%s", err.text);
    }
    if (sqlite3_close(db->sql) != SQLITE_OK)
        BUG("a statement was left open");
}

void db_close(struct db **db)
{
    if (!*db)
        return;
    close_file(*db);
    hand_close(&(*db)->hand);
    if ((*db)->lock >= 0)
        close((*db)->lock);
    presence_release(&(*db)->presence);
    destinations_destroy(&(*db)->destinations);
    vault_close(&(*db)->vault);
    free((*db)->spool);
    free(*db);
    *db = NULL;
}

/* Once a minute at most: each message that is refused asks. */
static enum status lost(struct db *db, struct err *err)
{
    int64_t now_ms = clock_mono_ms();
    db->fault = STORE_FAULT_IO;
    if (!db->is_lost || now_ms - db->told_ms >= TELL_MS) {
        log_error("store", "nothing is accepted or delivered",
                  "error=%s remedy=put it back, or stop the gateway",
                  err->text);
        db->told_ms = now_ms;
    }
    db->is_lost = true;
    return ST_TEMP;
}

enum status db_ready(struct db *db, struct err *err)
{
    if (presence_check(&db->presence, true, err) != ST_OK)
        return lost(db, err);
    if (db->is_lost)
        log_warn("store", "all is there again", "folder=%s", db->spool);
    db->is_lost = false;
    return ST_OK;
}

enum status db_confirm(struct db *db, struct err *err)
{
    struct presence now = db->presence;
    if (presence_check(&db->presence, false, err) != ST_OK ||
        presence_take(&now, err) != ST_OK)
        return lost(db, err);
    db->presence = now;
    return ST_OK;
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

struct hand *db_hand(const struct db *db)
{
    return db->hand;
}

enum store_fault db_fault(const struct db *db)
{
    return db->fault;
}
