/* The calls as requests of the store; what each does stands in portal_link.c
 * and portal_try.c. */
#include "store/portal.h"

#include <string.h>

#include "base/log.h"
#include "rules/words.h"
#include "store/call.h"
#include "store/portal_db.h"
#include "store/query.h"
#include "store/right_value.h"
#include "store/vault.h"

enum { SHARE_BYTES = 1000 };

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
    if (answer->status != ST_OK) {
        log_error("store", "the portal is not answered", "error=%s",
                  answer->err.text);
        job->answer = (struct portal_answer){.result = PORTAL_FAULT};
    }
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

/* Another word, or none, was never earned. */
static bool is_right(const struct portal_share *share)
{
    enum right kind;
    bool is_one = share->organization && share->recipient && share->kind &&
                  right_find(slice_of(share->kind), &kind) && share->value &&
                  strlen(share->value) <= SHARE_BYTES;
    if (!is_one)
        log_error("store", "a shared verification is not right",
                  "recipient=%.100s kind=%.60s",
                  share->recipient ? share->recipient : "?",
                  share->kind ? share->kind : "?");
    return is_one;
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
    while ((status = query_row(&q, err)) == ST_OK) {
        const char *kind = query_get_text(&q, arena, 2);
        const struct portal_share share = {
            query_get_text(&q, arena, 0), query_get_text(&q, arena, 1), kind,
            right_value_show(db, arena, kind, query_get_text(&q, arena, 3)),
            query_get_int(&q, 4)};
        if (is_right(&share))
            each(ctx, &share);
    }
    return status == ST_NONE ? ST_OK : status;
}

enum status store_portal_start(struct store *store, portal_share_fn *each,
                               void *ctx, unsigned char key[PORTAL_KEY_BYTES],
                               struct err *err)
{
    struct db *db = store_db_at_start(store);
    struct arena *arena = arena_create();
    enum status status = read_shares(db, arena, each, ctx, err);
    /* The same after a restart, which must not end every session. */
    vault_derive(db->vault, "portal", key);
    arena_destroy(&arena);
    return status;
}
