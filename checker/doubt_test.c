/* Doubt of the handmade case: what it expects and what it shows all counts. */
#include "checker/test_bench.h"

#include "checker/doubt.h"

static void test_doubt_leaves_no_survivor(void **state)
{
    struct bench *f = *state;
    struct arena *arena = arena_create();
    struct judge judge = {f->tables, f->clauses};
    struct doubt_report report;
    doubt_case(&judge, scenario_cases(f->scenario), f->evidence, arena,
               &report);
    for (size_t i = 0; i < report.survivors.n; i++)
        print_message("  survived: %s\n", report.survivors.v[i]);
    assert_int_equal(report.survivors.n, 0);
    assert_true(report.changes > 100);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubt_leaves_no_survivor),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
