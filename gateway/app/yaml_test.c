/* What may not come to libfyaml, or not be taken from it: each is told with its
 * place. */
#include "app/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/test_arena.h"
#include "base/test_folder.h"

#define TEXT(octets)                                                           \
    {                                                                          \
        octets, sizeof octets - 1                                              \
    }

static const struct {
    struct slice text;
    const char *place;
} rows[] = {
    {TEXT("%a\x80"), ":1:3: not UTF-8"},
    {TEXT("a: 1\n%a\xe2\x82"), ":2:3: not UTF-8"},
    {TEXT("a: b\0c\n"), ":1:5: no NUL"},
    {TEXT("a: b\xc2\x85 c\n"), ":1:5: no control"},
    {TEXT("\xff\xfe"
          "a\0:\0"),
     ":1:1: not UTF-8"},
    {TEXT("%YAML 1.2\n---\na: 1\n"), ":1:1: no directive"},
    {TEXT("#\n%TAG ! x\n---\na: 1\n"), ":2:1: no directive"},
    {TEXT("a: 1\n...\n%T! y\n"), ":3:1: no directive"},
    {TEXT("a: 1\r\n...\r%T! y\n"), ":3:1: no directive"},
    {TEXT("a: &b\n  c: 1\n"), ":1:5: no anchor and no tag"},
    {TEXT("a: !b [1]\n"), ":1:4: no anchor and no tag"},
    {TEXT("a: !!str b\n"), ":1:4: no anchor and no tag"},
    {TEXT("&a b: 1\n"), ":1:2: no anchor and no tag"},
    {TEXT("a: &b 1\nc: *b\n"), ":2:5: no alias"},
    {TEXT("a: 1\n---\nb: 1\n"), ":2:1: a second document"},
    {TEXT("a: [[[[[[[[[[1]]]]]]]]]]\n"), "nested too deeply"},
    {TEXT("? [a]\n: 1\n"), ":1:3: a key must be a text"},
    {TEXT(": 1\n"), ":1:1: a key must be a text"},
    {TEXT("a:\n  : 1\n"), ":2:3: a key must be a text"},
    {TEXT(": ["), ":1:1: a key must be a text"},
    {TEXT("a: \"\\"), "not valid YAML"},
};

static char folder[64];

static struct yaml *read_text(struct slice text, struct faults *faults)
{
    const char *path = arena_printf(arena, "%s/x.yaml", folder);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    fclose(f);
    faults_init(faults, path);
    return yaml_read(arena, faults);
}

static void refuse(struct slice text, const char *place)
{
    struct faults faults;
    struct yaml *root = read_text(text, &faults);
    if (root || !faults.text.p || !strstr(faults.text.p, place))
        fail_msg("want `%s`, got `%s`", place,
                 faults.text.p ? faults.text.p : "no fault");
    faults_release(&faults);
}

static void test_yaml_read_refuses_with_the_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuse(rows[i].text, rows[i].place);
}

static void test_faults_stand_in_a_line_each(void **state)
{
    (void)state;
    struct faults faults;
    faults_init(&faults, "x.yaml");
    faults_add(&faults, 1, 2, "no `%s`", "a\n\tb\x7f");
    assert_string_equal(faults.text.p, "x.yaml:1:2: no `a??b?`\n");
    faults_release(&faults);
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

static void test_yaml_read_bounds_what_grows(void **state)
{
    (void)state;
    refuse(repeat("a: >\n", "\n", 100000), "too many empty lines");
    refuse(repeat("a: ", "[", 100000), "nested too deeply");
    refuse(repeat("", "- ", 100000), "nested too deeply");
    refuse(keys(5000), "too many keys");
}

static void test_yaml_read_takes_what_is_plain(void **state)
{
    struct faults faults;
    (void)state;
    struct yaml *root = read_text(
        slice_of("\xef\xbb\xbf---\na: \"x \\u2028 % y\"\nb: >\n  %z\n...\n"),
        &faults);
    if (!root)
        fail_msg("%s", faults.text.p);
    assert_string_equal(root->first->text, "x \xe2\x80\xa8 % y");
    assert_int_equal(root->first->line, 2);
    assert_int_equal(root->first->column, 5);
    assert_string_equal(root->first->next->text, "%z\n");
    faults_release(&faults);
}

static int make(void **state)
{
    return setup(state) || !test_folder_make(folder, "yaml");
}

static int drop(void **state)
{
    test_folder_remove(folder);
    return teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_yaml_read_refuses_with_the_place),
        TEST(test_yaml_read_bounds_what_grows),
        TEST(test_yaml_read_takes_what_is_plain),
        TEST(test_faults_stand_in_a_line_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
