#include "kit/schema_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static json_t *at(json_t *value, const char *first, const char *second)
{
    json_t *inner = json_object_get(value, first);
    assert_non_null(inner);
    return second ? json_object_get(inner, second) : inner;
}

static const struct key inner_keys[] = {
    {.name = "when", .type = VALUE_DURATION}, {.name = NULL}};
static const struct key outer_keys[] = {
    {.name = "first", .type = VALUE_MAP, .inner = inner_keys, .required = true},
    {.name = "second", .type = VALUE_MAP, .inner = inner_keys},
    {.name = "@", .type = VALUE_TEXT},
    {.name = NULL}};
static const struct key self_keys[] = {
    {.name = "again", .type = VALUE_MAP, .inner = self_keys}, {.name = NULL}};

static void test_schema_make_table_used_twice_is_defined_once(void **state)
{
    (void)state;
    json_t *schema = schema_make(outer_keys, "t");
    assert_int_equal(json_object_size(json_object_get(schema, "$defs")), 3);
    json_t *root = at(json_object_get(schema, "$defs"), "table0", NULL);
    assert_string_equal(
        json_string_value(json_array_get(at(root, "required", NULL), 0)),
        "first");
    assert_int_equal(json_array_size(at(root, "required", NULL)), 1);
    assert_non_null(at(root, "patternProperties", "@|^\\$[a-z]"));
    assert_true(json_is_false(at(root, "additionalProperties", NULL)));
    json_decref(schema);
}

static void test_schema_make_table_that_holds_itself_ends(void **state)
{
    (void)state;
    json_t *schema = schema_make(self_keys, NULL);
    assert_int_equal(json_object_size(json_object_get(schema, "$defs")), 2);
    json_decref(schema);
}

static void test_schema_make_word_is_let_through_as_a_reader_sees_it(void **s)
{
    (void)s;
    static const char *const words[] = {"1.2", "yes", "plain", NULL};
    const struct key keys[] = {
        {.name = "tls", .type = VALUE_WORD, .words = words}, {.name = NULL}};
    json_t *schema = schema_make(keys, NULL);
    json_t *cell = at(at(json_object_get(schema, "$defs"), "table0", NULL),
                      "properties", "tls");
    json_t *either = json_array_get(json_object_get(cell, "anyOf"), 0);
    json_t *list = json_object_get(either, "enum");
    assert_int_equal(json_array_size(list), 5);
    assert_true(json_is_real(json_array_get(list, 1)));
    assert_true(json_is_true(json_array_get(list, 3)));
    json_decref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_make_table_used_twice_is_defined_once),
        cmocka_unit_test(test_schema_make_table_that_holds_itself_ends),
        cmocka_unit_test(
            test_schema_make_word_is_let_through_as_a_reader_sees_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
