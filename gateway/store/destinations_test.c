/* Whose turn it is: in memory alone. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "store/destinations.h"

static void wake(struct destinations *all, const char *address, int64_t n)
{
    destinations_wake(all, STORE_KIND_RECIPIENT, address,
                      (struct due_cursor){1000, n});
}

/* As the store does with a row that is there. */
static struct due_domain *take(struct destinations *all, const char *want)
{
    struct due_domain *d = destinations_next(all, false);
    assert_non_null(d);
    assert_string_equal(d->name, want);
    destinations_took(all, d);
    return d;
}

static void rest(struct destinations *all, const char *want)
{
    struct due_domain *d = destinations_next(all, false);
    assert_non_null(d);
    assert_string_equal(d->name, want);
    destinations_rest(all, d);
}

static void test_destinations_are_one_whatever_the_spelling(void **state)
{
    (void)state;
    struct destinations *all = destinations_create(2, 4);
    wake(all, "bob@Hospital.example", 1);
    wake(all, "\"a@b\"@hospital.EXAMPLE", 2);
    wake(all, "nobody", 3);
    assert_int_equal(destinations_count(all), 2);
    struct due_domain *d = take(all, "hospital.example");
    destinations_gave(all, d, STORE_HEARD);
    destinations_destroy(&all);
}

/* Nobody who has something in hand is before one who has not. */
static void test_destinations_with_nothing_in_hand_come_first(void **state)
{
    (void)state;
    struct destinations *all = destinations_create(8, 8);
    wake(all, "x@slow.example", 1);
    struct due_domain *slow = take(all, "slow.example");
    assert_ptr_equal(take(all, "slow.example"), slow);
    assert_null(destinations_next(all, true));
    wake(all, "x@other.example", 2);
    assert_non_null(destinations_next(all, true));
    take(all, "other.example");
    take(all, "slow.example");
    take(all, "other.example");
    destinations_destroy(&all);
}

/* In the order of coming, and every second turn is the latest's. */
static void test_destinations_latest_and_longest_by_turns(void **state)
{
    (void)state;
    struct destinations *all = destinations_create(8, 8);
    char address[32];
    for (int i = 1; i <= 6; i++) {
        snprintf(address, sizeof address, "x@d%d.example", i);
        wake(all, address, i);
    }
    static const char *const order[] = {"d1.example", "d6.example",
                                        "d2.example", "d5.example",
                                        "d3.example", "d4.example"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        take(all, order[i]);
    destinations_destroy(&all);
}

static size_t take_many(struct destinations *all, struct due_domain **out)
{
    size_t count = 0;
    for (struct due_domain *d; (d = destinations_next(all, false)); count++) {
        destinations_took(all, d);
        *out = d;
    }
    return count;
}

static void test_destinations_have_their_share(void **state)
{
    (void)state;
    static const struct {
        enum store_heard heard;
        size_t then; /* may be in hand */
    } rows[] = {{STORE_HEARD_UNKNOWN, 3}, {STORE_HEARD, 6},
                {STORE_HEARD, 10},        {STORE_HEARD, 10},
                {STORE_HEARD_NOTHING, 1}, {STORE_HEARD_UNKNOWN, 1},
                {STORE_HEARD, 2}};
    struct destinations *all = destinations_create(3, 10);
    struct due_domain *d = NULL;
    wake(all, "x@a.example", 1);
    assert_int_equal(take_many(all, &d), 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        destinations_gave(all, d, rows[i].heard);
        take_many(all, &d);
        while (d->in_hand > rows[i].then) {
            destinations_gave(all, d, STORE_HEARD_UNKNOWN);
            take_many(all, &d);
        }
        if (d->in_hand != rows[i].then)
            fail_msg("row %zu: %zu in hand", i, d->in_hand);
    }
    destinations_destroy(&all);
}

static void test_destinations_are_forgotten_but_for_slow_ones(void **state)
{
    (void)state;
    struct destinations *all = destinations_create(4, 4);
    wake(all, "x@a.example", 1);
    struct due_domain *d = take(all, "a.example");
    destinations_gave(all, d, STORE_HEARD);
    rest(all, "a.example");
    assert_int_equal(destinations_count(all), 0);
    wake(all, "x@b.example", 2);
    d = take(all, "b.example");
    destinations_gave(all, d, STORE_HEARD_NOTHING);
    rest(all, "b.example");
    assert_int_equal(destinations_count(all), 1);
    wake(all, "x@b.example", 3);
    take(all, "b.example");
    assert_null(destinations_next(all, false)); /* one alone */
    destinations_destroy(&all);
}

static void test_destinations_remember_so_many_slow_ones(void **state)
{
    (void)state;
    struct destinations *all = destinations_create(4, 4);
    char address[32];
    for (int i = 0; i < 3000; i++) {
        snprintf(address, sizeof address, "x@d%d.example", i);
        wake(all, address, i);
        struct due_domain *d = destinations_next(all, false);
        destinations_took(all, d);
        destinations_gave(all, d, STORE_HEARD_NOTHING);
        destinations_rest(all, d);
    }
    assert_int_equal(destinations_count(all), 1024);
    destinations_destroy(&all);
}

static void test_destinations_go_back_to_what_comes_before(void **state)
{
    (void)state;
    struct destinations *all = destinations_create(4, 4);
    wake(all, "x@a.example", 7);
    struct due_domain *d = take(all, "a.example");
    d->cursor[STORE_KIND_RECIPIENT] = (struct due_cursor){1000, 7};
    destinations_wake(all, STORE_KIND_RECIPIENT, "x@a.example",
                      (struct due_cursor){1000, 9});
    assert_int_equal(d->cursor[STORE_KIND_RECIPIENT].n, 7);
    destinations_wake(all, STORE_KIND_RECIPIENT, "x@a.example",
                      (struct due_cursor){999, 9});
    assert_int_equal(d->cursor[STORE_KIND_RECIPIENT].due_ms, 999);
    assert_int_equal(d->cursor[STORE_KIND_RECIPIENT].n, 8);
    destinations_destroy(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_destinations_are_one_whatever_the_spelling),
        cmocka_unit_test(test_destinations_with_nothing_in_hand_come_first),
        cmocka_unit_test(test_destinations_latest_and_longest_by_turns),
        cmocka_unit_test(test_destinations_have_their_share),
        cmocka_unit_test(test_destinations_are_forgotten_but_for_slow_ones),
        cmocka_unit_test(test_destinations_remember_so_many_slow_ones),
        cmocka_unit_test(test_destinations_go_back_to_what_comes_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
