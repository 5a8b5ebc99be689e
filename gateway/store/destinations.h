/* destinations - for whom something is due, and whose turn it is (TRANSPORT-8).
 * In memory, on the thread that owns the database; what is due stands there.
 *
 * One who has nothing in hand comes before those who have, and of those who
 * come first every second turn is the latest's: however many wait for silent
 * servers, a mail for another domain is next, and nobody waits for ever.
 * How much one may have in hand grows with what is finished, and is one alone
 * for a destination that was not heard of in time. Inside store only. */
#ifndef STORE_DESTINATIONS_H
#define STORE_DESTINATIONS_H

#include "store/store.h"

struct destinations;

enum due_state {
    DUE_RESTS,   /* nothing is due */
    DUE_IS_NEXT, /* something is due, nothing in hand */
    DUE_SHARES,  /* something is due, and may be taken besides */
    DUE_IS_FULL, /* something is due, but its share is in hand */
    DUE_STATE_COUNT
};

/* Where the taking goes on: behind this row, in the order of due times. */
struct due_cursor {
    int64_t due_ms, n;
};

/* One domain. It lives while something of it is due or in hand, or it is
 * remembered as slow. */
struct due_domain {
    char *name;                  /* first: tree order. The domain, lower case */
    struct due_cursor cursor[2]; /* by enum store_kind */
    enum due_state state;
    size_t in_hand, share;
    bool is_slow;
    struct due_domain *next, *previous; /* in the list of its state, or of
                                            those that are remembered */
};

/* share_most 0: no bound. */
struct destinations *destinations_create(size_t share_first, size_t share_most);
void destinations_destroy(struct destinations **destinations);

/* destinations_wake - that row of an address's domain is due, or was moved:
 * whatever the cursor has passed, it is looked at. */
void destinations_wake(struct destinations *destinations, enum store_kind kind,
                       const char *address, struct due_cursor row);
/* destinations_next - whose turn it is; NULL: nobody's. idle_only: of those who
 * have nothing in hand. It must be told what came of it: */
struct due_domain *destinations_next(struct destinations *destinations,
                                     bool idle_only);
/* ... a row was taken (the cursor is set), */
void destinations_took(struct destinations *destinations,
                       struct due_domain *destination);
/* ... or nothing more of it is due. */
void destinations_rest(struct destinations *destinations,
                       struct due_domain *destination);
/* What was taken is in hand no more. */
void destinations_gave(struct destinations *destinations,
                       struct due_domain *destination, enum store_heard heard);
/* A transaction was undone: every cursor stands at the beginning. */
void destinations_rewind(struct destinations *destinations);
size_t destinations_count(const struct destinations *destinations);

#endif
