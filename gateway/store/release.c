#include "store/release.h"

#include "store/call.h"
#include "store/db.h"
#include "store/query.h"

struct job {
    const char *message;
    int64_t now_ms;
    enum status status;
    store_released_fn *done;
    void *ctx;
};

static enum status change(struct db *db, const char *text, const char *message,
                          int64_t now_ms, struct err *err)
{
    struct query q = query_open(db, text, err);
    query_text(&q, message);
    if (q.stmt && sqlite3_bind_parameter_count(q.stmt) > 1)
        query_int(&q, now_ms);
    return query_run(&q, err);
}

#define OF_MESSAGE " message = (SELECT n FROM message WHERE id = ?1)"

static enum status forget(struct db *db, const char *message, int64_t now_ms,
                          struct err *err)
{
    enum status status =
        change(db, "DELETE FROM death WHERE" OF_MESSAGE, message, now_ms, err);
    if (status == ST_OK && sqlite3_changes(db->sql) == 0)
        return err_set(err, ST_NONE, "nothing of message `%s` is set aside",
                       message);
    if (status == ST_OK)
        status = change(db,
                        "UPDATE recipient SET due_ms = min(due_ms, ?2) WHERE"
                        " due_ms IS NOT NULL AND" OF_MESSAGE,
                        message, now_ms, err);
    if (status == ST_OK)
        status = change(db,
                        "UPDATE dsn SET due_ms = min(due_ms, ?2) WHERE"
                        " due_ms IS NOT NULL AND" OF_MESSAGE,
                        message, now_ms, err);
    return status;
}

static enum status run(struct db *db, struct arena *arena, void *self,
                       struct err *err)
{
    struct job *job = self;
    (void)arena;
    return job->status = forget(db, job->message, job->now_ms, err);
}

static void on_answer(void *self, const struct store_answer *answer)
{
    const struct job *job = self;
    enum status status = answer->status;
    job->done(job->ctx,
              status != ST_OK && job->status == ST_NONE ? ST_NONE : status);
}

void store_release(struct store *store, const char *message, int64_t now_ms,
                   store_released_fn *done, void *ctx)
{
    struct arena *arena = arena_create();
    struct job *job = ARENA_NEW(arena, struct job);
    *job = (struct job){.message = arena_strdup(arena, message),
                        .now_ms = now_ms,
                        .done = done,
                        .ctx = ctx};
    store_call(store, arena, run, on_answer, job);
}

enum status store_release_at_rest(const char *directory, const char *message,
                                  int64_t now_ms, struct err *err)
{
    struct db *db;
    enum status status =
        db_open(&(struct store_settings){.directory = directory}, &db, err);
    if (status != ST_OK)
        return status;
    status = db_begin(db, err);
    if (status == ST_OK)
        status = forget(db, message, now_ms, err);
    if (status == ST_OK)
        status = db_commit(db, err);
    if (status != ST_OK)
        db_rollback(db);
    db_close(&db);
    return status;
}
