#include "store/spool.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/blob.h"
#include "base/log.h"
#include "store/statement.h"

bool spool_holds(const struct store_accept *accept)
{
    return accept->content && blob_is_file(accept->content);
}

enum status spool_keep(const struct store_accept *accept,
                       enum store_fault *fault, struct err *err)
{
    enum status status = blob_keep(accept->content, accept->message->id, err);
    if (status != ST_OK)
        *fault =
            blob_is_full(accept->content) ? STORE_FAULT_FULL : STORE_FAULT_IO;
    return status;
}

void spool_remove(struct db *db, const char *id)
{
    char *path = xasprintf("%s/%s", db->spool, id);
    if (unlink(path) != 0 && errno != ENOENT)
        log_warn("store", "spool file stays", "file=%s error=%s", path,
                 strerror(errno));
    free(path);
}

static void destroy(void *blob_in)
{
    struct blob *blob = blob_in;
    blob_destroy(&blob);
}

void spool_load(struct db *db, struct arena *arena,
                struct store_message *message, size_t bytes)
{
    struct blob *blob;
    struct err err;
    enum status status = blob_open(db->spool, message->id, bytes, &blob, &err);
    if (status == ST_OK) {
        arena_on_destroy(arena, destroy, blob);
        status = blob_slice(blob, &message->content, &err);
    }
    if (status == ST_OK)
        return;
    message->content_fault = arena_strdup(arena, err.text);
    log_error("store", "content of a message is gone", "message=%s error=%s",
              message->id, err.text);
}

/* ST_NONE: no message names the file. */
static enum status find_owner(struct db *db, const char *name, struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_SPOOLED, err);
    if (!stmt)
        return ST_TEMP;
    stmt_text(stmt, 1, name);
    enum status status = stmt_row(db, stmt, err);
    sqlite3_reset(stmt);
    return status;
}

static enum status remove_orphan(struct db *db, const char *name,
                                 struct err *err)
{
    enum status status = find_owner(db, name, err);
    if (status != ST_NONE)
        return status;
    log_info("store", "orphan removed", "file=%s", name);
    spool_remove(db, name);
    return ST_OK;
}

static enum status refuse(struct db *db, const char *name, struct err *err)
{
    return err_set(err, ST_TEMP,
                   "the database is empty, but %s/%s is the content of a "
                   "message: put the database back, or the folder away",
                   db->spool, name);
}

static enum status each_file(struct db *db,
                             enum status (*look)(struct db *, const char *,
                                                 struct err *),
                             struct err *err)
{
    enum status status = ST_OK;
    DIR *dir = opendir(db->spool);
    if (!dir)
        return err_set(err, ST_TEMP, "%s: %s", db->spool, strerror(errno));
    for (const struct dirent *e; status == ST_OK && (e = readdir(dir));)
        if (e->d_name[0] != '.')
            status = look(db, e->d_name, err);
    closedir(dir);
    return status;
}

enum status spool_clean(struct db *db, struct err *err)
{
    return each_file(db, remove_orphan, err);
}

enum status spool_must_be_empty(struct db *db, struct err *err)
{
    return each_file(db, refuse, err);
}
