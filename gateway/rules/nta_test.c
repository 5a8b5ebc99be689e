#include "rules/nta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "base/test_arena.h"

#define COUNT(rows) (sizeof rows / sizeof *rows)

/* "2019-06 2027-07 Example 10 a.example" of a record, or why it is none. */
static const char *show(const char *text)
{
    struct nta_record r;
    struct err err;
    if (!nta_record_is(slice_of(text)))
        return "none";
    if (nta_record_parse(arena, slice_of(text), &r, &err) != ST_OK)
        return arena_strdup(arena, err.text);
    char *shown = arena_printf(arena, "%04d-%02d %04d-%02d %.*s", r.start / 12,
                               r.start % 12 + 1, r.end / 12, r.end % 12 + 1,
                               SLICE_ARG(r.provider));
    for (size_t i = 0; i < r.hop_count; i++)
        shown = arena_printf(arena, "%s, %u %s", shown, r.hops[i].preference,
                             r.hops[i].host);
    return shown;
}

#define HEAD "v=NTA7516-1;startdate=2019-06;enddate=2027-07;provider=Example"
#define GOOD "2019-06 2027-07 Example"

static void test_nta_record_is_read_as_the_agreement_says(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {HEAD, GOOD},
        {HEAD ";", GOOD},
        {HEAD " ; ", GOOD},
        {HEAD ";ntamx=10 nta-mx.hospital.example",
         GOOD ", 10 nta-mx.hospital.example"},
        {HEAD ";ntamx=20 b.example;ntamx=10 A.Example.",
         GOOD ", 20 b.example, 10 a.example"},
        {HEAD ";ntamx=0 a.example;ntamx=65535 b.example",
         GOOD ", 0 a.example, 65535 b.example"},
        {" V = NTA7516-1 ; StartDate = 2019-06 ; ENDDATE=2027-07;"
         "PROVIDER = Example ; NtaMx = 10 a.example ;",
         GOOD ", 10 a.example"},
        {"v=NTA7516-1;provider=Example;enddate=2027-07;startdate=2019-06",
         GOOD},
        {HEAD ";colour=blue;ntamxes=no;x", GOOD},
        {HEAD ";;", GOOD},
        {"v=NTA7516-1;startdate=2020-01;enddate=2020-01;provider=A b = c",
         "2020-01 2020-01 A b = c"},
        {"v=NTA7516-1;startdate=2020-12;enddate=2021-01;provider=x",
         "2020-12 2021-01 x"},
        /* What is no record. */
        {"", "none"},
        {"v=spf1 -all", "none"},
        {"v=NTA7516;version:2019-06;expire:2019-10;provider:x;"
         "ntamx:mx.example",
         "none"},
        {"v=nta7516-1;startdate=2019-06;enddate=2027-07;provider=x", "none"},
        {"v=NTA7516-2;startdate=2019-06;enddate=2027-07;provider=x", "none"},
        {"v=NTA7516-10;startdate=2019-06;enddate=2027-07;provider=x", "none"},
        {"v:NTA7516-1;startdate=2019-06;enddate=2027-07;provider=x", "none"},
        {"startdate=2019-06;v=NTA7516-1;enddate=2027-07;provider=x", "none"},
        {";" HEAD, "none"},
        {"v=\tNTA7516-1;startdate=2019-06;enddate=2027-07;provider=x", "none"},
        {"NTA7516-1", "none"},
        /* What is a broken one. */
        {"v=NTA7516-1", "no startdate"},
        {"v=NTA7516-1;", "no startdate"},
        {"v=NTA7516-1;enddate=2027-07;provider=x", "no startdate"},
        {"v=NTA7516-1;startdate=2019-06;provider=x", "no enddate"},
        {"v=NTA7516-1;startdate=2019-06;enddate=2027-07", "no provider"},
        {"v=NTA7516-1;startdate=2019-06;enddate=2027-07;provider=",
         "no provider"},
        {"v=NTA7516-1;startdate:2019-06;enddate=2027-07;provider=x",
         "no startdate"},
        {HEAD ";startdate=2019-06", "a second startdate"},
        {HEAD ";EndDate=2027-07", "a second EndDate"},
        {"v=NTA7516-1;startdate=2019-00;enddate=2027-07;provider=x",
         "startdate is no YYYY-MM"},
        {"v=NTA7516-1;startdate=2019-13;enddate=2027-07;provider=x",
         "startdate is no YYYY-MM"},
        {"v=NTA7516-1;startdate=2019-6;enddate=2027-07;provider=x",
         "startdate is no YYYY-MM"},
        {"v=NTA7516-1;startdate=2019-06;enddate=2027-07-31;provider=x",
         "enddate is no YYYY-MM"},
        {"v=NTA7516-1;startdate=2019-06;enddate=202707;provider=x",
         "enddate is no YYYY-MM"},
        {"v=NTA7516-1;startdate=2019-06;enddate=;provider=x",
         "enddate is no YYYY-MM"},
        {"v=NTA7516-1;startdate=2019-06;enddate=-027-07;provider=x",
         "enddate is no YYYY-MM"},
        {"v=NTA7516-1;startdate=2019-06;enddate=2019-05;provider=x",
         "ends before its start"},
        {HEAD ";ntamx:10 a.example", "malformed ntamx"},
        {HEAD ";ntamx :10 a.example", "malformed ntamx"},
        {HEAD ";ntamx:10 a.example=b", "malformed ntamx"},
        {HEAD ";ntamx", "malformed ntamx"},
        {HEAD ";ntamx=", "malformed ntamx"},
        {HEAD ";ntamx=a.example", "malformed ntamx"},
        {HEAD ";ntamx=10", "malformed ntamx"},
        {HEAD ";ntamx=10  a.example", "malformed ntamx"},
        {HEAD ";ntamx=10\ta.example", "malformed ntamx"},
        {HEAD ";ntamx=a.example 10", "malformed ntamx"},
        {HEAD ";ntamx=-1 a.example", "malformed ntamx"},
        {HEAD ";ntamx=65536 a.example", "malformed ntamx"},
        {HEAD ";ntamx=10 a.example b.example", "malformed ntamx"},
        {HEAD ";ntamx=10 a..example", "malformed ntamx"},
        {HEAD ";ntamx=10 .", "malformed ntamx"},
        {HEAD ";ntamx=10 a.example..", "malformed ntamx"},
        {HEAD ";ntamx=10 -a.example", "malformed ntamx"},
        {HEAD ";ntamx=10 a_b.example", "malformed ntamx"},
        {HEAD ";ntamx=10 192.0.2.1", "malformed ntamx"},
        {HEAD ";ntamx=10 good.example;ntamx=bad", "malformed ntamx"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(show(rows[i].text), rows[i].want) != 0)
            fail_msg("%s: got %s, want %s", rows[i].text, show(rows[i].text),
                     rows[i].want);
}

