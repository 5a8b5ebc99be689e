#include "rules/spf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define COUNT(rows) (sizeof rows / sizeof *rows)

enum { RECORDS = 16 };

/* One answer of the DNS; a name without a row does not exist. */
struct row {
    const char *name;
    enum spf_type type;
    const char *records[RECORDS]; /* none: the look-up fails */
};

struct fixture {
    struct arena *arena;
    struct row rows[64];
    size_t count;
    size_t asked;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.arena = arena_create()};
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_destroy(&f->arena);
    return 0;
}

static void add(struct fixture *f, const char *name, enum spf_type type,
                const char *record)
{
    assert_true(f->count < COUNT(f->rows));
    f->rows[f->count++] = (struct row){name, type, {record}};
}

static void add_text(struct fixture *f, const char *name, const char *text)
{
    add(f, name, SPF_TYPE_TXT, text);
}

static void answer(struct fixture *f, struct spf *spf,
                   const struct spf_question *question)
{
    struct slice records[RECORDS];
    struct spf_answer out = {SPF_OUTCOME_NO_DOMAIN, records, 0};
    f->asked++;
    for (size_t i = 0; i < f->count; i++) {
        const struct row *row = &f->rows[i];
        if (!slice_is_nocase(slice_of(question->name), row->name))
            continue;
        out.outcome = SPF_OUTCOME_NO_DATA;
        if (row->type != question->type)
            continue;
        while (out.count < RECORDS && row->records[out.count]) {
            records[out.count] = slice_of(row->records[out.count]);
            out.count++;
        }
        out.outcome = out.count ? SPF_OUTCOME_FOUND : SPF_OUTCOME_FAILED;
        break;
    }
    spf_answer(spf, &out);
}

static struct spf_request request_of(const char *client, const char *domain)
{
    return (struct spf_request){.client = client,
                                .helo = SLICE_LITERAL("mail.example.org"),
                                .local = SLICE_LITERAL("strong-bad"),
                                .domain = slice_of(domain),
                                .receiver = "gateway.example",
                                .now_s = 1772438400};
}

static const struct spf_verdict *
check_from(struct fixture *f, const char *client, const char *domain)
{
    struct spf_request request = request_of(client, domain);
    struct spf *spf = spf_create(f->arena, &request);
    const struct spf_question *question;
    while ((question = spf_question(spf)))
        answer(f, spf, question);
    return spf_verdict(spf);
}

static const struct spf_verdict *check(struct fixture *f, const char *domain)
{
    return check_from(f, "192.0.2.3", domain);
}

static void expect(const struct spf_verdict *v, enum spf_result result,
                   const char *mechanism)
{
    if (v->result != result ||
        (mechanism && (!v->mechanism || strcmp(v->mechanism, mechanism) != 0)))
        fail_msg("got %s by %s (%s), want %s by %s", spf_result_name(v->result),
                 v->mechanism ? v->mechanism : "none",
                 v->problem ? v->problem : "no problem",
                 spf_result_name(result), mechanism ? mechanism : "any");
}

/* --- Records of one term --- */

