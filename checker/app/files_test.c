#include "kit/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static struct arena *arena;
static char root[] = "/tmp/files-test-XXXXXX";
static char before[4096];

static const char *const names[] = {
    "scenarios/order/b.yaml", "scenarios/order/a.yaml", "scenarios/auth/x.yaml",
    "scenarios/order/notes.txt", "scenarios/order/.hidden.yaml"};

static const char *in_root(const char *path)
{
    return arena_printf(arena, "%s/%s", root, path);
}

static int group_set_up(void **state)
{
    (void)state;
    arena = arena_create();
    assert_non_null(getcwd(before, sizeof(before)));
    assert_non_null(mkdtemp(root));
    mkdir(in_root("scenarios"), 0700);
    mkdir(in_root("scenarios/order"), 0700);
    mkdir(in_root("scenarios/auth"), 0700);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        FILE *file = fopen(in_root(names[i]), "w");
        assert_non_null(file);
        fclose(file);
    }
    return 0;
}

static int group_tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        unlink(in_root(names[i]));
    rmdir(in_root("scenarios/order"));
    rmdir(in_root("scenarios/auth"));
    rmdir(in_root("scenarios"));
    rmdir(root);
    arena_destroy(&arena);
    return chdir(before);
}

static void test_file_word_parse_looks_here_then_in_the_project(void **state)
{
    (void)state;
    static const struct {
        const char *from, *word, *path, *case_name;
    } rows[] = {
        {"", "scenarios/order/a.yaml", "scenarios/order/a.yaml", NULL},
        {"scenarios/order", "a.yaml", "scenarios/order/a.yaml", NULL},
        {"scenarios/order", "a", "scenarios/order/a.yaml", NULL},
        {"scenarios/auth", "order", "scenarios/order", NULL},
        {"scenarios/auth", "order/a:one", "scenarios/order/a.yaml", "one"},
        {"scenarios/auth", "scenarios/order/a.yaml:one",
         "scenarios/order/a.yaml", "one"},
        {"scenarios", ".", "scenarios", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct file_word word;
        assert_int_equal(chdir(in_root(rows[i].from)), 0);
        if (file_word_parse(arena, root, rows[i].word, &word) != ST_OK)
            fail_msg("%s from %s: not found", rows[i].word, rows[i].from);
        assert_string_equal(file_shown(root, word.path), rows[i].path);
        if (rows[i].case_name)
            assert_string_equal(word.case_name, rows[i].case_name);
        else
            assert_null(word.case_name);
    }
}

static void test_file_word_parse_refuses_what_is_no_file(void **state)
{
    (void)state;
    static const char *const words[] = {"",        "nothing", "order/c",
                                        "order/:", ":one",    "/order/a.yaml"};
    assert_int_equal(chdir(root), 0);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        struct file_word word;
        if (file_word_parse(arena, root, words[i], &word) != ST_NONE)
            fail_msg("%s: found %s", words[i], word.path);
    }
}

static void test_files_below_sorts_and_leaves_others(void **state)
{
    (void)state;
    struct texts found = {0};
    struct err err;
    assert_int_equal(files_below(arena, in_root("scenarios"), &found, &err),
                     ST_OK);
    assert_int_equal(found.n, 3);
    assert_string_equal(file_shown(root, found.v[0]), names[2]);
    assert_string_equal(file_shown(root, found.v[1]), names[1]);
    assert_string_equal(file_shown(root, found.v[2]), names[0]);
    assert_int_equal(files_below(arena, in_root("gone"), &found, &err),
                     ST_INVAL);
}

static void test_file_shown_leaves_what_is_elsewhere(void **state)
{
    (void)state;
    assert_string_equal(file_shown("/a/b", "/a/bc/d"), "/a/bc/d");
    assert_string_equal(file_shown("/a/b", "/a/b/c"), "c");
}

static void test_path_from_here_is_absolute(void **state)
{
    (void)state;
    assert_int_equal(chdir(root), 0);
    assert_string_equal(path_from_here(arena, "x"), in_root("x"));
    assert_string_equal(path_from_here(arena, "/x"), "/x");
    assert_string_equal(path_from_here(arena, "-"), "-");
    assert_null(path_from_here(arena, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_word_parse_looks_here_then_in_the_project),
        cmocka_unit_test(test_file_word_parse_refuses_what_is_no_file),
        cmocka_unit_test(test_files_below_sorts_and_leaves_others),
        cmocka_unit_test(test_file_shown_leaves_what_is_elsewhere),
        cmocka_unit_test(test_path_from_here_is_absolute),
    };
    return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
