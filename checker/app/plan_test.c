/* Selection, on two small files in a project of their own with the project's
 * real fixtures. */
#include "kit/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static struct kit kit;
static char root[] = "/tmp/plan-test-XXXXXX";

static const char first[] =
    "lasthop: 1\n"
    "title: First\n"
    "clauses: [ORDER-1, ORDER-2]\n"
    "tags: [quick]\n"
    "world:\n"
    "  domains:\n"
    "    hospital.example: $posture\n"
    "submit:\n"
    "  from: jansen@clinic.example\n"
    "  to: [bob@hospital.example]\n"
    "expect:\n"
    "  bob@hospital.example: {method: email, delivery: notification}\n"
    "cases:\n"
    "  columns: [posture]\n"
    "  modern:  [tls13]\n"
    "  older:   [tls12]\n";
static const char second[] =
    "lasthop: 1\n"
    "title: Second\n"
    "clauses: [ORDER-1]\n"
    "world:\n"
    "  domains:\n"
    "    hospital.example: tls13\n"
    "submit:\n"
    "  from: jansen@clinic.example\n"
    "  to: [bob@hospital.example]\n"
    "expect:\n"
    "  bob@hospital.example: {method: email, delivery: notification}\n";

static void put(const char *name, const char *text)
{
    FILE *file = fopen(arena_printf(kit.arena, "%s/%s", root, name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int group_set_up(void **state)
{
    (void)state;
    kit.arena = arena_create();
    kit.root = root;
    kit.fixtures = SOURCE_DIR "/fixtures";
    assert_non_null(mkdtemp(root));
    mkdir(arena_printf(kit.arena, "%s/scenarios", root), 0700);
    put("scenarios/a.yaml", first);
    put("scenarios/b.yaml", second);
    put("broken.yaml", "lasthop: 1\ntitel: x\n");
    return 0;
}

static int group_tear_down(void **state)
{
    (void)state;
    unlink(arena_printf(kit.arena, "%s/scenarios/a.yaml", root));
    unlink(arena_printf(kit.arena, "%s/scenarios/b.yaml", root));
    unlink(arena_printf(kit.arena, "%s/broken.yaml", root));
    rmdir(arena_printf(kit.arena, "%s/scenarios", root));
    rmdir(root);
    arena_destroy(&kit.arena);
    return chdir("/");
}

/* Words split at blanks; out: the cases' names, each followed by a blank, or
 * the error. */
static enum status select_words(const char *words, const char *name_part,
                                char *out, size_t size)
{
    struct catalogue catalogue;
    int code;
    assert_true(catalogue_load(&kit, &catalogue, &code));
    struct selection selection = {.name_part = name_part};
    struct slice rest = slice_of(words), word;
    while ((word = slice_word(&rest)).n)
        texts_add(kit.arena, &selection.words, arena_text(kit.arena, word));
    struct plan plan;
    struct err err = {0};
    enum status status = plan_make(&kit, &catalogue, &selection, &plan, &err);
    out[0] = '\0';
    for (size_t i = 0; status == ST_OK && i < plan.case_count; i++) {
        size_t n = strlen(out);
        snprintf(out + n, size - n, "%s ", scenario_case_id(plan.cases[i]));
    }
    if (status != ST_OK)
        snprintf(out, size, "%s", err.text);
    plan_release(&plan);
    catalogue_release(&catalogue);
    return status;
}

static void test_plan_make_selects(void **state)
{
    (void)state;
    static const char all[] = "scenarios/a.yaml:modern scenarios/a.yaml:older "
                              "scenarios/b.yaml ";
    static const struct {
        const char *words, *name_part, *cases;
    } rows[] = {
        {"", NULL, all},
        {"ORDER-1", NULL, all},
        {"scenarios b.yaml a:older", NULL, all}, /* each case once */
        {"b.yaml a.yaml:older", NULL,
         "scenarios/b.yaml scenarios/a.yaml:older "},
        {"ORDER-2", NULL, "scenarios/a.yaml:modern scenarios/a.yaml:older "},
        {"quick", NULL, "scenarios/a.yaml:modern scenarios/a.yaml:older "},
        {"b.yaml ORDER-1", NULL, "scenarios/b.yaml "},
        {"b.yaml ORDER-2", "nothing", ""},
        {"", "OLD", "scenarios/a.yaml:older "},
        {"CONN-1", NULL, ""}, /* a clause that no case names */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char got[2048];
        enum status status =
            select_words(rows[i].words, rows[i].name_part, got, sizeof(got));
        if (status != ST_OK || strcmp(got, rows[i].cases) != 0)
            fail_msg("%s: got %s \"%s\", want \"%s\"", rows[i].words,
                     status_name(status), got, rows[i].cases);
    }
}

static void test_plan_make_refuses_with_a_hint(void **state)
{
    (void)state;
    static const struct {
        const char *words, *says;
    } rows[] = {
        {"quikc", "did you mean quick?"},
        {"ORDRE-1", "did you mean ORDER-1?"},
        {"a.yaml:modren", "did you mean modern?"},
        {"zzzz", "zzzz is no file, no tag and no clause"},
        {"broken.yaml", "in scenario files"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char got[2048];
        enum status status =
            select_words(rows[i].words, NULL, got, sizeof(got));
        if (status != ST_INVAL || !strstr(got, rows[i].says))
            fail_msg("%s: got %s \"%s\", want \"%s\"", rows[i].words,
                     status_name(status), got, rows[i].says);
    }
}

static void test_clause_is_like(void **state)
{
    (void)state;
    assert_true(clause_is_like("ORDER-1"));
    assert_true(clause_is_like("NTA2-12"));
    static const char *const others[] = {"",        "ORDER",   "ORDER-",
                                         "-1",      "order-1", "ORDER-1.yaml",
                                         "ORDER-x", "ORDER 1"};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (clause_is_like(others[i]))
            fail_msg("%s", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_make_selects),
        cmocka_unit_test(test_plan_make_refuses_with_a_hint),
        cmocka_unit_test(test_clause_is_like),
    };
    return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
