#include "rules/dmarc.h"
#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define COUNT(rows) (sizeof rows / sizeof *rows)

static const char *word(enum dmarc_request request)
{
    static const char *const words[] = {"none", "quarantine", "reject"};
    return words[request];
}

static void test_dmarc_record_is_read(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"v=DMARC1; p=reject", "reject reject 100"},
        {"v=DMARC1;p=quarantine;", "quarantine quarantine 100"},
        {"v = DMARC1 ; p = REJECT ; pct = 99", "reject reject 99"},
        {"v=DMARC1; p=reject; sp=none; adkim=s", "reject none 100"},
        {"v=DMARC1; p=none; sp=reject; pct=0", "none reject 0"},
        {"v=DMARC1; p=reject; pct=101", "reject reject 100"},
        {"v=DMARC1; p=reject; pct=half", "reject reject 100"},
        {"v=DMARC1; p=reject; rua=mailto:a@b.example", "reject reject 100"},
        {"v=DMARC1", "no policy"},
        {"v=DMARC1; sp=reject", "no policy"},
        {"v=DMARC1; p=block", "no policy"},
        {"v=DMARC1; p=", "no policy"},
        {"v=DMARC1; sp=none; p=reject", "no policy"},
        {"v=DMARC1; p=reject; sp=block", "no policy"},
        {"v=DMARC1; p=reject; p=none", "no policy"},
        {"v=DMARC1; p=reject; words", "no policy"},
        {"v=DMARC2; p=reject", "no record"},
        {"v=dmarc1; p=reject", "no record"},
        {"V=DMARC1; p=reject", "no record"},
        {"p=reject; v=DMARC1", "no record"},
        {"v=spf1 -all", "no record"},
        {"", "no record"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dmarc_record r;
        const char *got =
            !dmarc_record_is(slice_of(rows[i].text)) ? "no record"
            : !dmarc_record_parse(slice_of(rows[i].text), &r)
                ? "no policy"
                : arena_printf(arena, "%s %s %u", word(r.p), word(r.sp), r.pct);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: got %s, want %s", rows[i].text, got, rows[i].want);
    }
}

static void test_dmarc_organizational_domain_by_the_list(void **state)
{
    static const struct {
        const char *domain, *want;
    } rows[] = {
        {"clinic.example", "clinic.example"},
        {"a.b.clinic.example", "clinic.example"},
        {"mail.clinic.co.uk", "clinic.co.uk"},
        {"mail.clinic.nl", "clinic.nl"},
        {"co.uk", "co.uk"},
        {"example", "example"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(dmarc_organizational_domain(arena, rows[i].domain),
                            rows[i].want);
}

/* What the DNS holds, and what discovery makes of it: the names asked, then
 * the policy. */
struct published {
    const char *name;
    const char *texts[2];
};

static const char *discover(const char *domain, const struct published *dns,
                            enum dmarc_discovery discovery)
{
    const char *said = "";
    struct dmarc *d = dmarc_create(arena, domain, discovery);
    const char *name;
    while ((name = dmarc_question(d))) {
        struct slice texts[2];
        size_t count = 0;
        said = arena_printf(arena, "%s%s ", said, name);
        for (size_t i = 0; i < 2 && dns[i].name; i++)
            for (size_t k = 0; strcmp(dns[i].name, name) == 0 && k < 2; k++)
                if (dns[i].texts[k])
                    texts[count++] = slice_of(dns[i].texts[k]);
        dmarc_answer(d, texts, count);
    }
    struct dmarc_policy p = dmarc_policy(d);
    if (!p.is_published)
        return arena_printf(arena, "%s-> nothing", said);
    return arena_printf(arena, "%s-> %s %u%s", said, word(p.request), p.pct,
                        dmarc_is_strict(&p) ? " strict" : "");
}

static void test_dmarc_discovery_as_rfc_7489_says(void **state)
{
    static const struct {
        const char *domain;
        struct published dns[2];
        const char *want;
    } rows[] = {
        {"clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=reject"}}},
         "_dmarc.clinic.example -> reject 100 strict"},
        {"clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=quarantine; sp=none"}}},
         "_dmarc.clinic.example -> quarantine 100 strict"},
        {"clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=none; sp=reject"}}},
         "_dmarc.clinic.example -> none 100"},
        {"clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=reject; pct=99"}}},
         "_dmarc.clinic.example -> reject 99"},
        {"clinic.example",
         {{NULL, {NULL}}},
         "_dmarc.clinic.example -> nothing"},
        {"a.b.clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=none; sp=reject"}}},
         "_dmarc.a.b.clinic.example _dmarc.clinic.example -> reject 100 "
         "strict"},
        {"a.clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=reject; sp=none"}}},
         "_dmarc.a.clinic.example _dmarc.clinic.example -> none 100"},
        {"a.clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=reject"}}},
         "_dmarc.a.clinic.example _dmarc.clinic.example -> reject 100 strict"},
        {"a.clinic.example",
         {{"_dmarc.a.clinic.example", {"v=DMARC1; p=none"}},
          {"_dmarc.clinic.example", {"v=DMARC1; p=reject"}}},
         "_dmarc.a.clinic.example -> none 100"},
        {"a.clinic.example",
         {{"_dmarc.a.clinic.example", {"something else"}},
          {"_dmarc.clinic.example", {"v=DMARC1; p=reject"}}},
         "_dmarc.a.clinic.example _dmarc.clinic.example -> reject 100 strict"},
        {"clinic.example",
         {{"_dmarc.clinic.example",
           {"v=DMARC1; p=reject", "v=DMARC1; p=reject"}}},
         "_dmarc.clinic.example -> nothing"},
        {"a.clinic.example",
         {{"_dmarc.a.clinic.example", {"v=DMARC1; p=wrong"}},
          {"_dmarc.clinic.example", {"v=DMARC1; p=reject"}}},
         "_dmarc.a.clinic.example -> nothing"},
        {"clinic.example",
         {{"_dmarc.clinic.example", {"other", "v=DMARC1; p=reject"}}},
         "_dmarc.clinic.example -> reject 100 strict"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = discover(rows[i].domain, rows[i].dns, DMARC_RFC7489);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: got %s, want %s", i, got, rows[i].want);
    }
}