static void test_spf_record_decides_by_its_terms(void **state)
{
    static const struct {
        const char *record;
        enum spf_result result;
        const char *mechanism;
    } rows[] = {
        {"v=spf1 ip4:192.0.2.3 -all", SPF_RESULT_PASS, "ip4:192.0.2.3"},
        {"v=spf1 ip4:192.0.2.128/25 -all", SPF_RESULT_FAIL, "-all"},
        {"v=spf1 ip4:192.0.2.0/25 -all", SPF_RESULT_PASS, "ip4:192.0.2.0/25"},
        {"v=spf1 ip4:0.0.0.0/0 -all", SPF_RESULT_PASS, NULL},
        {"v=spf1 ip6:::/0 -all", SPF_RESULT_FAIL, "-all"},
        {"v=spf1 ?ip4:192.0.2.3", SPF_RESULT_NEUTRAL, "?ip4:192.0.2.3"},
        {"v=spf1 ~ALL", SPF_RESULT_SOFTFAIL, "~ALL"},
        {"v=spf1", SPF_RESULT_NEUTRAL, "default"},
        {"v=spf1 a -all", SPF_RESULT_PASS, "a"},
        {"v=spf1 a:other.example.org/24 -all", SPF_RESULT_PASS, NULL},
        {"v=spf1 a:other.example.org/25 -all", SPF_RESULT_FAIL, NULL},
        {"v=spf1 a:other.example.org/0 -all", SPF_RESULT_PASS, NULL},
        {"v=spf1 a:nobody.example.org/0 -all", SPF_RESULT_FAIL, NULL},
        {"v=spf1 mx -all", SPF_RESULT_PASS, "mx"},
        {"v=spf1 ptr -all", SPF_RESULT_PASS, "ptr"},
        {"v=spf1 ptr:ample.org -all", SPF_RESULT_FAIL, "-all"},
        {"v=spf1 exists:%{ir}.%{v}.list.example.org -all", SPF_RESULT_PASS,
         NULL},
        {"v=spf1 include:pass.example.org -all", SPF_RESULT_PASS,
         "include:pass.example.org"},
        {"v=spf1 -include:pass.example.org +all", SPF_RESULT_FAIL,
         "-include:pass.example.org"},
        {"v=spf1 include:fail.example.org +all", SPF_RESULT_PASS, "+all"},
        {"v=spf1 include:nobody.example.org +all", SPF_RESULT_PERMERROR,
         "include:nobody.example.org"},
        {"v=spf1 include:broken.example.org +all", SPF_RESULT_PERMERROR,
         "nonsense"},
        {"v=spf1 include:silent.example.org +all", SPF_RESULT_TEMPERROR,
         "include:silent.example.org"},
        {"v=spf1 redirect=fail.example.org", SPF_RESULT_FAIL, "-all"},
        {"v=spf1 redirect=nobody.example.org", SPF_RESULT_PERMERROR,
         "redirect=nobody.example.org"},
        {"v=spf1 a:silent.example.org -all", SPF_RESULT_TEMPERROR,
         "a:silent.example.org"},
        {"v=spf1 a:bad..name.example.org -all", SPF_RESULT_FAIL, "-all"},
        {"v=spf1 -all nonsense", SPF_RESULT_PERMERROR, "nonsense"},
        {"v=spf1\ta -all", SPF_RESULT_NONE, NULL},
    };
    struct fixture *f = *state;
    add_text(f, "example.org", NULL);
    add(f, "example.org", SPF_TYPE_A, "192.0.2.3");
    add(f, "example.org", SPF_TYPE_MX, "mx.example.org");
    add(f, "mx.example.org", SPF_TYPE_A, "192.0.2.3");
    add(f, "other.example.org", SPF_TYPE_A, "192.0.2.200");
    add(f, "3.2.0.192.in-addr.arpa", SPF_TYPE_PTR, "mx.example.org");
    add(f, "3.2.0.192.in-addr.list.example.org", SPF_TYPE_A, "127.0.0.2");
    add_text(f, "pass.example.org", "v=spf1 +all");
    add_text(f, "fail.example.org", "v=spf1 -all");
    add_text(f, "broken.example.org", "v=spf1 nonsense");
    add_text(f, "silent.example.org", NULL);
    add(f, "silent.example.org", SPF_TYPE_A, NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        f->rows[0].records[0] = rows[i].record;
        expect(check(f, "example.org"), rows[i].result, rows[i].mechanism);
    }
}

/* What RFC 7208 prefers where it leaves a choice. */
static void test_spf_choice_is_the_preferred_one(void **state)
{
    struct fixture *f = *state;
    add_text(f, "twice.example.org", "v=spf1 -all");
    f->rows[0].records[1] = "v=spf1 -all";
    add_text(f, "example.org", "v=spf1 exists:%{p}.ok.example.org -all");
    add(f, "3.2.0.192.in-addr.arpa", SPF_TYPE_PTR, "mx.elsewhere.example");
    f->rows[2].records[1] = "mx.example.org";
    add(f, "mx.elsewhere.example", SPF_TYPE_A, "192.0.2.3");
    add(f, "mx.example.org", SPF_TYPE_A, "192.0.2.3");
    add(f, "mx.example.org.ok.example.org", SPF_TYPE_A, "127.0.0.2");
    expect(check(f, "twice.example.org"), SPF_RESULT_PERMERROR, NULL);
    /* Of the validated names the one below the domain. */
    expect(check(f, "example.org"), SPF_RESULT_PASS, NULL);
    /* The reverse look-up for %{p} counts too. */
    assert_int_equal(check(f, "example.org")->lookups, 2);
}

/* --- Limits: one less, exactly, one more --- */

static const char *repeat(struct fixture *f, const char *what, size_t times,
                          const char *end)
{
    const char *text = "v=spf1";
    for (size_t i = 0; i < times; i++)
        text = arena_printf(f->arena, "%s %s", text, what);
    return arena_printf(f->arena, "%s %s", text, end);
}

