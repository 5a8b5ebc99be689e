#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"

struct record {
    struct loop *loop;
    char text[64];
    int left;
};

static void note(struct record *record, char c)
{
    size_t n = strlen(record->text);
    record->text[n] = c;
    record->text[n + 1] = '\0';
}

static void on_c(void *ctx)
{
    struct record *record = ctx;
    note(record, 'c');
    loop_stop(record->loop);
}

static void on_a(void *ctx)
{
    struct record *record = ctx;
    loop_defer(record->loop, on_c, record);
    note(record, 'a');
}

static void on_b(void *ctx)
{
    note(ctx, 'b');
}

static void test_loop_defer_runs_on_a_later_turn_in_order(void **state)
{
    (void)state;
    struct record record = {.loop = loop_create()};
    loop_defer(record.loop, on_a, &record);
    loop_defer(record.loop, on_b, &record);
    assert_string_equal(record.text, "");
    loop_run(record.loop);
    assert_string_equal(record.text, "abc");
    loop_defer(record.loop, on_c, &record);
    loop_run(record.loop);
    assert_string_equal(record.text, "abcc");
    loop_destroy(&record.loop);
}

static void test_loop_timers_fire_in_order_unless_stopped(void **state)
{
    (void)state;
    struct record record = {.loop = loop_create()};
    struct loop_timer *c = loop_timer_create(record.loop, on_c, &record);
    struct loop_timer *b = loop_timer_create(record.loop, on_b, &record);
    struct loop_timer *never = loop_timer_create(record.loop, on_b, &record);
    int64_t before = clock_mono_ms();
    loop_timer_start(c, 30);
    loop_timer_start(b, 10);
    loop_timer_start(never, 5);
    loop_timer_stop(never);
    loop_run(record.loop);
    assert_string_equal(record.text, "bc");
    assert_true(clock_mono_ms() - before >= 20);
    loop_timer_destroy(&never);
    loop_destroy(&record.loop); /* takes the others along */
}

static void on_posted(void *ctx)
{
    struct record *record = ctx;
    if (--record->left == 0)
        loop_stop(record->loop);
}

static void *post_many(void *ctx)
{
    struct record *record = ctx;
    for (int i = 0; i < 1000; i++)
        loop_post(record->loop, on_posted, record);
    return NULL;
}

static void test_loop_post_from_threads_loses_nothing(void **state)
{
    (void)state;
    struct record record = {.loop = loop_create(), .left = 2000};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &record),
                         0);
    loop_run(record.loop);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(record.left, 0);
    loop_destroy(&record.loop);
}

static void test_loop_signal_comes_as_a_call(void **state)
{
    (void)state;
    struct record record = {.loop = loop_create()};
    loop_signal(record.loop, SIGUSR1, on_c, &record);
    raise(SIGUSR1);
    loop_run(record.loop);
    raise(SIGUSR1);
    loop_run(record.loop);
    assert_string_equal(record.text, "cc");
    loop_destroy(&record.loop);
}

static void on_pipe(int fd, int ready, void *ctx)
{
    char c;
    assert_int_equal(ready, LOOP_READ);
    assert_int_equal(read(fd, &c, 1), 1);
    note(ctx, c);
}

static void test_loop_watch_calls_while_readable(void **state)
{
    (void)state;
    struct record record = {.loop = loop_create()};
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct loop_watch *watch =
        loop_watch_create(record.loop, fds[0], LOOP_READ, on_pipe, &record);
    assert_int_equal(write(fds[1], "xyz", 3), 3);
    loop_run_once(record.loop, 1000);
    loop_run_once(record.loop, 1000);
    loop_watch_set(watch, 0);
    loop_run_once(record.loop, 5);
    assert_string_equal(record.text, "xy");
    loop_watch_destroy(&watch);
    close(fds[0]);
    close(fds[1]);
    loop_destroy(&record.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loop_defer_runs_on_a_later_turn_in_order),
        cmocka_unit_test(test_loop_timers_fire_in_order_unless_stopped),
        cmocka_unit_test(test_loop_post_from_threads_loses_nothing),
        cmocka_unit_test(test_loop_signal_comes_as_a_call),
        cmocka_unit_test(test_loop_watch_calls_while_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
