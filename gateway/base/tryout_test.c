#include "base/tryout.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void be_quick(void *ctx)
{
    *(int *)ctx = 2;
}

static void never_end(void *ctx)
{
    for (volatile int *turn = ctx;; (*turn)++)
        ;
}

static void die(void *ctx)
{
    (void)ctx;
    raise(SIGSEGV);
}

static void test_tryout_tells_how_it_ended(void **state)
{
    int x = 1;
    (void)state;
    assert_int_equal(tryout_run(be_quick, &x, 1), TRYOUT_END_WELL);
    assert_int_equal(tryout_run(die, &x, 1), TRYOUT_END_DIED);
    assert_int_equal(tryout_run(never_end, &x, 1), TRYOUT_END_TOO_LONG);
    assert_int_equal(x, 1); /* what a child does is not seen here */
}

static void test_tryout_ends_well_where_children_are_ignored(void **state)
{
    int x = 1;
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(tryout_run(be_quick, &x, 1), TRYOUT_END_WELL);
    assert_int_equal(tryout_run(die, &x, 1), TRYOUT_END_DIED);
    signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tryout_tells_how_it_ended),
        cmocka_unit_test(test_tryout_ends_well_where_children_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
