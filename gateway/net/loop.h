/* loop - one event loop: what is ready runs, what is due runs, nothing waits.
 *
 * A loop belongs to the thread that runs it; loop_post alone may be called from
 * any other. Callbacks never nest: what a callback defers runs on a later
 * turn. Delays are monotonic and real, wall time is base/clock's. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct loop;
struct event_base; /* libevent's, for libunbound and evhttp alone */

typedef void loop_fn(void *ctx);

struct loop *loop_create(void);
/* Frees what is left on it: timers, watches, signals, connections and
 * listeners; their owners must not use them any more. Deferred and posted calls
 * that did not run are forgotten. */
void loop_destroy(struct loop **loop);

/* loop_run - turn until loop_stop; may be run again. */
void loop_run(struct loop *loop);
/* loop_run_once - one turn: waits at most wait_ms for something to do. */
void loop_run_once(struct loop *loop, int64_t wait_ms);
void loop_stop(struct loop *loop); /* after the callback that runs now */

/* loop_defer - call fn on the next turn, after those deferred before it. */
void loop_defer(struct loop *loop, loop_fn *fn, void *ctx);
/* loop_post - the same from any thread; wakes the loop. */
void loop_post(struct loop *loop, loop_fn *fn, void *ctx);

struct event_base *loop_event_base(struct loop *loop);

/* A timer: idle until started; it fires once. */
struct loop_timer;
struct loop_timer *loop_timer_create(struct loop *loop, loop_fn *fn, void *ctx);
/* Starting again replaces the earlier delay. */
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer **timer);

/* A signal is delivered as a call on the loop; owner: the loop. One loop of a
 * process takes the signals. */
void loop_signal(struct loop *loop, int signo, loop_fn *fn, void *ctx);

/* A descriptor of somebody else: called while it is readable or writable. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
typedef void loop_watch_fn(int fd, int ready, void *ctx);
struct loop_watch;
struct loop_watch *loop_watch_create(struct loop *loop, int fd, int wanted,
                                     loop_watch_fn *fn, void *ctx);
void loop_watch_set(struct loop_watch *watch, int wanted); /* 0: paused */
void loop_watch_destroy(struct loop_watch **watch);        /* leaves fd open */

#endif
