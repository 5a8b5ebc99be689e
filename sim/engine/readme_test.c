/* The two READMEs against the tables: what is not described does not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/fixtures.h"
#include "engine/vocabulary.h"

static struct slice load(struct arena *arena, const char *path)
{
    struct diagnostics *list = diagnostics_create();
    struct slice text;
    assert_int_equal(node_load(arena, path, list, &text), ST_OK);
    diagnostics_destroy(&list);
    return text;
}

static bool names(struct slice text, const char *key)
{
    for (const char *p = text.p; (p = strstr(p, key)); p++) {
        const char *behind = p + strlen(key);
        bool starts = p == text.p || strchr("`{( [\n\"*", p[-1]);
        if (starts && strchr("`:,} ]*", *behind))
            return true;
    }
    return false;
}

static void check_keys(struct slice text, const struct key *keys)
{
    for (const struct key *k = keys; k->name; k++) {
        bool pattern = strcmp(k->name, "*") == 0 || strcmp(k->name, "@") == 0;
        if (!pattern && !names(text, k->name))
            fail_msg("`%s` is not described", k->name);
        if (k->inner && k->inner != vocabulary_posture)
            check_keys(text, k->inner);
    }
}

static void test_readme_of_scenarios_names_every_key(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    check_keys(load(arena, SOURCE_DIR "/scenarios/README.md"),
               vocabulary_scenario);
    arena_destroy(&arena);
}

static void test_readme_of_fixtures_names_every_key(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct slice text = load(arena, SOURCE_DIR "/fixtures/README.md");
    check_keys(text, vocabulary_posture);
    for (const struct key *k = vocabulary_organization; k->name; k++)
        assert_true(names(text, k->name));
    arena_destroy(&arena);
}

static void test_readme_of_fixtures_tells_each_posture(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct diagnostics *list = diagnostics_create();
    struct fixtures *fixtures;
    struct err err;
    struct slice text = load(arena, SOURCE_DIR "/fixtures/README.md");
    assert_int_equal(
        fixtures_load(SOURCE_DIR "/fixtures", list, &fixtures, &err), ST_OK);
    for (const char *const *p = fixtures_postures(fixtures); *p; p++) {
        const struct posture *posture = fixtures_posture(fixtures, *p);
        if (!strstr(text.p,
                    arena_printf(arena, "* **%s** %s", *p, posture->says)))
            fail_msg("posture %s is not told as its file says it", *p);
    }
    for (const char *const *o = fixtures_organizations(fixtures); *o; o++)
        assert_true(names(text, *o));
    fixtures_destroy(&fixtures);
    diagnostics_destroy(&list);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readme_of_scenarios_names_every_key),
        cmocka_unit_test(test_readme_of_fixtures_names_every_key),
        cmocka_unit_test(test_readme_of_fixtures_tells_each_posture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
