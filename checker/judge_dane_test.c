/* What the world's DANE and settings ask of the handmade case. */
#include "checker/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "checker/handmade.h"

#define FIXTURES SOURCE_DIR "/fixtures"

struct fixture {
    struct fixtures *fixtures;
    struct diagnostics *list;
    struct tables *tables;
    struct clauses *clauses;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct err err;
    f->list = diagnostics_create();
    assert_int_equal(fixtures_load(FIXTURES, f->list, &f->fixtures, &err),
                     ST_OK);
    assert_int_equal(tables_load(FIXTURES, f->list, &f->tables, &err), ST_OK);
    assert_int_equal(clauses_load(FIXTURES, f->list, &f->clauses, &err), ST_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    clauses_destroy(&f->clauses);
    tables_destroy(&f->tables);
    fixtures_destroy(&f->fixtures);
    diagnostics_destroy(&f->list);
    free(f);
    return 0;
}

#define STRICT "(strict)"

/* The handmade scenario with the hospital's posture replaced; behind it STRICT,
 * where the certificate itself must pass. */
static struct scenario *with_posture(struct fixture *f, const char *posture)
{
    struct scenario *s;
    const char *strict = strstr(posture, " " STRICT);
    const char *at = strstr(handmade_scenario, "tls13");
    const char *world = strstr(handmade_scenario, "  domains:");
    char *text = xasprintf(
        "%.*s%s%.*s%.*s%s", (int)(world - handmade_scenario), handmade_scenario,
        strict ? "  gateway: {dane_satisfies_certificate_validation: no}\n"
               : "",
        (int)(at - world), world,
        strict ? (int)(strict - posture) : (int)strlen(posture), posture,
        at + strlen("tls13"));
    enum status status =
        scenario_parse(f->fixtures, "dane.yaml", slice_of(text), f->list, &s);
    if (status != ST_OK)
        diagnostics_print(f->list, stderr);
    assert_int_equal(status, ST_OK);
    free(text);
    return s;
}

static bool finds(struct fixture *f, const char *posture,
                  const json_t *evidence, const char *clause, const char *says)
{
    struct arena *arena = arena_create();
    struct scenario *s = with_posture(f, posture);
    const struct scenario_case *c = scenario_cases(s);
    struct judge judge = {f->tables, f->clauses};
    struct case_result r;
    bool found = false;
    case_result_init(&r, arena, c->file, c->name);
    judge_case(&judge, c, evidence, &r);
    for (size_t i = 0; i < r.mismatch_count; i++) {
        const struct mismatch *m = &r.mismatches[i];
        found |= m->clause && strcmp(m->clause, clause) == 0 &&
                 ((m->expected && strstr(m->expected, says)) ||
                  (m->got && strstr(m->got, says)));
    }
    scenario_destroy(&s);
    arena_destroy(&arena);
    return found;
}

static void test_judge_barred_host_gets_no_transaction(void **state)
{
    json_t *evidence = handmade_evidence();
    assert_false(
        finds(*state, "tls13", evidence, "TRANSPORT-3", "barred host"));
    assert_true(
        finds(*state, "dane-mismatch", evidence, "TRANSPORT-3", "barred host"));
    assert_true(
        finds(*state, "dane-bogus", evidence, "TRANSPORT-3", "barred host"));
    json_decref(evidence);
}

static void test_judge_bound_host_is_never_spoken_to_in_plain(void **state)
{
    static const char says[] = "TLSA records make mandatory";
    json_t *evidence = handmade_evidence();
    json_t *first = json_array_get(json_object_get(evidence, "connections"), 0);
    assert_false(finds(*state, "dane-ee", evidence, "TRANSPORT-3", says));
    json_object_set_new(first, "tls", json_null());
    assert_true(finds(*state, "dane-ee", evidence, "TRANSPORT-3", says));
    assert_true(finds(*state, "dane-unusable", evidence, "TRANSPORT-3", says));
    /* no record, or none that is proven */
    assert_false(finds(*state, "tls13", evidence, "TRANSPORT-3", says));
    assert_false(
        finds(*state, "nta7516-insecure", evidence, "TRANSPORT-3", says));
    json_decref(evidence);
}

static void test_judge_setting_asks_for_the_certificate_itself(void **state)
{
    json_t *evidence = handmade_evidence();
    assert_false(
        finds(*state, "dane-self-signed", evidence, "DIRECT-3", "itself"));
    assert_true(finds(*state, "dane-self-signed " STRICT, evidence, "DIRECT-3",
                      "itself"));
    assert_false(
        finds(*state, "dane-ee " STRICT, evidence, "DIRECT-3", "itself"));
    json_decref(evidence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_barred_host_gets_no_transaction),
        cmocka_unit_test(test_judge_bound_host_is_never_spoken_to_in_plain),
        cmocka_unit_test(test_judge_setting_asks_for_the_certificate_itself),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
