/* Guessing is slow, and the owner gets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "portal/login_guard.h"

enum { NOW = 1000000, LOCK_MS = 900000, TRIES = 5 };

static int set_up(void **state)
{
    *state = login_guard_create(&(struct login_guard_settings){TRIES, LOCK_MS});
    return 0;
}

static int tear_down(void **state)
{
    struct login_guard *guard = *state;
    login_guard_destroy(&guard);
    return 0;
}

/* -1: locked; else how long it waits. */
static int64_t try_it(struct login_guard *guard, const char *client,
                      const char *account, int64_t now_ms)
{
    int64_t pause_ms;
    struct login_try t = {client, account, now_ms};
    return login_guard_begin(guard, &t, &pause_ms) ? pause_ms : -1;
}

static void test_login_guard_locks_the_pair_alone(void **state)
{
    struct login_guard *guard = *state;
    struct login_try other = {"192.0.2.2", "bob", NOW};
    for (int i = 0; i < TRIES; i++)
        assert_int_equal(try_it(guard, "192.0.2.1", "bob", NOW), 0);
    assert_int_equal(try_it(guard, "192.0.2.1", "bob", NOW), -1);
    assert_int_equal(try_it(guard, "192.0.2.1", "bob", NOW + LOCK_MS - 1), -1);
    assert_int_equal(try_it(guard, "192.0.2.1", "eve", NOW), 0);
    assert_false(login_guard_is_locked(guard, &other));
    assert_int_equal(try_it(guard, "192.0.2.2", "bob", NOW), 0);
    assert_int_equal(try_it(guard, "192.0.2.1", "bob", NOW + LOCK_MS), 0);
}

/* 15 minutes, 30, 1 h, 2 h, 4 h, 4 h; forgotten when it is long ago. */
static void test_login_guard_lock_grows_to_a_limit(void **state)
{
    struct login_guard *guard = *state;
    static const int64_t times[] = {1, 2, 4, 8, 16, 16};
    int64_t now = NOW;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        for (int n = 0; n < TRIES; n++)
            assert_true(try_it(guard, "192.0.2.1", "bob", now) >= 0);
        now += times[i] * LOCK_MS;
        assert_int_equal(try_it(guard, "192.0.2.1", "bob", now - 1), -1);
    }
    now += 32 * (int64_t)LOCK_MS;
    for (int n = 0; n < TRIES; n++)
        assert_int_equal(try_it(guard, "192.0.2.1", "bob", now), 0);
    assert_int_equal(try_it(guard, "192.0.2.1", "bob", now + LOCK_MS), 0);
}

static void test_login_guard_success_forgets(void **state)
{
    struct login_guard *guard = *state;
    struct login_try t = {"192.0.2.1", "bob", NOW};
    for (int i = 0; i < TRIES; i++)
        assert_int_equal(try_it(guard, "192.0.2.1", "bob", NOW), 0);
    assert_true(
        login_guard_is_locked(guard, &t)); /* unless the last is right */
    login_guard_passed(guard, &t);
    assert_false(login_guard_is_locked(guard, &t));
    for (int i = 0; i < TRIES; i++)
        assert_int_equal(try_it(guard, "192.0.2.1", "bob", NOW), 0);
}

/* A thousand strangers slow each other down, and somebody new a little; whoever
 * was in from there before not at all; nobody is locked out. */
static void test_login_guard_many_places_are_slow_and_lock_nobody(void **state)
{
    struct login_guard *guard = *state;
    struct login_try home = {"192.0.2.1", "bob", NOW};
    char client[32];
    int64_t longest = 0;
    (void)try_it(guard, "192.0.2.1", "bob", NOW);
    login_guard_passed(guard, &home);
    for (int i = 0; i < 1000; i++) {
        snprintf(client, sizeof client, "10.0.%d.%d", i / 250, i % 250);
        int64_t pause = try_it(guard, client, "bob", NOW);
        assert_in_range(pause, longest, LOGIN_GUARD_PAUSE_MOST_MS);
        assert_true((pause > 0) == (i >= LOGIN_GUARD_SLOW_AFTER));
        longest = pause;
    }
    assert_int_equal(longest, LOGIN_GUARD_PAUSE_MOST_MS);
    assert_int_equal(try_it(guard, "192.0.2.1", "bob", NOW), 0);
    assert_int_equal(try_it(guard, "192.0.2.9", "bob", NOW),
                     LOGIN_GUARD_PAUSE_MOST_MS);
    assert_int_equal(try_it(guard, "192.0.2.9", "eve", NOW), 0);
    assert_int_equal(try_it(guard, "192.0.2.9", "bob", NOW + LOCK_MS), 0);
}

static void test_login_guard_clock_that_went_back_locks_no_longer(void **state)
{
    struct login_guard *guard = *state;
    for (int i = 0; i < TRIES; i++)
        assert_int_equal(try_it(guard, "a", "bob", NOW + 99L * LOCK_MS), 0);
    assert_int_equal(try_it(guard, "a", "bob", NOW), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_login_guard_locks_the_pair_alone),
        TEST(test_login_guard_lock_grows_to_a_limit),
        TEST(test_login_guard_success_forgets),
        TEST(test_login_guard_many_places_are_slow_and_lock_nobody),
        TEST(test_login_guard_clock_that_went_back_locks_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
