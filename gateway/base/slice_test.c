#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_slice_cut_without_separator_takes_all(void **state)
{
    (void)state;
    struct slice s = slice_of("one");
    assert_true(slice_is(slice_cut(&s, ','), "one"));
    assert_int_equal(s.n, 0);
}

enum { FROM, FIRST, SUB, SUB_FAR, SUB_MOST };

/* Whether the step past the end ends the program. */
static bool aborts(int what)
{
    struct slice s = SLICE_LITERAL("abc");
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        (void)!freopen("/dev/null", "w", stderr);
        switch (what) {
        case FROM:
            slice_from(s, 4);
            break;
        case FIRST:
            slice_first(s, 4);
            break;
        case SUB:
            slice_sub(s, 2, 2);
            break;
        case SUB_FAR:
            slice_sub(s, 4, 0);
            break;
        case SUB_MOST:
            slice_sub(s, 1, SIZE_MAX);
            break;
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_slice_past_its_end_is_an_abort(void **state)
{
    struct slice s = SLICE_LITERAL("abc");
    (void)state;
    assert_true(slice_is(slice_from(s, 3), ""));
    assert_true(slice_is(slice_first(s, 3), "abc"));
    assert_true(slice_is(slice_sub(s, 1, 1), "b"));
    assert_true(slice_is(slice_most(s, 9), "abc"));
    assert_true(slice_is(slice_most(s, 2), "ab"));
    assert_int_equal(slice_from((struct slice){NULL, 0}, 0).n, 0);
    for (int what = FROM; what <= SUB_MOST; what++)
        if (!aborts(what))
            fail_msg("case %d goes on", what);
    assert_int_equal(slice_int(SIZE_MAX), INT_MAX);
}

static void test_slice_find_crlf_wants_both(void **state)
{
    (void)state;
    assert_int_equal(slice_find_crlf(slice_of("ab\r\nc")), 2);
    assert_int_equal(slice_find_crlf(slice_of("a\rb\nc\r\r\n")), 6);
    assert_int_equal(slice_find_crlf(slice_of("abc\r")), 4);
    assert_int_equal(slice_find_crlf(slice_of("")), 0);
}

static void test_slice_cut_with_separator_splits(void **state)
{
    (void)state;
    struct slice s = slice_of("a=b=c");
    assert_true(slice_is(slice_cut(&s, '='), "a"));
    assert_true(slice_is(s, "b=c"));
}

static void test_slice_word_skips_runs_of_blanks(void **state)
{
    (void)state;
    struct slice s = slice_of("  tls \t tls1.2 ");
    assert_true(slice_is(slice_word(&s), "tls"));
    assert_true(slice_is(slice_word(&s), "tls1.2"));
    assert_int_equal(slice_word(&s).n, 0);
}

static void test_slice_number_at_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned long max;
        bool ok;
        unsigned long value;
    } rows[] = {
        {"0", 10, true, 0},   {"10", 10, true, 10},
        {"11", 10, false, 0}, {"", 10, false, 0},
        {"-1", 10, false, 0}, {"1x", 10, false, 0},
        {"007", 10, true, 7}, {"99999999999999999999999", ULONG_MAX, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned long v = 0;
        bool ok = slice_number(slice_of(rows[i].text), rows[i].max, &v);
        if (ok != rows[i].ok || (ok && v != rows[i].value))
            fail_msg("row %zu (%s): got %d %lu", i, rows[i].text, ok, v);
    }
}

static void test_slice_nocase_ignores_ascii_case_alone(void **state)
{
    (void)state;
    assert_true(slice_is_nocase(slice_of("SMS"), "sms"));
    assert_false(slice_is_nocase(slice_of("sm"), "sms"));
    assert_false(slice_is_nocase(slice_of("\xc3\x84"), "\xc3\xa4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slice_cut_without_separator_takes_all),
        cmocka_unit_test(test_slice_past_its_end_is_an_abort),
        cmocka_unit_test(test_slice_find_crlf_wants_both),
        cmocka_unit_test(test_slice_cut_with_separator_splits),
        cmocka_unit_test(test_slice_word_skips_runs_of_blanks),
        cmocka_unit_test(test_slice_number_at_bounds),
        cmocka_unit_test(test_slice_nocase_ignores_ascii_case_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
