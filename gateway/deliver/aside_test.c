#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "deliver/aside.h"

static void test_aside_header_keeps_plain_lines_alone(void **state)
{
    static const struct {
        const char *content, *want;
    } rows[] = {
        {"", "\r\n"},
        {"Subject: a\r\n\r\nbody", "Subject: a\r\n\r\n"},
        {"no header at all", "\r\n"},
        {"subject: a\r\nX: y\r\nMESSAGE-ID: <m@x>\r\n",
         "MESSAGE-ID: <m@x>\r\nsubject: a\r\n\r\n"},
        {"Subject: a\r\nSubject: b\r\n\r\n", "Subject: a\r\n\r\n"},
        {"Subject: a\r\n b\r\nDate: c\r\n\r\n", "Date: c\r\n\r\n"},
        {"Subject: \xff\r\nFrom: a\tb\r\nTo: c\x7f\r\nDate: d",
         "Date: d\r\n\r\n"},
        {"\r\nSubject: in the body\r\n", "\r\n"},
        {"zivver-access-right: b@x sms 1\r\nBcc: c@x\r\nTo: d@x\r\n",
         "To: d@x\r\n\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct slice got = aside_header(arena, slice_of(rows[i].content));
        if (!slice_is(got, rows[i].want))
            fail_msg("row %zu: %.*s", i, SLICE_ARG(got));
        arena_destroy(&arena);
    }
}

static void test_aside_header_is_short_whatever_comes(void **state)
{
    static char octets[200000];
    struct arena *arena = arena_create();
    (void)state;
    memset(octets, 'x', sizeof octets);
    memcpy(octets, "Subject: ", 9);
    assert_true(slice_is(
        aside_header(arena, (struct slice){octets, sizeof octets}), "\r\n"));
    memcpy(octets + 900, "\r\nDate: d\r\n", 11);
    assert_int_equal(
        aside_header(arena, (struct slice){octets, sizeof octets}).n,
        900 + 2 + 7 + 2 + 2);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aside_header_keeps_plain_lines_alone),
        cmocka_unit_test(test_aside_header_is_short_whatever_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
