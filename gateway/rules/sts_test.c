#include "rules/sts.h"
#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define COUNT(rows) (sizeof rows / sizeof *rows)

/* RFC 8461 3.1. */
static void test_sts_record_is_read_as_the_rfc_says(void **state)
{
    static const struct {
        const char *texts[3];
        enum sts_finding want;
        const char *id;
    } rows[] = {
        {{"v=STSv1; id=20160831085700Z;"},
         STS_FINDING_VALID,
         "20160831085700Z"},
        {{"v=STSv1;id=a"}, STS_FINDING_VALID, "a"},
        {{"v=STSv1 ;\tid=a ; "}, STS_FINDING_VALID, "a"},
        {{"v=STSv1; x-y.z_1=w; id=a;"}, STS_FINDING_VALID, "a"},
        {{"v=STSv1; id=a; id=b;"}, STS_FINDING_VALID, "a"},
        {{"v=STSv1; id=12345678901234567890123456789012;"},
         STS_FINDING_VALID,
         "12345678901234567890123456789012"},
        {{"v=STSv1; id=123456789012345678901234567890123;"},
         STS_FINDING_INVALID,
         ""},
        {{"v=STSv1; id=;"}, STS_FINDING_INVALID, ""},
        {{"v=STSv1; id=a-b;"}, STS_FINDING_INVALID, ""},
        {{"v=STSv1; id = a;"}, STS_FINDING_INVALID, ""},
        {{"v=STSv1; ;id=a;"}, STS_FINDING_INVALID, ""},
        {{"v=STSv1; junk; id=a;"}, STS_FINDING_INVALID, ""},
        {{"v=STSv1; ID=a;"}, STS_FINDING_INVALID, ""},
        {{"v=STSv1;"}, STS_FINDING_INVALID, ""},
        {{"v=STSv1"}, STS_FINDING_NONE, ""},
        {{"v=STSv12; id=a;"}, STS_FINDING_NONE, ""},
        {{"v=stsv1; id=a;"}, STS_FINDING_NONE, ""},
        {{" v=STSv1; id=a;"}, STS_FINDING_NONE, ""},
        {{"id=a; v=STSv1;"}, STS_FINDING_NONE, ""},
        {{"v=spf1 -all", "v=STSv1; id=a;"}, STS_FINDING_VALID, "a"},
        {{"v=STSv1; id=a;", "v=STSv1; id=b;"}, STS_FINDING_INVALID, ""},
        {{0}, STS_FINDING_NONE, ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slice texts[3];
        char id[STS_ID_BYTES];
        size_t n = 0;
        for (; n < 3 && rows[i].texts[n]; n++)
            texts[n] = slice_of(rows[i].texts[n]);
        enum sts_finding got = sts_record(texts, n, id);
        if (got != rows[i].want || strcmp(id, rows[i].id) != 0)
            fail_msg("row %zu: got %d \"%s\", want %d \"%s\"", i, (int)got, id,
                     (int)rows[i].want, rows[i].id);
    }
}

/* "enforce 604800 mx1.example *.b.example", or why it is none. */
static const char *show(const char *text)
{
    struct sts_policy p;
    struct err err;
    if (sts_policy_parse(arena, slice_of(text), &p, &err) != ST_OK)
        return arena_strdup(arena, err.text);
    char *shown = arena_printf(arena, "%s %lld", sts_mode_name(p.mode),
                               (long long)p.max_age_s);
    for (size_t i = 0; i < p.mx_count; i++)
        shown = arena_printf(arena, "%s %s", shown, p.mx[i]);
    return shown;
}

/* RFC 8461 3.2. */
static void test_sts_policy_is_read_as_the_rfc_says(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"version: STSv1\r\nmode: enforce\r\nmx: mail.Example.com\r\n"
         "mx: *.example.net\r\nmax_age: 604800\r\n",
         "enforce 604800 mail.example.com *.example.net"},
        {"max_age:1\nmx:a.example \nmode:\ttesting\nversion:STSv1",
         "testing 1 a.example"},
        {"version: STSv1\nmode: none\nmax_age: 0\n", "none 0"},
        {"version: STSv1\n\nmode: none\nx-future: anything: at all\n"
         "max_age: 5\n",
         "none 5"},
        {"version: STSv1\nmode: none\nmode: enforce\nmax_age: 5\nmax_age: 9\n",
         "none 5"},
        {"version: STSv1\nmode: none\nmax_age: 9999999999\n", "none 31557600"},
        {"", "no version"},
        {"mode: none\nmax_age: 5\n", "no version"},
        {"version: STSv1\nmax_age: 5\n", "no mode"},
        {"version: STSv1\nmode: none\n", "no max_age"},
        {"version: STSv1\nmode: enforce\nmax_age: 5\n", "no mx"},
        {"version: STSv1\nmode: testing\nmax_age: 5\n", "no mx"},
        {"version: STSv2\nmode: none\nmax_age: 5\n", "an unknown version"},
        {"version: STSv1\nmode: Enforce\nmx: a\nmax_age: 5\n",
         "an unknown mode"},
        {"version: STSv1\nmode: none\nmax_age: -5\n",
         "a max_age that is no number"},
        {"version: STSv1\nmode: none\nmax_age: 5s\n",
         "a max_age that is no number"},
        {"version: STSv1\nmode: none\nmax_age: 00000000001\n",
         "a max_age that is no number"},
        {"version: STSv1\nmode: enforce\nmx: *\nmax_age: 5\n",
         "an mx that is no host"},
        {"version: STSv1\nmode: enforce\nmx: *.\nmax_age: 5\n",
         "an mx that is no host"},
        {"version: STSv1\nmode: enforce\nmx: a.*.example\nmax_age: 5\n",
         "an mx that is no host"},
        {"version: STSv1\nmode: enforce\nmx: a..example\nmax_age: 5\n",
         "an mx that is no host"},
        {"<html>not found</html>", "a line without a colon"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(show(rows[i].text), rows[i].want) != 0)
            fail_msg("row %zu: got \"%s\", want \"%s\"", i, show(rows[i].text),
                     rows[i].want);
}

