/* Every renderer gets the same run: one case of each verdict. */
#include "reports/report.h"

#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

extern char **environ;

static struct arena *arena;
static char *rendered;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create();
    rendered = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(rendered);
    arena_destroy(&arena);
    return 0;
}

static void fill_failure(struct case_result *r)
{
    r->title = "Nothing below \"tls\" & <more>";
    struct mismatch *m = case_result_mismatch(
        r, "bob@hospital.example: method",
        (struct place){"scenarios/minimum/below.yaml", 21, 26});
    m->expected = "access-right";
    m->got = "email";
    m->clause = "MINIMUM-1";
    m->clause_text = "the minimum prevents e-mail verification";
    texts_add(r->arena, &m->facts, "posture: self-signed");
    texts_add(r->arena, &m->facts, "policy: off");
    m->row = "bob@hospital.example: {method: email}";
    m = case_result_mismatch(r, "a message that nobody expected",
                             (struct place){0});
    m->got = "eve@lab.example\nat mx.lab.example";
    struct transcript *t = case_result_transcript(r, "submitter");
    for (int i = 1; i <= 12; i++)
        texts_addf(r->arena, &t->lines, "C: line %d]]>", i);
    texts_add(r->arena, &t->lines, "S: bell \a");
    r->kept = "/tmp/lasthop-1";
}

static void make_case(struct case_result *r, enum verdict v)
{
    case_result_init(r, arena,
                     v < VERDICT_SKIPPED ? "scenarios/minimum/below.yaml"
                                         : "scenarios/other.yaml",
                     verdict_name(v));
    r->duration_ms = 10 + v;
    texts_add(arena, &r->clauses, "MINIMUM-1");
    switch (v) {
    case VERDICT_FAIL:
        fill_failure(r);
        break;
    case VERDICT_ERROR:
        case_result_error(r, "no free port");
        break;
    case VERDICT_SKIPPED:
        case_result_skip(r, "target #1 has no clock");
        break;
    case VERDICT_EXPECTED_FAIL:
        fill_failure(r);
        case_result_expected_fail(r, "known: ticket");
        break;
    case VERDICT_UNEXPECTED_PASS:
        case_result_expected_fail(r, "known: ticket");
        break;
    case VERDICT_PASS:
    case VERDICT_COUNT:
        break;
    }
    assert_int_equal(r->verdict, v);
}

/* The whole run through one renderer, as text; planned may be more than 6. */
static const char *render(struct report *(*create)(FILE *), size_t planned)
{
    size_t n;
    FILE *out = open_memstream(&rendered, &n);
    struct report *report = create(out);
    struct run_info info = {.version = "9.9",
                            .command = "lasthop run",
                            .started_s = 1772438400,
                            .planned = planned,
                            .jobs = 2};
    struct run_totals totals = {.duration_ms = 1250};
    report_start(report, &info);
    for (int v = 0; v < VERDICT_COUNT; v++) {
        struct case_result r;
        make_case(&r, (enum verdict)v);
        run_totals_add(&totals, &r);
        report_case(report, &r);
    }
    report_finish(report, &totals);
    report_destroy(&report);
    assert_null(report);
    fclose(out);
    return rendered;
}

static void assert_in_order(const char *text, const char *const *parts)
{
    const char *at = text;
    for (; *parts; parts++) {
        const char *hit = strstr(at, *parts);
        if (!hit)
            fail_msg("not there (or not in this place): \"%s\" in\n%s", *parts,
                     text);
        at = hit + strlen(*parts);
    }
}

static size_t occurrences(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *p = strstr(text, part); p; p = strstr(p + 1, part))
        n++;
    return n;
}

static struct report *terminal_plain(FILE *out)
{
    return report_terminal_create(out, &(struct terminal_options){0});
}

static struct report *terminal_colour(FILE *out)
{
    return report_terminal_create(
        out, &(struct terminal_options){
                 .is_terminal = true, .colour = true, .width = 30});
}

static struct report *terminal_verbose(FILE *out)
{
    return report_terminal_create(out,
                                  &(struct terminal_options){.verbose = true});
}

