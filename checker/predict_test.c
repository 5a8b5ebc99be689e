#include "checker/test_bench.h"

#define WISH "zivver-direct-delivery: tls tls1.2 auth certificate-validation"

static const char head[] = "lasthop: 1\ntitle: t\nclauses: [ORDER-1]\n"
                           "clock: 2026-03-02T09:00:00+01:00\n";

/* A scenario of one recipient: world, header lines, expected row. */
static char *one(struct arena *arena, const char *world, const char *headers,
                 const char *row)
{
    return arena_printf(arena,
                        "%sworld: {%s}\n"
                        "submit:\n"
                        "  from: jansen@clinic.example\n"
                        "  to: [bob@hospital.example]\n"
                        "  headers: [%s]\n"
                        "expect:\n"
                        "  bob@hospital.example: {%s}\n",
                        head, world, headers, row);
}

static const struct step *last_step(const struct scenario_case *c)
{
    const struct step *s = c->steps;
    while (s->next)
        s = s->next;
    return s;
}

static void test_predict_at_rows(void **state)
{
    struct bench *f = *state;
    static const struct {
        const char *world, *headers, *method, *delivery, *status;
    } rows[] = {
        {"domains: {hospital.example: tls13}", "", "email", "notification",
         NULL},
        {"domains: {hospital.example: tls13}", WISH, "direct-delivery",
         "direct", NULL},
        {"domains: {hospital.example: expired}", WISH, "none", "failed",
         "5.7.10"},
        {"domains: {hospital.example: rejects-rcpt}", WISH, "direct-delivery",
         "failed", "5.1.1"},
        {"domains: {hospital.example: rejects-rcpt}", "", "email", "failed",
         "5.1.1"},
        {"domains: {hospital.example: greylisting}", WISH, "direct-delivery",
         "deferred", NULL},
        {"domains: {hospital.example: unreachable}", WISH, "none", "deferred",
         NULL},
        {"domains: {hospital.example: unreachable}", "", "email", "deferred",
         NULL},
        {"domains: {hospital.example: refuses-greeting}", "", "email", "failed",
         "5.3.2"},
        {"domains: {hospital.example: refuses-greeting}", WISH, "none",
         "failed", "5.3.2"},
        {"domains: {hospital.example: null-mx}", "", "none", "failed",
         "5.1.10"},
        {"domains: {hospital.example: mx-bogus}", "", "none", "deferred", NULL},
        {"domains: {hospital.example: self-signed},"
         " sender: {organization: clinic, transport-security: tls}",
         WISH, "transport-security", "direct", NULL},
        {"domains: {hospital.example: self-signed}",
         WISH "}, {zivver-access-right: \"<BOB@hospital.example> "
              "sharedAccessCode 1a!Z \"",
         "access-right", "notification", NULL},
        {"domains: {hospital.example: tls13},"
         " gateway: {access_code_keyword: prose,"
         " invalid_access_right: ignore}",
         "zivver-access-right: bob@hospital.example sharedAccessCode 1234",
         "email", "notification", NULL},
        {"domains: {hospital.example: expired}",
         WISH "}, {zivver-minimum-recipient-verification: Email-Verification",
         "email", "notification", NULL},
        {"domains: {hospital.example: tls10}, shared: "
         "{bob@hospital.example: {access-code: \"1357\"}}",
         WISH, "shared-access-code", "notification", NULL},
        {"domains: {hospital.example: {mx: [{10 a: self-signed}, {20 b: "
         "unreachable}]}}",
         WISH, "none", "deferred", NULL},
        {"domains: {hospital.example: {mx: [{10 a: unreachable}, {20 b: "
         "tls12}]}}",
         WISH, "direct-delivery", "direct", NULL},
        /* DANE */
        {"domains: {hospital.example: dane-self-signed}", WISH,
         "direct-delivery", "direct", NULL},
        {"domains: {hospital.example: dane-self-signed}, gateway: "
         "{dane_satisfies_certificate_validation: no}",
         WISH, "none", "failed", "5.7.10"},
        {"domains: {hospital.example: dane-mismatch}", WISH, "none", "deferred",
         NULL},
        {"domains: {hospital.example: dane-mismatch}", "", "email", "deferred",
         NULL},
        {"domains: {hospital.example: dane-insecure-mx}, sender: "
         "{organization: clinic, transport-security: dane}",
         "", "email", "notification", NULL},
        /* NTA 7516 */
        {"domains: {hospital.example: nta7516}, sender: {organization: clinic, "
         "nta: yes}",
         WISH, "nta7516", "direct", NULL},
        {"domains: {hospital.example: nta7516}", WISH, "direct-delivery",
         "direct", NULL},
        {"domains: {hospital.example: nta7516}, sender: {organization: clinic, "
         "nta: spf-soft}",
         "", "nta7516", "direct", NULL},
        {"domains: {hospital.example: nta7516}, sender: {organization: clinic, "
         "nta: dmarc-half}",
         "", "email", "notification", NULL},
        {"domains: {hospital.example: nta7516-bogus}, sender: {organization: "
         "clinic, nta: yes}",
         "", "none", "deferred", NULL},
        {"domains: {hospital.example: nta7516-bogus}", "", "email",
         "notification", NULL},
        {"domains: {hospital.example: nta7516}, sender: {organization: clinic, "
         "nta: yes}, accounts: {jansen@clinic.example: {two-factor: no}}",
         "", "email", "notification", NULL},
        /* what a host lacks */
        {"domains: {hospital.example: too-big}", WISH, "direct-delivery",
         "failed", "5.3.4"},
        {"domains: {hospital.example: too-big}", "", "email", "failed",
         "5.3.4"},
        {"domains: {hospital.example: drops-in-data}", WISH, "direct-delivery",
         "deferred", NULL},
        {"domains: {hospital.example: downgrades-after-probe}", WISH,
         "direct-delivery", "direct", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct scenario *s =
            bench_parse(f, f->list,
                        one(arena, rows[i].world,
                            rows[i].headers[0]
                                ? arena_printf(arena, "{%s}", rows[i].headers)
                                : "",
                            "method: email, delivery: direct"));
        const struct scenario_case *c = scenario_cases(s);
        const struct prediction *p =
            predict_at(arena, f->tables, c, last_step(c));
        if (!p->certain || strcmp(p->method, rows[i].method) != 0 ||
            strcmp(p->delivery, rows[i].delivery) != 0 ||
            (rows[i].status &&
             (!p->status || strcmp(p->status, rows[i].status) != 0)))
            fail_msg("row %zu: got %s/%s/%s%s", i, p->method, p->delivery,
                     p->status ? p->status : "-",
                     p->certain ? "" : " (not certain)");
        scenario_destroy(&s);
        arena_destroy(&arena);
    }
}

/* A recipient whose address needs SMTPUTF8, at hosts with and without it. */
static void test_predict_at_address_beyond_ascii(void **state)
{
    struct bench *f = *state;
    static const struct {
        const char *posture, *to, *delivery, *status;
    } rows[] = {
        {"smtputf8",
         "b\xc3\xb6"
         "b",
         "direct", NULL},
        {"tls13",
         "b\xc3\xb6"
         "b",
         "failed", "5.6.7"},
        {"tls13", "bob", "direct", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct scenario *s = bench_parse(
            f, f->list,
            arena_printf(arena,
                         "%sworld: {domains: {hospital.example: %s}}\n"
                         "submit:\n"
                         "  from: jansen@clinic.example\n"
                         "  to: [%s@hospital.example]\n"
                         "  headers: [{" WISH "}]\n"
                         "expect:\n"
                         "  %s@hospital.example: {method: direct-delivery, "
                         "delivery: direct}\n",
                         head, rows[i].posture, rows[i].to, rows[i].to));
        const struct scenario_case *c = scenario_cases(s);
        const struct prediction *p =
            predict_at(arena, f->tables, c, last_step(c));
        assert_true(p->certain);
        assert_string_equal(p->method, "direct-delivery");
        assert_string_equal(p->delivery, rows[i].delivery);
        if (rows[i].status)
            assert_string_equal(p->status, rows[i].status);
        scenario_destroy(&s);
        arena_destroy(&arena);
    }
}

static void test_predict_lint_finds_contradictions(void **state)
{
    struct bench *f = *state;
    static const struct {
        const char *row, *says; /* NULL: nothing to say */
    } rows[] = {
        {"method: email, delivery: notification", NULL},
        {"method: account, delivery: notification", "method is account"},
        {"method: email, delivery: direct", "delivery is direct"},
        {"method: email, delivery: notification, conversation: 2",
         "conversation is 2"},
        {"method: email, delivery: notification, not: {account: account "
         "suspended}",
         "because 'no account'"},
        {"method: email, delivery: notification, not: {direct-delivery: "
         "expired}",
         "no rank above"},
        {"method: account, delivery: notification, against-table: a try", NULL},
        {"method: email, delivery: notification, against-table: a try",
         "no effect"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct diagnostics *list = diagnostics_create();
        struct scenario *s = bench_parse(
            f, list,
            one(arena, "domains: {hospital.example: tls13}", "", rows[i].row));
        size_t before = diagnostics_count(list);
        predict_lint(f->tables, scenario_cases(s), list);
        size_t count = diagnostics_count(list) - before;
        bool right = rows[i].says ? count > 0 : count == 0;
        for (size_t k = before; rows[i].says && k < before + count; k++)
            right &= strstr(diagnostics_at(list, k)->text, rows[i].says) != 0;
        if (!right) {
            diagnostics_print(list, stderr);
            fail_msg("row %zu", i);
        }
        scenario_destroy(&s);
        diagnostics_destroy(&list);
        arena_destroy(&arena);
    }
}

static void test_predict_follows_the_queue(void **state)
{
    struct bench *f = *state;
    static const char steps[] =
        "world: {domains: {hospital.example: {mx: [{10 a: expired}, {20 b: "
        "unreachable}]}}}\n"
        "steps:\n"
        "  - submit:\n"
        "      from: jansen@clinic.example\n"
        "      to: [bob@hospital.example]\n"
        "      headers: [{" WISH "}]\n"
        "  - expect:\n"
        "      bob@hospital.example: {method: none, delivery: deferred}\n"
        "  - advance: 3h\n"
        "  - expect:\n"
        "      bob@hospital.example: {method: none, delivery: deferred}\n"
        "  - advance: 61m\n"
        "  - expect:\n"
        "      bob@hospital.example: {method: none, delivery: failed, status: "
        "5.7.10}\n";
    struct arena *arena = arena_create();
    struct scenario *s =
        bench_parse(f, f->list, arena_printf(arena, "%s%s", head, steps));
    struct diagnostics *list = diagnostics_create();
    predict_lint(f->tables, scenario_cases(s), list);
    if (diagnostics_count(list)) {
        diagnostics_print(list, stderr);
        fail();
    }
    diagnostics_destroy(&list);
    scenario_destroy(&s);
    arena_destroy(&arena);
}

static void test_clauses_lint_asks_for_what_shows_a_clause(void **state)
{
    struct bench *f = *state;
    static const struct {
        const char *clause;
        size_t count;
    } rows[] = {{"ORDER-1", 0}, {"MAIL-2", 0}, {"CONV-1", 1}, {"CONN-2", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct diagnostics *list = diagnostics_create();
        char *yaml = one(arena, "domains: {hospital.example: tls13}", "",
                         "method: email, delivery: notification");
        char *at = strstr(yaml, "[ORDER-1]");
        yaml = arena_printf(arena, "%.*s[%s]%s", (int)(at - yaml), yaml,
                            rows[i].clause, at + strlen("[ORDER-1]"));
        struct scenario *s = bench_parse(f, list, yaml);
        clauses_lint(f->clauses, s, list);
        if (diagnostics_count(list) != rows[i].count)
            fail_msg("%s: %zu diagnostics", rows[i].clause,
                     diagnostics_count(list));
        scenario_destroy(&s);
        diagnostics_destroy(&list);
        arena_destroy(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_predict_at_rows),
        cmocka_unit_test(test_predict_at_address_beyond_ascii),
        cmocka_unit_test(test_predict_lint_finds_contradictions),
        cmocka_unit_test(test_predict_follows_the_queue),
        cmocka_unit_test(test_clauses_lint_asks_for_what_shows_a_clause),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
