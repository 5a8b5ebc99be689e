#include "net/loop_measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { LIMIT_US = LOOP_TURN_MS * 1000 };

static struct loop_measure turn;

static void test_measure_short_turn_says_nothing(void **state)
{
    (void)state;
    struct loop_measure m = {0};
    loop_measure_begin(&m, 70);
    loop_measure_call(&m, "a", 100);
    assert_int_equal(loop_measure_end(&m, 70 + LIMIT_US, 1, &turn),
                     LOOP_TURN_SHORT);
}

static void test_measure_long_turn_names_what_ran_longest(void **state)
{
    (void)state;
    struct loop_measure m = {0};
    loop_measure_begin(&m, 70);
    loop_measure_call(&m, "a", 100);
    loop_measure_call(&m, "b", 5000);
    loop_measure_call(&m, "c", 4999);
    assert_int_equal(loop_measure_end(&m, 71 + LIMIT_US, 1, &turn),
                     LOOP_TURN_LONG);
    assert_string_equal(turn.most, "b");
    assert_int_equal(turn.most_us, 5000);
    assert_int_equal(turn.ran_us, 10099);
    assert_int_equal(turn.cpu_us, LIMIT_US + 1);
}

/* Calls that add up count as one that is long. */
static void test_measure_each_turn_stands_for_itself(void **state)
{
    (void)state;
    struct loop_measure m = {0};
    loop_measure_begin(&m, 0);
    for (int i = 1; i <= 5; i++)
        assert_int_equal(loop_measure_end(&m, (int64_t)i * LIMIT_US, i, &turn),
                         LOOP_TURN_SHORT);
    loop_measure_call(&m, "a", 1);
    assert_int_equal(loop_measure_end(&m, 6 * (int64_t)LIMIT_US + 1, 9, &turn),
                     LOOP_TURN_LONG);
    assert_string_equal(turn.most, "a");
}

/* The machine is busy, or a disk is slow: nobody's code is to blame. */
static void test_measure_clock_alone_is_no_warning(void **state)
{
    (void)state;
    struct loop_measure m = {0};
    loop_measure_begin(&m, 0);
    loop_measure_call(&m, "a", 3 * (int64_t)LIMIT_US);
    assert_int_equal(loop_measure_end(&m, 10, 1, &turn), LOOP_TURN_BLOCKED);
}

static void test_measure_warns_once_in_a_while(void **state)
{
    (void)state;
    struct loop_measure m = {0};
    int64_t cpu = 0;
    loop_measure_begin(&m, cpu);
    cpu += 2 * (int64_t)LIMIT_US;
    assert_int_equal(loop_measure_end(&m, cpu, 1000, &turn), LOOP_TURN_LONG);
    assert_int_equal(turn.untold, 0);
    for (int i = 0; i < 3; i++) {
        cpu += 2 * (int64_t)LIMIT_US;
        assert_int_equal(loop_measure_end(&m, cpu, 1001 + i, &turn),
                         LOOP_TURN_UNTOLD);
    }
    cpu += 2 * (int64_t)LIMIT_US;
    assert_int_equal(
        loop_measure_end(&m, cpu, 1000 + LOOP_TOLD_PAUSE_MS, &turn),
        LOOP_TURN_LONG);
    assert_int_equal(turn.untold, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measure_short_turn_says_nothing),
        cmocka_unit_test(test_measure_long_turn_names_what_ran_longest),
        cmocka_unit_test(test_measure_each_turn_stands_for_itself),
        cmocka_unit_test(test_measure_clock_alone_is_no_warning),
        cmocka_unit_test(test_measure_warns_once_in_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
