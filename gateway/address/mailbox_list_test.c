#include "address/mailbox_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define COUNT(rows) (sizeof rows / sizeof *rows)

static struct arena *arena;
static struct err err;

static int setup(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

/* "display|address display|address"; a group member has a g before the bar. */
static const char *show(const struct mailbox_list *list)
{
    char *text = arena_strdup(arena, "");
    for (size_t i = 0; i < list->count; i++) {
        const struct mailbox_entry *e = &list->entries[i];
        text = arena_printf(arena, "%s%s%.*s%s|%s", text, i ? " " : "",
                            SLICE_ARG(e->display), e->in_group ? "g" : "",
                            mailbox_format(arena, &e->mailbox));
    }
    return text;
}

static void test_list_by_rows(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* NULL: refused */
    } rows[] = {
        {"a@x.example", "|a@x.example"},
        {"  <a@x.example>\t", "|a@x.example"},
        {"Ann <a@x.example>", "Ann|a@x.example"},
        {"Ann B. Cee<a@x.example>", "Ann B. Cee|a@x.example"},
        {"\"Cee, Ann\" <a@x.example>", "Cee, Ann|a@x.example"},
        {"\"b@y.example\" <a@x.example>", "b@y.example|a@x.example"},
        {"\"a \\\"b\\\" c\" <a@x.example>", "a \"b\" c|a@x.example"},
        {"\"a\\\r\n b\" <a@x.example>", "a b|a@x.example"},
        {"=?utf-8?q?a=40b?= <a@x.example>", "=?utf-8?q?a=40b?=|a@x.example"},
        {"\xc3\x84nn <a@x.example>", "\xc3\x84nn|a@x.example"},
        {"\xc4nn <a@x.example>", "\xc4nn|a@x.example"},
        {"a@x.example, b@y.example", "|a@x.example |b@y.example"},
        {"A <a@x.example>,\r\n B <b@y.example>", "A|a@x.example B|b@y.example"},
        {",a@x.example,,b@y.example,", "|a@x.example |b@y.example"},
        {"", ""},
        {" , ", ""},
        {"(c) a (d) @ (e) x (f) . (g) example (h)", "|a@x.example"},
        {"a@x.example (b@y.example)", "|a@x.example"},
        {"(, b@y.example (nested\\) ) <) Ann (,) <a@x.example> (x)",
         "Ann|a@x.example"},
        {"a . b @ x . example", "|a.b@x.example"},
        {"\"a\".b@x.example", "|a.b@x.example"},
        {"\"a b\"@x.example", "|\"a b\"@x.example"},
        {"a@[192.0.2.1]", "|a@[192.0.2.1]"},
        {"\"]\"@[192.0.2.1] , b@y.example", "|\"]\"@[192.0.2.1] |b@y.example"},
        {"b@B\xc3\x9c"
         "CHER.example",
         "|b@xn--bcher-kva.example"},
        {"\xc3\xbc@x.example", "|\xc3\xbc@x.example"},
        {"Team: a@x.example, B <b@y.example>;, c@z.example",
         "g|a@x.example Bg|b@y.example |c@z.example"},
        {"undisclosed-recipients:;", ""},
        {"a@x.example,none: ;", "|a@x.example"},
        {"a", NULL},
        {"@x.example", NULL},
        {"a@", NULL},
        {"<>", NULL},
        {"Ann <>", NULL},
        {"a@x.example b@y.example", NULL},
        {"<a@x.example> <b@y.example>", NULL},
        {"b@y.example <a@x.example>", NULL},
        {"<a@x.example> b", NULL},
        {"<a@x.example", NULL},
        {"a@x.example>", NULL},
        {"<<a@x.example>>", NULL},
        {"<@y.example:a@x.example>", NULL},
        {"a@b@x.example", NULL},
        {"a b@x.example", NULL},
        {"a..b@x.example", NULL},
        {".a@x.example", NULL},
        {"a.@x.example", NULL},
        {"a@x..example", NULL},
        {"a@x example", NULL},
        {"a@[192.0.2.1", NULL},
        {"a@[192.0.2.1]b", NULL},
        {"a@x_y.example", NULL},
        {"\"a@x.example", NULL},
        {"a@x.example (", NULL},
        {"(((a@x.example))", NULL},
        {"a;b@x.example", NULL},
        {"a@x.example;", NULL},
        {"Team: a@x.example", NULL},
        {"Team: Inner: a@x.example;;", NULL},
        {"Team: a@x.example; b@y.example", NULL},
        {": a@x.example;", NULL},
        {"\xff@x.example", NULL},
        {"\"\x01\"@x.example", NULL},
        {"\\a@x.example", NULL},
        {"a@x.example\x01", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mailbox_list list;
        enum status status =
            mailbox_list_parse(arena, slice_of(rows[i].text), &list, &err);
        if (!rows[i].want ? status != ST_PROTO : status != ST_OK)
            fail_msg("row %zu (%s): got %s", i, rows[i].text,
                     status_name(status));
        if (rows[i].want && strcmp(show(&list), rows[i].want) != 0)
            fail_msg("row %zu (%s): got %s, want %s", i, rows[i].text,
                     show(&list), rows[i].want);
    }
}

static void test_list_many_entries_are_kept(void **state)
{
    (void)state;
    char *text = arena_alloc(arena, 1000 * 12 + 1);
    for (int i = 0; i < 1000; i++)
        memcpy(text + i * 12, "a@x.example,", 12);
    struct mailbox_list list;
    assert_int_equal(mailbox_list_parse(arena, slice_of(text), &list, &err),
                     ST_OK);
    assert_int_equal(list.count, 1000);
    assert_true(slice_is(list.entries[999].mailbox.domain, "x.example"));
}

static struct header parse_header(const char *text)
{
    struct header header;
    if (header_parse(arena, slice_of(text), &header, &err) != ST_OK)
        fail_msg("%s: %s", text, err.text);
    return header;
}

static void test_list_address_longer_than_a_path_is_refused(void **state)
{
    (void)state;
    struct mailbox_list list;
    for (int quotes = 125; quotes < 2000; quotes += 1500) {
        char *text = arena_strdup(arena, "");
        for (int i = 0; i < quotes; i++)
            text = arena_printf(arena, "%s\\\"", text);
        text = arena_printf(arena, "\"%s\"@x.nl", text);
        assert_int_equal(mailbox_list_parse(arena, slice_of(text), &list, &err),
                         ST_PROTO);
    }
}

static void test_collect_leaves_out_what_cannot_be_read(void **state)
{
    (void)state;
    static const char *const names[] = {"To", "Cc", NULL};
    struct header header = parse_header(
        "Cc: d@x.example\r\nTo: bad, a@x.example, <b@x.example,\r\n"
        " c@x.example\r\nTo: \"open, e@x.example\r\n"
        "Bcc: f@x.example\r\nTo: g@x.example (\r\n"
        "TO: h: i@x.example;\r\n\r\n");
    struct mailbox_list list = mailbox_list_collect(arena, &header, names);
    assert_string_equal(show(&list), "|a@x.example |c@x.example "
                                     "g|i@x.example |d@x.example");
}

static void test_only_wants_one_field_with_one_mailbox(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want; /* address, or a part of the error */
        bool ok;
    } rows[] = {
        {"From: A <a@x.example>\r\n\r\n", "a@x.example", true},
        {"from : a@x.example\r\n\r\n", "a@x.example", true},
        {"From:\r\n A\r\n <a@x.example>\r\n\r\n", "a@x.example", true},
        {"To: a@x.example\r\n\r\n", "there is no From", false},
        {"From: a@x.example\r\nFROM : a@x.example\r\n\r\n", "are 2 From",
         false},
        {"From: a@x.example, b@x.example\r\n\r\n", "2 mailboxes", false},
        {"From:\r\n\r\n", "0 mailboxes", false},
        {"From: g: a@x.example;\r\n\r\n", "group", false},
        {"From: g:;, a@x.example\r\n\r\n", "group", false},
        {"From: a@\r\n\r\n", "octet", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct header header = parse_header(rows[i].text);
        struct mailbox_entry entry;
        enum status status =
            mailbox_list_only(arena, &header, "From", &entry, &err);
        const char *got =
            status == ST_OK ? mailbox_format(arena, &entry.mailbox) : err.text;
        if ((status == ST_OK) != rows[i].ok || !strstr(got, rows[i].want))
            fail_msg("row %zu: got %s, want %s", i, got, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_by_rows),
        cmocka_unit_test(test_list_many_entries_are_kept),
        cmocka_unit_test(test_list_address_longer_than_a_path_is_refused),
        cmocka_unit_test(test_collect_leaves_out_what_cannot_be_read),
        cmocka_unit_test(test_only_wants_one_field_with_one_mailbox),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
