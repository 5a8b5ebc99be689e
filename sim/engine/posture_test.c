#include "engine/posture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/scenario.h"

static struct fixtures *fixtures;

static int load_fixtures(void **state)
{
    struct diagnostics *list = diagnostics_create();
    struct err err;
    (void)state;
    enum status status =
        fixtures_load(SOURCE_DIR "/fixtures", list, &fixtures, &err);
    diagnostics_print(list, stderr);
    diagnostics_destroy(&list);
    return status != ST_OK;
}

static int drop_fixtures(void **state)
{
    (void)state;
    fixtures_destroy(&fixtures);
    return 0;
}

struct given {
    struct diagnostics *list;
    struct scenario *scenario;
    const struct posture *posture; /* NULL after an error */
};

static struct given describe(const char *domain)
{
    struct given g = {.list = diagnostics_create()};
    char *text = xasprintf("lasthop: 1\ntitle: t\nclauses: [CONN-1]\n"
                           "world: {domains: {h.example: %s}}\n"
                           "session: [{expect: \"220\"}]\n",
                           domain);
    if (scenario_parse(fixtures, "p.yaml", slice_of(text), g.list,
                       &g.scenario) == ST_OK)
        g.posture =
            world_posture(scenario_cases(g.scenario)->world, "h.example");
    free(text);
    return g;
}

static void drop(struct given *g)
{
    scenario_destroy(&g->scenario);
    diagnostics_destroy(&g->list);
}

static void test_posture_several_hosts_together(void **state)
{
    static const struct {
        const char *mx, *reaches, *why;
    } rows[] = {
        {"[{10 a: tls13}, {20 b: tls10}]", "pkix", NULL},
        {"[{20 a: tls10}, {10 b: self-signed}]", "tls", "self-signed"},
        {"[{10 a: expired}, {20 b: self-signed}]", "tls", "expired"},
        {"[{20 a: expired}, {10 b: self-signed}]", "tls", "self-signed"},
        {"[{10 a: tls10}, {20 b: unreachable}]", "none+unreachable",
         "tls below 1.2"},
        {"[{10 a: unreachable}, {20 b: tls13}]", "pkix+unreachable", NULL},
        {"[{10 a: unreachable}, {20 b: unreachable}]", "unreachable",
         "no connection"},
        {"[{10 a: refuses-greeting}, {20 b: refuses-greeting}]", "refused",
         "refused by the server"},
        {"[{10 a: refuses-greeting}, {20 b: busy-greeting}]", "unreachable",
         "no connection"},
        {"[{10 a: {reaches: barred}}, {20 b: self-signed}]", "tls+barred",
         "self-signed"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = xasprintf("{mx: %s}", rows[i].mx);
        struct given g = describe(text);
        diagnostics_print(g.list, stderr);
        assert_non_null(g.posture);
        const char *why = g.posture->why ? g.posture->why : "";
        if (strcmp(g.posture->reaches, rows[i].reaches) != 0 ||
            strcmp(why, rows[i].why ? rows[i].why : "") != 0)
            fail_msg("%s: got %s (%s), want %s (%s)", rows[i].mx,
                     g.posture->reaches, why, rows[i].reaches, rows[i].why);
        drop(&g);
        free(text);
    }
}

static void test_posture_in_place_changes_what_it_starts_from(void **state)
{
    (void)state;
    struct given g = describe("{posture: tls12, smtp: {replies: {rcpt: 552 "
                              "5.2.2 full}}}");
    assert_non_null(g.posture);
    const struct posture_host *h = g.posture->hosts;
    assert_string_equal(h->name, "mx.h.example");
    assert_string_equal(h->tls_max, "1.2");
    assert_string_equal(h->replies->reply, "552 5.2.2 full");
    assert_string_equal(g.posture->reaches, "pkix");
    assert_null(fixtures_posture(fixtures, "tls12")->hosts->replies);
    drop(&g);
}

static void test_posture_names_of_hosts(void **state)
{
    (void)state;
    struct given g = describe("implicit-mx");
    assert_string_equal(g.posture->hosts->name, "h.example");
    drop(&g);
    g = describe("{mx: [{20 second: tls13}, {10 first: tls12}]}");
    assert_string_equal(g.posture->hosts->name, "first.h.example");
    assert_string_equal(g.posture->hosts->next->name, "second.h.example");
    drop(&g);
}

static void test_posture_faults_are_told(void **state)
{
    static const struct {
        const char *domain, *says;
    } rows[] = {
        {"tls14", "no posture `tls14`"},
        {"{posture: tls14}", "no posture `tls14`"},
        {"{tls: {versions: \"1.1\"}}", "`reaches` is missing"},
        {"{smtp: {starttls: absent}}", "`reaches` is missing"},
        {"{tls: {versions: \"1.1\"}, reaches: none}", "`why` is missing"},
        {"{reaches: none, why: bad mood}", "no word of"},
        {"{tls: {certificate: rotten}, reaches: pkix}", "is not one of"},
        {"{mx: [{10 a: null-mx}]}", "a posture of one host alone"},
        {"{mx: [{a: tls13}]}", "a preference and a label"},
        {"{mx: [{10 a: tls13, 20 b: tls13}]}", "expected one host"},
        {"{mx: []}", "no host stands here"},
        {"{mx: [{10 a: tls13}], tls: {versions: \"1.2\"}}", "belongs to one"},
        {"{posture: nta7516, smtp: {starttls: absent}, reaches: barred}",
         "`nta` is missing"},
        {"{posture: dane-ee, reaches: dane-only}", "`why` is missing"},
        {"{later: mixed-mx-weak-first, reaches: pkix}", "of one host alone"},
        {"{colour: blue}", "unknown key `colour`"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct given g = describe(rows[i].domain);
        if (!diagnostics_count(g.list) ||
            !strstr(diagnostics_at(g.list, 0)->text, rows[i].says) ||
            diagnostics_at(g.list, 0)->place.line != 4)
            fail_msg("%s: want `%s`", rows[i].domain, rows[i].says);
        drop(&g);
    }
}

static void test_posture_of_dane_and_nta7516(void **state)
{
    (void)state;
    struct given g = describe("dane-insecure-mx");
    assert_string_equal(g.posture->hosts->name, "mx.mail-h.example");
    assert_int_equal(g.posture->hosts->tlsa->usage, 3);
    drop(&g);
    g = describe("nta7516-ntamx");
    assert_string_equal(g.posture->nta, "met");
    assert_string_equal(g.posture->nta_hosts->name, "nta.h.example");
    assert_string_equal(g.posture->nta_hosts->reaches, "dane");
    drop(&g);
    g = describe("tls13");
    assert_string_equal(g.posture->nta, "unmet");
    assert_null(g.posture->hosts->tlsa);
    drop(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posture_several_hosts_together),
        cmocka_unit_test(test_posture_in_place_changes_what_it_starts_from),
        cmocka_unit_test(test_posture_names_of_hosts),
        cmocka_unit_test(test_posture_of_dane_and_nta7516),
        cmocka_unit_test(test_posture_faults_are_told),
    };
    return cmocka_run_group_tests(tests, load_fixtures, drop_fixtures);
}