/* No end of a record, and no octet in it, leads the parser astray. */
static void test_nta_record_cut_anywhere_is_read_without_harm(void **state)
{
    static const char whole[] = HEAD ";ntamx=10 a.example;ntamx=20 b.example;";
    (void)state;
    for (size_t n = 0; n < sizeof whole; n++) {
        struct nta_record r;
        struct err err;
        char *copy = malloc(n + 1); /* so that a checker sees the end */
        memcpy(copy, whole, n);
        struct slice text = {copy, n};
        if (nta_record_is(text) &&
            nta_record_parse(arena, text, &r, &err) == ST_OK)
            assert_true(n >= sizeof HEAD - strlen("Example"));
        for (size_t i = 0; i < n; i++) {
            copy[i] = '\0';
            if (nta_record_parse(arena, text, &r, &err) == ST_OK)
                assert_true(r.hop_count <= 2);
            copy[i] = whole[i];
        }
        free(copy);
    }
}

static void test_nta_judge_names_the_first_fault(void **state)
{
    static const char late[] =
        "v=NTA7516-1;startdate=2027-08;enddate=2028-01;provider=x";
    static const char broken[] = "v=NTA7516-1;provider=x";
    static const char legacy[] = "v=NTA7516;version:2019-06;provider:x";
    static const struct {
        const char *texts[3];
        bool insecure;
        enum nta_finding want;
    } rows[] = {
        {{HEAD}, false, NTA_FINDING_VALID},
        {{"v=spf1 -all", HEAD, legacy}, false, NTA_FINDING_VALID},
        {{NULL}, false, NTA_FINDING_NONE},
        {{NULL}, true, NTA_FINDING_NONE},
        {{"v=spf1 -all", legacy}, false, NTA_FINDING_NONE},
        {{HEAD}, true, NTA_FINDING_INSECURE},
        {{broken}, true, NTA_FINDING_INSECURE},
        {{broken}, false, NTA_FINDING_INVALID},
        {{HEAD, HEAD}, false, NTA_FINDING_INVALID},
        {{HEAD, late}, false, NTA_FINDING_INVALID},
        {{HEAD, broken}, false, NTA_FINDING_INVALID},
        {{late}, false, NTA_FINDING_DATES},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slice texts[3];
        size_t count = 0;
        struct nta_record r;
        for (; count < 3 && rows[i].texts[count]; count++)
            texts[count] = slice_of(rows[i].texts[count]);
        enum nta_finding got = nta_judge(arena, texts, count, !rows[i].insecure,
                                         nta_month_of(2026, 3), &r);
        if (got != rows[i].want)
            fail_msg("row %zu: got %d, want %d", i, (int)got,
                     (int)rows[i].want);
    }
}

