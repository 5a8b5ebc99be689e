#include "portal/render.h"

#include <string.h>

#include "base/log.h"

struct render {
    struct visit *visit;
    struct portal_link *links;
    size_t count;
    render_fn *make, *done;
};

void render_keep(struct visit *v, const struct portal_link *link,
                 struct portal_link *own)
{
    struct arena *arena = v->arena;
    *own = *link;
    own->message = (struct store_message){
        .n = link->message.n,
        .id = arena_strdup(arena, link->message.id),
        .kind = arena_strdup(arena, link->message.kind),
        .accepted_ms = link->message.accepted_ms,
        .organization = arena_strdup(arena, link->message.organization),
        .sender = arena_strdup(arena, link->message.sender)};
    own->address = arena_strdup(arena, link->address);
    own->conversation = arena_strdup(arena, link->conversation);
    own->participants = NULL;
    own->participant_count = 0;
    const char **texts[] = {&own->method,      &own->delivery,  &own->right,
                            &own->right_value, &own->code_kind, &own->granted,
                            &own->credential};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i])
            *texts[i] = arena_strdup(arena, *texts[i]);
}

static void keep_participants(struct visit *v, const struct portal_link *link,
                              struct portal_link *own)
{
    const char **all =
        arena_alloc(v->arena, (link->participant_count + 1) * sizeof *all);
    for (size_t i = 0; i < link->participant_count; i++)
        all[i] = arena_strdup(v->arena, link->participants[i]);
    own->participants = all;
    own->participant_count = link->participant_count;
}

static void close_blob(void *ctx)
{
    struct blob *blob = ctx;
    blob_destroy(&blob);
}

/* A large message is a file, and stays readable even if it is removed; a small
 * one is copied. */
static enum status keep_content(struct visit *v, const struct portal_link *link,
                                struct portal_link *own, struct err *err)
{
    struct blob *blob;
    struct slice content = link->message.content;
    enum status status = blob_open(store_spool(v->world->store),
                                   link->message.id, content.n, &blob, err);
    if (status == ST_NONE) {
        own->message.content = arena_slice(v->arena, content);
        return ST_OK;
    }
    if (status != ST_OK)
        return status;
    arena_on_destroy(v->arena, close_blob, blob);
    return blob_slice(blob, &own->message.content, err);
}

static void keep(struct visit *v, const struct portal_link *link,
                 struct portal_link *own)
{
    struct err err;
    render_keep(v, link, own);
    keep_participants(v, link, own);
    own->message.content = SLICE_LITERAL("");
    if (link->message.content_fault)
        own->message.content_fault =
            arena_strdup(v->arena, link->message.content_fault);
    else if (keep_content(v, link, own, &err) != ST_OK) {
        log_error("portal", "content not readable", "message=%s error=%s",
                  link->message.id, err.text);
        own->message.content_fault = "not readable";
    }
}

/* KEEP-4: each message of a conversation is in hand by itself. */
static struct hand *hand_of(const struct visit *v)
{
    return v->kind == VISIT_API ? NULL : store_hand(v->world->store);
}

static void run(void *ctx)
{
    struct render *r = ctx;
    HAND_STEP_WHOLE(hand_of(r->visit), &r->visit->in_hand);
    r->make(r->visit, r->links, r->count);
}

static void on_made(void *ctx)
{
    struct render *r = ctx;
    HAND_STEP_WHOLE(hand_of(r->visit), &r->visit->in_hand);
    r->done(r->visit, r->links, r->count);
}

void render_links(struct visit *v, const struct portal_link *links,
                  size_t count, render_fn *make, render_fn *done)
{
    struct render *r = ARENA_NEW(v->arena, struct render);
    size_t octets = 0;
    *r = (struct render){v, arena_alloc(v->arena, count * sizeof *r->links),
                         count, make, done};
    for (size_t i = 0; i < count; i++) {
        keep(v, &links[i], &r->links[i]);
        octets += r->links[i].message.content.n;
    }
    workers_put(v->world->workers,
                &(struct work_order){octets, run, on_made, r}, &v->work);
}
