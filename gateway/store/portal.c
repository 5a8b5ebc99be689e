/* The calls as requests of the store; what each does stands in portal_link.c
 * and portal_try.c. */
#include "store/portal.h"

#include <string.h>

#include "base/random.h"
#include "store/call.h"
#include "store/portal_db.h"
#include "store/query.h"

struct job {
    portal_run_fn *run;
    const void *in;
    struct portal_answer answer;
    portal_done_fn *done;
    void *ctx;
};

static enum status run_job(struct db *db, struct arena *arena, void *self,
                           struct err *err)
{
    struct job *job = self;
    return job->run(db, arena, job->in, &job->answer, err);
}

static void answer_job(void *self, const struct store_answer *answer)
{
    struct job *job = self;
    if (answer->status != ST_OK)
        job->answer = (struct portal_answer){.result = PORTAL_FAULT};
    job->done(job->ctx, &job->answer);
}

static void ask(struct store *store, portal_run_fn *run, const void *in,
                portal_done_fn *done, void *ctx)
{
    struct arena *arena = arena_create();
    struct job *job = ARENA_NEW(arena, struct job);
    *job = (struct job){.run = run, .in = in, .done = done, .ctx = ctx};
    store_call(store, arena, run_job, answer_job, job);
}

void store_portal_look(struct store *store, const struct portal_look *look,
                       portal_done_fn *done, void *ctx)
{
    ask(store, portal_look, look, done, ctx);
}

void store_portal_code(struct store *store, const struct portal_code *code,
                       portal_done_fn *done, void *ctx)
{
    ask(store, portal_code, code, done, ctx);
}

void store_portal_try(struct store *store, const struct portal_try *try_in,
                      portal_done_fn *done, void *ctx)
{
    ask(store, portal_try, try_in, done, ctx);
}

void store_portal_login(struct store *store, const struct portal_try *login,
                        portal_done_fn *done, void *ctx)
{
    ask(store, portal_login, login, done, ctx);
}

void store_portal_opened(struct store *store,
                         const struct portal_opened *opened,
                         portal_done_fn *done, void *ctx)
{
    ask(store, portal_opened, opened, done, ctx);
}

void store_portal_tell(struct store *store, const struct portal_tell *tell,
                       portal_done_fn *done, void *ctx)
{
    ask(store, portal_tell, tell, done, ctx);
}

void store_portal_conversation(struct store *store,
                               const struct portal_conversation *conversation,
                               portal_done_fn *done, void *ctx)
{
    ask(store, portal_conversation, conversation, done, ctx);
}

void store_portal_leave(struct store *store, const char *session,
                        portal_done_fn *done, void *ctx)
{
    ask(store, portal_leave, session, done, ctx);
}

static enum status read_shares(struct db *db, struct arena *arena,
                               portal_share_fn *each, void *ctx,
                               struct err *err)
{
    struct query q = query_open(db,
                                "SELECT organization, recipient, kind, value,"
                                " opened_ms FROM portal_share",
                                err);
    enum status status;
    while ((status = query_row(&q, err)) == ST_OK)
        each(ctx, &(struct portal_share){query_get_text(&q, arena, 0),
                                         query_get_text(&q, arena, 1),
                                         query_get_text(&q, arena, 2),
                                         query_get_text(&q, arena, 3),
                                         query_get_int(&q, 4)});
    return status == ST_NONE ? ST_OK : status;
}

/* Made once; a restart must not end every session. */
static enum status read_key(struct db *db, unsigned char key[PORTAL_KEY_BYTES],
                            struct err *err)
{
    struct query q = query_open(db, "SELECT value FROM portal_key", err);
    enum status status = query_row(&q, err);
    if (status == ST_OK) {
        if (sqlite3_column_bytes(q.stmt, 0) != PORTAL_KEY_BYTES)
            status = err_set(err, ST_TEMP, "database: the portal's key");
        else
            memcpy(key, sqlite3_column_blob(q.stmt, 0), PORTAL_KEY_BYTES);
        query_close(&q);
        return status;
    }
    if (status != ST_NONE)
        return status;
    random_bytes(key, PORTAL_KEY_BYTES);
    q = query_open(db, "INSERT INTO portal_key (value) VALUES (?)", err);
    query_blob(&q, (struct slice){(const char *)key, PORTAL_KEY_BYTES});
    return query_run(&q, err);
}

enum status store_portal_start(struct store *store, portal_share_fn *each,
                               void *ctx, unsigned char key[PORTAL_KEY_BYTES],
                               struct err *err)
{
    struct db *db = store_db_at_start(store);
    struct arena *arena = arena_create();
    enum status status = read_shares(db, arena, each, ctx, err);
    if (status == ST_OK)
        status = read_key(db, key, err);
    arena_destroy(&arena);
    return status;
}
