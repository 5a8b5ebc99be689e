#include "kit/fanout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { CASES = 4 };

static char path[] = "/tmp/fanout-test-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static char *content(void)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* Cases come in this order (ended by CASES); the file has them by number. */
static struct run_totals tell(const size_t *order)
{
    struct fanout_wishes wishes = {.tap = path, .quiet = true};
    struct fanout *f;
    struct err err;
    assert_int_equal(fanout_create(&wishes, CASES, &f, &err), ST_OK);
    struct run_info info = {.version = "1", .planned = CASES};
    fanout_start(f, &info);
    struct arena *arena = arena_create();
    for (; *order < CASES; order++) {
        struct case_result r;
        case_result_init(&r, arena, "a.yaml",
                         arena_printf(arena, "c%zu", *order));
        if (*order == 2)
            case_result_error(&r, "bad");
        fanout_case(f, *order, &r);
    }
    assert_int_equal(fanout_finish(f, 10, &err), ST_OK);
    struct run_totals totals = *fanout_totals(f);
    fanout_destroy(&f);
    assert_null(f);
    arena_destroy(&arena);
    return totals;
}

static void test_fanout_tells_files_in_the_order_of_the_plan(void **state)
{
    (void)state;
    struct run_totals totals = tell((const size_t[]){3, 1, 0, 2, CASES});
    const char *text = content(), *at = text;
    for (int i = 0; i < CASES; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%d - a.yaml:c%d\n", i + 1, i);
        at = strstr(at, name);
        if (!at)
            fail_msg("no %s in its place in\n%s", name, text);
    }
    assert_int_equal(totals.by_verdict[VERDICT_PASS], 3);
    assert_int_equal(run_exit_code(&totals), 3);
}

static void test_fanout_tells_what_there_is_when_cases_are_missing(void **state)
{
    (void)state;
    tell((const size_t[]){3, 1, CASES});
    const char *text = content();
    assert_non_null(strstr(text, "ok 1 - a.yaml:c1\nok 2 - a.yaml:c3\n"));
    assert_non_null(strstr(text, "Bail out!"));
}

static void test_fanout_create_refuses(void **state)
{
    (void)state;
    struct fanout *f;
    struct err err;
    struct fanout_wishes nowhere = {.junit = "/nonexistent/x", .quiet = true};
    assert_int_equal(fanout_create(&nowhere, 1, &f, &err), ST_INVAL);
    assert_non_null(strstr(err.text, "/nonexistent/x"));
    struct fanout_wishes both = {.junit = "-", .tap = "-", .quiet = true};
    assert_int_equal(fanout_create(&both, 1, &f, &err), ST_INVAL);
    assert_non_null(strstr(err.text, "standard output"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fanout_tells_files_in_the_order_of_the_plan),
        TEST(test_fanout_tells_what_there_is_when_cases_are_missing),
        TEST(test_fanout_create_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
