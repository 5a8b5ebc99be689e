#include "kit/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/alloc.h"

enum { CASES = 40 };

struct seen {
    unsigned lines[CASES], deaths[CASES];
    char how[256];
    size_t crash, exits, hang, stop_after; /* CASES: never */
    size_t total;
    bool starts;
    volatile sig_atomic_t stop;
};

static struct seen fresh(void)
{
    return (struct seen){.crash = CASES,
                         .exits = CASES,
                         .hang = CASES,
                         .stop_after = CASES + 1,
                         .starts = true};
}

static void *on_start(unsigned worker, void *ctx)
{
    struct seen *seen = ctx;
    if (!seen->starts)
        _exit(7);
    (void)worker;
    return xstrdup("self");
}

/* The answer is long, so that it comes in many pieces. */
static char *work(void *worker, size_t index, void *ctx)
{
    struct seen *seen = ctx;
    assert_string_equal(worker, "self");
    if (index == seen->crash)
        abort();
    if (index == seen->exits)
        _exit(5);
    if (index == seen->hang)
        for (;;)
            pause();
    char *line = xmalloc(300001);
    memset(line, 'x', 300000);
    line[300000] = '\0';
    int n = snprintf(line, 32, "%zu ", index);
    line[n] = 'x';
    return line;
}

static void on_stop(void *worker, void *ctx)
{
    (void)ctx;
    free(worker);
}

static bool on_line(size_t index, struct slice line, void *ctx)
{
    struct seen *seen = ctx;
    assert_int_equal(line.n, 300000);
    assert_int_equal(strtoul(line.p, NULL, 10), index);
    seen->lines[index]++;
    return ++seen->total < seen->stop_after;
}

static bool on_death(size_t index, const char *how, void *ctx)
{
    struct seen *seen = ctx;
    seen->deaths[index]++;
    seen->total++;
    snprintf(seen->how, sizeof(seen->how), "%s", how);
    return true;
}

static enum status run(struct seen *seen, size_t count, unsigned workers)
{
    size_t order[CASES] = {0};
    for (size_t i = 0; i < count; i++)
        order[i] = count - 1 - i;
    struct pool_calls calls = {on_start, work,     on_stop,
                               on_line,  on_death, seen};
    struct err err;
    return pool_run(order, count, workers, 1000, &seen->stop, &calls, &err);
}

/* Each case once, either way. */
static void assert_each_once(const struct seen *seen, size_t died)
{
    for (size_t i = 0; i < CASES; i++) {
        unsigned lines = i != died, deaths = i == died;
        if (seen->lines[i] != lines || seen->deaths[i] != deaths)
            fail_msg("case %zu: got %u lines and %u deaths", i, seen->lines[i],
                     seen->deaths[i]);
    }
}

static void test_pool_run_does_each_case_once(void **state)
{
    (void)state;
    static const unsigned workers[] = {1, 2, 7, 60};
    for (size_t i = 0; i < sizeof(workers) / sizeof(*workers); i++) {
        struct seen seen = fresh();
        assert_int_equal(run(&seen, CASES, workers[i]), ST_OK);
        assert_each_once(&seen, CASES);
    }
}

static void test_pool_run_survives_a_crash(void **state)
{
    (void)state;
    struct seen seen = fresh();
    seen.crash = 11;
    assert_int_equal(run(&seen, CASES, 1), ST_OK);
    assert_each_once(&seen, 11);
    assert_non_null(strstr(seen.how, "signal 6"));
}

static void test_pool_run_survives_an_exit_in_the_last_case(void **state)
{
    (void)state;
    struct seen seen = fresh();
    seen.exits = 0;
    assert_int_equal(run(&seen, CASES, 3), ST_OK);
    assert_each_once(&seen, 0);
    assert_non_null(strstr(seen.how, "exit code 5"));
}

static void test_pool_run_ends_a_case_that_hangs(void **state)
{
    (void)state;
    struct seen seen = fresh();
    seen.hang = 20;
    assert_int_equal(run(&seen, CASES, 2), ST_OK);
    assert_each_once(&seen, 20);
    assert_non_null(strstr(seen.how, "longer than its limit"));
}

static void test_pool_run_stops_when_told(void **state)
{
    (void)state;
    struct seen seen = fresh();
    seen.stop_after = 5;
    assert_int_equal(run(&seen, CASES, 2), ST_OK);
    assert_in_range(seen.total, 5, 6); /* one more was under way */
    seen = fresh();
    seen.stop = true;
    assert_int_equal(run(&seen, CASES, 2), ST_OK);
    assert_int_equal(seen.total, 0);
}

static void test_pool_run_gives_up_where_no_worker_starts(void **state)
{
    (void)state;
    struct seen seen = fresh();
    seen.starts = false;
    /* The first case of each dies with its worker; then there is an end. */
    enum status status = run(&seen, 2, 2);
    assert_int_equal(status, ST_OK);
    assert_int_equal(seen.total, 2);
    assert_non_null(strstr(seen.how, "exit code 7"));
}

static void test_pool_run_of_nothing_is_nothing(void **state)
{
    (void)state;
    struct seen seen = fresh();
    assert_int_equal(run(&seen, 0, 4), ST_OK);
    assert_int_equal(seen.total, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_run_does_each_case_once),
        cmocka_unit_test(test_pool_run_survives_a_crash),
        cmocka_unit_test(test_pool_run_survives_an_exit_in_the_last_case),
        cmocka_unit_test(test_pool_run_ends_a_case_that_hangs),
        cmocka_unit_test(test_pool_run_stops_when_told),
        cmocka_unit_test(test_pool_run_gives_up_where_no_worker_starts),
        cmocka_unit_test(test_pool_run_of_nothing_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
