#include "checker/mail_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static struct mail_view view(struct arena *arena, const char *text)
{
    return mail_view(arena, slice_of(text));
}

static void test_mail_view_splits_fields_and_body(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct mail_view m = view(arena, "Subject: one\r\n two\r\nTo:a@b\r\n"
                                     "TO: c@d\r\n\r\nbody\r\n\r\nmore");
    assert_int_equal(m.count, 3);
    assert_string_equal(mail_value(arena, &m, "subject"), "one two");
    assert_int_equal(mail_field_count(&m, "To"), 2);
    assert_true(slice_is(mail_field(&m, "To", 1)->whole, "TO: c@d\r\n"));
    assert_null(mail_field(&m, "To", 2));
    assert_string_equal(mail_value(arena, &m, "Cc"), "");
    assert_true(slice_is(m.body, "body\r\n\r\nmore"));
    m = view(arena, "A: b");
    assert_int_equal(m.count, 1);
    assert_int_equal(m.body.n, 0);
    arena_destroy(&arena);
}

static void test_mail_addresses_rows(void **state)
{
    (void)state;
    static const struct {
        const char *value, *addresses;
    } rows[] = {
        {"", ""},
        {"a@x", "a@x"},
        {"a@x, b@y", "a@x b@y"},
        {"Ann <a@x>, \"B, c@z\" <b@y>", "a@x b@y"},
        {"a@x (c@z, (d@z)), b@y", "a@x b@y"},
        {"Staff: a@x, Bob <b@y>;, c@z", "a@x b@y c@z"},
        {"<@relay:a@x>", "a@x"},
        {"nobody", ""},
        {"undisclosed-recipients:;", ""},
        {" \r\n a@x ,\r\n b@y", "a@x b@y"},
        {"\"q\"@x", "\"q\"@x"},
        {"A <a@[IPv6:2001:db8::1]>, b@[192.0.2.1]",
         "a@[IPv6:2001:db8::1] b@[192.0.2.1]"},
        {"a@[IPv6:", "a@[IPv6:"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct texts list = {0};
        const char *got = "";
        mail_addresses(arena, rows[i].value, &list);
        for (size_t k = 0; k < list.n; k++)
            got = arena_printf(arena, "%s%s%s", got, k ? " " : "", list.v[k]);
        if (strcmp(got, rows[i].addresses) != 0)
            fail_msg("row %zu: got '%s'", i, got);
    }
    arena_destroy(&arena);
}

static void test_mail_parts_of_a_multipart(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct mail_view *parts;
    struct mail_view m =
        view(arena, "Content-Type: Multipart/Mixed; boundary=\"x y\"\r\n\r\n"
                    "preamble\r\n--x y\r\n\r\none\r\n"
                    "--x y  \r\nContent-Transfer-Encoding: BASE64\r\n\r\n"
                    "dHd\r\nv\r\n--x yz\r\n--x y--\r\nepilogue");
    assert_string_equal(mail_type(arena, &m), "multipart/mixed");
    assert_int_equal(mail_parts(arena, &m, &parts), 2);
    assert_true(slice_is(parts[0].body, "one"));
    assert_string_equal(mail_type(arena, &parts[0]), "text/plain");
    m = view(arena, "Content-Transfer-Encoding: base64\r\n\r\ndHd\r\nv\r\n");
    assert_true(slice_is(mail_decoded(arena, &m), "two"));
    m = view(arena, "Content-Transfer-Encoding: quoted-printable\r\n\r\n=41");
    assert_true(slice_is(mail_decoded(arena, &m), "A"));
    m = view(arena, "Subject: x\r\n\r\nbody");
    assert_int_equal(mail_parts(arena, &m, &parts), 0);
    arena_destroy(&arena);
}

static void test_mail_decoded_value_reads_encoded_words(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct mail_view m =
        view(arena, "Subject: =?utf-8?Q?J=C3=A4n_s?= =?utf-8?B?ZW4=?= x =?y\r\n"
                    "\r\n");
    assert_string_equal(mail_decoded_value(arena, &m, "Subject"),
                        "J\xc3\xa4n sen x =?y");
    m = view(arena, "Subject: Re: =?koi8-r?B?8NI=?= =?utf-8*nl?q?=C3?=\r\n"
                    " =?utf-8*nl?q?=A4_=61?= =?TSCII?Q?=82?=\r\n\r\n");
    assert_string_equal(mail_decoded_value(arena, &m, "Subject"),
                        "Re: \xd0\x9f\xd1\x80\xc3\xa4 a\xef\xbf\xbd");
    m = view(arena, "Subject: caf\xe9 =?x?x?x?=\r\n\r\n");
    assert_string_equal(mail_decoded_value(arena, &m, "Subject"),
                        "caf\xc3\xa9 =?x?x?x?=");
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail_view_splits_fields_and_body),
        cmocka_unit_test(test_mail_addresses_rows),
        cmocka_unit_test(test_mail_parts_of_a_multipart),
        cmocka_unit_test(test_mail_decoded_value_reads_encoded_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