/* RFC 8461 4.1. */
static void test_sts_host_is_named_whole_or_by_its_parent(void **state)
{
    static const struct {
        const char *host;
        bool want;
    } rows[] = {
        {"mx1.a.example", true},  {"MX1.A.Example", true},
        {"mx2.a.example", false}, {"x.mx1.a.example", false},
        {"y.b.example", true},    {"Y.B.EXAMPLE", true},
        {"b.example", false},     {"x.y.b.example", false},
        {"yb.example", false},    {"", false},
        {"example", false},
    };
    static const char *const mx[] = {"mx1.a.example", "*.b.example"};
    struct sts_policy policy = {.mx = mx, .mx_count = 2};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (sts_names_host(&policy, rows[i].host) != rows[i].want)
            fail_msg("%s", rows[i].host);
}

static void test_sts_text_is_plain_whatever_its_parameters(void **state)
{
    (void)state;
    assert_true(sts_is_text(SLICE_LITERAL("text/plain")));
    assert_true(sts_is_text(SLICE_LITERAL("Text/Plain ; charset=utf-8")));
    assert_false(sts_is_text(SLICE_LITERAL("text/html")));
    assert_false(sts_is_text(SLICE_LITERAL("text/plainer")));
    assert_false(sts_is_text(SLICE_LITERAL("")));
}

/* RFC 8461 3.3 and 10.2, TRANSPORT-6. */
static void test_sts_plan_fetches_keeps_and_forgets(void **state)
{
    const int64_t t = 1000000;
    struct sts_kept kept = {0};
    (void)state;
    assert_int_equal(sts_plan(&kept, "", t), STS_STEP_NOTHING);
    assert_int_equal(sts_plan(&kept, "a", t), STS_STEP_FETCH);
    sts_keep(&kept, "a", 200000, t);
    assert_int_equal(sts_plan(&kept, "a", t), STS_STEP_KEPT);
    assert_int_equal(sts_plan(&kept, "a", t + 86399), STS_STEP_KEPT);
    /* once a day, and whenever the record says that it changed */
    assert_int_equal(sts_plan(&kept, "a", t + 86400), STS_STEP_FETCH);
    assert_int_equal(sts_plan(&kept, "b", t), STS_STEP_FETCH);
    /* without a record it lives on to its end */
    assert_int_equal(sts_plan(&kept, "", t + 199999), STS_STEP_KEPT);
    assert_int_equal(sts_plan(&kept, "", t + 200000), STS_STEP_NOTHING);
    assert_int_equal(sts_plan(&kept, "a", t + 200000), STS_STEP_FETCH);
}

static void test_sts_failed_fetch_leaves_what_is_kept(void **state)
{
    const int64_t t = 1000000;
    struct sts_kept kept = {0};
    (void)state;
    assert_int_equal(sts_after_failure(&kept, "a", t), STS_STEP_NOTHING);
    assert_int_equal(sts_plan(&kept, "a", t + 299), STS_STEP_NOTHING);
    assert_int_equal(sts_plan(&kept, "b", t + 299), STS_STEP_FETCH);
    assert_int_equal(sts_plan(&kept, "a", t + 300), STS_STEP_FETCH);
    sts_keep(&kept, "a", 200000, t);
    assert_string_equal(kept.failed_id, "");
    assert_int_equal(sts_after_failure(&kept, "b", t + 10), STS_STEP_KEPT);
    assert_int_equal(sts_plan(&kept, "b", t + 20), STS_STEP_KEPT);
    assert_int_equal(sts_after_failure(&kept, "b", t + 200000),
                     STS_STEP_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sts_record_is_read_as_the_rfc_says),
        cmocka_unit_test(test_sts_policy_is_read_as_the_rfc_says),
        cmocka_unit_test(test_sts_host_is_named_whole_or_by_its_parent),
        cmocka_unit_test(test_sts_text_is_plain_whatever_its_parameters),
        cmocka_unit_test(test_sts_plan_fetches_keeps_and_forgets),
        cmocka_unit_test(test_sts_failed_fetch_leaves_what_is_kept),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
