/* Texts in the charsets of the list, right and wrong ones: what comes out is
 * UTF-8, nothing of the text's end is lost, and nothing behind it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>
#include <iconv.h>

#include "base/test_arena.h"
#include "base/test_fence.h"
#include "mail/charset.h"
#include "mail/charset_list.h"
#include "mail/encode.h"

#define LOST "\xef\xbf\xbd"

static void test_charset_of_every_label(void **state)
{
    (void)state;
    const struct charset *charset;
    for (unsigned i = 0; (charset = charset_at(i)); i++) {
        struct slice labels = slice_of(charset->labels);
        assert_true(labels.n > 0);
        while (labels.n) {
            struct slice label = slice_cut(&labels, ' ');
            const char *name = arena_printf(arena, " %.*s\t", SLICE_ARG(label));
            if (charset_find(name) != charset)
                fail_msg("%s stands there twice", name);
            for (size_t k = 0; k < label.n; k++)
                assert_true(label.p[k] < 'A' || label.p[k] > 'Z');
        }
        assert_true((charset->kind == CHARSET_KIND_TABLE) ==
                    (charset->read != NULL));
    }
    assert_true(charset_find("Big5") == charset_find("csbig5"));
    assert_true(charset_find("") == charset_find("x-nobody"));
    assert_true(charset_find("\xff") == charset_find("UTF-8//TRANSLIT"));
}

/* What the system has: Debian's libc6 has all of them, elsewhere a package of
 * its own may hold them. */
static void test_charset_every_table_is_there(void **state)
{
    (void)state;
    const struct charset *charset;
    for (unsigned i = 0; (charset = charset_at(i)); i++) {
        const char *names[] = {charset->read, charset->write};
        for (size_t k = 0; k < 2; k++) {
            iconv_t cd = names[k] ? iconv_open("UTF-8", names[k]) : NULL;
            if (cd == (iconv_t)-1)
                fail_msg("iconv has no %s", names[k]);
            if (cd)
                iconv_close(cd);
        }
    }
}

