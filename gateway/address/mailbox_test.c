#include "address/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define COUNT(rows) (sizeof rows / sizeof *rows)
#define TEXT_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct row {
    const char *text;
    const char *want; /* mailbox_format; NULL: refused */
    const char *rest;
};

static void check_path(size_t i, const struct row *row)
{
    struct arena *arena = arena_create();
    struct slice text = slice_of(row->text);
    struct mailbox m;
    struct err err;
    enum status status = mailbox_take_path(arena, &text, &m, &err);
    if (!row->want) {
        if (status != ST_PROTO || !slice_is(text, row->text))
            fail_msg("row %zu (%s): got %s, want proto", i, row->text,
                     status_name(status));
    } else if (status != ST_OK) {
        fail_msg("row %zu (%s): %s", i, row->text, err.text);
    } else {
        const char *got = mailbox_format(arena, &m);
        if (strcmp(got, row->want) != 0 || !slice_is(text, row->rest))
            fail_msg("row %zu (%s): got %s and '%.*s', want %s and '%s'", i,
                     row->text, got, SLICE_ARG(text), row->want, row->rest);
    }
    arena_destroy(&arena);
}

static void test_path_by_rows(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<bob@hospital.example>", "bob@hospital.example", ""},
        {"<bob@hospital.example> SIZE=1", "bob@hospital.example", " SIZE=1"},
        {"<>", "", ""},
        {"<> RET=HDRS", "", " RET=HDRS"},
        {"<Bob.Q+x@Hospital.Example>", "Bob.Q+x@hospital.example", ""},
        {"<@a.example:bob@b.example>", "bob@b.example", ""},
        {"<@a.example,@[127.0.0.1]:bob@b.example>", "bob@b.example", ""},
        {"<\"a b\"@b.example>", "\"a b\"@b.example", ""},
        {"<\"b\\ob\"@b.example>", "bob@b.example", ""},
        {"<\"a>b\"@b.example>", "\"a>b\"@b.example", ""},
        {"<\"a\\\"\\\\\"@b.example>", "\"a\\\"\\\\\"@b.example", ""},
        {"<\"\"@b.example>", "\"\"@b.example", ""},
        {"<\"a..b\"@b.example>", "\"a..b\"@b.example", ""},
        {"<bob@[192.0.2.1]>", "bob@[192.0.2.1]", ""},
        {"<bob@[IPv6:2001:db8::1]>", "bob@[IPv6:2001:db8::1]", ""},
        {"<bob@[x400:abc]>", "bob@[x400:abc]", ""},
        {"<b@xn--bcher-kva.example>", "b@xn--bcher-kva.example", ""},
        {"<b@b\xc3\xbc"
         "cher.example>",
         "b@xn--bcher-kva.example", ""},
        {"<b\xc3\xbc@x.example>", "b\xc3\xbc@x.example", ""},
        {"", NULL, NULL},
        {"bob@b.example", NULL, NULL},
        {"<bob@b.example", NULL, NULL},
        {"<bob@b.example SIZE=1", NULL, NULL},
        {"< bob@b.example>", NULL, NULL},
        {"<bob@b.example >", NULL, NULL},
        {"<<bob@b.example>>", NULL, NULL},
        {"<bob>", NULL, NULL},
        {"<@b.example>", NULL, NULL},
        {"<bob@>", NULL, NULL},
        {"<bob@b.example.>", NULL, NULL},
        {"<bob@.b.example>", NULL, NULL},
        {"<bob@b..example>", NULL, NULL},
        {"<bob@-b.example>", NULL, NULL},
        {"<bob@b-.example>", NULL, NULL},
        {"<bob@b_b.example>", NULL, NULL},
        {"<.bob@b.example>", NULL, NULL},
        {"<bob.@b.example>", NULL, NULL},
        {"<b..ob@b.example>", NULL, NULL},
        {"<b ob@b.example>", NULL, NULL},
        {"<b@ob@b.example>", NULL, NULL},
        {"<\"bob@b.example>", NULL, NULL},
        {"<\"bob\\\"@b.example>", NULL, NULL},
        {"<\"b\tb\"@b.example>", NULL, NULL},
        {"<\"b\rb\"@b.example>", NULL, NULL},
        {"<bob@[192.0.2.256]>", NULL, NULL},
        {"<bob@[192.0.2.1>", NULL, NULL},
        {"<bob@[IPv6:xyz]>", NULL, NULL},
        {"<bob@[:abc]>", NULL, NULL},
        {"<bob@[]>", NULL, NULL},
        {"<@a.example bob@b.example>", NULL, NULL},
        {"<@a.example,bob@b.example>", NULL, NULL},
        {"<@a.example:>", NULL, NULL},
        {"<b\xff@x.example>", NULL, NULL},
        {"<b\xc0\xaf@x.example>", NULL, NULL},
        {"<b\xc2\x85@x.example>", NULL, NULL},
        {"<b\xed\xa0\x80@x.example>", NULL, NULL},
        {"<b\xf4\x90\x80\x80@x.example>", NULL, NULL},
        {"<b@x\xcc.example>", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_path(i, &rows[i]);
}

static void test_path_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const char whole[] = "<@a.example:\"b\\\"b\"@hospital.example>";
    struct err err;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        struct arena *arena = arena_create();
        struct mailbox m;
        char *cut = arena_text(arena, (struct slice){whole, n});
        struct slice text = {cut, n};
        if (mailbox_take_path(arena, &text, &m, &err) != ST_PROTO)
            fail_msg("%zu octets of %s were taken", n, whole);
        arena_destroy(&arena);
    }
}

