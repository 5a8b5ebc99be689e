#include "checker/charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/test_arena.h"

#define U CHARSET_UNTOLD

static const char *show(const char *charset, struct slice octets)
{
    struct buf out;
    buf_init(&out, 4096);
    charset_show(&out, charset, octets);
    const char *text = arena_text(arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static void test_charset_show_rows(void **state)
{
    static const struct {
        const char *charset, *in, *out;
        size_t n; /* of in, where it holds a NUL */
    } rows[] = {
        {"UTF-8", "\xc3\xa9\xff", "\xc3\xa9" U, 0},
        {NULL, "\xc3\xa9", "\xc3\xa9", 0},
        {NULL, "\xe9", "\xc3\xa9", 0},
        {"us-ascii", "\xe9", "\xc3\xa9", 0},
        {"iso-8859-1", "\x80\xc3\xa9", "\xe2\x82\xac\xc3\x83\xc2\xa9", 0},
        {"ISO_8859-15", "\xa4", "\xe2\x82\xac", 0},
        {"koi8-r", "\xf0", "\xd0\x9f", 0},
        {"windows-1258", "T\xe2\xfd", "T\xc3\xa2\xc6\xb0", 0},
        {"cp1251", "\xcf", "\xd0\x9f", 0},
        {"Shift_JIS", "\x83\x6e\x83", "\xe3\x83\x8f" U, 0},
        {"iso-2022-jp", "\x1b$B$\"", "\xe3\x81\x82", 0},
        {"utf-16", "\0h\0\0", "h" U, 4},
        {"utf-16", "\xff\xfeh\0", "h", 4},
        {"TSCII", "\x82", U, 0},
        {"iso-2022-kr", "abc", U, 0},
        {"windows-1259", "abc", U, 0},
        {"../x//TRANSLIT", "abc", U, 0},
        {"", "abc", U, 0},
        {"koi8-r", "", "", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice in = {rows[i].in,
                           rows[i].n ? rows[i].n : strlen(rows[i].in)};
        const char *got = show(rows[i].charset, in);
        if (strcmp(got, rows[i].out) != 0)
            fail_msg("row %zu: got '%s'", i, got);
    }
}

static void test_charset_shows_rows(void **state)
{
    static const struct {
        const char *text, *words;
        enum tri shows;
    } rows[] = {
        {"Re: one two", "one two", TRI_YES},
        {"one", "one two", TRI_NO},
        {"one ?? two", "one " U " two", TRI_YES},
        {"two one", "one" U "two", TRI_NO},
        {"one", "one" U, TRI_YES},
        {"anything", U, TRI_UNKNOWN},
        {"anything", U " " U, TRI_UNKNOWN},
        {"anything", "", TRI_UNKNOWN},
        {"an", U "any", TRI_NO},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (charset_shows(rows[i].text, rows[i].words) != rows[i].shows)
            fail_msg("row %zu", i);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_charset_show_rows),
        TEST(test_charset_shows_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