static void test_charset_vectors(void **state)
{
    static const struct {
        const char *charset, *in, *out;
        size_t n; /* of in, where it holds a NUL */
    } rows[] = {
        {"koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4",
         "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", 0},
        {"iso-8859-15", "\xa4", "\xe2\x82\xac", 0},
        {"iso-8859-1", "\x80\xe9", "\xe2\x82\xac\xc3\xa9", 0},
        {"ISO_8859-1:1987", "\xe9", "\xc3\xa9", 0},
        {"iso-8859-1", "\xc3\xa9", "\xc3\x83\xc2\xa9", 0},
        {"us-ascii", "\xc3\xa9", "\xc3\xa9", 0},
        {"us-ascii", "\x80", "\xe2\x82\xac", 0},
        {"TSCII", "\x82", "\xe2\x80\x9a", 0},
        {"x-user-defined", "a\x80\xff", "a\xef\x9e\x80\xef\x9f\xbf", 0},
        /* letters that wait for a mark which may follow */
        {"windows-1258", "T\xe2\xfd", "T\xc3\xa2\xc6\xb0", 0},
        {"windows-1258", "e\xec", "\xc3\xa9", 0},
        {"windows-1258", "\xe2\xd2\xe2", "\xe1\xba\xa9\xc3\xa2", 0},
        {"windows-1258", "\xe2\x8a\xe2", "\xc3\xa2" LOST "\xc3\xa2", 0},
        {"windows-1255", "\xe9", "\xd7\x99", 0},
        {"windows-1255", "\xe9\xd9\xe0", "\xd7\x99" LOST "\xd7\x90", 0},
        {"big5-hkscs", "\x88\x66", "\xc3\x8a", 0},
        {"iso-2022-jp", "\x1b$B$\"", "\xe3\x81\x82", 0},
        {"iso-2022-jp", "\x1b$B$\"\x1b(Ba",
         "\xe3\x81\x82"
         "a",
         0},
        {"iso-2022-jp", "\x1b$B$\"$", "\xe3\x81\x82" LOST, 0},
        {"euc-kr", "\xb0\xa1", "\xea\xb0\x80", 0},
        {"ks_c_5601-1987", "\x81\x41", "\xea\xb0\x82", 0},
        {"shift_jis", "\x83\x6e\x5c\x81", "\xe3\x83\x8f\\" LOST, 0},
        {"gb2312", "\xc4\xe3\x81\x40", "\xe4\xbd\xa0\xe4\xb8\x82", 0},
        /* never read */
        {"ISO-2022-CN-EXT", "\x1b$*H\xbf\xca\xc3\x0e", LOST, 0},
        {"iso-2022-kr", "\x1b$)C\x0e!!", LOST, 0},
        {"utf-7", "+ADw-", LOST, 0},
        {"hz-gb-2312", "", "", 0},
        /* RFC 2781 4.3 */
        {"utf-16", "\0h\0i", "hi", 4},
        {"utf-16", "\xff\xfeh\0i\0", "hi", 6},
        {"utf-16", "\xfe\xff\0h", "h", 4},
        {"utf-16le", "h\0", "h", 2},
        {"utf-16be", "\0h", "h", 2},
        {"unicode", "h\0", "h", 2},
        {"utf-16", "\xd8\x3d\xde\x00", "\xf0\x9f\x98\x80", 4},
        {"utf-16", "\xd8\x3d\0a", LOST "a", 4},
        {"utf-16", "\xde\x00\0a\0", LOST "a" LOST, 5},
        {"utf-16", "\xd8\x3d", LOST, 2},
        {"utf-16", "\0\0", LOST, 2},
        {"utf-32", "\0\0\0h", "h", 4},
        {"utf-32", "\xff\xfe\0\0h\0\0\0", "h", 8},
        {"utf-32", "\0\x11\0\0\0", LOST LOST, 5},
        {"utf-8", "a\0b", "a" LOST "b", 3},
        {"utf-8", "\xc3", LOST, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice in = {rows[i].in,
                           rows[i].n ? rows[i].n : strlen(rows[i].in)};
        struct slice out = charset_to_utf8(arena, rows[i].charset, in, 4096);
        if (!slice_is(out, rows[i].out))
            fail_msg("row %zu, %s: got \"%.*s\"", i, rows[i].charset,
                     SLICE_ARG(out));
    }
}

static bool is_utf8(struct slice s)
{
    for (size_t n; s.n; s = slice_from(s, n))
        if (s.p[0] == '\0' || !(n = charset_utf8_bytes(s)))
            return false;
    return true;
}

/* Same seed, same octets. */
static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void check(const char *charset, struct slice in)
{
    struct slice out = charset_to_utf8(arena, charset, in, 3 * in.n);
    if (!is_utf8(out) || (in.n && !out.n))
        fail_msg("%s: no text of UTF-8", charset);
    size_t half = out.n / 2;
    struct slice part = charset_to_utf8(arena, charset, in, half);
    if (part.n > half || half - part.n > 3 ||
        !slice_eq(part, slice_first(out, part.n)))
        fail_msg("%s: %zu octets of %zu, cut at %zu", charset, part.n, out.n,
                 half);
}

/* The octets end at a page that cannot be read. Shifts and high octets come
 * often. */
static void test_charset_any_octets_of_any_charset(void **state)
{
    enum { ROUNDS = 300, MOST = 40 };
    static const char often[] = "\x1b$()*BHACGN.0\x0e\x0f\x8e\x8f+-~{}\xff\xfe";
    uint32_t seed = 2047;
    const struct charset *charset;
    (void)state;
    for (unsigned i = 0; (charset = charset_at(i)); i++) {
        struct slice labels = slice_of(charset->labels);
        const char *name = arena_text(arena, slice_cut(&labels, ' '));
        for (int round = 0; round < ROUNDS; round++) {
            char text[MOST];
            size_t n = next_random(&seed) % MOST;
            for (size_t k = 0; k < n; k++)
                text[k] = next_random(&seed) % 2
                              ? (char)next_random(&seed)
                              : often[next_random(&seed) % sizeof often];
            struct fence fence = fence_put((struct slice){text, n});
            check(name, fence.octets);
            fence_remove(&fence);
        }
    }
}

/* The names that glibc knows besides: none of them reaches it. */
static void test_charset_others_are_not_read(void **state)
{
    static const char *const names[] = {
        "ISO-2022-CN-EXT", "TSCII",         "UTF-7",
        "UTF-7-IMAP",      "ISO-2022-JP-3", "IBM1390",
        "ISO_6937",        "T.61",          "ANSI_X3.110",
        "ARMSCII",         "UCS4-INTERNAL", "UTF-8//IGNORE",
        "../../UTF-8",     "wchar_t",       "",
        "EUC-JISX0213"};
    static const char octets[] = "\x1b$*H\xbf\xca\xc3\x0e\x82\xaa\xc1\xff";
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fence fence = fence_put(SLICE_LITERAL(octets));
        struct slice out = charset_to_utf8(arena, names[i], fence.octets, 4096);
        assert_true(is_utf8(out) && out.n <= 3 * fence.octets.n);
        fence_remove(&fence);
    }
}

