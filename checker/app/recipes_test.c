#include "kit/recipes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct recipe_value values[] = {
    {"ADDRESS", "127.0.0.1"}, {"PORT", "25"},        {"HOST", "gw.example"},
    {"CA", "/ca.pem"},        {"USER", "app"},       {"PASSWORD", "p@ss word"},
    {"FROM", "a@c.example"},  {"TO", "b@d.example"}, {NULL, NULL}};

static void test_names_are_replaced_and_the_rest_stays(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", ""},
        {"no name", "no name"},
        {"[@ADDRESS@]:@PORT@\n", "[127.0.0.1]:25\n"},
        {"@USER@:@PASSWORD@", "app:p@ss word"},
        {"@", "@"},
        {"a@b.example @PORT@", "a@b.example 25"},
        {"@UNKNOWN@PORT@", "@UNKNOWN25"},
        {"@PORT", "@PORT"},
        {"@port@", "@port@"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(recipe_fill(arena, slice_of(rows[i].text), values),
                            rows[i].expected);
    arena_destroy(&arena);
}

static void test_shipped_recipes_leave_no_name_open(void **state)
{
    (void)state;
    char *said = NULL;
    size_t size;
    struct err err;
    FILE *to = open_memstream(&said, &size);
    assert_int_equal(
        recipes_put(to, SOURCE_DIR "/fixtures/recipes", values, &err), ST_OK);
    fclose(to);
    static const char *const programs[] = {"Postfix", "swaks", "curl", "msmtp"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        assert_non_null(strstr(said, programs[i]));
    for (const char *p = said; (p = strchr(p, '@')); p++) {
        size_t n = strspn(p + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        assert_false(n > 0 && p[1 + n] == '@');
    }
    free(said);
}

static void test_folder_without_recipes_is_told(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(recipes_put(stdout, "/nowhere", values, &err), ST_TEMP);
    assert_non_null(strstr(err.text, "/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_replaced_and_the_rest_stays),
        cmocka_unit_test(test_shipped_recipes_leave_no_name_open),
        cmocka_unit_test(test_folder_without_recipes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
