/* What may be asked of the store: each request with copies of what it takes. */
#include "base/alloc.h"
#include "base/clock.h"
#include "store/call.h"
#include "store/turn.h"

static struct request *request_create(enum request_kind kind)
{
    struct arena *arena = arena_create();
    struct request *request = ARENA_NEW(arena, struct request);
    request->arena = arena;
    request->kind = kind;
    return request;
}

void store_policy_keep(struct store *store, const struct store_policy *policy)
{
    struct request *r = request_create(REQUEST_POLICY);
    r->in.policy = *policy;
    r->in.policy.domain = arena_strdup(r->arena, policy->domain);
    r->in.policy.id = arena_strdup(r->arena, policy->id);
    r->in.policy.text = arena_slice(r->arena, policy->text);
    store_put(store, r);
}

void store_event_written(struct store *store, const char *event_id)
{
    struct request *r = request_create(REQUEST_EVENT_WRITTEN);
    r->in.event_id = arena_strdup(r->arena, event_id);
    store_put(store, r);
}

void store_accept(struct store *store, const struct store_accept *accept,
                  store_done_fn *done, void *ctx)
{
    struct request *r = request_create(REQUEST_ACCEPT);
    r->in.accept = *accept;
    r->done = done;
    r->ctx = ctx;
    store_put(store, r);
}

static void put_due(struct store *store, const struct due_wish *wish,
                    store_due_fn *done, void *ctx)
{
    struct request *r = request_create(REQUEST_DUE);
    r->in.due = *wish;
    r->due_done = done;
    r->ctx = ctx;
    store_put(store, r);
}

void store_due(struct store *store, int64_t now_ms, size_t limit,
               store_due_fn *done, void *ctx)
{
    put_due(store, &(struct due_wish){now_ms, limit, false}, done, ctx);
}

void store_due_idle(struct store *store, int64_t now_ms, size_t limit,
                    store_due_fn *done, void *ctx)
{
    put_due(store, &(struct due_wish){now_ms, limit, true}, done, ctx);
}

void store_find(struct store *store, const struct store_question *question,
                store_found_fn *done, void *ctx)
{
    struct request *r = request_create(REQUEST_FIND);
    r->in.find = *question;
    r->in.find.local_part = arena_slice(r->arena, question->local_part);
    r->found_done = done;
    r->ctx = ctx;
    store_put(store, r);
}

static const char *copy_text(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

void store_record(struct store *store, const struct store_record *record,
                  store_done_fn *done, void *ctx)
{
    struct request *r = request_create(REQUEST_RECORD);
    struct store_record *copy = &r->in.record;
    *copy = *record;
    r->item = (struct store_item){.kind = record->item->kind,
                                  .guard = record->item->guard,
                                  .id = record->item->id,
                                  .destination = record->item->destination};
    copy->item = &r->item;
    copy->method = copy_text(r->arena, record->method);
    copy->delivery = copy_text(r->arena, record->delivery);
    copy->event.id = copy_text(r->arena, record->event.id);
    copy->event.line = copy_text(r->arena, record->event.line);
    if (record->change != STORE_CHANGE_DEFERRED)
        copy->until_ms = clock_wall_ms(); /* when the outcome became final */
    if (record->dsn) {
        r->dsn.to = arena_strdup(r->arena, record->dsn->to);
        r->dsn.recipients = arena_strdup(r->arena, record->dsn->recipients);
        r->dsn.content = arena_slice(r->arena, record->dsn->content);
        r->dsn.action = arena_strdup(r->arena, record->dsn->action);
        r->dsn.reports = record->dsn->reports;
        r->dsn.made_ms = clock_wall_ms();
        copy->dsn = &r->dsn;
    }
    r->done = done;
    r->ctx = ctx;
    store_put(store, r);
}

void store_call(struct store *store, struct arena *arena, store_run_fn *step,
                store_answer_fn *answer, void *self)
{
    struct request *r = ARENA_NEW(arena, struct request);
    r->arena = arena;
    r->kind = REQUEST_CALL;
    r->in.call.run = step;
    r->in.call.answer = answer;
    r->in.call.self = self;
    store_put(store, r);
}
