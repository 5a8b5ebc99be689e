#include "base/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/test_arena.h"

#define ROW(octets, fault, at_line, at_column)                                 \
    {                                                                          \
        {octets, sizeof octets - 1}, fault, at_line, at_column                 \
    }

static const struct {
    struct slice text;
    const char *what; /* NULL: a good text */
    int line, column;
} rows[] = {
    ROW("", NULL, 0, 0),
    ROW("a: b\r\n\tc\n", NULL, 0, 0),
    ROW("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n", NULL, 0, 0),
    ROW("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbd", NULL, 0, 0),
    ROW("%a\x80", "not UTF-8", 1, 3),
    ROW("caf\xc3\xa9\xe9", "not UTF-8", 1, 5),
    ROW("a\n\xc3", "not UTF-8", 2, 1),
    ROW("a\r\n\xe2\x82", "not UTF-8", 2, 1),
    ROW("a\r\r\xf0\x9f\x98", "not UTF-8", 3, 1),
    ROW("\xc0\xaf", "not UTF-8", 1, 1),
    ROW("\xe0\x9f\xbf", "not UTF-8", 1, 1),
    ROW("\xf0\x8f\xbf\xbf", "not UTF-8", 1, 1),
    ROW("\xed\xa0\x80", "not UTF-8", 1, 1),
    ROW("\xf4\x90\x80\x80", "not UTF-8", 1, 1),
    ROW("\xf5\x80\x80\x80", "not UTF-8", 1, 1),
    ROW("\xff\xfe-\0", "not UTF-8", 1, 1),
    ROW("ab\0c", "no NUL", 1, 3),
    ROW("a\x1b", "no control", 1, 2),
    ROW("a\x7f", "no control", 1, 2),
    ROW("a\xc2\x85", "no control", 1, 2),
    ROW("a\xe2\x80\xa8", "no line or paragraph separator", 1, 2),
    ROW("a\xe2\x80\xa9", "no line or paragraph separator", 1, 2),
    ROW("a\xef\xbb\xbf", "no byte order mark", 1, 2),
    ROW("\xef\xbf\xbf", "no byte order mark and no noncharacter", 1, 1),
    ROW("\xf0\x9f\xbf\xbe", "no byte order mark and no noncharacter", 1, 1),
};

static void test_plain_check_tells_the_first_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plain_fault f = plain_check(rows[i].text);
        if (!rows[i].what != !f.what ||
            (f.what && (strncmp(f.what, rows[i].what, strlen(rows[i].what)) ||
                        f.line != rows[i].line || f.column != rows[i].column)))
            fail_msg("row %zu: %s at %d:%d", i, f.what ? f.what : "good",
                     f.line, f.column);
    }
}

static struct slice repeat(const char *what, size_t times)
{
    size_t n = strlen(what);
    char *p = arena_alloc(arena, n * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(p + i * n, what, n);
    return (struct slice){p, n * times};
}

static void test_plain_check_bounds_white_space(void **state)
{
    (void)state;
    static const char *const ends[] = {"\n", " \t\r\n", "\r"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct slice most = repeat(ends[i], PLAIN_EMPTY_LINES);
        assert_null(plain_check(most).what);
        struct slice more = repeat(ends[i], PLAIN_EMPTY_LINES + 1);
        struct plain_fault f = plain_check(more);
        assert_string_equal(f.what, "too many empty lines");
        assert_int_equal(f.line, PLAIN_EMPTY_LINES + 1);
    }
    assert_null(plain_check(repeat(" ", PLAIN_BLANKS)).what);
    struct plain_fault f = plain_check(repeat(" ", PLAIN_BLANKS + 1));
    assert_string_equal(f.what, "too many blanks");
    assert_int_equal(f.column, PLAIN_BLANKS + 1);
}

static void test_plain_body_leaves_the_mark_in_front_out(void **state)
{
    (void)state;
    assert_true(slice_is(plain_body(slice_of("\xef\xbb\xbf"
                                             "a")),
                         "a"));
    assert_true(slice_is(plain_body(slice_of("\xef\xbb")), "\xef\xbb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_check_tells_the_first_place),
        cmocka_unit_test_setup_teardown(test_plain_check_bounds_white_space,
                                        setup, teardown),
        cmocka_unit_test(test_plain_body_leaves_the_mark_in_front_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
