#include "checker/coverage.h"

#include "checker/test_bench.h"

static struct scenario *parsed(struct bench *f, const char *clause,
                               const char *rest)
{
    char *text = xasprintf("lasthop: 1\ntitle: One\nclauses: [%s]\n"
                           "world:\n  domains:\n    hospital.example: %s",
                           clause, rest);
    struct scenario *s = bench_parse(f, f->list, text);
    free(text);
    return s;
}

/* What the report says of one scenario; the caller frees. */
static char *report(struct bench *f, const char *clause, const char *rest)
{
    static const char *const postures[] = {"expired", "tls12", NULL};
    const struct scenario_case *cases[16];
    size_t count = 0, octets;
    char *text;
    struct scenario *s = parsed(f, clause, rest);
    const struct scenario_case *c = scenario_cases(s);
    for (; c && count < 16; c = c->next)
        cases[count++] = c;
    static const char *const broken[] = {"ORDER-3", NULL};
    struct coverage coverage = {f->clauses, postures, cases, count, broken};
    FILE *to = open_memstream(&text, &octets);
    size_t lines = 0, missing = coverage_report(&coverage, to);
    fclose(to);
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    assert_int_equal(lines, missing);
    scenario_destroy(&s);
    return text;
}

static void assert_says(const char *text, const char *line, bool does)
{
    if ((strstr(text, line) != NULL) != does)
        fail_msg("%s'%s' in:\n%s", does ? "no " : "", line, text);
}

#define DIRECT                                                                 \
    "  headers:\n"                                                             \
    "    - zivver-direct-delivery: tls tls1.2 auth certificate-validation\n"
#define SUBMIT                                                                 \
    "submit:\n  from: jansen@clinic.example\n  to: [bob@hospital.example]\n"

static void test_coverage_posture_asks_for_both_wishes(void **state)
{
    char *text = report(*state, "ORDER-1",
                        "tls12\n" SUBMIT DIRECT
                        "expect:\n  bob@hospital.example: {method: "
                        "direct-delivery, delivery: direct}\n");
    assert_says(text, "posture tls12: no case with zivver", false);
    assert_says(text, "posture tls12: no case without zivver", true);
    assert_says(text, "posture expired: no case with zivver", true);
    free(text);
    text = report(*state, "ORDER-1",
                  "{mx: [{10 a: expired}, {20 b: tls12}]}\n" SUBMIT
                  "expect:\n  bob@hospital.example: {method: email, delivery: "
                  "notification}\n");
    assert_says(text, "posture tls12: no case without zivver", false);
    assert_says(text, "posture expired: no case without zivver", false);
    assert_says(text, "posture expired: no case with zivver", true);
    free(text);
}

static void test_coverage_clause_needs_a_case_that_shows_it(void **state)
{
    /* ORDER-3 is shown by `not` alone. */
    char *text =
        report(*state, "ORDER-3",
               "tls12\n" SUBMIT "expect:\n  bob@hospital.example: {method: "
               "email, delivery: notification}\n");
    assert_says(text, "clause ORDER-3: no case decides it", true);
    free(text);
    text = report(*state, "MINIMUM-1",
                  "tls12\n" SUBMIT "expect:\n  bob@hospital.example: {method: "
                  "email, delivery: notification}\n");
    assert_says(text, "clause MINIMUM-1: no case decides it", false);
    assert_says(text, "clause MINIMUM-1: no scenario sees both its sides",
                true);
    free(text);
    text = report(*state, "ORDER-3",
                  "tls12\n" SUBMIT "expect:\n  bob@hospital.example: {method: "
                  "email, delivery: notification, not: "
                  "{access-right: no access right}}\n");
    assert_says(text, "clause ORDER-3: no case decides it", false);
    assert_says(text, "clause ORDER-3: no scenario sees both its sides", true);
    assert_says(text, "clause ORDER-3: no mutant breaks it", false);
    assert_says(text, "clause ORDER-1: no mutant breaks it", true);
    free(text);
    text = report(*state, "ORDER-3",
                  "$p\n" SUBMIT "expect:\n  bob@hospital.example: {method: "
                  "email, delivery: notification, not: $not}\n"
                  "cases:\n  columns: [p, not]\n"
                  "  one: [tls12, {access-right: no access right}]\n"
                  "  two: [expired, absent]\n");
    assert_says(text, "clause ORDER-3", false);
    free(text);
}

