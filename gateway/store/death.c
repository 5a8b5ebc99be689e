#include "store/death.h"

#include <stdlib.h>

#include "base/log.h"
#include "store/query.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS death ("
    " kind INTEGER NOT NULL,"
    " message INTEGER NOT NULL REFERENCES message (n) ON DELETE CASCADE,"
    " item INTEGER NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (message, kind, item)) WITHOUT ROWID;";

static const char *const kind_names[] = {
    [HAND_RECIPIENT] = "delivery", [HAND_DSN] = "status notification",
    [HAND_PAGE] = "page",          [HAND_BOUNCE] = "bounce",
    [HAND_INTAKE] = "intake",
};
_Static_assert(sizeof kind_names / sizeof *kind_names == HAND_KIND_COUNT,
               "a name a kind");

/* --- who is to blame ------------------------------------------------------ */

size_t death_blame(const struct hand_left *left, struct death_blame *out)
{
    bool by_step = left->running_count > 0;
    size_t count = 0;
    if (!by_step && !left->has_crashed)
        return 0; /* from outside, while everybody waited */
    for (unsigned i = 0; i < left->count; i++)
        if (left->all[i].is_running || !by_step)
            out[count++] = (struct death_blame){.work = left->all[i].work};
    /* Of one message: a step within a step, or several recipients. */
    bool is_one = count > 0;
    for (size_t i = 1; i < count; i++)
        is_one = is_one && out[i].work.kind == out[0].work.kind &&
                 out[i].work.message == out[0].work.message;
    if (is_one)
        out[0].count = left->has_crashed ? DEATH_BY_CRASH : DEATH_BY_KILL;
    return count;
}

/* --- counting ------------------------------------------------------------- */

enum status death_prepare(struct db *db, struct err *err)
{
    if (sqlite3_exec(db->sql, schema, NULL, NULL, NULL) != SQLITE_OK)
        return stmt_fault(db, err);
    struct query q = query_open(db, "SELECT 1 FROM death LIMIT 1", err);
    enum status status = query_row(&q, err);
    if (status == ST_OK)
        query_close(&q);
    db->has_deaths = status == ST_OK;
    return status == ST_NONE ? ST_OK : status;
}

/* How often so far, and of which message; ST_NONE: it is gone. */
static enum status read_count(struct db *db, const struct hand_work *work,
                              struct arena *arena, const char **id,
                              int64_t *count, struct err *err)
{
    struct query q = query_open(
        db,
        "SELECT m.id, (SELECT coalesce(sum(count), 0) FROM death d"
        " WHERE d.message = m.n AND d.kind = ?2) FROM message m WHERE n = ?1",
        err);
    query_int(&q, work->message);
    query_int(&q, work->kind);
    enum status status = query_row(&q, err);
    if (status != ST_OK)
        return status;
    *id = query_get_text(&q, arena, 0);
    *count = query_get_int(&q, 1);
    query_close(&q);
    return ST_OK;
}

static void tell(const struct hand_work *work, const char *id, int64_t count)
{
    if (count < DEATHS_MOST)
        log_warn("store", "the process died at work on a message",
                 "message=%s work=\"%s\" deaths=%lld/%d next=\"it is taken up "
                 "alone\"",
                 id, kind_names[work->kind], (long long)count, DEATHS_MOST);
    else
        log_error("store", "message set aside",
                  "message=%s work=\"%s\" deaths=%lld/%d "
                  "release=\"lasthop-gateway queue release %s\"",
                  id, kind_names[work->kind], (long long)count, DEATHS_MOST,
                  id);
}

