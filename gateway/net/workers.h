/* workers - threads for work that would keep the loop's other callers waiting
 * (CONN-11): to find a message's parts, to write its copy, to sign it, to
 * render its page.
 *
 * First come, first served, in two lanes: what is small never waits for what is
 * large. How much waits is bounded by who orders it: a job of the queue runner,
 * a visit of the portal has one piece of work at a time.
 *
 * Work must not ask the wall clock, nor log at warn or above what a clean
 * message brings about: what moves a scenario's clock does not bear several
 * threads that read it at once. */
#ifndef NET_WORKERS_H
#define NET_WORKERS_H

#include <stddef.h>

#include "net/loop.h"

struct workers;
struct work;

typedef void work_fn(void *ctx);

struct work_order {
    size_t octets; /* of what is worked on: beyond WORKERS_SMALL_BYTES it is
                      large */
    work_fn *run;  /* on a thread */
    loop_fn *done; /* on the loop, later */
    void *ctx;
};

enum { WORKERS_SMALL_BYTES = 65536, WORKERS_THREADS = 2 /* a lane */ };

/* Threads begin with the first work of their lane. owner: caller */
struct workers *workers_create(struct loop *loop);
/* What waits is not run any more, and what runs is waited for; done is called
 * of neither. The loop must not turn again. */
void workers_destroy(struct workers **workers);

/* workers_put - *slot is the work until done is called, and NULL then. Without
 * workers (NULL: a test of something else) it is run and done at once. */
void workers_put(struct workers *workers, const struct work_order *order,
                 struct work **slot);
/* work_cancel - it is not run, or has been; done is not called. Waits for the
 * end of a run under way. */
void work_cancel(struct work **slot);

/* How much waits for a thread or is at one: for who would rather refuse. */
size_t workers_count(struct workers *workers);

#endif
