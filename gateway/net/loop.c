#include "net/loop_internal.h"

#include <event2/event.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "net/loop_measure.h"

struct call {
    const char *source; /* NULL: it measures itself */
    loop_fn *fn;
    void *ctx;
};

struct calls {
    struct call *p;
    size_t n, size;
};

struct loop {
    struct event_base *base;
    struct loop_member members; /* ring */
    struct calls deferred;
    struct event *turn;
    pthread_mutex_t mutex; /* of posted */
    struct calls posted;
    int wake_fd;
    struct event *wake, *wait;
    size_t conn_count, conn_closing;
    struct loop_measure measure;
    bool is_stopped;
};

static void calls_add(struct calls *calls, struct call call)
{
    if (calls->n == calls->size) {
        calls->size = calls->size ? calls->size * 2 : 16;
        calls->p = xrealloc(calls->p, calls->size * sizeof *calls->p);
    }
    calls->p[calls->n++] = call;
}

/* What is added meanwhile belongs to a later turn. */
static void calls_run(struct loop *loop, struct calls calls)
{
    for (size_t i = 0; i < calls.n; i++) {
        const struct call *call = &calls.p[i];
        int64_t entered = loop_enter();
        call->fn(call->ctx);
        if (call->source)
            loop_leave_call(loop, call->source, entered);
    }
    free(calls.p);
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
    struct loop *loop = ctx;
    struct calls calls = loop->deferred;
    (void)fd;
    (void)what;
    loop->deferred = (struct calls){0};
    calls_run(loop, calls);
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    struct loop *loop = ctx;
    eventfd_t ignored;
    (void)what;
    (void)eventfd_read(fd, &ignored);
    pthread_mutex_lock(&loop->mutex);
    struct calls calls = loop->posted;
    loop->posted = (struct calls){0};
    pthread_mutex_unlock(&loop->mutex);
    calls_run(loop, calls);
}

static void on_wait(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx;
}

struct loop *loop_create(void)
{
    struct loop *loop = xcalloc(1, sizeof *loop);
    loop->members.next = loop->members.previous = &loop->members;
    loop->base = event_base_new();
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!loop->base || loop->wake_fd < 0)
        BUG("no event base");
    pthread_mutex_init(&loop->mutex, NULL);
    loop->turn = event_new(loop->base, -1, 0, on_turn, loop);
    loop->wait = event_new(loop->base, -1, 0, on_wait, loop);
    loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST,
                           on_wake, loop);
    event_add(loop->wake, NULL);
    return loop;
}

void loop_destroy(struct loop **loop_inout)
{
    struct loop *loop = *loop_inout;
    if (!loop)
        return;
    while (loop->members.next != &loop->members) {
        struct loop_member *member = loop->members.next;
        loop_leave(member);
        member->release(member);
    }
    event_free(loop->turn);
    event_free(loop->wait);
    event_free(loop->wake);
    event_base_free(loop->base);
    close(loop->wake_fd);
    pthread_mutex_destroy(&loop->mutex);
    free(loop->deferred.p);
    free(loop->posted.p);
    free(loop);
    *loop_inout = NULL;
}

/* --- the measure (CONN-11) ------------------------------------------------ */

static int64_t us_of(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

/* Of this thread. Not by clock_gettime: what moves the wall clock of a scenario
 * would move this one too. */
static int64_t cpu_us(void)
{
    struct rusage used;
    if (getrusage(RUSAGE_THREAD, &used) != 0)
        return 0;
    return us_of(used.ru_utime) + us_of(used.ru_stime);
}

static int64_t mono_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t loop_enter(void)
{
    return mono_us();
}

void loop_leave_call(struct loop *loop, const char *source, int64_t entered)
{
    loop_measure_call(&loop->measure, source, mono_us() - entered);
}

static void end_turn(struct loop *loop)
{
    struct loop_measure turn;
    enum loop_turn kind =
        loop_measure_end(&loop->measure, cpu_us(), mono_us() / 1000, &turn);
    if (kind == LOOP_TURN_LONG)
        log_warn("loop", "long turn",
                 "cpu_ms=%" PRId64 " longest=\"%s\" ms=%" PRId64 " untold=%u",
                 turn.cpu_us / 1000, turn.most, turn.most_us / 1000,
                 turn.untold);
    else if (kind == LOOP_TURN_BLOCKED)
        log_info("loop", "turn waited",
                 "cpu_ms=%" PRId64 " longest=\"%s\" ms=%" PRId64,
                 turn.cpu_us / 1000, turn.most, turn.most_us / 1000);
}

/* --- turns ---------------------------------------------------------------- */

void loop_run(struct loop *loop)
{
    loop_measure_begin(&loop->measure, cpu_us());
    while (!loop->is_stopped) {
        event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
        end_turn(loop);
    }
    loop->is_stopped = false;
}

void loop_run_once(struct loop *loop, int64_t wait_ms)
{
    loop_measure_begin(&loop->measure, cpu_us());
    if (wait_ms > 0)
        loop_event_add(loop->wait, wait_ms);
    event_base_loop(loop->base,
                    wait_ms > 0 ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
    event_del(loop->wait);
    end_turn(loop);
}

void loop_stop(struct loop *loop)
{
    loop->is_stopped = true;
    event_base_loopbreak(loop->base);
}

void loop_defer_as(struct loop *loop, const char *source, loop_fn *fn,
                   void *ctx)
{
    calls_add(&loop->deferred, (struct call){source, fn, ctx});
    if (loop->deferred.n == 1)
        loop_event_add(loop->turn, 0);
}

void loop_post_as(struct loop *loop, const char *source, loop_fn *fn, void *ctx)
{
    pthread_mutex_lock(&loop->mutex);
    calls_add(&loop->posted, (struct call){source, fn, ctx});
    /* Inside the lock: the loop may be destroyed once the call has run. */
    (void)eventfd_write(loop->wake_fd, 1);
    pthread_mutex_unlock(&loop->mutex);
}

struct event_base *loop_event_base(struct loop *loop)
{
    return loop->base;
}

void loop_join(struct loop *loop, struct loop_member *member,
               void (*release)(struct loop_member *))
{
    member->release = release;
    member->next = &loop->members;
    member->previous = loop->members.previous;
    member->previous->next = member;
    loop->members.previous = member;
}

void loop_leave(struct loop_member *member)
{
    member->previous->next = member->next;
    member->next->previous = member->previous;
}

size_t *loop_conn_count(struct loop *loop)
{
    return &loop->conn_count;
}

size_t *loop_conn_closing(struct loop *loop)
{
    return &loop->conn_closing;
}

void loop_event_add(struct event *event, int64_t delay_ms)
{
    if (delay_ms < 0)
        delay_ms = 0;
    struct timeval tv = {.tv_sec = (time_t)(delay_ms / 1000),
                         .tv_usec = (suseconds_t)(delay_ms % 1000 * 1000)};
    event_add(event, &tv);
}
