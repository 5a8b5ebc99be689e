#include "peer/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

enum { LONG_MS = 10000, FAR_MS = 1000000 };

static int begin(void **state)
{
    *state = loop_create();
    return 0;
}

static int end(void **state)
{
    struct loop *loop = *state;
    loop_destroy(&loop);
    return 0;
}

static void count(void *ctx)
{
    ++*(int *)ctx;
}

static bool is_one(void *ctx)
{
    return *(int *)ctx == 1;
}

static void test_loop_run_until_asks_before_the_first_turn(void **state)
{
    int n = 1;
    assert_true(loop_run_until(*state, is_one, &n, 0));
}

static void test_loop_run_until_ends_at_its_limit(void **state)
{
    int before = 0, behind = 0, never = 0;
    struct loop_timer *one = loop_after(*state, 1, count, &before);
    struct loop_timer *two = loop_after(*state, FAR_MS, count, &behind);
    assert_false(loop_run_until(*state, is_one, &never, 200));
    assert_int_equal(before, 1);
    assert_int_equal(behind, 0);
    loop_timer_cancel(&one);
    loop_timer_cancel(&two);
}

static void test_loop_deferred_call_comes_once(void **state)
{
    int n = 0;
    loop_defer(*state, count, &n);
    assert_int_equal(n, 0);
    assert_true(loop_run_until(*state, is_one, &n, LONG_MS));
    loop_run_for(*state, 5);
    assert_int_equal(n, 1);
}

static void test_loop_timer_fires_and_cancels(void **state)
{
    int fired = 0, cancelled = 0;
    struct loop_timer *one = loop_after(*state, 1, count, &fired);
    struct loop_timer *two = loop_after(*state, 1, count, &cancelled);
    loop_timer_cancel(&two);
    assert_null(two);
    assert_true(loop_run_until(*state, is_one, &fired, LONG_MS));
    loop_run_for(*state, 5);
    assert_int_equal(fired, 1);
    assert_int_equal(cancelled, 0);
    loop_timer_cancel(&one);
    loop_timer_cancel(&one);
}

struct self {
    struct loop_timer *timer;
    int n;
};

static void cancel_myself(void *ctx)
{
    struct self *self = ctx;
    self->n++;
    loop_timer_cancel(&self->timer);
}

static void test_loop_timer_cancelled_by_its_own_call(void **state)
{
    struct self self = {NULL, 0};
    self.timer = loop_after(*state, 0, cancel_myself, &self);
    loop_run_for(*state, 5);
    assert_int_equal(self.n, 1);
    assert_null(self.timer);
}

static void test_loop_watch_until_cancelled(void **state)
{
    int ends[2], n = 0;
    assert_int_equal(pipe(ends), 0);
    struct loop_watch *watch = loop_watch_read(*state, ends[0], count, &n);
    loop_run_ready(*state);
    assert_int_equal(n, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_true(loop_run_until(*state, is_one, &n, LONG_MS));
    loop_run_ready(*state); /* still unread */
    assert_int_equal(n, 2);
    loop_watch_cancel(&watch);
    loop_run_ready(*state);
    assert_int_equal(n, 2);
    close(ends[0]);
    close(ends[1]);
}

static void test_loop_destroy_releases_what_is_left(void **state)
{
    static int n;
    loop_defer(*state, count, &n);
    (void)loop_after(*state, 0, count, &n);
    struct loop *loop = *state;
    loop_destroy(&loop);
    assert_null(loop);
    assert_int_equal(n, 0);
    *state = NULL;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_loop_run_until_asks_before_the_first_turn),
        TEST(test_loop_run_until_ends_at_its_limit),
        TEST(test_loop_deferred_call_comes_once),
        TEST(test_loop_timer_fires_and_cancels),
        TEST(test_loop_timer_cancelled_by_its_own_call),
        TEST(test_loop_watch_until_cancelled),
        TEST(test_loop_destroy_releases_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
