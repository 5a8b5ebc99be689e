#include "verdict/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

/* A failure with every field filled. */
static struct case_result failure(void)
{
    struct case_result r;
    case_result_init(&r, arena, "minimum/below.yaml", "sms-right");
    r.title = "Below the asked level \"nothing\" <goes> & \xc3\xa9";
    r.duration_ms = 41;
    r.doubts = 7;
    r.survivors = 2;
    r.kept = "/dev/shm/lasthop-1";
    texts_add(arena, &r.clauses, "MINIMUM-1");
    texts_add(arena, &r.clauses, "ORDER-2");
    struct mismatch *m =
        case_result_mismatch(&r, "bob@hospital.example: method",
                             (struct place){"minimum/below.yaml", 21, 26});
    m->expected = "access-right";
    m->got = "email";
    m->clause = "MINIMUM-1";
    m->clause_text = "the minimum prevents e-mail verification";
    texts_add(arena, &m->facts, "posture: self-signed");
    m->row = "bob@hospital.example: {method: email}";
    struct transcript *t = case_result_transcript(&r, "submitter");
    texts_add(arena, &t->lines, "S: 220 gateway");
    texts_addf(arena, &t->lines, "C: EHLO %s", "app");
    return r;
}

static void assert_same(const struct case_result *a,
                        const struct case_result *b)
{
    assert_string_equal(case_result_format(arena, a),
                        case_result_format(arena, b));
}

static void test_case_result_init_names_the_case(void **state)
{
    (void)state;
    struct case_result r;
    case_result_init(&r, arena, "a.yaml", NULL);
    assert_string_equal(r.name, "a.yaml");
    assert_int_equal(r.verdict, VERDICT_PASS);
    case_result_init(&r, arena, "a.yaml", "one");
    assert_string_equal(r.name, "a.yaml:one");
    assert_string_equal(r.rerun, "lasthop run -v a.yaml:one");
}

static void test_case_result_json_both_ways_is_the_same(void **state)
{
    (void)state;
    struct case_result r = failure(), back;
    char *line = case_result_format(arena, &r);
    assert_null(strchr(line, '\n'));
    struct err err;
    assert_int_equal(case_result_parse(arena, slice_of(line), &back, &err),
                     ST_OK);
    assert_same(&r, &back);
    assert_string_equal(back.title, r.title);
    assert_int_equal(back.verdict, VERDICT_FAIL);
    assert_int_equal(back.duration_ms, 41);
    assert_int_equal(back.doubts, 7);
    assert_int_equal(back.survivors, 2);
    assert_int_equal(back.mismatch_count, 1);
    assert_int_equal(back.mismatches[0].place.line, 21);
    assert_int_equal(back.mismatches[0].place.column, 26);
    assert_string_equal(back.mismatches[0].facts.v[0], "posture: self-signed");
    assert_string_equal(back.transcripts[0].lines.v[1], "C: EHLO app");
    assert_string_equal(back.kept, r.kept);
    assert_null(back.reason);
}

static void test_case_result_json_keeps_each_verdict(void **state)
{
    (void)state;
    for (int v = 0; v < VERDICT_COUNT; v++) {
        struct case_result r, back;
        case_result_init(&r, arena, "a.yaml", "x");
        r.verdict = (enum verdict)v;
        struct err err;
        assert_int_equal(
            case_result_parse(arena, slice_of(case_result_format(arena, &r)),
                              &back, &err),
            ST_OK);
        assert_int_equal(back.verdict, v);
    }
}

static void test_case_result_json_takes_octets_that_are_no_utf8(void **state)
{
    (void)state;
    struct case_result r, back;
    case_result_init(&r, arena, "a.yaml", "x");
    struct transcript *t = case_result_transcript(&r, "wire");
    texts_add(arena, &t->lines, "C: \xff\x80!");
    struct err err;
    assert_int_equal(case_result_parse(arena,
                                       slice_of(case_result_format(arena, &r)),
                                       &back, &err),
                     ST_OK);
    assert_string_equal(back.transcripts[0].lines.v[0], "C: \xc3\xbf\xc2\x80!");
}

static void test_case_result_parse_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum status status;
        const char *says;
    } rows[] = {
        {"{\"schema\":1,\"type\":\"run\"}", ST_NONE, "run"},
        {"{\"schema\":2,\"type\":\"case\"}", ST_INVAL, "schema"},
        {"{\"schema\":1}", ST_INVAL, "type"},
        {"{\"schema\":1,\"type\":\"case\",\"file\":\"a\",\"verdict\":\"good\"}",
         ST_INVAL, "verdict"},
        {"{\"schema\":1,\"type\":\"case\",\"verdict\":\"pass\"}", ST_INVAL,
         "file"},
        {"{\"schema\":1,", ST_INVAL, "column"},
        {"", ST_INVAL, "column"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct case_result r;
        struct err err = {0};
        enum status got =
            case_result_parse(arena, slice_of(rows[i].line), &r, &err);
        if (got != rows[i].status || !strstr(err.text, rows[i].says))
            fail_msg("%s: got %s \"%s\", want %s with \"%s\"", rows[i].line,
                     status_name(got), err.text, status_name(rows[i].status),
                     rows[i].says);
    }
}

