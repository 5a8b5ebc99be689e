#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/auth_lock.h"

static const struct auth_lock_settings three = {.failures = 3, .lock_ms = 1000};

static bool is_closed(const struct auth_lock *lock, const char *client,
                      const char *user, int64_t now_ms)
{
    return auth_lock_is_closed(lock, client, slice_of(user), now_ms);
}

static struct auth_lock *failed(unsigned times)
{
    struct auth_lock *lock = auth_lock_create(&three);
    for (unsigned i = 0; i < times; i++)
        auth_lock_failed(lock, "127.0.0.1", slice_of("app"), 10 + i);
    return lock;
}

static void test_lock_closes_for_the_pair_alone(void **state)
{
    (void)state;
    struct auth_lock *lock = failed(3);
    assert_true(is_closed(lock, "127.0.0.1", "app", 20));
    assert_false(is_closed(lock, "127.0.0.2", "app", 20));
    assert_false(is_closed(lock, "127.0.0.1", "other", 20));
    auth_lock_destroy(&lock);
    lock = failed(2);
    assert_false(is_closed(lock, "127.0.0.1", "app", 20));
    auth_lock_destroy(&lock);
}

static void test_lock_ends_with_its_time(void **state)
{
    (void)state;
    struct auth_lock *lock = failed(3);
    assert_true(is_closed(lock, "127.0.0.1", "app", 12 + 999));
    assert_false(is_closed(lock, "127.0.0.1", "app", 12 + 1000));
    auth_lock_failed(lock, "127.0.0.1", slice_of("app"), 12 + 1000);
    assert_false(is_closed(lock, "127.0.0.1", "app", 12 + 1001));
    auth_lock_destroy(&lock);
}

static void test_lock_forgets_after_a_success(void **state)
{
    (void)state;
    struct auth_lock *lock = failed(2);
    auth_lock_passed(lock, "127.0.0.1", slice_of("app"));
    auth_lock_failed(lock, "127.0.0.1", slice_of("app"), 20);
    assert_false(is_closed(lock, "127.0.0.1", "app", 20));
    auth_lock_destroy(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_closes_for_the_pair_alone),
        cmocka_unit_test(test_lock_ends_with_its_time),
        cmocka_unit_test(test_lock_forgets_after_a_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