static void test_spf_lookups_are_limited_to_ten(void **state)
{
    static const char *const terms[] = {"a:no.example.org", "mx:no.example.org",
                                        "ptr:no.example.org",
                                        "include:fail.example.org"};
    struct fixture *f = *state;
    add(f, "no.example.org", SPF_TYPE_A, "192.0.2.77");
    add(f, "no.example.org", SPF_TYPE_MX, ".");
    add(f, "3.2.0.192.in-addr.arpa", SPF_TYPE_PTR, "x.example.net");
    add(f, "x.example.net", SPF_TYPE_A, "192.0.2.3");
    add_text(f, "example.org", NULL);
    add_text(f, "fail.example.org", "v=spf1 -all");
    add_text(f, "end.example.org", "v=spf1 +all");
    for (size_t i = 0; i < COUNT(terms); i++)
        for (size_t n = 9; n <= 11; n++) {
            f->rows[4].records[0] = repeat(f, terms[i], n, "+all");
            const struct spf_verdict *v = check(f, "example.org");
            expect(v, n > 10 ? SPF_RESULT_PERMERROR : SPF_RESULT_PASS, NULL);
            assert_int_equal(v->lookups, n > 10 ? 10 : n);
        }
    /* The redirect is a look-up as well; ip4, ip6 and all are none. */
    for (size_t n = 8; n <= 10; n++) {
        f->rows[4].records[0] = repeat(f, "a:no.example.org ip4:192.0.2.9", n,
                                       "redirect=end.example.org");
        expect(check(f, "example.org"),
               n > 9 ? SPF_RESULT_PERMERROR : SPF_RESULT_PASS, NULL);
    }
}

static void test_spf_includes_share_the_limit(void **state)
{
    struct fixture *f = *state;
    add(f, "no.example.org", SPF_TYPE_A, "192.0.2.77");
    add_text(f, "inner.example.org", NULL);
    add_text(f, "example.org", "v=spf1 include:inner.example.org +all");
    for (size_t n = 8; n <= 10; n++) {
        f->rows[1].records[0] = repeat(f, "a:no.example.org", n, "-all");
        expect(check(f, "example.org"),
               n > 9 ? SPF_RESULT_PERMERROR : SPF_RESULT_PASS, NULL);
    }
    f->rows[1].records[0] = "v=spf1 include:example.org";
    expect(check(f, "example.org"), SPF_RESULT_PERMERROR, NULL);
}

static void test_spf_void_lookups_are_limited_to_two(void **state)
{
    static const char *const terms[] = {"a:no.example.org", "mx:no.example.org",
                                        "exists:no.example.org",
                                        "mx:four.example.org"};
    struct fixture *f = *state;
    add_text(f, "example.org", NULL);
    add(f, "four.example.org", SPF_TYPE_MX, "m1.example.org");
    f->rows[1].records[1] = "m2.example.org";
    f->rows[1].records[2] = "m3.example.org";
    for (size_t i = 0; i < COUNT(terms); i++)
        for (size_t n = 1; n <= 3; n++) {
            f->rows[0].records[0] = repeat(f, terms[i], n, "+all");
            const struct spf_verdict *v = check(f, "example.org");
            expect(v, n > 2 ? SPF_RESULT_PERMERROR : SPF_RESULT_PASS, NULL);
            assert_int_equal(v->voids, n > 2 ? 2 : n);
        }
}

static void fill(struct fixture *f, struct row *row, size_t count,
                 const char *last)
{
    for (size_t i = 0; i < RECORDS; i++)
        row->records[i] = i + 1 < count
                              ? arena_printf(f->arena, "m%zu.example.org", i)
                          : i + 1 == count ? last
                                           : NULL;
}

static void test_spf_mx_hosts_are_limited_to_ten(void **state)
{
    struct fixture *f = *state;
    add_text(f, "example.org", "v=spf1 mx -all");
    add(f, "example.org", SPF_TYPE_MX, NULL);
    add(f, "good.example.org", SPF_TYPE_A, "192.0.2.3");
    for (size_t n = 9; n <= 11; n++) {
        fill(f, &f->rows[1], n, "good.example.org");
        expect(check(f, "example.org"),
               n > 10 ? SPF_RESULT_PERMERROR : SPF_RESULT_PASS, "mx");
    }
}

static void test_spf_names_behind_the_tenth_are_ignored(void **state)
{
    struct fixture *f = *state;
    add_text(f, "example.org", "v=spf1 ptr -all");
    add(f, "3.2.0.192.in-addr.arpa", SPF_TYPE_PTR, NULL);
    add(f, "good.example.org", SPF_TYPE_A, "192.0.2.3");
    for (size_t n = 9; n <= 11; n++) {
        fill(f, &f->rows[1], n, "good.example.org");
        expect(check(f, "example.org"),
               n > 10 ? SPF_RESULT_FAIL : SPF_RESULT_PASS, NULL);
    }
}