static void test_verdict_parse_knows_each_name(void **state)
{
    (void)state;
    enum verdict v;
    for (int i = 0; i < VERDICT_COUNT; i++) {
        assert_true(verdict_parse(verdict_name((enum verdict)i), &v));
        assert_int_equal(v, i);
    }
    assert_false(verdict_parse("passed", &v));
}

static void test_run_exit_code_by_totals(void **state)
{
    (void)state;
    static const struct {
        unsigned long by[VERDICT_COUNT];
        int code;
    } rows[] = {
        {{0}, 4},
        {{[VERDICT_SKIPPED] = 2}, 4},
        {{[VERDICT_PASS] = 1}, 0},
        {{[VERDICT_PASS] = 1, [VERDICT_SKIPPED] = 1}, 0},
        {{[VERDICT_EXPECTED_FAIL] = 1}, 0},
        {{[VERDICT_PASS] = 9, [VERDICT_FAIL] = 1}, 1},
        {{[VERDICT_PASS] = 9, [VERDICT_UNEXPECTED_PASS] = 1}, 1},
        {{[VERDICT_PASS] = 9, [VERDICT_ERROR] = 1}, 3},
        {{[VERDICT_FAIL] = 1, [VERDICT_ERROR] = 1}, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct run_totals totals = {0};
        memcpy(totals.by_verdict, rows[i].by, sizeof(rows[i].by));
        if (run_exit_code(&totals) != rows[i].code)
            fail_msg("row %zu: got %d, want %d", i, run_exit_code(&totals),
                     rows[i].code);
    }
}

static void test_case_result_expected_fail_turns_verdicts(void **state)
{
    (void)state;
    struct case_result r = failure();
    case_result_expected_fail(&r, "known");
    assert_int_equal(r.verdict, VERDICT_EXPECTED_FAIL);
    assert_string_equal(r.reason, "known");
    case_result_init(&r, arena, "a.yaml", NULL);
    case_result_expected_fail(&r, "known");
    assert_int_equal(r.verdict, VERDICT_UNEXPECTED_PASS);
    case_result_init(&r, arena, "a.yaml", NULL);
    case_result_error(&r, "no %s", "port");
    case_result_error(&r, "second");
    case_result_expected_fail(&r, "known");
    assert_int_equal(r.verdict, VERDICT_ERROR);
    assert_string_equal(r.reason, "no port");
    case_result_mismatch(&r, "x", (struct place){"a.yaml", 1, 1});
    assert_int_equal(r.verdict, VERDICT_ERROR);
}

static void test_case_result_redact_leaves_no_secret(void **state)
{
    (void)state;
    struct case_result r = failure();
    r.mismatches[0].got = "sms +31612345678, +31612345678";
    struct transcript *t = case_result_transcript(&r, "wire");
    texts_add(arena, &t->lines, "C: AUTH PLAIN AGEAYg==");
    texts_add(arena, &t->lines, "S: 250 AUTH PLAIN LOGIN");
    texts_add(arena, &t->lines, "C: auth login YQ==");
    struct texts secrets = {0};
    texts_add(arena, &secrets, "+31612345678");
    texts_add(arena, &secrets, "");
    case_result_redact(&r, &secrets);
    assert_string_equal(r.mismatches[0].got, "sms [redacted], [redacted]");
    assert_string_equal(r.transcripts[1].lines.v[0],
                        "C: AUTH PLAIN [redacted]");
    assert_string_equal(r.transcripts[1].lines.v[1], "S: 250 AUTH PLAIN LOGIN");
    assert_string_equal(r.transcripts[1].lines.v[2],
                        "C: auth login [redacted]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_case_result_init_names_the_case,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_case_result_json_both_ways_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_case_result_json_keeps_each_verdict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_case_result_json_takes_octets_that_are_no_utf8, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(test_case_result_parse_refuses, set_up,
                                        tear_down),
        cmocka_unit_test(test_verdict_parse_knows_each_name),
        cmocka_unit_test(test_run_exit_code_by_totals),
        cmocka_unit_test_setup_teardown(
            test_case_result_expected_fail_turns_verdicts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_case_result_redact_leaves_no_secret, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
