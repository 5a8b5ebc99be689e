/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "deliver/nta_sender.h"
#include "dns/resolver_fake.h"
#include "mail/dkim_test_key.h"
#include "rules/nta.h"

enum { DNS_ROWS = 8 };

#define SECURE .security = DNS_SECURE
#define RECORD "v=NTA7516-1;startdate=2019-06;enddate=2027-07;provider=x"
#define TEXT(...)                                                              \
    {                                                                          \
        "clinic.example", DNS_TYPE_TXT, SECURE, .records = { __VA_ARGS__ }     \
    }
#define TEXTS TEXT(RECORD, "v=spf1 -all")
#define KEY(name)                                                              \
    {                                                                          \
        name "._domainkey.clinic.example", DNS_TYPE_TXT, SECURE, .records = {  \
            DKIM_TEST_RECORD                                                   \
        }                                                                      \
    }
#define KEYS KEY("s1"), KEY("s2")
#define DMARC(text)                                                            \
    {                                                                          \
        "_dmarc.clinic.example", DNS_TYPE_TXT, SECURE, .records = { text }     \
    }
#define STRICT DMARC("v=DMARC1; p=reject")

static const struct row {
    const char *title;
    struct resolver_fake_row dns[DNS_ROWS];
    unsigned selectors; /* how many less than both */
    const char *want;
} rows[] = {
    {"all is there", {TEXTS, KEYS, STRICT}, 0, "met"},
    {"~all and quarantine do",
     {TEXT("v=spf1 mx ~all", RECORD), KEYS, DMARC("v=DMARC1; p=quarantine")},
     0,
     "met"},
    {"nothing", {STRICT}, 0, "sender without NTA 7516 record"},
    {"no record",
     {TEXT("v=spf1 -all"), KEYS, STRICT},
     0,
     "sender without NTA 7516 record"},
    {"two records",
     {TEXT(RECORD, RECORD), KEYS, STRICT},
     0,
     "sender NTA 7516 record invalid"},
    {"broken record",
     {TEXT(RECORD ";ntamx:10 a", "v=spf1 -all")},
     0,
     "sender NTA 7516 record invalid"},
    {"not in its dates",
     {TEXT("v=NTA7516-1;startdate=2019-06;enddate=2026-02;provider=x",
           "v=spf1 -all"),
      KEYS, STRICT},
     0,
     "sender outside its NTA 7516 dates"},
    {"insecure record",
     {{"clinic.example", DNS_TYPE_TXT, .records = {RECORD, "v=spf1 -all"}},
      KEYS,
      STRICT},
     0,
     "sender DNS not secure"},
    {"bogus record",
     {{"clinic.example", DNS_TYPE_TXT, DNS_FAILED, .security = DNS_BOGUS}},
     0,
     "sender look-up failed"},
    {"no SPF", {TEXT(RECORD), KEYS, STRICT}, 0, "sender SPF too weak"},
    {"?all",
     {TEXT(RECORD, "v=spf1 mx ?all"), KEYS, STRICT},
     0,
     "sender SPF too weak"},
    {"another key",
     {TEXTS,
      KEY("s1"),
      {"s2._domainkey.clinic.example", DNS_TYPE_TXT, SECURE,
       .records = {"v=DKIM1; p=AAAA"}},
      STRICT},
     0,
     "sender DKIM key missing"},
    {"no key", {TEXTS, STRICT}, 0, "sender DKIM key missing"},
    {"one key of two",
     {TEXTS, KEY("s1"), STRICT},
     0,
     "sender DKIM key missing"},
    {"one key of one", {TEXTS, KEY("s1"), STRICT}, 1, "met"},
    {"no selector at all", {TEXTS, KEYS, STRICT}, 2, "sender DKIM key missing"},
    {"a key's look-up fails",
     {TEXTS,
      KEY("s1"),
      {"s2._domainkey.clinic.example", DNS_TYPE_TXT, DNS_FAILED, .alias = NULL},
      STRICT},
     0,
     "sender look-up failed"},
    {"an insecure key",
     {TEXTS,
      KEY("s1"),
      {"s2._domainkey.clinic.example", DNS_TYPE_TXT,
       .records = {"v=DKIM1; p=AAAA"}},
      STRICT},
     0,
     "sender DNS not secure"},
    {"no DMARC", {TEXTS, KEYS}, 0, "sender DMARC too weak"},
    {"p=none",
     {TEXTS, KEYS, DMARC("v=DMARC1; p=none")},
     0,
     "sender DMARC too weak"},
    {"pct below 100",
     {TEXTS, KEYS, DMARC("v=DMARC1; p=reject; pct=99")},
     0,
     "sender DMARC too weak"},
    {"DMARC fails",
     {TEXTS,
      KEYS,
      {"_dmarc.clinic.example", DNS_TYPE_TXT, DNS_FAILED, .alias = NULL}},
     0,
     "sender look-up failed"},
    {"insecure DMARC",
     {TEXTS,
      KEYS,
      {"_dmarc.clinic.example", DNS_TYPE_TXT,
       .records = {"v=DMARC1; p=reject"}}},
     0,
     "sender DNS not secure"},
};

static void on_done(bool is_met, enum why why, void *ctx)
{
    const char **got = ctx;
    assert_null(*got);
    *got = is_met ? "met" : why_name(why);
}

static size_t count_of(const struct resolver_fake_row *dns)
{
    size_t count = 0;
    while (count < DNS_ROWS && dns[count].name)
        count++;
    return count;
}

static void test_nta_sender_each_fault_alone(void **state)
{
    struct dkim_key *key = dkim_test_key();
    const struct dkim_selector selectors[] = {{"clinic.example", "s1", key},
                                              {"clinic.example", "s2", key}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct resolver_fake *dns =
            resolver_fake_create(rows[i].dns, count_of(rows[i].dns));
        struct nta_sender_wish wish = {
            .domain = "clinic.example",
            .keys = {selectors, 2 - rows[i].selectors},
            .month = nta_month_of(2026, 3)};
        const char *got = NULL;
        struct nta_sender_query *query =
            nta_sender_start(resolver_fake_face(dns), &wish, on_done, &got);
        assert_non_null(query);
        resolver_fake_run(dns);
        if (!got || strcmp(got, rows[i].want) != 0)
            fail_msg("%s: got %s, want %s", rows[i].title, got ? got : "-",
                     rows[i].want);
        resolver_fake_destroy(&dns);
    }
    dkim_key_destroy(&key);
}

static void test_nta_sender_cancelled_leaves_nothing(void **state)
{
    struct resolver_fake *dns = resolver_fake_create(rows[0].dns, DNS_ROWS);
    struct nta_sender_wish wish = {.domain = "clinic.example"};
    const char *got = NULL;
    (void)state;
    struct nta_sender_query *query =
        nta_sender_start(resolver_fake_face(dns), &wish, on_done, &got);
    nta_sender_cancel(&query);
    nta_sender_cancel(&query);
    assert_int_equal(resolver_fake_open(dns), 0);
    assert_null(got);
    resolver_fake_destroy(&dns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nta_sender_each_fault_alone),
        cmocka_unit_test(test_nta_sender_cancelled_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
