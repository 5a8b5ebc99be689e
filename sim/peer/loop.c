#include "peer/loop.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

/* One registered event of either kind; the loop holds a list of them so that
 * what is left over goes with it. */
struct entry {
    struct loop *loop;
    struct event *event;
    loop_fn *fn;
    void *ctx;
    struct entry *next;
    struct entry **link; /* what points at this entry */
};

struct loop_timer {
    struct entry entry;
};

struct loop_watch {
    struct entry entry;
};

struct loop {
    struct event_base *base;
    struct event *limit;
    struct entry *entries;
};

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg; /* it only ends the wait */
}

static void on_entry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct entry *entry = arg;
    entry->fn(entry->ctx); /* may release the entry: touch it no more */
}

static void entry_link(struct loop *loop, struct entry *entry)
{
    entry->loop = loop;
    entry->next = loop->entries;
    entry->link = &loop->entries;
    if (entry->next)
        entry->next->link = &entry->next;
    loop->entries = entry;
}

static void entry_release(struct entry *entry)
{
    *entry->link = entry->next;
    if (entry->next)
        entry->next->link = entry->link;
    event_free(entry->event);
    free(entry);
}

struct loop *loop_create(void)
{
    struct loop *loop = xcalloc(1, sizeof *loop);
    loop->base = event_base_new();
    if (!loop->base)
        BUG("no event base");
    loop->limit = evtimer_new(loop->base, on_limit, NULL);
    return loop;
}

void loop_destroy(struct loop **loop)
{
    struct loop *l = *loop;
    *loop = NULL;
    if (!l)
        return;
    while (l->entries)
        entry_release(l->entries);
    event_free(l->limit);
    event_base_free(l->base);
    free(l);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

static struct timeval timeval_of(int64_t ms)
{
    if (ms < 0)
        ms = 0;
    return (struct timeval){ms / 1000, ms % 1000 * 1000};
}

bool loop_run_until(struct loop *loop, loop_condition *done, void *ctx,
                    int64_t limit_ms)
{
    int64_t end = clock_mono_ms() + limit_ms;
    bool holds;
    while (!(holds = done(ctx))) {
        int64_t left = end - clock_mono_ms();
        if (left <= 0)
            break;
        struct timeval wait = timeval_of(left);
        evtimer_add(loop->limit, &wait);
        event_base_loop(loop->base, EVLOOP_ONCE);
    }
    evtimer_del(loop->limit);
    return holds;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

void loop_run_for(struct loop *loop, int64_t ms)
{
    loop_run_until(loop, never, NULL, ms);
}

void loop_run_ready(struct loop *loop)
{
    event_base_loop(loop->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* A deferred call is a timer that releases itself. */

struct deferred_timer {
    struct loop_timer timer; /* first: it is released through this */
    loop_fn *fn;
    void *ctx;
};

static void on_deferred(void *arg)
{
    struct deferred_timer *deferred = arg;
    loop_fn *fn = deferred->fn;
    void *ctx = deferred->ctx;
    entry_release(&deferred->timer.entry);
    fn(ctx);
}

static void timer_start(struct loop *loop, struct entry *entry, int64_t ms)
{
    entry->event = evtimer_new(loop->base, on_entry, entry);
    entry_link(loop, entry);
    struct timeval wait = timeval_of(ms);
    evtimer_add(entry->event, &wait);
}

void loop_defer(struct loop *loop, loop_fn *fn, void *ctx)
{
    struct deferred_timer *deferred = xcalloc(1, sizeof *deferred);
    deferred->fn = fn;
    deferred->ctx = ctx;
    deferred->timer.entry.fn = on_deferred;
    deferred->timer.entry.ctx = deferred;
    timer_start(loop, &deferred->timer.entry, 0);
}

struct loop_timer *loop_after(struct loop *loop, int64_t ms, loop_fn *fn,
                              void *ctx)
{
    struct loop_timer *timer = xcalloc(1, sizeof *timer);
    timer->entry.fn = fn;
    timer->entry.ctx = ctx;
    timer_start(loop, &timer->entry, ms);
    return timer;
}

void loop_timer_cancel(struct loop_timer **timer)
{
    if (*timer)
        entry_release(&(*timer)->entry);
    *timer = NULL;
}

struct loop_watch *loop_watch_read(struct loop *loop, int fd, loop_fn *fn,
                                   void *ctx)
{
    struct loop_watch *watch = xcalloc(1, sizeof *watch);
    watch->entry.fn = fn;
    watch->entry.ctx = ctx;
    watch->entry.event = event_new(loop->base, fd, EV_READ | EV_PERSIST,
                                   on_entry, &watch->entry);
    entry_link(loop, &watch->entry);
    event_add(watch->entry.event, NULL);
    return watch;
}

void loop_watch_cancel(struct loop_watch **watch)
{
    if (*watch)
        entry_release(&(*watch)->entry);
    *watch = NULL;
}