/* Months are Amsterdam's: in winter an hour before UTC, in summer two. */
static void test_nta_dates_turn_at_midnight_in_amsterdam(void **state)
{
    static const char text[] =
        "v=NTA7516-1;startdate=2026-02;enddate=2026-07;provider=x";
    static const struct {
        int64_t at_s;
        enum nta_finding want;
    } rows[] = {
        {1769900399, NTA_FINDING_DATES}, /* 2026-01-31T23:59:59+01:00 */
        {1769900400, NTA_FINDING_VALID}, /* 2026-02-01T00:00:00+01:00 */
        {1785535199, NTA_FINDING_VALID}, /* 2026-07-31T23:59:59+02:00 */
        {1785535200, NTA_FINDING_DATES}, /* 2026-08-01T00:00:00+02:00 */
    };
    struct slice one = slice_of(text);
    struct nta_record r;
    struct err err;
    (void)state;
    assert_int_equal(zone_use("Europe/Amsterdam", &err), ST_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int year, month;
        zone_month(rows[i].at_s, &year, &month);
        enum nta_finding got =
            nta_judge(arena, &one, 1, true, nta_month_of(year, month), &r);
        if (got != rows[i].want)
            fail_msg("at %lld (%d-%d): got %d", (long long)rows[i].at_s, year,
                     month, (int)got);
    }
    int year, month;
    assert_int_equal(zone_use("UTC", &err), ST_OK);
    zone_month(1769900400, &year, &month);
    assert_int_equal(month, 1);
    assert_int_equal(zone_use("Europe/Amsterdamm", &err), ST_INVAL);
    assert_int_equal(zone_use("../zoneinfo/UTC", &err), ST_INVAL);
    assert_int_equal(zone_use("", &err), ST_INVAL);
}

static void test_nta_spf_must_end_in_a_strict_all(void **state)
{
    static const struct {
        const char *texts[3];
        bool want;
    } rows[] = {
        {{"v=spf1 a:gateway.example -all"}, true},
        {{"v=spf1 ~all"}, true},
        {{"V=SPF1 -ALL"}, true},
        {{"v=spf1 mx -all exp=why.example"}, true},
        {{"some text", "v=spf1 -all"}, true},
        {{NULL}, false},
        {{"v=spf10 -all"}, false},
        {{"v=spf1"}, false},
        {{"v=spf1 mx"}, false},
        {{"v=spf1 ?all"}, false},
        {{"v=spf1 all"}, false},
        {{"v=spf1 +all"}, false},
        {{"v=spf1 +all -all"}, false},
        {{"v=spf1 -all mx"}, false},
        {{"v=spf1 redirect=_spf.example"}, false},
        {{"v=spf1 nonsense -all"}, false},
        {{"v=spf1 -all", "v=spf1 -all"}, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slice texts[3];
        size_t count = 0;
        for (; count < 3 && rows[i].texts[count]; count++)
            texts[count] = slice_of(rows[i].texts[count]);
        if (nta_spf_is_strict(arena, texts, count) != rows[i].want)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nta_record_is_read_as_the_agreement_says),
        cmocka_unit_test(test_nta_record_cut_anywhere_is_read_without_harm),
        cmocka_unit_test(test_nta_judge_names_the_first_fault),
        cmocka_unit_test(test_nta_dates_turn_at_midnight_in_amsterdam),
        cmocka_unit_test(test_nta_spf_must_end_in_a_strict_all),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
