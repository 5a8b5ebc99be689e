#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"

/* KEEP-3: the loop would stand still for ever. */
static void test_log_that_nobody_reads_stops_nobody(void **state)
{
    static char text[1 << 20];
    enum { LINES = 10000 };
    int fds[2], own = dup(STDERR_FILENO);
    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
    for (int i = 0; i < LINES; i++)
        log_error("test", "a line", "number=%d", i);
    ssize_t n = read(fds[0], text, sizeof text - 1);
    log_error("test", "the last", "number=%d", LINES);
    ssize_t more = read(fds[0], text + n, sizeof text - 1 - (size_t)n);
    dup2(own, STDERR_FILENO);
    close(own);
    close(fds[0]);
    close(fds[1]);
    assert_true(n > 0 && more > 0);
    text[n + more] = '\0';
    assert_non_null(strstr(text, "error test: a line number=0\n"));
    assert_non_null(strstr(text, "\nwarn log: nobody read it count="));
    assert_non_null(strstr(text, "\nerror test: the last number=10000\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_that_nobody_reads_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
