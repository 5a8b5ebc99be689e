#include "portal/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define URLENCODED "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=xyz"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

static void test_form_urlencoded_is_decoded(void **state)
{
    struct form form;
    (void)state;
    assert_int_equal(
        form_parse(arena, URLENCODED "; charset=utf-8",
                   SLICE_LITERAL("a=1+2&b%3D=%C3%A9%2&c&a=3&d=%00x"), &form),
        ST_OK);
    assert_int_equal(form.count, 5);
    assert_string_equal(form_text(arena, &form, "a"), "1 2");
    assert_string_equal(form_text(arena, &form, "b="), "\xc3\xa9%2");
    assert_string_equal(form_text(arena, &form, "c"), "");
    assert_string_equal(form_text(arena, &form, "d"), "x");
    assert_string_equal(form_text(arena, &form, "none"), "");
}

static void test_form_multipart_gives_fields_and_files(void **state)
{
    struct form form;
    (void)state;
    struct slice body = SLICE_LITERAL(
        "--xyz\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n"
        "line\r\n--xy not yet\r\n"
        "\r\n--xyz\r\nContent-Disposition: form-data; name=\"attachment\";"
        " filename=\"C:\\dir\\a;b.pdf\"\r\ncontent-type: application/pdf\r\n"
        "\r\n%PDF\0 \r\n--xyz\r\nContent-Disposition: form-data; name=e\r\n\r\n"
        "\r\n--xyz--\r\n");
    assert_int_equal(form_parse(arena, MULTIPART, body, &form), ST_OK);
    assert_int_equal(form.count, 3);
    assert_string_equal(form.fields[0].name, "text");
    assert_null(form.fields[0].file);
    assert_true(slice_is(form.fields[0].value, "line\r\n--xy not yet\r\n"));
    assert_string_equal(form.fields[1].file, "a;b.pdf");
    assert_string_equal(form.fields[1].type, "application/pdf");
    assert_true(slice_eq(form.fields[1].value, SLICE_LITERAL("%PDF\0 ")));
    assert_string_equal(form.fields[2].name, "e");
    assert_int_equal(form.fields[2].value.n, 0);
}

static void test_form_file_name_is_utf8_whatever_came(void **state)
{
    struct form form;
    char name[260];
    (void)state;
    memset(name, 'a', sizeof name);
    memcpy(name, "x\xfc\x01/\xff", 5);
    memcpy(name + 201, "\xc3\xa9", 2);
    const char *body =
        arena_printf(arena,
                     "--xyz\r\nContent-Disposition: form-data; name=a;"
                     " filename=\"%.*s\"\r\n\r\nx\r\n--xyz--\r\n",
                     (int)sizeof name, name);
    assert_int_equal(form_parse(arena, MULTIPART, slice_of(body), &form),
                     ST_OK);
    const char *file = form.fields[0].file;
    assert_memory_equal(file,
                        "\xef\xbf\xbd"
                        "aaa",
                        6);
    assert_int_equal(strlen(file), 199); /* no half of a character */
}

static void test_form_broken_is_refused(void **state)
{
    static const struct {
        const char *type, *body;
    } rows[] = {
        {"text/plain", "a=b"},
        {"", "a=b"},
        {NULL, "a=b"},
        {"multipart/form-data", "--xyz\r\n"},
        {"multipart/form-data; boundary=\"\"", "--\r\n"},
        {MULTIPART, ""},
        {MULTIPART, "--xyz"},
        {MULTIPART, "--xyz\r\n"},
        {MULTIPART, "x\r\n--xyz--\r\n"},
        {MULTIPART, "--xyz\r\nno header end\r\n--xyz--"},
        {MULTIPART, "--xyz\r\nA: b\r\n\r\nno name\r\n--xyz--"},
        {MULTIPART, "--xyz\r\n--xyz--"},
        {MULTIPART,
         "--xyz\r\nContent-Disposition: x; name=a\r\n\r\nnever ends"},
    };
    struct form form;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (form_parse(arena, rows[i].type, slice_of(rows[i].body), &form) !=
            ST_INVAL)
            fail_msg("row %zu", i);
}

static void test_form_with_too_many_fields_is_refused(void **state)
{
    char body[3 * FORM_FIELDS_MAX + 1] = "";
    struct form form;
    (void)state;
    for (int i = 0; i <= FORM_FIELDS_MAX; i++)
        memcpy(body + 2 * i, "a&", 2);
    assert_int_equal(form_parse(arena, URLENCODED, slice_of(body), &form),
                     ST_PERM);
}

static void test_form_cookie_and_query_are_found_by_name(void **state)
{
    (void)state;
    assert_string_equal(form_cookie(arena, "a=1; __Host-x=2;b=3", "__Host-x"),
                        "2");
    assert_string_equal(form_cookie(arena, "a=1; __Host-x=2;b=3", "b"), "3");
    assert_null(form_cookie(arena, "a=1", "b"));
    assert_null(form_cookie(arena, NULL, "b"));
    assert_string_equal(form_query(arena, "x=1&lang=n%6C", "lang"), "nl");
    assert_null(form_query(arena, "", "lang"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_form_urlencoded_is_decoded),
        TEST(test_form_multipart_gives_fields_and_files),
        TEST(test_form_file_name_is_utf8_whatever_came),
        TEST(test_form_broken_is_refused),
        TEST(test_form_with_too_many_fields_is_refused),
        TEST(test_form_cookie_and_query_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
