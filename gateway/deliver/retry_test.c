/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include "deliver/retry.h"

static const struct retry retry = {
    .first_ms = 300000, .longest_ms = 14400000, .lifetime_ms = 432000000};

static const struct {
    const char *title;
    unsigned attempts;
    int64_t now_ms;
    int64_t want_ms;
} rows[] = {
    {"first pause", 1, 1000, 301000},
    {"twice as long", 2, 301000, 901000},
    {"and again", 3, 901000, 2101000},
    {"sixth", 6, 0, 9600000},
    {"the longest", 7, 0, 14400000},
    {"never longer", 60, 0, 14400000},
    {"a last one at the end", 60, 431999999, 432000000},
    {"at the end exactly", 60, 432000000, 446400000},
};

static void test_retry_next_grows_up_to_the_longest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t got =
            retry_next_ms(&retry, rows[i].attempts, 0, rows[i].now_ms);
        if (got != rows[i].want_ms) {
            fail_msg("%s: got %lld, want %lld", rows[i].title, (long long)got,
                     (long long)rows[i].want_ms);
        }
    }
}

static void test_retry_next_always_later_than_now(void **state)
{
    (void)state;
    const struct retry none = {0, 0, 0};
    assert_true(retry_next_ms(&none, 1, 0, 50) > 50);
    assert_true(retry_next_ms(&none, 9, 100, 50) > 50);
}

static void test_retry_is_over_at_the_lifetimes_end(void **state)
{
    (void)state;
    assert_false(retry_is_over(&retry, 1000, 1000));
    assert_false(retry_is_over(&retry, 1000, 432000999));
    assert_true(retry_is_over(&retry, 1000, 432001000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry_next_grows_up_to_the_longest),
        cmocka_unit_test(test_retry_next_always_later_than_now),
        cmocka_unit_test(test_retry_is_over_at_the_lifetimes_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
