#include "engine/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct given {
    struct arena *arena;
    struct diagnostics *list;
    struct case_tree *cases;
    enum status status;
};

static struct given expand(const char *text)
{
    struct given g = {.arena = arena_create(), .list = diagnostics_create()};
    struct node *root;
    assert_int_equal(
        node_parse(g.arena, "c.yaml", slice_of(text), g.list, &root), ST_OK);
    g.status = cases_expand(g.arena, root, g.list, &g.cases);
    return g;
}

static void drop(struct given *g)
{
    diagnostics_destroy(&g->list);
    arena_destroy(&g->arena);
}

static void test_cases_cell_may_be_a_map_or_a_list(void **state)
{
    (void)state;
    struct given g = expand("a: $x\ncases:\n  columns: [x]\n"
                            "  map: [{k: v}]\n  list: [[1, 2]]\n");
    assert_int_equal(g.status, ST_OK);
    assert_string_equal(node_text(node_get(g.cases->root, "a"), "k", ""), "v");
    assert_int_equal(node_get(g.cases->next->root, "a")->count, 2);
    assert_null(node_get(g.cases->root, "cases"));
    drop(&g);
}

static void test_cases_absent_removes_what_becomes_empty(void **state)
{
    (void)state;
    struct given g = expand("a: {not: {k: $x}, z: 1}\nb: [{k: v $x}, {k: w}]\n"
                            "cases:\n  columns: [x]\n  one: [absent]\n");
    const struct node *root = g.cases->root;
    assert_null(node_get(node_get(root, "a"), "not"));
    const struct node *b = node_get(root, "b");
    assert_int_equal(b->count, 1);
    assert_string_equal(b->removed->first->key, "k");
    drop(&g);
}

static void test_cases_text_key_and_dollar(void **state)
{
    (void)state;
    struct given g = expand("$x@b.example: \"$x and $$x, 5$\"\n"
                            "cases:\n  columns: [x]\n  one: [bob]\n");
    const struct node *n = g.cases->root->first;
    assert_string_equal(n->key, "bob@b.example");
    assert_string_equal(n->text, "bob and $x, 5$");
    assert_string_equal(n->column, "x");
    assert_int_equal(n->place.line, 4);
    assert_int_equal(n->place.column, 9);
    drop(&g);
}

static void test_cases_without_cases_is_one(void **state)
{
    (void)state;
    struct given g = expand("a: b\n");
    assert_int_equal(g.status, ST_OK);
    assert_string_equal(g.cases->name, "");
    assert_null(g.cases->next);
    drop(&g);
}

static void test_cases_faults_are_told_with_their_place(void **state)
{
    static const struct {
        const char *text, *says;
        int line;
    } rows[] = {
        {"a: $x\n", "`$x` is no column", 1},
        {"a: 1\ncases:\n  columns: [x]\n  one: [1]\n", "used nowhere", 3},
        {"a: $x\ncases:\n  columns: [x]\n  one: [1, 2]\n", "has 2 cells", 4},
        {"a: $x\ncases:\n  columns: [x]\n", "holds no case", 3},
        {"a: $x\ncases:\n  columns: [x, x]\n  one: [1, 2]\n", "twice", 3},
        {"a: $x\ncases:\n  columns: [X]\n  one: [1]\n", "lower-case", 3},
        {"a: $x\ncases:\n  one: [1]\n", "needs `columns`", 3},
        {"a: $x\ncases: [1]\n", "is a map", 2},
        {"a: b $x\ncases:\n  columns: [x]\n  one: [[1]]\n", "a text was", 4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct given g = expand(rows[i].text);
        assert_int_equal(g.status, ST_INVAL);
        const struct diagnostic *d = diagnostics_at(g.list, 0);
        if (!strstr(d->text, rows[i].says) || d->place.line != rows[i].line)
            fail_msg("row %zu: line %d, %s", i, d->place.line, d->text);
        drop(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases_cell_may_be_a_map_or_a_list),
        cmocka_unit_test(test_cases_absent_removes_what_becomes_empty),
        cmocka_unit_test(test_cases_text_key_and_dollar),
        cmocka_unit_test(test_cases_without_cases_is_one),
        cmocka_unit_test(test_cases_faults_are_told_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
