#include "store/purge.h"

#include "base/log.h"
#include "store/query.h"
#include "store/spool.h"

enum { SCAN_MOST = 500, PAUSE_MS = 3600000, AGAIN_MS = 1000 };

struct finished {
    struct finished *next;
    int64_t n;
    const char *id;
    bool is_spooled, is_due;
};

/* The messages behind the cursor, and whether each can go. */
static const char candidates[] =
    "SELECT n, id, content IS NULL, accepted_ms <= ?2"
    " AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message = m.n AND"
    "  (r.due_ms IS NOT NULL OR r.outcome_ms > ?2 OR r.links > 0"
    "   OR EXISTS (SELECT 1 FROM recipient o"
    "    WHERE o.conversation = r.conversation"
    "    AND o.delivery = 'notification')))"
    " AND NOT EXISTS (SELECT 1 FROM dsn d WHERE d.message = m.n"
    "  AND d.due_ms IS NOT NULL)"
    " FROM message m WHERE n > ?1 ORDER BY n LIMIT ?3";

static enum status list(struct db *db, struct arena *arena, int64_t before_ms,
                        struct finished **out, size_t *scanned, struct err *err)
{
    struct query q = query_open(db, candidates, err);
    enum status status;
    query_int(&q, db->purge_n);
    query_int(&q, before_ms);
    query_int(&q, SCAN_MOST);
    while ((status = query_row(&q, err)) == ST_OK) {
        ++*scanned;
        struct finished *f = ARENA_NEW(arena, struct finished);
        *f = (struct finished){.next = *out,
                               .n = query_get_int(&q, 0),
                               .id = query_get_text(&q, arena, 1),
                               .is_spooled = query_get_int(&q, 2) != 0,
                               .is_due = query_get_int(&q, 3) != 0};
        *out = f;
    }
    return status == ST_NONE ? ST_OK : status;
}

static enum status forget(struct db *db, int64_t n, struct err *err)
{
    static const char *const texts[] = {
        "DELETE FROM dsn WHERE message = ?",
        "DELETE FROM recipient WHERE message = ?",
        "DELETE FROM message WHERE n = ?"};
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < sizeof texts / sizeof *texts;
         i++) {
        struct query q = query_open(db, texts[i], err);
        query_int(&q, n);
        status = query_run(&q, err);
    }
    return status;
}

static enum status forget_all(struct db *db, const struct finished *all,
                              size_t *count, struct err *err)
{
    enum status status = db_begin(db, err);
    for (const struct finished *f = all; status == ST_OK && f; f = f->next) {
        if (!f->is_due)
            continue;
        status = forget(db, f->n, err);
        ++*count;
    }
    if (status == ST_OK)
        status = db_commit(db, err);
    if (status != ST_OK)
        db_rollback(db);
    return status;
}

/* Its file goes last: an orphan is found at the next start, a message without
 * its content would be a loss. */
static void remove_files(struct db *db, const struct finished *all)
{
    for (const struct finished *f = all; f; f = f->next)
        if (f->is_due && f->is_spooled)
            spool_remove(db, f->id);
}

int64_t purge_run(struct db *db, int64_t now_ms)
{
    struct finished *all = NULL;
    size_t scanned = 0, count = 0;
    struct err err;
    if (db->keep_finished_ms == 0)
        return -1;
    if (now_ms < db->purge_next_ms && now_ms > db->purge_next_ms - 2 * PAUSE_MS)
        return db->purge_next_ms;
    struct arena *arena = arena_create();
    enum status status =
        list(db, arena, now_ms - db->keep_finished_ms, &all, &scanned, &err);
    if (status == ST_OK && all)
        status = forget_all(db, all, &count, &err);
    if (status == ST_OK) {
        remove_files(db, all);
        db->purge_n = scanned < SCAN_MOST ? 0 : all->n;
        if (count)
            log_info("store", "finished messages removed", "count=%zu", count);
    } else {
        log_error("store", "finished messages stay", "error=%s", err.text);
        db->purge_n = 0;
    }
    db->purge_next_ms = now_ms + (db->purge_n ? AGAIN_MS : PAUSE_MS);
    arena_destroy(&arena);
    return db->purge_next_ms;
}