static void test_charset_written(void **state)
{
    static const struct {
        const char *charset, *in, *out;
        bool is_html;
    } rows[] = {
        {"iso-8859-1", "\xc3\xa9\xe2\x82\xac", "\xe9?", false},
        {"windows-1252", "\xe2\x82\xac", "\x80", false},
        {"us-ascii", "\xc3\xa9", "&#233;", true},
        {"x-nobody", "\xc3\xa9", "?", false},
        {"utf-7", "a\xc3\xa9", "a?", false},
        {"iso-2022-jp", "\xe3\x81\x82", "\x1b$B$\"\x1b(B", false},
        {"gb2312", "\xe4\xb8\x82\xe4\xbd\xa0", "?\xc4\xe3", false},
        {"utf-8", "\xc3\xa9\xff", "\xc3\xa9?", false},
        {"x-user-defined", "\xc3\xa9", "?", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice out = charset_from_utf8(arena, rows[i].charset, rows[i].in,
                                             rows[i].is_html);
        if (!slice_is(out, rows[i].out))
            fail_msg("row %zu: got \"%.*s\"", i, SLICE_ARG(out));
    }
    assert_true(charset_is_ascii_like("iso-8859-1"));
    assert_true(charset_is_ascii_like("shift_jis"));
    assert_true(charset_is_ascii_like("iso-2022-jp"));
    assert_false(charset_is_ascii_like("utf-16"));
    assert_false(charset_is_ascii_like("utf-7"));
}

static void test_words_in_any_charset(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"=?koi8-r?B?8NLJ18XU?=",
         "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"},
        {"=?windows-1258?B?VOL9?=", "T\xc3\xa2\xc6\xb0"},
        {"=?windows-1258?B?VOL9?= x", "T\xc3\xa2\xc6\xb0 x"},
        {"=?iso-8859-15?Q?5_=A4_f=FCr_Sie?=", "5 \xe2\x82\xac f\xc3\xbcr Sie"},
        {"=?ISO-2022-CN-EXT?B?GyQqSL8rDg==?= b", LOST " b"},
        {"=?iso-2022-jp?B?GyRCJCI=?= =?iso-2022-jp?B?JCQbKEI=?=",
         "\xe3\x81\x82\xe3\x81\x84"},
        {"=?utf-16?B?AGgAaQ==?=", "hi"},
        {"=?TSCII?B?goKC?=", "\xe2\x80\x9a\xe2\x80\x9a\xe2\x80\x9a"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(encode_decode_words(arena, rows[i].in),
                            rows[i].out);
}

/* Cut, and not within a character. */
static void test_words_of_a_long_value(void **state)
{
    char *value = arena_alloc(arena, 2 * ENCODE_VALUE_MAX + 1);
    (void)state;
    memset(value, 'a', 2 * ENCODE_VALUE_MAX);
    memcpy(value + ENCODE_VALUE_MAX - 1, "\xc3\xa9", 2);
    const char *text = encode_decode_words(arena, value);
    assert_int_equal(strlen(text), ENCODE_VALUE_MAX - 1);
    memset(value, '\x80', 2 * ENCODE_VALUE_MAX);
    text = encode_decode_words(arena, value);
    assert_true(is_utf8(slice_of(text)));
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_charset_of_every_label),
        TEST(test_charset_every_table_is_there),
        TEST(test_charset_vectors),
        TEST(test_charset_any_octets_of_any_charset),
        TEST(test_charset_others_are_not_read),
        TEST(test_charset_written),
        TEST(test_words_in_any_charset),
        TEST(test_words_of_a_long_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
