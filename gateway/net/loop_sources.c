/* Timers, signals and watches: libevent's, with our signatures. */
#include "net/loop_internal.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/alloc.h"

struct loop_timer {
    struct loop_member member;
    struct loop *loop;
    const char *source;
    struct event *event;
    loop_fn *fn;
    void *ctx;
};

struct loop_watch {
    struct loop_member member;
    struct loop *loop;
    const char *source;
    struct event *event;
    int fd;
    loop_watch_fn *fn;
    void *ctx;
};

static void on_fire(evutil_socket_t fd, short what, void *ctx)
{
    struct loop_timer *timer = ctx;
    (void)fd;
    (void)what;
    struct loop *loop = timer->loop; /* the call may destroy the timer */
    const char *source = timer->source;
    int64_t entered = loop_enter();
    timer->fn(timer->ctx);
    loop_leave_call(loop, source, entered);
}

static void release_timer(struct loop_member *member)
{
    struct loop_timer *timer = (struct loop_timer *)member;
    event_free(timer->event);
    free(timer);
}

static struct loop_timer *create(struct loop *loop, const char *source,
                                 int signo, short what, loop_fn *fn, void *ctx)
{
    struct loop_timer *timer = xcalloc(1, sizeof *timer);
    timer->loop = loop;
    timer->source = source;
    timer->fn = fn;
    timer->ctx = ctx;
    timer->event =
        event_new(loop_event_base(loop), signo, what, on_fire, timer);
    if (!timer->event)
        BUG("no event");
    loop_join(loop, &timer->member, release_timer);
    return timer;
}

struct loop_timer *loop_timer_create_as(struct loop *loop, const char *source,
                                        loop_fn *fn, void *ctx)
{
    return create(loop, source, -1, 0, fn, ctx);
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms)
{
    loop_event_add(timer->event, delay_ms);
}

void loop_timer_stop(struct loop_timer *timer)
{
    event_del(timer->event);
}

void loop_timer_destroy(struct loop_timer **timer)
{
    if (!*timer)
        return;
    loop_leave(&(*timer)->member);
    release_timer(&(*timer)->member);
    *timer = NULL;
}

void loop_signal_as(struct loop *loop, const char *source, int signo,
                    loop_fn *fn, void *ctx)
{
    struct loop_timer *signal =
        create(loop, source, signo, EV_SIGNAL | EV_PERSIST, fn, ctx);
    event_add(signal->event, NULL);
}

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
    struct loop_watch *watch = ctx;
    struct loop *loop = watch->loop; /* the call may destroy the watch */
    const char *source = watch->source;
    int64_t entered = loop_enter();
    watch->fn((int)fd,
              (what & EV_READ ? LOOP_READ : 0) |
                  (what & EV_WRITE ? LOOP_WRITE : 0),
              watch->ctx);
    loop_leave_call(loop, source, entered);
}

static void release_watch(struct loop_member *member)
{
    struct loop_watch *watch = (struct loop_watch *)member;
    if (watch->event)
        event_free(watch->event);
    free(watch);
}

struct loop_watch *loop_watch_create_as(struct loop *loop, const char *source,
                                        int fd, int wanted, loop_watch_fn *fn,
                                        void *ctx)
{
    struct loop_watch *watch = xcalloc(1, sizeof *watch);
    *watch = (struct loop_watch){
        .loop = loop, .source = source, .fd = fd, .fn = fn, .ctx = ctx};
    loop_join(loop, &watch->member, release_watch);
    loop_watch_set(watch, wanted);
    return watch;
}

void loop_watch_set(struct loop_watch *watch, int wanted)
{
    if (watch->event)
        event_free(watch->event);
    watch->event = NULL;
    if (!wanted)
        return;
    short what = (short)((wanted & LOOP_READ ? EV_READ : 0) |
                         (wanted & LOOP_WRITE ? EV_WRITE : 0) | EV_PERSIST);
    watch->event = event_new(loop_event_base(watch->loop), watch->fd, what,
                             on_ready, watch);
    event_add(watch->event, NULL);
}

void loop_watch_destroy(struct loop_watch **watch)
{
    if (!*watch)
        return;
    loop_leave(&(*watch)->member);
    release_watch(&(*watch)->member);
    *watch = NULL;
}
