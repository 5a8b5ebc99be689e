#include "net/workers.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { SMALL = 1, LARGE = WORKERS_SMALL_BYTES + 1, WAIT_MS = 5000, MANY = 500 };

/* A gate that work waits at, until the test opens it. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool is_open;
    unsigned inside;
};

struct item {
    struct work *work;
    struct gate *gate; /* NULL: none */
    pthread_t loop_thread;
    bool has_run, was_elsewhere, is_done;
    unsigned *done_count;
    struct work **cancels; /* in done */
};

static void run(void *ctx)
{
    struct item *item = ctx;
    item->was_elsewhere = !pthread_equal(pthread_self(), item->loop_thread);
    if (item->gate) {
        struct gate *gate = item->gate;
        pthread_mutex_lock(&gate->lock);
        gate->inside++;
        pthread_cond_broadcast(&gate->moved);
        while (!gate->is_open)
            pthread_cond_wait(&gate->moved, &gate->lock);
        pthread_mutex_unlock(&gate->lock);
    }
    item->has_run = true;
}

static void done(void *ctx)
{
    struct item *item = ctx;
    assert_null(item->work);
    item->is_done = true;
    if (item->done_count)
        ++*item->done_count;
    if (item->cancels)
        work_cancel(item->cancels);
}

struct bench {
    struct loop *loop;
    struct workers *workers;
    struct gate gate;
};

static int set_up(void **state)
{
    static struct bench bench;
    memset(&bench, 0, sizeof bench);
    bench.loop = loop_create();
    bench.workers = workers_create(bench.loop);
    pthread_mutex_init(&bench.gate.lock, NULL);
    pthread_cond_init(&bench.gate.moved, NULL);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    workers_destroy(&b->workers);
    loop_destroy(&b->loop);
    pthread_cond_destroy(&b->gate.moved);
    pthread_mutex_destroy(&b->gate.lock);
    return 0;
}

static void put(struct bench *b, struct item *item, size_t octets)
{
    item->loop_thread = pthread_self();
    workers_put(b->workers, &(struct work_order){octets, run, done, item},
                &item->work);
}

static void until(struct bench *b, const bool *is_done)
{
    for (int i = 0; i < 1000 && !*is_done; i++)
        loop_run_once(b->loop, WAIT_MS);
    assert_true(*is_done);
}

static void wait_inside(struct gate *gate, unsigned count)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->inside < count)
        pthread_cond_wait(&gate->moved, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void open_gate(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_open = true;
    pthread_cond_broadcast(&gate->moved);
    pthread_mutex_unlock(&gate->lock);
}

static void test_workers_run_elsewhere_and_answer_on_the_loop(void **state)
{
    struct bench *b = *state;
    struct item item = {0};
    put(b, &item, SMALL);
    assert_non_null(item.work);
    assert_false(item.is_done);
    until(b, &item.is_done);
    assert_true(item.has_run);
    assert_true(item.was_elsewhere);
}

static void test_workers_lose_nothing(void **state)
{
    struct bench *b = *state;
    static struct item items[MANY];
    unsigned count = 0;
    memset(items, 0, sizeof items);
    for (int i = 0; i < MANY; i++) {
        items[i].done_count = &count;
        put(b, &items[i], i % 3 ? SMALL : LARGE);
    }
    for (int i = 0; i < 10 * MANY && count < MANY; i++)
        loop_run_once(b->loop, WAIT_MS);
    assert_int_equal(count, MANY);
    assert_int_equal(workers_count(b->workers), 0);
}

/* Whatever large things are being done, a small one is done. */
static void test_workers_small_does_not_wait_for_large(void **state)
{
    struct bench *b = *state;
    struct item large[2 * WORKERS_THREADS] = {{0}}, small = {0};
    for (size_t i = 0; i < 2 * WORKERS_THREADS; i++) {
        large[i].gate = &b->gate;
        put(b, &large[i], LARGE);
    }
    wait_inside(&b->gate, WORKERS_THREADS);
    put(b, &small, SMALL);
    until(b, &small.is_done);
    assert_int_equal(workers_count(b->workers), 2 * WORKERS_THREADS);
    open_gate(&b->gate);
    for (size_t i = 0; i < 2 * WORKERS_THREADS; i++)
        until(b, &large[i].is_done);
}

static void test_workers_cancelled_while_it_waits_never_runs(void **state)
{
    struct bench *b = *state;
    struct item first[WORKERS_THREADS] = {{0}}, second = {0}, third = {0};
    for (size_t i = 0; i < WORKERS_THREADS; i++) {
        first[i].gate = &b->gate;
        put(b, &first[i], SMALL);
    }
    put(b, &second, SMALL);
    put(b, &third, SMALL);
    work_cancel(&third.work);
    assert_null(third.work);
    open_gate(&b->gate);
    until(b, &second.is_done);
    for (size_t i = 0; i < WORKERS_THREADS; i++)
        until(b, &first[i].is_done);
    assert_false(third.has_run);
    assert_false(third.is_done);
}

static void *open_soon(void *ctx)
{
    struct bench *b = ctx;
    wait_inside(&b->gate, 1);
    open_gate(&b->gate);
    return NULL;
}

/* What it works on may go as soon as it is cancelled. */
static void test_workers_cancelled_while_it_runs_is_waited_for(void **state)
{
    struct bench *b = *state;
    struct item item = {.gate = &b->gate}, next = {0};
    pthread_t opener;
    put(b, &item, SMALL);
    wait_inside(&b->gate, 1);
    assert_int_equal(pthread_create(&opener, NULL, open_soon, b), 0);
    work_cancel(&item.work);
    assert_true(item.has_run);
    pthread_join(opener, NULL);
    put(b, &next, SMALL);
    until(b, &next.is_done);
    assert_false(item.is_done);
}

static void test_workers_done_may_cancel_what_is_done_too(void **state)
{
    struct bench *b = *state;
    struct item first = {.gate = &b->gate}, second = {.gate = &b->gate},
                last = {0};
    first.cancels = &second.work;
    second.cancels = &first.work;
    put(b, &first, SMALL);
    put(b, &second, SMALL);
    wait_inside(&b->gate, 2);
    open_gate(&b->gate);
    put(b, &last, SMALL);
    until(b, &last.is_done);
    loop_run_once(b->loop, 10);
    assert_int_equal(first.is_done + second.is_done, 1);
}

static void test_workers_none_does_it_at_once(void **state)
{
    struct item item = {.loop_thread = pthread_self()};
    (void)state;
    workers_put(NULL, &(struct work_order){SMALL, run, done, &item},
                &item.work);
    assert_true(item.has_run);
    assert_true(item.is_done);
    assert_false(item.was_elsewhere);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_workers_run_elsewhere_and_answer_on_the_loop),
        TEST(test_workers_lose_nothing),
        TEST(test_workers_small_does_not_wait_for_large),
        TEST(test_workers_cancelled_while_it_waits_never_runs),
        TEST(test_workers_cancelled_while_it_runs_is_waited_for),
        TEST(test_workers_done_may_cancel_what_is_done_too),
        TEST(test_workers_none_does_it_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
