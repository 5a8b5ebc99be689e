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
struct event_base; /* libevent's, for libunbound alone */

typedef void loop_fn(void *ctx);

/* What a call is named by when a turn takes too long (CONN-11): the functions
 * below that take one are macros, which name it by file and function. */
#define LOOP_SOURCE(fn) __FILE_NAME__ " " #fn

struct loop *loop_create(void);
/* Frees what is left on it: timers, watches, signals, connections and
 * listeners; their owners must not use them any more. Deferred and posted calls
 * that did not run are forgotten. */
void loop_destroy(struct loop **loop);

/* loop_run - turn until loop_stop; may be run again. A turn that costs more
 * than LOOP_TURN_MS (net/loop_measure.h) is a warning that says what ran
 * longest. */
void loop_run(struct loop *loop);
/* loop_run_once - one turn: waits at most wait_ms for something to do. */
void loop_run_once(struct loop *loop, int64_t wait_ms);
void loop_stop(struct loop *loop); /* after the callback that runs now */

/* loop_defer - call fn on the next turn, after those deferred before it. */
#define loop_defer(loop, fn, ctx) loop_defer_as(loop, LOOP_SOURCE(fn), fn, ctx)
void loop_defer_as(struct loop *loop, const char *source, loop_fn *fn,
                   void *ctx);
/* loop_post - the same from any thread; wakes the loop. */
#define loop_post(loop, fn, ctx) loop_post_as(loop, LOOP_SOURCE(fn), fn, ctx)
void loop_post_as(struct loop *loop, const char *source, loop_fn *fn,
                  void *ctx);

struct event_base *loop_event_base(struct loop *loop);

/* A timer: idle until started; it fires once. */
struct loop_timer;
#define loop_timer_create(loop, fn, ctx)                                       \
    loop_timer_create_as(loop, LOOP_SOURCE(fn), fn, ctx)
struct loop_timer *loop_timer_create_as(struct loop *loop, const char *source,
                                        loop_fn *fn, void *ctx);
/* Starting again replaces the earlier delay. */
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer **timer);

/* A signal is delivered as a call on the loop; owner: the loop. One loop of a
 * process takes the signals. */
#define loop_signal(loop, signo, fn, ctx)                                      \
    loop_signal_as(loop, LOOP_SOURCE(fn), signo, fn, ctx)
void loop_signal_as(struct loop *loop, const char *source, int signo,
                    loop_fn *fn, void *ctx);

/* A descriptor of somebody else: called while it is readable or writable. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
typedef void loop_watch_fn(int fd, int ready, void *ctx);
struct loop_watch;
#define loop_watch_create(loop, fd, wanted, fn, ctx)                           \
    loop_watch_create_as(loop, LOOP_SOURCE(fn), fd, wanted, fn, ctx)
struct loop_watch *loop_watch_create_as(struct loop *loop, const char *source,
                                        int fd, int wanted, loop_watch_fn *fn,
                                        void *ctx);
void loop_watch_set(struct loop_watch *watch, int wanted); /* 0: paused */
void loop_watch_destroy(struct loop_watch **watch);        /* leaves fd open */

#endif