static enum status count_one(struct db *db, struct arena *arena,
                             const struct death_blame *blame, struct err *err)
{
    const char *id = "";
    int64_t count = 0;
    if (blame->work.kind == HAND_INTAKE) {
        log_warn("store", "the process died while it took in a message",
                 "deaths=%d", blame->count);
        return ST_OK;
    }
    enum status status = read_count(db, &blame->work, arena, &id, &count, err);
    if (status != ST_OK)
        return status == ST_NONE ? ST_OK : status;
    struct query q = query_open(
        db,
        "INSERT INTO death (message, kind, item, count) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET count = count + ?4",
        err);
    query_int(&q, blame->work.message);
    query_int(&q, blame->work.kind);
    query_int(&q, blame->work.item);
    query_int(&q, blame->count);
    status = query_run(&q, err);
    if (status == ST_OK)
        tell(&blame->work, id, count + blame->count);
    return status;
}

enum status death_count(struct db *db, const struct hand_left *left,
                        struct err *err)
{
    struct death_blame *all =
        xcalloc(left->count ? left->count : 1, sizeof *all);
    size_t count = death_blame(left, all);
    struct arena *arena = arena_create();
    enum status status = count ? db_begin(db, err) : ST_OK;
    for (size_t i = 0; status == ST_OK && i < count; i++)
        status = count_one(db, arena, &all[i], err);
    if (status == ST_OK && count)
        status = db_commit(db, err);
    if (status != ST_OK)
        db_rollback(db);
    arena_destroy(&arena);
    free(all);
    return status == ST_OK ? death_prepare(db, err) : status;
}

/* --- what follows --------------------------------------------------------- */

enum status death_guard(struct db *db, const struct hand_work *work,
                        enum store_guard *out, struct err *err)
{
    *out = STORE_GUARD_NONE;
    if (!db->has_deaths)
        return ST_OK;
    struct query q =
        query_open(db,
                   "SELECT coalesce(sum(count), 0), coalesce(max(item = ?3), 0)"
                   " FROM death WHERE message = ?1 AND kind = ?2",
                   err);
    query_int(&q, work->message);
    query_int(&q, work->kind);
    query_int(&q, work->item);
    enum status status = query_row(&q, err);
    if (status != ST_OK)
        return status;
    if (query_get_int(&q, 0) >= DEATHS_MOST)
        *out = STORE_GUARD_ASIDE;
    else if (query_get_int(&q, 1))
        *out = STORE_GUARD_SUSPECT;
    query_close(&q);
    return ST_OK;
}

/* Those set aside are nobody's danger, and come in their turn. */
#define SUSPECTS(kind, table)                                                  \
    "SELECT " #kind ", t.n FROM death d JOIN " #table " t ON t.n = d.item"     \
    " WHERE d.kind = " #kind " AND t.due_ms <= ?1 AND NOT EXISTS (SELECT 1"    \
    "  FROM temp.claim c WHERE c.kind = " #kind " AND c.item = t.n)"           \
    " AND (SELECT sum(count) FROM death e WHERE e.message = d.message"         \
    "  AND e.kind = d.kind) < ?2"
_Static_assert((int)HAND_RECIPIENT == (int)STORE_KIND_RECIPIENT &&
                   (int)HAND_DSN == (int)STORE_KIND_DSN,
               "the numbers of claims");

enum status death_first_suspect(struct db *db, int64_t now_ms,
                                struct store_item *item, struct err *err)
{
    if (!db->has_deaths)
        return ST_NONE;
    struct query q = query_open(
        db, SUSPECTS(0, recipient) " UNION ALL " SUSPECTS(1, dsn) " LIMIT 1",
        err);
    query_int(&q, now_ms);
    query_int(&q, DEATHS_MOST);
    enum status status = query_row(&q, err);
    if (status != ST_OK)
        return status;
    item->kind = query_get_int(&q, 0) ? STORE_KIND_DSN : STORE_KIND_RECIPIENT;
    item->id = query_get_int(&q, 1);
    query_close(&q);
    return ST_OK;
}

enum status death_survived(struct db *db, const struct store_item *item,
                           struct err *err)
{
    if (item->guard != STORE_GUARD_SUSPECT)
        return ST_OK;
    struct query q =
        query_open(db, "DELETE FROM death WHERE kind = ? AND item = ?", err);
    query_int(&q, item->kind);
    query_int(&q, item->id);
    return query_run(&q, err);
}
