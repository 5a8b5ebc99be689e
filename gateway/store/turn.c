#include "store/turn.h"

#include "base/log.h"
#include "store/purge.h"
#include "store/spool.h"

struct batch {
    struct arena *arena;
    size_t held;
};

static bool is_change(const struct request *request)
{
    return request->kind != REQUEST_DUE && request->kind != REQUEST_FIND;
}

static void fail(struct request *request, const struct db *db,
                 const struct err *err)
{
    request->answer.status = ST_TEMP;
    request->answer.fault = db_fault(db);
    request->answer.err = *err;
}

static enum status apply(struct db *db, struct request *request,
                         struct err *err)
{
    switch (request->kind) {
    case REQUEST_ACCEPT:
        return db_accept(db, &request->in.accept, err);
    case REQUEST_RECORD:
        return db_record(db, &request->in.record, err);
    case REQUEST_EVENT_WRITTEN:
        return db_event_written(db, request->in.event_id, err);
    case REQUEST_POLICY:
        return db_policy_keep(db, &request->in.policy, err);
    case REQUEST_CALL:
        return request->in.call.run(db, request->arena, request->in.call.self,
                                    err);
    case REQUEST_DUE:
    case REQUEST_FIND:
        break;
    }
    BUG("no change");
}

/* Every change of the turn; false when none of them became durable. */
static bool apply_all(struct db *db, struct request *first, struct err *err)
{
    if (db_begin(db, err) != ST_OK)
        return false;
    for (struct request *r = first; r; r = r->next) {
        struct err own = {.status = ST_OK};
        if (!is_change(r) || r->answer.status != ST_OK)
            continue;
        if (db_step_begin(db, err) != ST_OK)
            return false;
        enum status status = apply(db, r, &own);
        if (status != ST_OK)
            fail(r, db, &own);
        db_step_end(db, status == ST_OK);
        if (db_is_broken(db)) {
            *err = own;
            return false;
        }
    }
    return db_commit(db, err) == ST_OK;
}

void turn_keep(struct request *request)
{
    struct store_answer *answer = &request->answer;
    answer->status =
        spool_keep(&request->in.accept, &answer->fault, &answer->err);
}

/* What was kept for nothing. After anything but want of room it stays until the
 * next start, for the commit may have reached the disk all the same. */
static void drop_content(struct db *db, const struct request *first)
{
    for (const struct request *r = first; r; r = r->next)
        if (r->kind == REQUEST_ACCEPT && spool_holds(&r->in.accept) &&
            r->answer.fault == STORE_FAULT_FULL)
            spool_remove(db, r->in.accept.message->id);
}

static void fail_changes(struct db *db, struct request *first,
                         const struct err *err)
{
    for (struct request *r = first; r; r = r->next)
        if (is_change(r) && r->answer.status == ST_OK)
            fail(r, db, err);
}

static void change_all(struct db *db, struct request *first)
{
    struct err err = {ST_TEMP, "transaction undone"};
    bool any = false;
    for (struct request *r = first; r; r = r->next)
        any |= is_change(r);
    if (!any || apply_all(db, first, &err))
        return;
    log_error("store", "nothing stored", "error=%s", err.text);
    fail_changes(db, first, &err);
    db_rollback(db);
}

/* -1: never. */
static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

static void answer_due(struct db *db, struct request *r)
{
    struct err err;
    struct arena *arena = arena_create();
    enum status status = db_begin(db, &err);
    if (status == ST_OK)
        status = db_due(db, arena, &r->in.due, &r->due, &err);
    if (status == ST_OK)
        status = db_commit(db, &err);
    if (status != ST_OK) {
        db_rollback(db);
        db_due_undone(db, &r->due);
        log_error("store", "cannot read the queue", "error=%s", err.text);
        r->due = (struct store_due){.status = ST_TEMP, .next_ms = -1};
    }
    if (status == ST_OK)
        r->due.next_ms =
            earlier(r->due.next_ms, purge_run(db, r->in.due.now_ms));
    if (status != ST_OK || r->due.count == 0) {
        arena_destroy(&arena);
        r->due.items = NULL;
        return;
    }
    struct batch *batch = ARENA_NEW(arena, struct batch);
    *batch = (struct batch){arena, r->due.count};
    for (size_t i = 0; i < r->due.count; i++)
        r->due.items[i]->batch = batch;
}

static void answer_find(struct db *db, struct request *r)
{
    struct err err;
    struct arena *arena = arena_create();
    struct store_item *item = NULL;
    enum status status = db_find(db, arena, &r->in.find, &item, &err);
    if (status == ST_TEMP)
        log_error("store", "cannot look for a recipient", "error=%s", err.text);
    r->found = (struct store_found){status, status == ST_OK ? item : NULL};
    if (status != ST_OK) {
        arena_destroy(&arena);
        return;
    }
    struct batch *batch = ARENA_NEW(arena, struct batch);
    *batch = (struct batch){arena, 1};
    item->batch = batch;
}

/* KEEP-2: a line is forgotten when no power failure can take it out of the
 * journal any more; else it is written again at the next start. */
static void sync_journal(struct request *first, store_sync_fn *sync, void *ctx)
{
    struct err err;
    bool any = false;
    for (const struct request *r = first; r; r = r->next)
        any |= r->kind == REQUEST_EVENT_WRITTEN;
    if (!any || !sync || sync(ctx, &err) == ST_OK)
        return;
    log_error("store", "journal not synced", "error=%s", err.text);
    for (struct request *r = first; r; r = r->next)
        if (r->kind == REQUEST_EVENT_WRITTEN)
            r->answer.status = ST_TEMP;
}

/* TRANSPORT-8: the next of a destination may be taken. */
static void give_all(struct db *db, const struct request *first)
{
    for (const struct request *r = first; r; r = r->next)
        if (r->kind == REQUEST_RECORD && r->answer.status == ST_OK)
            db_gave(db, &r->in.record);
}

static void answer_questions(struct db *db, struct request *first)
{
    for (struct request *r = first; r; r = r->next)
        if (r->kind == REQUEST_DUE)
            answer_due(db, r);
        else if (r->kind == REQUEST_FIND)
            answer_find(db, r);
}

static void refuse(struct db *db, struct request *first, const struct err *err)
{
    fail_changes(db, first, err);
    for (struct request *r = first; r; r = r->next) {
        if (r->kind == REQUEST_DUE)
            r->due = (struct store_due){.status = ST_TEMP, .next_ms = -1};
        else if (r->kind == REQUEST_FIND)
            r->found = (struct store_found){.status = ST_TEMP};
    }
}

/* KEEP-3: what was committed counts only if the files are still there. Then the
 * questions, for a purge changes the database, too. */
void turn_work(struct db *db, struct request *first, store_sync_fn *sync,
               void *sync_ctx)
{
    struct err err;
    sync_journal(first, sync, sync_ctx);
    if (db_ready(db, &err) != ST_OK) {
        refuse(db, first, &err);
        return;
    }
    change_all(db, first);
    if (db_confirm(db, &err) != ST_OK) {
        refuse(db, first, &err);
        return;
    }
    drop_content(db, first);
    give_all(db, first);
    answer_questions(db, first);
    if (db_confirm(db, &err) != ST_OK)
        log_debug("store", "noticed after a question", "error=%s", err.text);
}

void store_item_release(struct store_item *item)
{
    struct batch *batch = item->batch;
    if (--batch->held == 0) {
        struct arena *arena = batch->arena;
        arena_destroy(&arena);
    }
}