static void test_mailbox_longer_than_a_path_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct mailbox m;
    struct err err;
    static const char fits[] = TEXT_50 TEXT_50 TEXT_50 TEXT_50
        "@bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.xxxx.example";
    assert_int_equal(sizeof fits - 1, MAILBOX_BYTES_MAX);
    assert_int_equal(mailbox_parse(arena, slice_of(fits), &m, &err), ST_OK);
    char *longer = arena_printf(arena, "a%s", fits);
    assert_int_equal(mailbox_parse(arena, slice_of(longer), &m, &err),
                     ST_PROTO);
    char *label = arena_printf(arena, "b@%s%s.example", TEXT_50, TEXT_50);
    assert_int_equal(mailbox_parse(arena, slice_of(label), &m, &err), ST_PROTO);
    /* Nobody computes what it is in Punycode. */
    char *endless = arena_alloc(arena, 2 * 300000 + 1);
    for (size_t i = 0; i < 300000; i++)
        memcpy(endless + 2 * i, "\xc3\xa4", 2);
    struct slice domain;
    assert_int_equal(domain_to_ascii(arena, slice_of(endless), &domain, &err),
                     ST_INVAL);
    assert_string_equal(err.text, "a domain is no host name");
    arena_destroy(&arena);
}

static void test_mailbox_parse_wants_the_whole_text(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct mailbox m;
    struct err err;
    struct slice text = slice_of("bob@b.example sms");
    assert_int_equal(mailbox_parse(arena, text, &m, &err), ST_PROTO);
    assert_int_equal(mailbox_take(arena, &text, &m, &err), ST_OK);
    assert_true(slice_is(text, " sms"));
    text = slice_of("<bob@b.example>");
    assert_int_equal(mailbox_parse(arena, text, &m, &err), ST_PROTO);
    arena_destroy(&arena);
}

static void test_mailbox_says_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_null, is_literal, is_utf8;
    } rows[] = {
        {"<>", true, false, false},
        {"<b@x.example>", false, false, false},
        {"<b@[192.0.2.1]>", false, true, false},
        {"<b@b\xc3\xbc.example>", false, false, true},
        {"<\xc3\xbc@x.example>", false, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *arena = arena_create();
        struct slice text = slice_of(rows[i].text);
        struct mailbox m;
        struct err err;
        assert_int_equal(mailbox_take_path(arena, &text, &m, &err), ST_OK);
        if (mailbox_is_null(&m) != rows[i].is_null ||
            m.is_literal != rows[i].is_literal || m.is_utf8 != rows[i].is_utf8)
            fail_msg("row %zu (%s): got %d %d %d", i, rows[i].text,
                     mailbox_is_null(&m), m.is_literal, m.is_utf8);
        arena_destroy(&arena);
    }
}

static void test_mailbox_eq_compares_meaning(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"bob@x.example", "BOB@X.Example", true},
        {"bob@x.example", "\"bob\"@x.example", true},
        {"b@b\xc3\xbc"
         "cher.example",
         "b@XN--bcher-kva.example", true},
        {"b@B\xc3\x9c"
         "CHER.example",
         "b@xn--bcher-kva.example", true},
        {"\"a b\"@x.example", "\"a\\ b\"@x.example", true},
        {"bob@x.example", "rob@x.example", false},
        {"bob@x.example", "bob@y.example", false},
        {"bob@x.example", "bo@bx.example", false},
        {"\xc3\xa4@x.example", "\xc3\x84@x.example", false},
        {"b.ob@x.example", "bob@x.example", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *arena = arena_create();
        struct mailbox a, b;
        struct err err;
        assert_int_equal(mailbox_parse(arena, slice_of(rows[i].a), &a, &err),
                         ST_OK);
        assert_int_equal(mailbox_parse(arena, slice_of(rows[i].b), &b, &err),
                         ST_OK);
        bool same_key =
            strcmp(mailbox_key(arena, &a), mailbox_key(arena, &b)) == 0;
        if (mailbox_eq(&a, &b) != rows[i].equal || same_key != rows[i].equal)
            fail_msg("row %zu (%s, %s): eq %d, key %d, want %d", i, rows[i].a,
                     rows[i].b, mailbox_eq(&a, &b), same_key, rows[i].equal);
        arena_destroy(&arena);
    }
}

static void test_mailbox_show_is_ascii(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct mailbox m;
    struct err err;
    assert_int_equal(
        mailbox_parse(arena, slice_of("b\xc3\xbc@x.example"), &m, &err), ST_OK);
    assert_string_equal(mailbox_show(arena, &m), "b??@x.example");
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_by_rows),
        cmocka_unit_test(test_path_cut_anywhere_is_refused),
        cmocka_unit_test(test_mailbox_longer_than_a_path_is_refused),
        cmocka_unit_test(test_mailbox_parse_wants_the_whole_text),
        cmocka_unit_test(test_mailbox_says_what_it_is),
        cmocka_unit_test(test_mailbox_eq_compares_meaning),
        cmocka_unit_test(test_mailbox_show_is_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
