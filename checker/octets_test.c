#include "checker/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/base64.h"

static void test_octets_unquote_rows(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"", ""},           {"plain", "plain"},   {"a=3Db", "a=b"},
        {"a=3db", "a=b"},   {"a=\r\nb", "ab"},    {"a= \t\r\nb", "ab"},
        {"a=\nb", "ab"},    {"a=3", "a=3"},       {"a=", "a="},
        {"a=ZZb", "a=ZZb"}, {"=41=42=43", "ABC"}, {"x==41", "x=A"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice got = octets_unquote(arena, slice_of(rows[i].from));
        if (!slice_is(got, rows[i].to))
            fail_msg("row %zu: '%s' became '%.*s'", i, rows[i].from,
                     SLICE_ARG(got));
    }
    arena_destroy(&arena);
}

/* Whatever stands before and behind, and however long the lines are. */
static void test_haystack_finds_base64_at_every_offset(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct needle mark = needle(arena, "LH-MARK-ABCDEFGHIJKLMNOPQRSTUVWX");
    for (size_t before = 0; before < 9; before++) {
        for (size_t behind = 0; behind < 4; behind++) {
            char *text =
                arena_printf(arena, "%.*sLH-MARK-ABCDEFGHIJKLMNOPQRSTUVWX%.*s",
                             (int)before, "012345678", (int)behind, "xyz");
            char *coded = base64_encode(arena, slice_of(text));
            char *lines = arena_printf(arena, "%.17s\r\n%s", coded, coded + 17);
            struct haystack in = haystack(arena, slice_of(lines));
            const char *how = haystack_holds(&in, &mark);
            if (!how || strncmp(how, "base64", 6) != 0)
                fail_msg("before %zu, behind %zu: %s", before, behind,
                         how ? how : "not found");
        }
    }
    arena_destroy(&arena);
}

static void test_haystack_holds_by_way(void **state)
{
    (void)state;
    static const struct {
        const char *in, *text;
        bool plain, nocase, word;
    } rows[] = {
        {"a code 135789.", "135789", true, true, true},
        {"a code 1357890", "135789", true, true, false},
        {"x135789", "135789", true, true, false},
        {"135789", "135789", true, true, true},
        {"135 789", "135789", true, true, false},
        {"code 1357=\r\n89 end", "135789", true, true, true},
        {"EVE@Lab.example", "eve@lab.example", false, true, false},
        {"nothing", "135789", false, false, false},
        {"", "135789", false, false, false},
        {"1357891 135789", "135789", true, true, true},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct haystack in = haystack(arena, slice_of(rows[i].in));
        struct needle n = needle(arena, rows[i].text);
        bool plain = haystack_holds(&in, &n),
             word = haystack_holds_word(&in, &n);
        bool nocase = haystack_holds_nocase(&in, &n);
        if (plain != rows[i].plain || nocase != rows[i].nocase ||
            word != rows[i].word)
            fail_msg("row %zu: got %d %d %d", i, plain, nocase, word);
    }
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_octets_unquote_rows),
        cmocka_unit_test(test_haystack_finds_base64_at_every_offset),
        cmocka_unit_test(test_haystack_holds_by_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
