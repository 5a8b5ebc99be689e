#include "deliver/recorder.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "net/loop.h"

enum { AGAIN_MS = 1000 };

/* One record; it outlives the recorder until the store has answered. */
struct entry {
    struct recorder *owner; /* NULL: gone */
    struct entry *next;
    struct arena *arena;
    struct store_record record;
    struct store_dsn dsn;
    bool is_waiting; /* to be handed over again */
    void (*on_durable)(void *ctx);
    void *ctx;
};

struct recorder {
    struct deliver_world world;
    struct loop_timer *timer;
    struct entry *entries;
    size_t count;
};

static void entry_free(struct entry *entry)
{
    if (entry->owner != NULL) {
        struct entry **at = &entry->owner->entries;
        while (*at != entry) {
            at = &(*at)->next;
        }
        *at = entry->next;
        entry->owner->count--;
    }
    arena_destroy(&entry->arena);
    free(entry);
}

static void on_answer(void *ctx, const struct store_answer *answer)
{
    struct entry *entry = ctx;
    struct recorder *owner = entry->owner;
    if (owner == NULL) {
        entry_free(entry);
        return;
    }
    if (answer->status != ST_OK && entry->on_durable != NULL) {
        log_warn("deliver", "not recorded", "why=%s", answer->err.text);
        entry->is_waiting = true;
        loop_timer_start(owner->timer, AGAIN_MS);
        return;
    }
    struct store_event event = entry->record.event;
    if (answer->status != ST_OK)
        event.id = NULL; /* the store has no row of it */
    void (*on_durable)(void *) = entry->on_durable;
    void *on_durable_ctx = entry->ctx;
    owner->world.journal(owner->world.ctx, &event);
    entry_free(entry);
    if (on_durable != NULL) {
        on_durable(on_durable_ctx);
    }
}

static void on_timer(void *ctx)
{
    struct recorder *recorder = ctx;
    for (struct entry *e = recorder->entries; e != NULL; e = e->next) {
        if (e->is_waiting) {
            e->is_waiting = false;
            store_record(recorder->world.store, &e->record, on_answer, e);
        }
    }
}

struct recorder *recorder_create(const struct deliver_world *world)
{
    struct recorder *recorder = xcalloc(1, sizeof *recorder);
    recorder->world = *world;
    recorder->timer = loop_timer_create(world->loop, on_timer, recorder);
    return recorder;
}

static void copy_record(struct entry *entry, const struct store_record *record)
{
    struct arena *arena = entry->arena;
    entry->record = *record;
    entry->record.event.id = arena_strdup(arena, record->event.id);
    entry->record.event.line = arena_strdup(arena, record->event.line);
    if (record->method != NULL) {
        entry->record.method = arena_strdup(arena, record->method);
    }
    if (record->dsn != NULL) {
        entry->dsn = (struct store_dsn){
            .to = arena_strdup(arena, record->dsn->to),
            .recipients = arena_strdup(arena, record->dsn->recipients),
            .action = arena_strdup(arena, record->dsn->action),
            .reports = record->dsn->reports,
            .content = arena_slice(arena, record->dsn->content)};
        entry->record.dsn = &entry->dsn;
    }
}

void recorder_put(struct recorder *recorder, const struct store_record *record,
                  void (*on_durable)(void *ctx), void *ctx)
{
    struct entry *entry = xcalloc(1, sizeof *entry);
    entry->owner = recorder;
    entry->arena = arena_create();
    entry->next = recorder->entries;
    entry->on_durable = on_durable;
    entry->ctx = ctx;
    recorder->entries = entry;
    recorder->count++;
    copy_record(entry, record);
    store_record(recorder->world.store, &entry->record, on_answer, entry);
}

size_t recorder_open_count(const struct recorder *recorder)
{
    return recorder->count;
}

void recorder_destroy(struct recorder **recorder)
{
    struct recorder *old = *recorder;
    *recorder = NULL;
    if (old == NULL) {
        return;
    }
    for (struct entry *e = old->entries, *next; e != NULL; e = next) {
        next = e->next;
        e->owner = NULL;
        if (e->is_waiting) {
            entry_free(e); /* the store knows nothing of it any more */
        }
    }
    loop_timer_destroy(&old->timer);
    free(old);
}