static void test_failure_leads_to_the_cause(void **state)
{
    (void)state;
    struct case_result r;
    make_case(&r, VERDICT_FAIL);
    char *text = report_failure_text(&r, 3);
    assert_string_equal(text,
                        "  bob@hospital.example: method\n"
                        "    expected   access-right\n"
                        "    got        email\n"
                        "    at         scenarios/minimum/below.yaml:21:26\n"
                        "    clause     MINIMUM-1: the minimum prevents e-mail "
                        "verification\n"
                        "    facts      posture: self-signed\n"
                        "               policy: off\n"
                        "    to accept  bob@hospital.example: {method: email}\n"
                        "  a message that nobody expected\n"
                        "    expected   (nothing)\n"
                        "    got        eve@lab.example\n"
                        "               at mx.lab.example\n"
                        "  submitter, last 3 of 13 lines\n"
                        "    |          C: line 11]]>\n"
                        "    |          C: line 12]]>\n"
                        "    |          S: bell \\x07\n"
                        "  kept in     /tmp/lasthop-1\n"
                        "  only this   lasthop run -v "
                        "scenarios/minimum/below.yaml:fail\n");
    free(text);
}

static void test_terminal_plain_tells_failures_and_totals(void **state)
{
    (void)state;
    const char *text = render(terminal_plain, 7);
    assert_in_order(
        text,
        (const char *const[]){
            "FAIL scenarios/minimum/below.yaml:fail  (11 ms)\n",
            "  Nothing below \"tls\" & <more>\n", "    expected   access-right",
            "ERROR scenarios/minimum/below.yaml:error", "  no free port\n",
            "UNEXPECTED PASS scenarios/other.yaml:unexpected-pass",
            "FAIL scenarios/minimum/below.yaml:fail\n",
            "ERROR scenarios/minimum/below.yaml:error\n",
            "UNEXPECTED PASS scenarios/other.yaml:unexpected-pass\n",
            "1 of 7 were not run\n",
            "1 passed, 1 failed, 1 in error, 1 skipped, 1 failed as expected, "
            "1 passed against expectation (1.2 s)\n",
            NULL});
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    assert_null(strstr(text, "line 1]]>")); /* the tail alone */
    assert_null(strstr(text, "expected-fail"));
}

static void test_terminal_colour_shows_progress_within_the_width(void **state)
{
    (void)state;
    const char *text = render(terminal_colour, 6);
    assert_in_order(text, (const char *const[]){"\r\033[K[1/6] scenarios/",
                                                "\033[1;31mFAIL\033[0m",
                                                "\r\033[K[2/6] 1 bad", NULL});
    for (const char *p = strstr(text, "\033[K["); p;
         p = strstr(p + 1, "\033[K["))
        assert_true(strcspn(p + 3, "\r\n\033") < 30);
}

static void test_terminal_verbose_tells_every_case(void **state)
{
    (void)state;
    const char *text = render(terminal_verbose, 6);
    assert_in_order(
        text, (const char *const[]){
                  "pass scenarios/minimum/below.yaml:pass", "line 1]]>",
                  "skip scenarios/other.yaml:skipped",
                  "expected fail scenarios/other.yaml:expected-fail", NULL});
}

static void test_tap_has_plan_directives_and_bail_out(void **state)
{
    (void)state;
    const char *text = render(report_tap_create, 7);
    assert_in_order(
        text, (const char *const[]){
                  "TAP version 14\n1..7\n",
                  "ok 1 - scenarios/minimum/below.yaml:pass\n",
                  "not ok 2 - scenarios/minimum/below.yaml:fail\n",
                  "  ---\n  verdict: fail\n", "    bob@hospital", "  ...\n",
                  "not ok 3 - scenarios/minimum/below.yaml:error\n",
                  "\nok 4 - scenarios/other.yaml:skipped # SKIP target \\#1 "
                  "has no clock\n",
                  "not ok 5 - scenarios/other.yaml:expected-fail # TODO known: "
                  "ticket\n",
                  "not ok 6 - scenarios/other.yaml:unexpected-pass\n",
                  "Bail out!", NULL});
}

