#include "engine/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base64.h"

static const char *const bob[] = {"bob@hospital.example", NULL};
static const char *const two[] = {"eve@lab.example", "fay@lab.example", NULL};

static const struct submit usual = {
    .from = "jansen@clinic.example",
    .to = {bob, 1},
    .bcc = {two, 2},
    .attachment = true,
};

static char mark[MESSAGE_MARK_BYTES];

static const char *build(struct arena *arena, const struct submit *submit)
{
    struct message_settings settings = {.submit = submit,
                                        .mark = mark,
                                        .title = "first",
                                        .now_s = 1772438400,
                                        .messages_dir =
                                            SOURCE_DIR "/fixtures/messages"};
    struct slice out;
    struct err err;
    message_mark(mark);
    assert_int_equal(message_build(arena, &settings, &out, &err), ST_OK);
    assert_int_equal(strlen(out.p), out.n);
    return out.p;
}

static void check_line_ends(const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\n')
            assert_true(p != text && p[-1] == '\r');
        if (*p == '\r')
            assert_true(p[1] == '\n');
    }
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)); p++)
        n++;
    return n;
}

static void test_message_usual(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    const char *text = build(arena, &usual);
    check_line_ends(text);
    assert_non_null(strstr(text, "From: jansen@clinic.example\r\n"));
    assert_non_null(strstr(text, "To: bob@hospital.example\r\n"));
    assert_non_null(strstr(text, "Subject: Appointment first\r\n"));
    assert_non_null(strstr(text, "Date: Mon, 2 Mar 2026 08:00:00 +0000\r\n"));
    assert_int_equal(count(text, "Message-ID: <"), 1);
    assert_null(strstr(text, "lab.example")); /* Bcc: the envelope alone */
    arena_destroy(&arena);
}

static void
test_message_mark_is_in_text_html_attachment_and_its_name(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    const char *text = build(arena, &usual);
    assert_int_equal(strlen(mark), 32);
    assert_int_equal(strncmp(mark, "LH-MARK-", 8), 0);
    assert_int_equal(count(text, mark), 3); /* text, HTML, name */
    const char *attached = base64_encode(
        arena, slice_of(arena_printf(arena, "attached: %s\n", mark)));
    assert_non_null(strstr(text, attached));
    const char *body = strstr(text, "\r\n\r\n");
    assert_true(strstr(text, mark) > body);
    arena_destroy(&arena);
}

static void test_message_given_field_replaces_the_default(void **state)
{
    (void)state;
    struct header_line second = {.name = "FROM", .value = "b@c.example"};
    struct header_line first = {
        .name = "from", .value = "a@c.example", .next = &second};
    static const char *const no_date[] = {"Date", NULL};
    struct submit submit = usual;
    struct arena *arena = arena_create();
    submit.headers = &first;
    submit.left_out = (struct text_list){no_date, 1};
    const char *text = build(arena, &submit);
    assert_non_null(strstr(text, "from: a@c.example\r\nFROM: b@c.example\r\n"));
    assert_null(strstr(text, "jansen@clinic"));
    assert_null(strstr(text, "Date:"));
    arena_destroy(&arena);
}

static void test_message_non_ascii_is_encoded(void **state)
{
    (void)state;
    struct submit submit = usual;
    struct arena *arena = arena_create();
    submit.subject = "Afspraak bij dr. J\xc3\xa4nsen in het Universitair "
                     "Medisch Centrum \xe2\x82\xac";
    submit.text = "gr\xc3\xbc\xc3\x9f dich";
    const char *text = build(arena, &submit);
    for (const char *p = text; *p; p++)
        assert_true((unsigned char)*p < 0x80);
    assert_non_null(strstr(text, "Subject: =?utf-8?b?"));
    assert_non_null(strstr(text, "?=\r\n =?utf-8?b?"));
    arena_destroy(&arena);
}

static void test_message_raw_file_bears_the_mark(void **state)
{
    (void)state;
    struct submit submit = usual;
    struct arena *arena = arena_create();
    submit.raw = "plain.eml";
    const char *text = build(arena, &submit);
    check_line_ends(text);
    assert_int_equal(count(text, mark), 1);
    assert_null(strstr(text, "@MARK@"));
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_usual),
        cmocka_unit_test(
            test_message_mark_is_in_text_html_attachment_and_its_name),
        cmocka_unit_test(test_message_given_field_replaces_the_default),
        cmocka_unit_test(test_message_non_ascii_is_encoded),
        cmocka_unit_test(test_message_raw_file_bears_the_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
