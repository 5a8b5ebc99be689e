#include "kit/mutant.h"

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

static const char good[] = "Clause: MINIMUM-1\n"
                           "Says: the minimum is forgotten\n"
                           "Cases: a.yaml:one, a.yaml:two\n"
                           "Words: got email, method\n"
                           "\n"
                           "diff --git a/x.c b/x.c\n"
                           "--- a/x.c\n";

static struct mutant parsed(void)
{
    struct mutant m;
    struct err err;
    assert_int_equal(mutant_parse(arena, "fixtures/mutants/forgets.patch",
                                  slice_of(good), &m, &err),
                     ST_OK);
    return m;
}

static struct case_result result(const char *case_name, enum verdict verdict)
{
    struct case_result r;
    case_result_init(&r, arena, "a.yaml", case_name);
    if (verdict == VERDICT_FAIL) {
        struct mismatch *m = case_result_mismatch(
            &r, "bob@x.example: method", (struct place){"a.yaml", 3, 4});
        m->expected = "access-right";
        m->got = "email";
    }
    r.verdict = verdict;
    return r;
}

static void test_mutant_parse_reads_the_header(void **state)
{
    (void)state;
    struct mutant m = parsed();
    assert_string_equal(m.name, "forgets");
    assert_string_equal(m.clause, "MINIMUM-1");
    assert_string_equal(m.says, "the minimum is forgotten");
    assert_int_equal(m.cases.n, 2);
    assert_string_equal(m.cases.v[1], "a.yaml:two");
    assert_int_equal(m.words.n, 2);
}

static void test_mutant_parse_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"Clause: A-1\nSays: x\nCases: c\n--- a\n", "no line Words"},
        {"Clause: A-1\nSays: x\nWords: c\n--- a\n", "no line Cases"},
        {"Clause: A-1\nCases: x\nWords: c\n--- a\n", "no line Says"},
        {"Says: A-1\nCases: x\nWords: c\n--- a\n", "no line Clause"},
        {"Clause: A\nClause: B\n--- a\n", "m.patch:2:1: Clause stands twice"},
        {"Claus: A\n--- a\n", "m.patch:1:1: unknown header line Claus"},
        {"Clause: A-1\nSays: x\nCases: c\nWords: w\n", "no diff"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct mutant m;
        struct err err = {0};
        enum status status =
            mutant_parse(arena, "m.patch", slice_of(rows[i].text), &m, &err);
        if (status != ST_INVAL || !strstr(err.text, rows[i].says))
            fail_msg("row %zu: got %s \"%s\", want \"%s\"", i,
                     status_name(status), err.text, rows[i].says);
    }
}

static void test_mutant_judge_wants_each_case_and_word(void **state)
{
    (void)state;
    struct mutant m = parsed();
    const char *seen;
    struct case_result both[] = {result("one", VERDICT_FAIL),
                                 result("two", VERDICT_FAIL)};
    assert_non_null(mutant_judge(arena, &m, both, 1, &seen));
    assert_null(mutant_judge(arena, &m, both, 2, &seen));
    assert_string_equal(seen, "a.yaml:one: bob@x.example: method: expected "
                              "access-right, got email");
    m.words.v[1] = "starttls";
    assert_non_null(
        strstr(mutant_judge(arena, &m, both, 2, &seen), "another reason"));
}

static void test_mutant_judge_takes_no_other_verdict(void **state)
{
    (void)state;
    static const enum verdict others[] = {
        VERDICT_PASS, VERDICT_ERROR, VERDICT_SKIPPED, VERDICT_EXPECTED_FAIL};
    struct mutant m = parsed();
    m.words.n = 0;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        const char *seen;
        struct case_result both[] = {result("one", VERDICT_FAIL),
                                     result("two", others[i])};
        const char *why = mutant_judge(arena, &m, both, 2, &seen);
        if (!why || !strstr(why, verdict_name(others[i])))
            fail_msg("%s: got %s", verdict_name(others[i]), why ? why : "ok");
    }
}

/* What a peer said is no reason that the checker gave. */
static void test_mutant_judge_does_not_look_at_transcripts(void **state)
{
    (void)state;
    struct mutant m = parsed();
    m.words.n = 1;
    m.words.v[0] = "STARTTLS";
    const char *seen;
    struct case_result both[] = {result("one", VERDICT_FAIL),
                                 result("two", VERDICT_FAIL)};
    struct transcript *t = case_result_transcript(&both[0], "submitter");
    texts_add(arena, &t->lines, "C: STARTTLS");
    assert_non_null(mutant_judge(arena, &m, both, 2, &seen));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mutant_parse_reads_the_header),
        TEST(test_mutant_parse_refuses),
        TEST(test_mutant_judge_wants_each_case_and_word),
        TEST(test_mutant_judge_takes_no_other_verdict),
        TEST(test_mutant_judge_does_not_look_at_transcripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
