#include "deliver/places.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "net/loop.h"

enum {
    ASK_MOST = 64,
    LOOK_MS = 250,     /* so often it is looked whether somebody waits, */
    GIVE_WAY_MOST = 16 /* and so many give way then */
};

struct places {
    struct places_world world;
    struct loop_timer *look;
    size_t taken;
    bool is_short; /* somebody has nothing in hand, and there is no place */
};

static size_t wanted(const struct places *places)
{
    const struct transport *transport = places->world.transport;
    size_t count = places->is_short ? GIVE_WAY_MOST : 0;
    if (transport->short_of != NULL) {
        count += transport->short_of(transport->self);
    }
    return count < GIVE_WAY_MOST ? count : GIVE_WAY_MOST;
}

static void on_look(void *ctx)
{
    struct places *places = ctx;
    const struct transport *transport = places->world.transport;
    bool is_short = places->is_short;
    size_t count = wanted(places);
    loop_timer_start(places->look, LOOK_MS);
    if (count > 0 && transport->hurry != NULL) {
        count -= transport->hurry(transport->self, count, PLACES_PATIENCE_MS);
    }
    if (is_short && count > 0) {
        places->world.end_look_ups(places->world.ctx, count);
    }
}

struct places *places_create(const struct places_world *world)
{
    struct places *places = xcalloc(1, sizeof *places);
    places->world = *world;
    places->look = loop_timer_create(world->loop, on_look, places);
    return places;
}

void places_destroy(struct places **places)
{
    if (*places == NULL) {
        return;
    }
    loop_timer_destroy(&(*places)->look);
    free(*places);
    *places = NULL;
}

void places_take(struct places *places)
{
    if (places->taken++ == 0) {
        loop_timer_start(places->look, LOOK_MS);
    }
}

void places_give(struct places *places)
{
    if (--places->taken == 0) {
        loop_timer_stop(places->look);
    }
}

size_t places_taken(const struct places *places)
{
    return places->taken;
}

struct places_wish places_wish(const struct places *places)
{
    size_t left = PLACES_MOST - places->taken;
    bool idle_only = left <= PLACES_KEPT;
    size_t limit = idle_only ? left : left - PLACES_KEPT;
    return (struct places_wish){limit < ASK_MOST ? limit : ASK_MOST, idle_only};
}

bool places_more(struct places *places, bool more)
{
    bool is_full = places->taken >= PLACES_MOST;
    places->is_short = more && is_full;
    return more && !is_full;
}
