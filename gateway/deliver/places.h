/* places - how much the runner has in hand, and who gives way (TRANSPORT-8).
 *
 * A place is an item in memory with its attempt. The last ones are for
 * destinations that have nothing in hand. Where those are taken too, or all
 * connections are, the ones who wait longest for a silent server give way to a
 * destination that has none: their attempt ends as after a time-out. So neither
 * is ever held for longer than PLACES_PATIENCE_MS and a look, and nobody gives
 * way as long as there is room. What is being sent never does. */
#ifndef DELIVER_PLACES_H
#define DELIVER_PLACES_H

#include "deliver/transport.h"

struct loop;
struct places;

enum {
    PLACES_MOST = 512,
    PLACES_KEPT = 128,       /* of them, for who has none */
    PLACES_PATIENCE_MS = 500 /* so long one may wait, where others wait too */
};

struct places_world {
    struct loop *loop;
    const struct transport *transport;
    /* So many that wait for the DNS, at least PLACES_PATIENCE_MS, give way. */
    void (*end_look_ups)(void *ctx, size_t most);
    void *ctx;
};

/* owner: caller */
struct places *places_create(const struct places_world *world);
void places_destroy(struct places **places);

void places_take(struct places *places);
void places_give(struct places *places);
size_t places_taken(const struct places *places);

/* What to ask the store for: so much, of idle destinations alone or of all. */
struct places_wish {
    size_t limit;
    bool idle_only;
};
struct places_wish places_wish(const struct places *places);
/* The store has more of that. True: there is a place for it, ask again. */
bool places_more(struct places *places, bool more);

#endif
