#include "kit/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct seen {
    bool flag, other, help;
    const char *text, *optional;
    unsigned number;
    struct texts many, rest;
};

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

/* Words are split at blanks. */
static enum status parse(const char *line, struct seen *seen, struct err *err)
{
    *seen = (struct seen){0};
    const struct option_row rows[] = {
        {"fail-fast", 0, OPTION_FLAG, NULL, "", &seen->flag},
        {"verbose", 'v', OPTION_FLAG, NULL, "", &seen->other},
        {"junit", 0, OPTION_TEXT, "FILE", "", &seen->text},
        {"tap", 0, OPTION_TEXT_OPTIONAL, "FILE", "", &seen->optional},
        {"jobs", 'j', OPTION_NUMBER, "N", "", &seen->number},
        {"tag", 't', OPTION_TEXTS, "T", "", &seen->many},
        {0}};
    char *argv[16];
    int argc = 0;
    struct slice rest = slice_of(line), word;
    while ((word = slice_word(&rest)).n)
        argv[argc++] = arena_text(arena, word);
    return options_parse(arena, rows, argc, argv, &seen->rest, &seen->help,
                         err);
}

static void test_options_parse_takes_every_spelling(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "run a --fail-fast -v --junit x.xml -j 4 b",
        "run --junit=x.xml -vj4 --fail-fast a b",
        "run a -j4 --verbose --fail-fast --junit x.xml -- b",
        "run a --jobs 4 b --verbose --fail-fast --junit=x.xml",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct seen s;
        struct err err = {0};
        if (parse(lines[i], &s, &err) != ST_OK)
            fail_msg("%s: %s", lines[i], err.text);
        if (!s.flag || !s.other || s.number != 4 || !s.text ||
            strcmp(s.text, "x.xml") != 0 || s.rest.n != 2 ||
            strcmp(s.rest.v[0], "a") != 0 || strcmp(s.rest.v[1], "b") != 0)
            fail_msg("%s: not all of it", lines[i]);
    }
}

static void test_options_parse_optional_value_and_lists(void **state)
{
    (void)state;
    struct seen s;
    struct err err;
    assert_int_equal(parse("run --tap x -t a --tag=b -", &s, &err), ST_OK);
    assert_string_equal(s.optional, "-");
    assert_int_equal(s.many.n, 2);
    assert_int_equal(s.rest.n, 2);
    assert_string_equal(s.rest.v[1], "-");
    assert_int_equal(parse("run --tap=x", &s, &err), ST_OK);
    assert_string_equal(s.optional, "x");
    assert_int_equal(parse("run -- -v --help", &s, &err), ST_OK);
    assert_false(s.other || s.help);
    assert_int_equal(s.rest.n, 2);
    assert_int_equal(parse("run --help", &s, &err), ST_OK);
    assert_true(s.help);
}

static void test_options_parse_refuses_with_a_hint(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"run --junti x", "did you mean --junit?"},
        {"run --halp", "did you mean --help?"},
        {"run --zzzzzzzz", "unknown option --zzzzzzzz"},
        {"run -q", "unknown option -q"},
        {"run --junit", "expected FILE"},
        {"run -j", "expected N"},
        {"run -j four", "expected a number"},
        {"run --jobs=-1", "expected a number"},
        {"run --fail-fast=yes", "takes no value"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct seen s;
        struct err err = {0};
        enum status status = parse(rows[i].line, &s, &err);
        if (status != ST_INVAL || !strstr(err.text, rows[i].says))
            fail_msg("%s: got %s \"%s\", want \"%s\"", rows[i].line,
                     status_name(status), err.text, rows[i].says);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_options_parse_takes_every_spelling),
        TEST(test_options_parse_optional_value_and_lists),
        TEST(test_options_parse_refuses_with_a_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
