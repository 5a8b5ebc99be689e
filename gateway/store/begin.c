#include "store/begin.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/random.h"
#include "store/lock.h"
#include "store/query.h"
#include "store/spool.h"

#define REMEDY                                                                 \
    "put the database back, or move the whole folder away to begin anew"

static bool holds_something(const char *path, const char *suffix)
{
    struct stat st;
    char *whole = xasprintf("%s%s", path, suffix);
    bool holds = stat(whole, &st) == 0 && st.st_size > 0;
    free(whole);
    return holds;
}

enum status begin_is_free(struct db *db, const char *path,
                          const struct store_settings *settings,
                          struct err *err)
{
    enum status status = spool_must_be_empty(db, err);
    if (status != ST_OK)
        return status;
    if (holds_something(path, "-wal"))
        return err_set(err, ST_TEMP,
                       "there is no database, but its log %s-wal: " REMEDY,
                       path);
    if (lock_read(db->lock) != 0)
        return err_set(err, ST_TEMP,
                       "there is no database, but one was made in this "
                       "folder: " REMEDY);
    if (settings->has_past && settings->has_past(settings->past))
        return err_set(err, ST_TEMP,
                       "there is no database, but the journal tells of "
                       "accepted messages: put the database back, or move the "
                       "journal away to begin anew");
    return ST_OK;
}

enum status begin_is_ours(struct db *db, struct err *err)
{
    struct query q = query_open(db, "PRAGMA application_id", err);
    enum status status = query_row(&q, err);
    if (status != ST_OK)
        return status == ST_NONE ? err_set(err, ST_TEMP, "no id") : status;
    uint32_t id = (uint32_t)query_get_int(&q, 0), known = lock_read(db->lock);
    query_close(&q);
    if (known == id)
        return ST_OK;
    if (known)
        return err_set(err, ST_TEMP,
                       "this is database %08x, but this folder's is %08x: put "
                       "that one back, or this one into a folder of its own",
                       (unsigned)id, (unsigned)known);
    return lock_write(db->lock, id, err);
}

const char *begin_mark(struct arena *arena)
{
    uint32_t id = 0;
    while (id == 0)
        random_bytes(&id, sizeof id);
    return arena_printf(arena, "PRAGMA application_id = %d", (int32_t)id);
}
