/* What the world's MTA-STS asks of the handmade case. */
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

static struct scenario *with_posture(struct fixture *f, const char *posture)
{
    struct scenario *s;
    const char *at = strstr(handmade_scenario, "tls13");
    char *text = xasprintf("%.*s%s%s", (int)(at - handmade_scenario),
                           handmade_scenario, posture, at + strlen("tls13"));
    enum status status =
        scenario_parse(f->fixtures, "sts.yaml", slice_of(text), f->list, &s);
    if (status != ST_OK)
        diagnostics_print(f->list, stderr);
    assert_int_equal(status, ST_OK);
    free(text);
    return s;
}

static bool finds(struct fixture *f, const char *posture,
                  const json_t *evidence, const char *says)
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
        found |= m->clause && strcmp(m->clause, "TRANSPORT-6") == 0 &&
                 m->expected && strstr(m->expected, says);
    }
    scenario_destroy(&s);
    arena_destroy(&arena);
    return found;
}

/* The handmade evidence with one fetch of the hospital's policy. */
static json_t *with_fetch(bool is_policy)
{
    json_t *evidence = handmade_evidence();
    json_t *fetch = json_pack(
        "{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:b}", "step", 0, "host",
        "mta-sts.hospital.example", "domain", "hospital.example", "tls", "1.3",
        "sni", "mta-sts.hospital.example", "request",
        "GET /.well-known/mta-sts.txt HTTP/1.1", "request_host",
        "mta-sts.hospital.example", "status", 200, "policy", (int)is_policy);
    assert_non_null(fetch);
    json_object_set_new(evidence, "policy_fetches", json_array());
    json_array_append_new(json_object_get(evidence, "policy_fetches"), fetch);
    return evidence;
}

static void test_judge_policy_in_force_names_the_host(void **state)
{
    static const char says[] = "does not name";
    json_t *evidence = with_fetch(true);
    assert_false(finds(*state, "mta-sts-enforce", evidence, says));
    assert_true(finds(*state, "mta-sts-mismatch", evidence, says));
    assert_false(finds(*state, "mta-sts-testing", evidence, says));
    assert_false(finds(*state, "tls13", evidence, says));
    json_decref(evidence);
    evidence = with_fetch(false); /* it was never served: none is in force */
    assert_false(finds(*state, "mta-sts-mismatch", evidence, says));
    json_decref(evidence);
}

static void test_judge_policy_in_force_asks_for_pkix(void **state)
{
    json_t *evidence = with_fetch(true);
    json_t *first = json_array_get(json_object_get(evidence, "connections"), 0);
    assert_false(finds(*state, "mta-sts-enforce", evidence, "below pkix"));
    assert_true(finds(*state, "mta-sts-weak", evidence, "below pkix"));
    assert_false(finds(*state, "mta-sts-testing", evidence, "below pkix"));
    json_object_set_new(first, "tls", json_null());
    assert_true(finds(*state, "mta-sts-enforce", evidence, "TLS, which"));
    assert_false(finds(*state, "mta-sts-testing", evidence, "TLS, which"));
    json_decref(evidence);
}

static void test_judge_policy_is_fetched_as_the_rfc_says(void **state)
{
    static const struct {
        const char *key, *value, *says;
    } rows[] = {
        {"request", "GET /elsewhere.txt HTTP/1.1", "GET /.well-known"},
        {"request_host", "hospital.example", "mta-sts.hospital.example"},
        {"sni", "", "mta-sts.hospital.example"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *evidence = with_fetch(true);
        json_t *fetch =
            json_array_get(json_object_get(evidence, "policy_fetches"), 0);
        assert_false(finds(*state, "mta-sts-enforce", evidence, rows[i].says));
        json_object_set_new(fetch, rows[i].key, json_string(rows[i].value));
        assert_true(finds(*state, "mta-sts-enforce", evidence, rows[i].says));
        json_decref(evidence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_policy_in_force_names_the_host),
        cmocka_unit_test(test_judge_policy_in_force_asks_for_pkix),
        cmocka_unit_test(test_judge_policy_is_fetched_as_the_rfc_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
