#include "address/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static struct arena *arena;
static struct header header;
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

static void parse(const char *text)
{
    if (header_parse(arena, slice_of(text), &header, &err) != ST_OK)
        fail_msg("%s: %s", text, err.text);
}

static void test_header_splits_fields_with_offsets(void **state)
{
    (void)state;
    static const char text[] = "From: a@x.example\r\n"
                               "SUBJECT:one\r\n\ttwo  \r\n"
                               "To : b@x.example\r\n\r\n"
                               "Body: no field\r\n";
    parse(text);
    assert_int_equal(header.count, 3);
    assert_true(slice_is(header.fields[0].name, "From"));
    assert_true(slice_is(header.fields[0].raw, " a@x.example"));
    assert_int_equal(header.fields[0].start, 0);
    assert_int_equal(header.fields[0].end, 19);
    assert_true(slice_is(header.fields[1].raw, "one\r\n\ttwo  "));
    assert_true(slice_is(header_value(arena, &header.fields[1]), "one\ttwo"));
    assert_true(slice_is(header.fields[2].name, "To"));
    assert_int_equal(header.fields[2].start, header.fields[1].end);
    assert_string_equal(text + header.body, "Body: no field\r\n");
}

static void test_header_without_body_ends_with_the_text(void **state)
{
    (void)state;
    parse("");
    assert_int_equal(header.count, 0);
    assert_int_equal(header.body, 0);
    parse("\r\nbody");
    assert_int_equal(header.count, 0);
    assert_int_equal(header.body, 2);
    parse("A: b\r\n");
    assert_int_equal(header.count, 1);
    assert_int_equal(header.body, 6);
    parse("A: b");
    assert_true(slice_is(header_value(arena, &header.fields[0]), "b"));
    assert_int_equal(header.body, 4);
    parse("A:\r\n\r\n");
    assert_int_equal(header_value(arena, &header.fields[0]).n, 0);
}

static void test_header_line_that_is_no_field_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "From a@x.example\r\n", " folded: first\r\n",
        ": no name\r\n",        "A: b\r\nno colon\r\n",
        "A b: c\r\n",           "\x01: c\r\n",
        "\xc3\xbc: c\r\n",      "A\r\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (header_parse(arena, slice_of(rows[i]), &header, &err) != ST_PROTO)
            fail_msg("row %zu (%s) was taken", i, rows[i]);
    struct slice nul = SLICE_LITERAL("A: b\0c\r\n");
    assert_int_equal(header_parse(arena, nul, &header, &err), ST_PROTO);
    assert_int_equal(header_parse(arena, slice_of(rows[3]), &header, &err),
                     ST_PROTO);
    assert_non_null(strstr(err.text, "octet 6"));
}

static void test_header_beyond_its_limits_is_refused(void **state)
{
    (void)state;
    static char text[HEADER_BYTES_MAX + 64];
    size_t n = 0;
    for (size_t i = 0; i < HEADER_FIELDS_MAX; i++, n += 5)
        memcpy(text + n, "A:b\r\n", 5);
    struct slice s = {text, n};
    assert_int_equal(header_parse(arena, s, &header, &err), ST_OK);
    assert_int_equal(header.count, HEADER_FIELDS_MAX);
    memcpy(text + n, "A:b\r\n", 5);
    s.n += 5;
    assert_int_equal(header_parse(arena, s, &header, &err), ST_PROTO);

    memset(text, 'b', sizeof text);
    memcpy(text, "A:", 2);
    s.n = HEADER_BYTES_MAX;
    assert_int_equal(header_parse(arena, s, &header, &err), ST_OK);
    s.n++;
    assert_int_equal(header_parse(arena, s, &header, &err), ST_PROTO);
}

static void test_header_find_meets_every_field_of_a_name(void **state)
{
    (void)state;
    parse("To: 1\r\nCc: 2\r\ntO: 3\r\nTo : 4\r\nTop: 5\r\n\r\nTo: 6\r\n");
    size_t at = 0;
    assert_true(slice_is(header_find(&header, "to", &at)->raw, " 1"));
    assert_true(slice_is(header_find(&header, "to", &at)->raw, " 3"));
    assert_true(slice_is(header_find(&header, "to", &at)->raw, " 4"));
    assert_null(header_find(&header, "to", &at));
    assert_int_equal(header_count(&header, "To"), 3);
    assert_int_equal(header_count(&header, "Bcc"), 0);
}

static void test_header_knows_control_fields(void **state)
{
    (void)state;
    parse("Zivver-Access-Right: x\r\nzivver-anything : x\r\nzivver: x\r\n"
          "X-Zivver-Transport: x\r\n\r\n");
    assert_true(header_field_is_control(&header.fields[0]));
    assert_true(header_field_is_control(&header.fields[1]));
    assert_false(header_field_is_control(&header.fields[2]));
    assert_false(header_field_is_control(&header.fields[3]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_splits_fields_with_offsets),
        cmocka_unit_test(test_header_without_body_ends_with_the_text),
        cmocka_unit_test(test_header_line_that_is_no_field_is_refused),
        cmocka_unit_test(test_header_beyond_its_limits_is_refused),
        cmocka_unit_test(test_header_find_meets_every_field_of_a_name),
        cmocka_unit_test(test_header_knows_control_fields),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
