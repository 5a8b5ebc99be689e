#include "rules/conversations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

enum { ENVELOPE_MAX = 8 };

static size_t parse_all(struct arena *arena, const char *text,
                        struct mailbox *out)
{
    struct slice s = slice_of(text);
    struct slice word;
    size_t count = 0;
    struct err err;
    while ((word = slice_word(&s)).n)
        if (mailbox_parse(arena, word, &out[count++], &err) != ST_OK)
            fail_msg("%.*s: %s", SLICE_ARG(word), err.text);
    return count;
}

static void test_conversations_by_rows(void **state)
{
    (void)state;
    /* want: index in the envelope, conversation, b for Bcc; and their count */
    static const struct {
        const char *envelope, *visible, *want;
    } rows[] = {
        {"a@x.nl b@x.nl", "a@x.nl,b@x.nl", "0:1 1:1 =1"},
        {"a@x.nl c@x.nl", "a@x.nl", "0:1 1:2b =2"},
        {"c@x.nl a@x.nl d@x.nl", "a@x.nl", "0:2b 1:1 2:3b =3"},
        {"c@x.nl d@x.nl", "", "0:1b 1:2b =2"},
        {"c@x.nl d@x.nl", "a@x.nl", "0:1b 1:2b =2"},
        {"a@x.nl", "a@x.nl,b@x.nl", "0:1 =1"},
        {"a@x.nl b@x.nl A@X.nl", "a@x.nl", "0:1 1:2b =2"},
        {"c@x.nl c@x.nl c@x.nl", "", "0:1b =1"},
        {"a@x.nl", "Ann <\"A\"@X.NL>", "0:1 =1"},
        {"a@x.nl", "a@x.nl, a@x.nl", "0:1 =1"},
        {"a@x.nl", "team: a@x.nl;", "0:1 =1"},
        {"", "a@x.nl", "=0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct mailbox envelope[ENVELOPE_MAX];
        struct mailbox_list visible;
        struct err err;
        size_t count = parse_all(arena, rows[i].envelope, envelope);
        assert_int_equal(mailbox_list_parse(arena, slice_of(rows[i].visible),
                                            &visible, &err),
                         ST_OK);
        struct conversations c =
            conversations_assign(arena, envelope, count, &visible);
        char *got = arena_strdup(arena, "");
        for (size_t k = 0; k < c.count; k++)
            got = arena_printf(arena, "%s%zu:%u%s ", got,
                               c.participants[k].envelope_index,
                               c.participants[k].conversation,
                               c.participants[k].is_bcc ? "b" : "");
        got = arena_printf(arena, "%s=%u", got, c.conversation_count);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: got %s, want %s", i, got, rows[i].want);
        arena_destroy(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversations_by_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