static void test_spf_name_length_is_limited(void **state)
{
    enum { LABEL = 63, NAME = 253 };
    struct fixture *f = *state;
    char name[NAME + 3];
    for (size_t n = LABEL - 1; n <= LABEL + 1; n++) {
        memset(name, 'a', n);
        memcpy(name + n, ".org", 5);
        f->count = 0;
        add_text(f, name, "v=spf1 +all");
        expect(check(f, name), n > LABEL ? SPF_RESULT_NONE : SPF_RESULT_PASS,
               NULL);
    }
    for (size_t n = NAME - 1; n <= NAME + 1; n++) {
        for (size_t i = 0; i < n; i++)
            name[i] = i % 50 == 49 && i + 1 < n ? '.' : 'a';
        name[n] = '\0';
        f->count = 0;
        add_text(f, name, "v=spf1 +all");
        expect(check(f, name), n > NAME ? SPF_RESULT_NONE : SPF_RESULT_PASS,
               NULL);
    }
}

/* --- Who asks, and for whom --- */

static void test_spf_domain_without_labels_is_none(void **state)
{
    static const char *const domains[] = {
        "", "localhost", "[192.0.2.3]", "a..org", ".org", "org.", "[IPv6:::1]"};
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(domains); i++) {
        expect(check(f, domains[i]), SPF_RESULT_NONE, NULL);
        assert_int_equal(f->asked, 0);
    }
}

static void test_spf_client_kind_decides_what_is_asked(void **state)
{
    struct fixture *f = *state;
    add_text(f, "example.org", "v=spf1 a//64 ip6:2001:db8:1::/48 -all");
    add(f, "example.org", SPF_TYPE_A, "192.0.2.3");
    add(f, "example.org", SPF_TYPE_AAAA, "2001:db8:2::1");
    expect(check_from(f, "192.0.2.3", "example.org"), SPF_RESULT_PASS, "a//64");
    expect(check_from(f, "::ffff:192.0.2.3", "example.org"), SPF_RESULT_PASS,
           "a//64");
    expect(check_from(f, "2001:db8:2::ffff", "example.org"), SPF_RESULT_PASS,
           "a//64");
    expect(check_from(f, "2001:db8:1:9::1", "example.org"), SPF_RESULT_PASS,
           "ip6:2001:db8:1::/48");
    expect(check_from(f, "2001:db8:3::1", "example.org"), SPF_RESULT_FAIL,
           "-all");
    /* No client is exempted, least of all the machine itself. */
    expect(check_from(f, "127.0.0.1", "example.org"), SPF_RESULT_FAIL, "-all");
    expect(check_from(f, "::1", "example.org"), SPF_RESULT_FAIL, "-all");
}

/* --- Explanations --- */

static void test_spf_explanation_is_the_domains_own(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"See %{c} at %{r}", "See 192.0.2.3 at gateway.example"},
        {"%{t}", "1772438400"},
        {"%{S}%_%%%-", "strong-bad%40example.org %%20"},
        {"%{l-r}|%{l1r-}|%{d1}|%{dr}|%{h2}", NULL /* "-" stands before "r" */},
        {"%{lr-}|%{l1r-}|%{d1}|%{dr}|%{h2}|%{h99}",
         "bad.strong|strong|org|org.example|example.org|mail.example.org"},
        {"%{p}", "unknown"},
        {"%{x}", NULL},
        {"%{d0}", NULL},
        {"100%", NULL},
        {"line\r\nbreak", NULL},
        {"caf\xc3\xa9", NULL},
        {"", NULL},
    };
    struct fixture *f = *state;
    add_text(f, "example.org", "v=spf1 exp=why.%{d} -all");
    add_text(f, "why.example.org", NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        f->rows[1].records[0] = rows[i].text;
        const struct spf_verdict *v = check(f, "example.org");
        expect(v, SPF_RESULT_FAIL, "-all");
        if (rows[i].want) {
            assert_non_null(v->explanation);
            assert_string_equal(v->explanation, rows[i].want);
        } else {
            assert_null(v->explanation);
        }
        assert_int_equal(v->lookups + v->voids, 0);
    }
}

static void test_spf_overlong_macros_end_as_no_name(void **state)
{
    enum { MACROS = 9000 };
    struct fixture *f = *state;
    char *text = arena_alloc(f->arena, 4 * MACROS + 64);
    static const char head[] = "v=spf1 exists:";
    size_t n = sizeof head - 1;
    memcpy(text, head, n);
    for (size_t i = 0; i < MACROS; i++, n += 4)
        memcpy(text + n, "%{s}", 4);
    memcpy(text + n, " +all", 6);
    add_text(f, "example.org", text);
    expect(check(f, "example.org"), SPF_RESULT_PASS, "+all");
}

