/* loop_internal - what connections and listeners need of their loop. */
#ifndef NET_LOOP_INTERNAL_H
#define NET_LOOP_INTERNAL_H

#include "net/loop.h"

struct event;

/* A ring of things that go with their loop. The first member of each. */
struct loop_member {
    struct loop_member *next, *previous;
    void (*release)(struct loop_member *member); /* frees it; unlinked */
};
void loop_join(struct loop *loop, struct loop_member *member,
               void (*release)(struct loop_member *));
void loop_leave(struct loop_member *member);

/* Around a call that the loop makes: what it took is the source's. */
int64_t loop_enter(void);
void loop_leave_call(struct loop *loop, const char *source, int64_t entered);

size_t *loop_conn_count(struct loop *loop);
/* Those of them that were closed and are not gone yet. */
size_t *loop_conn_closing(struct loop *loop);
/* event_add with a delay in milliseconds. */
void loop_event_add(struct event *event, int64_t delay_ms);

#endif
