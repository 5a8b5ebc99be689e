/* loop - the one event loop on which every actor of the world lives.
 *
 * All callbacks run in the thread that calls loop_run_until(). Limits are real,
 * monotonic time: the scenario's clock never passes through here. */
#ifndef PEER_LOOP_H
#define PEER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;
struct loop_timer;
struct loop_watch;

typedef void loop_fn(void *ctx);
typedef bool loop_condition(void *ctx);

struct loop *loop_create(void);
/* Timers, watches and deferred calls that still exist are released too. */
void loop_destroy(struct loop **loop);
struct event_base *loop_base(struct loop *loop);

/* loop_run_until - turn the loop until done(ctx) holds (it is asked before the
 * first and after every turn) or limit_ms have passed; true when it holds. */
bool loop_run_until(struct loop *loop, loop_condition *done, void *ctx,
                    int64_t limit_ms);
/* loop_run_for - turn the loop for that long, whatever happens. */
void loop_run_for(struct loop *loop, int64_t ms);
/* loop_run_ready - one turn: handle what is ready now, without waiting. */
void loop_run_ready(struct loop *loop);

/* loop_defer - call fn once on the next turn. */
void loop_defer(struct loop *loop, loop_fn *fn, void *ctx);

/* loop_after - call fn once after ms; the timer stays the caller's until
 * loop_timer_cancel(), also after it has fired. */
struct loop_timer *loop_after(struct loop *loop, int64_t ms, loop_fn *fn,
                              void *ctx);
void loop_timer_cancel(struct loop_timer **timer); /* *timer may be NULL */

/* loop_watch_read - call fn on every turn on which fd is readable or at its
 * end (a journal pipe, a control socket). The descriptor stays the caller's. */
struct loop_watch *loop_watch_read(struct loop *loop, int fd, loop_fn *fn,
                                   void *ctx);
void loop_watch_cancel(struct loop_watch **watch); /* before closing fd */

#endif