static void test_dmarc_discovery_as_rfc_9989_says(void **state)
{
    static const struct {
        const char *domain;
        struct published dns[2];
        const char *want;
    } rows[] = {
        {"clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=reject"}}},
         "_dmarc.clinic.example -> reject 100 strict"},
        {"a.b.clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=none; sp=reject"}}},
         "_dmarc.a.b.clinic.example _dmarc.b.clinic.example "
         "_dmarc.clinic.example _dmarc.example -> reject 100 strict"},
        {"a.b.clinic.example",
         {{"_dmarc.b.clinic.example", {"v=DMARC1; p=reject"}},
          {"_dmarc.clinic.example", {"v=DMARC1; p=none"}}},
         "_dmarc.a.b.clinic.example _dmarc.b.clinic.example "
         "_dmarc.clinic.example _dmarc.example -> none 100"},
        {"a.b.clinic.example",
         {{"_dmarc.b.clinic.example", {"v=DMARC1; p=reject; psd=n"}},
          {"_dmarc.clinic.example", {"v=DMARC1; p=none"}}},
         "_dmarc.a.b.clinic.example _dmarc.b.clinic.example -> reject 100 "
         "strict"},
        {"a.clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=reject"}},
          {"_dmarc.example", {"v=DMARC1; p=none; psd=y"}}},
         "_dmarc.a.clinic.example _dmarc.clinic.example _dmarc.example -> "
         "reject 100 strict"},
        {"a.clinic.example",
         {{"_dmarc.example", {"v=DMARC1; p=none; sp=quarantine; psd=y"}}},
         "_dmarc.a.clinic.example _dmarc.clinic.example _dmarc.example -> "
         "quarantine 100 strict"},
        {"clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=reject; t=y"}}},
         "_dmarc.clinic.example -> quarantine 100 strict"},
        {"clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=quarantine; t=y"}}},
         "_dmarc.clinic.example -> none 100"},
        {"clinic.example",
         {{"_dmarc.clinic.example",
           {"v=DMARC1; p=reject", "v=DMARC1; p=reject"}}},
         "_dmarc.clinic.example _dmarc.example -> nothing"},
        {"a.b.c.d.e.f.g.h.clinic.example",
         {{"_dmarc.clinic.example", {"v=DMARC1; p=reject"}}},
         "_dmarc.a.b.c.d.e.f.g.h.clinic.example "
         "_dmarc.d.e.f.g.h.clinic.example "
         "_dmarc.e.f.g.h.clinic.example _dmarc.f.g.h.clinic.example "
         "_dmarc.g.h.clinic.example _dmarc.h.clinic.example "
         "_dmarc.clinic.example _dmarc.example -> reject 100 strict"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = discover(rows[i].domain, rows[i].dns, DMARC_RFC9989);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: got %s, want %s", i, got, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dmarc_record_is_read),
        cmocka_unit_test(test_dmarc_organizational_domain_by_the_list),
        cmocka_unit_test(test_dmarc_discovery_as_rfc_7489_says),
        cmocka_unit_test(test_dmarc_discovery_as_rfc_9989_says),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
