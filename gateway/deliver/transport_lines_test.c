/* Who is known to be down, and for how long. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/clock.h"
#include "deliver/measure.h"
#include "deliver/transport_lines.h"
#include "net/loop.h"

enum { FAILURES = 3 };

static const char *const addresses[] = {"127.0.0.1"};
static const struct mail_host host = {
    .name = "mx1", .addresses = addresses, .address_count = 1};
static const struct transport_target target = {.host = &host};

static void on_timer(void *ctx)
{
    (void)ctx;
}

static void open_pool(struct pool *pool)
{
    *pool = (struct pool){.settings = {.failures = FAILURES, .idle_ms = 60000},
                          .loop = loop_create()};
    pool->timer = loop_timer_create(pool->loop, on_timer, pool);
}

static void close_pool(struct pool *pool)
{
    lines_drop_empty(pool, true);
    assert_null(pool->lines);
    assert_null(pool->last_line);
    loop_timer_destroy(&pool->timer);
    loop_destroy(&pool->loop);
}

static struct line *find_down(struct pool *pool, size_t times, int64_t took_ms)
{
    const struct measure none = measure_no_connection();
    struct line *line = line_find(pool, &target);
    for (size_t i = 0; i < times; i++) {
        assert_false(line_is_down(line));
        line_note(line, &none, took_ms);
    }
    return line;
}

/* A refused connection costs nothing: the next one asks. */
static void test_lines_forget_who_said_so_at_once(void **state)
{
    (void)state;
    struct pool pool;
    open_pool(&pool);
    assert_true(line_is_down(find_down(&pool, FAILURES, 10)));
    lines_drop_empty(&pool, false);
    assert_null(pool.lines);
    close_pool(&pool);
}

/* A time-out does, and need not be waited for by each of ten thousand. */
static void test_lines_remember_who_took_his_time(void **state)
{
    (void)state;
    struct pool pool;
    open_pool(&pool);
    struct line *line = find_down(&pool, FAILURES, 1000);
    lines_drop_empty(&pool, false);
    assert_ptr_equal(line_find(&pool, &target), line);
    assert_true(line_is_down(line));
    line->down_until_ms = clock_wall_ms() - 1; /* a minute later */
    assert_false(line_is_down(line));
    assert_true(line_needs_another(line));
    const struct measure none = measure_no_connection();
    line_note(line, &none, 1000);
    assert_true(line_is_down(line));
    lines_drop_empty(&pool, false);
    assert_ptr_equal(pool.lines, line);
    line->down_until_ms = clock_wall_ms() + 3600000; /* the clock went back */
    lines_drop_empty(&pool, false);
    assert_null(pool.lines);
    close_pool(&pool);
}

static void test_lines_forgive_who_answers(void **state)
{
    (void)state;
    struct pool pool;
    open_pool(&pool);
    struct line *line = find_down(&pool, FAILURES, 1000);
    const struct measure good = {.kind = MEASURE_MEASURED, .usable = true};
    line_note(line, &good, 10);
    assert_false(line_is_down(line));
    find_down(&pool, FAILURES - 1, 1000);
    assert_false(line_is_down(line));
    close_pool(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_forget_who_said_so_at_once),
        cmocka_unit_test(test_lines_remember_who_took_his_time),
        cmocka_unit_test(test_lines_forgive_who_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