static void test_coverage_expected_failure_covers_nothing(void **state)
{
    char *text =
        report(*state, "ORDER-3",
               "tls12\n"
               "expected-fail: not yet\n" SUBMIT
               "expect:\n  bob@hospital.example: {method: "
               "email, delivery: notification, not: {access-right: no access "
               "right}}\n");
    assert_says(text, "clause ORDER-3: no case decides it", true);
    assert_says(text, "posture tls12: no case without zivver", true);
    free(text);
}

static void test_coverage_setting_asks_for_each_reading(void **state)
{
    char *text = report(*state, "RIGHT-2",
                        "tls12\n  gateway: {access_code_keyword: $k}\n"
                        "" SUBMIT "expect:\n  bob@hospital.example: {method: "
                        "email, delivery: notification}\n"
                        "cases:\n  columns: [k]\n  a: [absent]\n"
                        "  b: [example]\n");
    assert_says(text,
                "access_code_keyword: no case of RIGHT-2 reads it as "
                "prose",
                true);
    assert_says(text, "reads it as both", false);
    assert_says(text, "reads it as example", false);
    free(text);
}

static const struct scenario_case *first(struct bench *f, const char *rest,
                                         struct scenario **s)
{
    *s = parsed(f, "ORDER-1", rest);
    return scenario_cases(*s);
}

static void test_coverage_each_word_of_denial(void **state)
{
    static const struct {
        const char *word, *rest, *also;
    } rows[] = {
        {"failed",
         "  bob@hospital.example: {method: account, delivery: failed}\n", NULL},
        {"deferred",
         "  bob@hospital.example: {method: account, delivery: deferred}\n",
         NULL},
        {"direct",
         "  bob@hospital.example: {method: account, delivery: direct}\n", NULL},
        {"notification",
         "  bob@hospital.example: {method: account, delivery: notification}\n",
         NULL},
        {"silent",
         "  bob@hospital.example: {method: account, delivery: direct, dsn: "
         "no}\n",
         "direct"},
        {"apart",
         "  bob@hospital.example: {method: account, delivery: direct, "
         "conversation: 2}\n",
         "direct"},
        {"refused", "  replies: {data: 550 5.6.0}\n", NULL},
        {"absent", "  absent: [{event: accepted}]\n", NULL},
        {"absent", "  connections: {mx.hospital.example: 0}\n", NULL},
        {"warned", "  warnings: [direct-delivery-defaults]\n", NULL},
    };
    static const char *const all[] = {
        "failed",       "deferred", "direct", "refused",
        "notification", "absent",   "silent", "apart",
        "not",          "warned",   NULL};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct scenario *s;
        const struct scenario_case *c = first(
            *state,
            arena_printf(arena, "tls12\n" SUBMIT "expect:\n%s", rows[i].rest),
            &s);
        for (const char *const *word = all; *word; word++) {
            const char *one[] = {*word, NULL};
            bool meant = strcmp(*word, rows[i].word) == 0 ||
                         (rows[i].also && strcmp(*word, rows[i].also) == 0);
            assert_true(coverage_knows(*word));
            if (coverage_denies(c, one) != meant)
                fail_msg("row %zu: %s", i, *word);
        }
        scenario_destroy(&s);
        arena_destroy(&arena);
    }
    assert_false(coverage_knows("nothing at all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coverage_posture_asks_for_both_wishes),
        cmocka_unit_test(test_coverage_clause_needs_a_case_that_shows_it),
        cmocka_unit_test(test_coverage_expected_failure_covers_nothing),
        cmocka_unit_test(test_coverage_setting_asks_for_each_reading),
        cmocka_unit_test(test_coverage_each_word_of_denial),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