static void test_markdown_tells_what_is_wrong_and_folds_stories(void **state)
{
    (void)state;
    const char *text = render(report_markdown_create, 7);
    static const char *const want[] = {
        "## lasthop: 1 pass, 1 fail, 1 error, ",
        "\n1 of 7 cases were not run.\n",
        "| verdict | case | what | expected | got |\n|---|---|---|---|---|\n",
        "| fail | scenarios/minimum/below.yaml:fail | "
        "bob@hospital.example: method | access-right | email | \n",
        "| eve@lab.example<br>at mx.lab.example | \n",
        "| error | scenarios/minimum/below.yaml:error | no free port |",
        "<details><summary>scenarios/minimum/below.yaml:fail</summary>\n\n    ",
        "\n</details>\n",
        NULL};
    assert_in_order(text, want);
    assert_int_equal(occurrences(text, "<details>"), 3);
}

static void test_json_holds_each_case_and_can_be_read(void **state)
{
    (void)state;
    struct slice rest = slice_of(render(report_json_create, 6));
    size_t cases = 0, others = 0;
    while (rest.n) {
        struct slice line = slice_cut(&rest, '\n');
        struct case_result r, want;
        struct err err;
        enum status status = case_result_parse(arena, line, &r, &err);
        others += status == ST_NONE;
        if (status != ST_OK)
            continue;
        make_case(&want, (enum verdict)cases++);
        assert_string_equal(case_result_format(arena, &r),
                            case_result_format(arena, &want));
    }
    assert_int_equal(cases, VERDICT_COUNT);
    assert_int_equal(others, 2);
    assert_in_order(rendered,
                    (const char *const[]){
                        "{\"schema\":1,\"type\":\"run\",\"version\":\"9.9\"",
                        "\"type\":\"end\"", "\"pass\":1", "\"exit\":1", NULL});
}

static void test_junit_counts_and_escapes(void **state)
{
    (void)state;
    const char *text = render(report_junit_create, 6);
    assert_in_order(
        text,
        (const char *const[]){
            "<testsuites name=\"lasthop\" tests=\"6\" failures=\"2\" "
            "errors=\"1\" skipped=\"2\" time=\"1.250\">",
            "<testsuite name=\"scenarios/minimum/below.yaml\" tests=\"3\" "
            "failures=\"1\" errors=\"1\" skipped=\"0\" time=\"0.033\" "
            "timestamp=\"2026-03-02T08:00:00\">",
            "<testcase name=\"pass\" "
            "classname=\"scenarios/minimum/below.yaml\" time=\"0.010\"/>",
            "<failure message=\"bob@hospital.example: method: expected "
            "access-right, got email\" type=\"fail\">",
            "]]&gt;", "bell \\x07", "<error message=\"no free port\"",
            "<skipped message=\"target #1 has no clock\"/>",
            "<skipped message=\"expected to fail: known: ticket\"/>",
            "type=\"unexpected-pass\"", "</testsuites>", NULL});
    assert_int_equal(occurrences(text, "<testcase "), 6);
    assert_int_equal(occurrences(text, "<testsuite "), 2);
}

/* xmllint's own exit code; -1 when it is not there. */
static int xmllint(const char *xml)
{
    char path[] = "/tmp/junit-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, xml, strlen(xml)), (ssize_t)strlen(xml));
    close(fd);
    char program[] = "xmllint", quiet[] = "--noout", schema[] = "--schema";
    char xsd[] = SOURCE_DIR "/reports/junit.xsd";
    char *argv[] = {program, quiet, schema, xsd, path, NULL};
    pid_t pid;
    int status = 0;
    int rc = posix_spawnp(&pid, program, NULL, NULL, argv, environ);
    if (rc == 0)
        waitpid(pid, &status, 0);
    unlink(path);
    return rc == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_junit_is_valid_by_its_schema(void **state)
{
    (void)state;
    int rc = xmllint("<testsuites/>");
    if (rc < 0 || rc == 127)
        skip();
    assert_int_not_equal(rc, 0); /* it can say no */
    assert_int_equal(xmllint(render(report_junit_create, 6)), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failure_leads_to_the_cause),
        TEST(test_terminal_plain_tells_failures_and_totals),
        TEST(test_terminal_colour_shows_progress_within_the_width),
        TEST(test_terminal_verbose_tells_every_case),
        TEST(test_tap_has_plan_directives_and_bail_out),
        TEST(test_markdown_tells_what_is_wrong_and_folds_stories),
        TEST(test_json_holds_each_case_and_can_be_read),
        TEST(test_junit_counts_and_escapes),
        TEST(test_junit_is_valid_by_its_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
