/* What may not come to libfyaml, or not be taken from it: each is told with its
 * place. */
#include "engine/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/test_arena.h"

#define TEXT(octets)                                                           \
    {                                                                          \
        octets, sizeof octets - 1                                              \
    }

static const struct {
    struct slice text;
    int line, column;
    const char *what;
} rows[] = {
    {TEXT("%a\x80"), 1, 3, "not UTF-8"},
    {TEXT("a: 1\n%a\xe2\x82"), 2, 3, "not UTF-8"},
    {TEXT("a: b\0c\n"), 1, 5, "no NUL"},
    {TEXT("a: b\xe2\x80\xa9 c\n"), 1, 5, "no line or paragraph"},
    {TEXT("%YAML 1.2\n---\na: 1\n"), 1, 1, "directives"},
    {TEXT("a: 1\n...\n%T! y\n"), 3, 1, "directives"},
    {TEXT("a: 1\r\n...\r%T! y\n"), 3, 1, "directives"},
    {TEXT("a: &b\n  c: 1\n"), 1, 5, "anchors and tags"},
    {TEXT("a: !b [1]\n"), 1, 4, "anchors and tags"},
    {TEXT("&a b: 1\n"), 1, 2, "anchors and tags"},
    {TEXT("a: &b 1\nc: *b\n"), 2, 5, "aliases"},
    {TEXT("a: 1\n---\nb: 1\n"), 2, 1, "a second document"},
    {TEXT("? [a]\n: 1\n"), 1, 3, "a key must be a text"},
};

static void refuse(struct slice text, int line, int column, const char *what)
{
    struct diagnostics *list = diagnostics_create();
    struct node *root;
    bool found = false;
    assert_int_equal(node_parse(arena, "x.yaml", text, list, &root), ST_INVAL);
    assert_null(root);
    for (size_t i = 0; i < diagnostics_count(list); i++) {
        const struct diagnostic *d = diagnostics_at(list, i);
        found =
            found ||
            (strstr(d->text, what) &&
             (!line || (d->place.line == line && d->place.column == column)));
    }
    if (!found)
        diagnostics_print(list, stderr);
    assert_true(found);
    diagnostics_destroy(&list);
}

static void test_node_parse_refuses_with_the_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuse(rows[i].text, rows[i].line, rows[i].column, rows[i].what);
}

static struct slice keys(size_t count)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "k%zu: 1\n", i);
    struct slice copy = arena_slice(arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

static struct slice repeat(const char *before, const char *what, size_t times)
{
    size_t b = strlen(before), n = strlen(what);
    char *p = arena_alloc(arena, b + n * times + 1);
    memcpy(p, before, b);
    for (size_t i = 0; i < times; i++)
        memcpy(p + b + i * n, what, n);
    return (struct slice){p, b + n * times};
}

static void test_node_parse_bounds_what_grows(void **state)
{
    (void)state;
    refuse(repeat("a: >\n", "\n", 100000), 0, 0, "too many empty lines");
    refuse(repeat("a: ", "[", 100000), 0, 0, "nested too deeply");
    refuse(repeat("", "- ", 100000), 0, 0, "nested too deeply");
    refuse(keys(5000), 0, 0, "too many keys");
}

static void test_node_load_refuses_a_file_without_end(void **state)
{
    struct diagnostics *list = diagnostics_create();
    struct slice text;
    (void)state;
    assert_int_equal(node_load(arena, "/dev/zero", list, &text), ST_INVAL);
    assert_int_equal(diagnostics_count(list), 1);
    assert_string_equal(diagnostics_at(list, 0)->text,
                        "cannot be read: File too large");
    diagnostics_destroy(&list);
}

static void test_node_parse_takes_what_is_plain(void **state)
{
    static const char text[] =
        "\xef\xbb\xbf---\na: \"x \\u2028 % y\"\nb: >\n  %z\n...\n";
    struct diagnostics *list = diagnostics_create();
    struct node *root;
    (void)state;
    assert_int_equal(node_parse(arena, "x", slice_of(text), list, &root),
                     ST_OK);
    assert_string_equal(node_text(root, "a", ""), "x \xe2\x80\xa8 % y");
    assert_int_equal(node_get(root, "a")->place.column, 5);
    assert_string_equal(node_text(root, "b", ""), "%z\n");
    diagnostics_destroy(&list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_node_parse_refuses_with_the_place),
        TEST(test_node_parse_bounds_what_grows),
        TEST(test_node_load_refuses_a_file_without_end),
        TEST(test_node_parse_takes_what_is_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