/* --- The shell's part --- */

static void test_spf_given_up_is_temperror(void **state)
{
    struct fixture *f = *state;
    struct spf_request request = request_of("192.0.2.3", "example.org");
    struct spf *spf = spf_create(f->arena, &request);
    assert_null(spf_verdict(spf));
    assert_string_equal(spf_question(spf)->name, "example.org");
    assert_int_equal(spf_question(spf)->type, SPF_TYPE_TXT);
    spf_give_up(spf, "too slow");
    assert_null(spf_question(spf));
    expect(spf_verdict(spf), SPF_RESULT_TEMPERROR, NULL);
    assert_string_equal(spf_verdict(spf)->problem, "too slow");
}

static void test_spf_given_up_while_explaining_keeps_fail(void **state)
{
    struct fixture *f = *state;
    add_text(f, "example.org", "v=spf1 exp=why.example.org -all");
    struct spf_request request = request_of("192.0.2.3", "example.org");
    struct spf *spf = spf_create(f->arena, &request);
    answer(f, spf, spf_question(spf));
    assert_string_equal(spf_question(spf)->name, "why.example.org");
    spf_give_up(spf, "too slow");
    expect(spf_verdict(spf), SPF_RESULT_FAIL, "-all");
}

static void test_spf_names_are_asked_in_presentation_format(void **state)
{
    struct fixture *f = *state;
    add_text(f, "example.org", "v=spf1 exists:a%_b;c@d.example.org +all");
    struct spf_request request = request_of("192.0.2.3", "example.org");
    struct spf *spf = spf_create(f->arena, &request);
    answer(f, spf, spf_question(spf));
    assert_string_equal(spf_question(spf)->name, "a\\032b\\;c\\@d.example.org");
}

static void test_spf_refusal_says_what_the_clause_says(void **state)
{
    static const struct {
        struct spf_verdict verdict;
        const char *want;
    } rows[] = {
        {{.result = SPF_RESULT_PASS}, NULL},
        {{SPF_RESULT_FAIL, "-all", "a.org", NULL, NULL, 0, 0},
         "550 5.7.23 SPF fail by -all of a.org"},
        {{SPF_RESULT_FAIL, "-all", "a.org", NULL, "Go away", 0, 0},
         "550 5.7.23 SPF fail by -all of a.org, which explains: Go away"},
        {{SPF_RESULT_NONE, NULL, "a.org", "no SPF record", NULL, 0, 0},
         "530 5.7.0 Authentication required; SPF none for a.org: no SPF "
         "record"},
        {{SPF_RESULT_NEUTRAL, "default", "a.org", NULL, NULL, 0, 0},
         "530 5.7.0 Authentication required; SPF neutral by default of a.org"},
        {{SPF_RESULT_SOFTFAIL, "~all", "a.org", NULL, NULL, 0, 0},
         "530 5.7.0 Authentication required; SPF softfail by ~all of a.org"},
        {{SPF_RESULT_PERMERROR, "moo", "a.org", "syntax error", NULL, 0, 0},
         "550 5.7.24 SPF permerror by moo of a.org: syntax error"},
        {{SPF_RESULT_TEMPERROR, "a", "a.org", "DNS look-up failed", NULL, 0, 0},
         "451 4.7.24 SPF temperror by a of a.org: DNS look-up failed"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = spf_refusal(f->arena, &rows[i].verdict);
        if (rows[i].want)
            assert_string_equal(got, rows[i].want);
        else
            assert_null(got);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_spf_record_decides_by_its_terms),
        TEST(test_spf_choice_is_the_preferred_one),
        TEST(test_spf_lookups_are_limited_to_ten),
        TEST(test_spf_includes_share_the_limit),
        TEST(test_spf_void_lookups_are_limited_to_two),
        TEST(test_spf_mx_hosts_are_limited_to_ten),
        TEST(test_spf_names_behind_the_tenth_are_ignored),
        TEST(test_spf_name_length_is_limited),
        TEST(test_spf_domain_without_labels_is_none),
        TEST(test_spf_client_kind_decides_what_is_asked),
        TEST(test_spf_explanation_is_the_domains_own),
        TEST(test_spf_overlong_macros_end_as_no_name),
        TEST(test_spf_given_up_is_temperror),
        TEST(test_spf_given_up_while_explaining_keeps_fail),
        TEST(test_spf_names_are_asked_in_presentation_format),
        TEST(test_spf_refusal_says_what_the_clause_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
