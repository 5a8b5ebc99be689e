/* A domain that is ready, and each thing that can be amiss alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "app/dkim_command.h"
#include "app/preflight.h"
#include "dns/resolver_fake.h"
#include "mail/dkim_test_key.h"

enum { ROWS_MAX = 12 };

#define TXT(at, ...)                                                           \
    {                                                                          \
        .name = at, .type = DNS_TYPE_TXT, .security = DNS_SECURE, .records = { \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define SPF TXT("clinic.example", "v=spf1 mx -all")
#define KEY TXT("s1._domainkey.clinic.example", DKIM_TEST_RECORD)
#define DMARC TXT("_dmarc.clinic.example", "v=DMARC1; p=reject")
#define ALIAS_TO(host)                                                         \
    {                                                                          \
        .name = "zivverbounce.clinic.example", .type = DNS_TYPE_CNAME,         \
        .records = {                                                           \
            host                                                               \
        }                                                                      \
    }
#define ALIAS ALIAS_TO("bounce.gateway.example")
#define FAILS(at, of)                                                          \
    {                                                                          \
        .name = at, .type = of, .outcome = DNS_FAILED                          \
    }
/* The resolver follows the alias. */
#define PATH_SPF TXT("zivverbounce.clinic.example", "v=spf1 ip4:192.0.2.1 -all")

static const struct row {
    const char *title;
    struct resolver_fake_row dns[ROWS_MAX];
    const char *want; /* "setting verdict, ..." of what is not ok; alignment */
    const char *publish; /* the record of the first of them */
} rows[] = {
    {"ready", {SPF, KEY, DMARC, ALIAS, PATH_SPF}, "aligned", NULL},
    {"nothing at all",
     {TXT("other.example", "x")},
     "spf missing, dkim missing, dmarc missing, zivverbounce missing, missing",
     "clinic.example. IN TXT \"v=spf1 a:gateway.example -all\""},
    {"SPF twice",
     {TXT("clinic.example", "v=spf1 mx -all", "v=spf1 -all"), KEY, DMARC, ALIAS,
      PATH_SPF},
     "spf wrong, aligned",
     "clinic.example. IN TXT \"v=spf1 a:gateway.example -all\""},
    {"SPF malformed",
     {TXT("clinic.example", "v=spf1 frob:x -all"), KEY, DMARC, ALIAS, PATH_SPF},
     "spf wrong, aligned",
     "clinic.example. IN TXT \"v=spf1 a:gateway.example -all\""},
    {"SPF open",
     {TXT("clinic.example", "v=spf1 mx ?all"), KEY, DMARC, ALIAS, PATH_SPF},
     "spf weak, aligned",
     "clinic.example. IN TXT \"v=spf1 a:gateway.example -all\""},
    {"no key: aligned by the alias",
     {SPF, DMARC, ALIAS, PATH_SPF},
     "dkim missing, aligned",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {"another's key",
     {SPF, TXT("s1._domainkey.clinic.example", "v=DKIM1; k=ed25519; p=AAAA"),
      DMARC, ALIAS, PATH_SPF},
     "dkim wrong, aligned",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {"revoked key",
     {SPF, TXT("s1._domainkey.clinic.example", "v=DKIM1; p="), DMARC, ALIAS,
      PATH_SPF},
     "dkim wrong, aligned",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {"the key's look-up fails, and there is no alias",
     {SPF, FAILS("s1._domainkey.clinic.example", DNS_TYPE_TXT), DMARC},
     "dkim unknown, zivverbounce missing, unknown",
     NULL},
    {"no alias: aligned by the key",
     {SPF, KEY, DMARC},
     "zivverbounce missing, aligned",
     "zivverbounce.clinic.example. IN CNAME bounce.gateway.example."},
    {"an alias that leads elsewhere",
     {SPF, KEY, DMARC, ALIAS_TO("gateway.example")},
     "zivverbounce wrong, aligned",
     "zivverbounce.clinic.example. IN CNAME bounce.gateway.example."},
    {"the alias's look-up fails",
     {SPF, KEY, DMARC, FAILS("zivverbounce.clinic.example", DNS_TYPE_CNAME)},
     "zivverbounce unknown, aligned",
     NULL},
    {"the return-path host lets nobody send",
     {SPF, KEY, DMARC, ALIAS},
     "zivverbounce-spf wrong, aligned",
     "bounce.gateway.example. IN TXT \"v=spf1 a:gateway.example -all\""},
    {"no DMARC",
     {SPF, KEY, ALIAS, PATH_SPF},
     "dmarc missing, aligned",
     "_dmarc.clinic.example. IN TXT \"v=DMARC1; p=reject\""},
    {"DMARC none",
     {SPF, KEY, ALIAS, PATH_SPF,
      TXT("_dmarc.clinic.example", "v=DMARC1; p=none")},
     "dmarc weak, aligned",
     "_dmarc.clinic.example. IN TXT \"v=DMARC1; p=reject\""},
    {"DMARC malformed",
     {SPF, KEY, ALIAS, PATH_SPF, TXT("_dmarc.clinic.example", "v=DMARC1")},
     "dmarc wrong, aligned",
     "_dmarc.clinic.example. IN TXT \"v=DMARC1; p=reject\""},
    {"strict SPF alignment, and no key",
     {SPF, ALIAS, PATH_SPF,
      TXT("_dmarc.clinic.example", "v=DMARC1; p=reject; aspf=s")},
     "dkim missing, dmarc weak, missing",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {"a good NTA record",
     {TXT("clinic.example", "v=spf1 -all",
          "v=NTA7516-1;startdate=2019-06;enddate=2027-07;provider=x"),
      KEY, DMARC, ALIAS, PATH_SPF},
     "aligned",
     NULL},
    {"an NTA record that has ended",
     {TXT("clinic.example", "v=spf1 -all",
          "v=NTA7516-1;startdate=2019-06;enddate=2022-07;provider=x"),
      KEY, DMARC, ALIAS, PATH_SPF},
     "nta7516 wrong, aligned",
     NULL},
};

static void turn(void *ctx)
{
    assert_true(resolver_fake_run(ctx) != 0);
}

static size_t count_of(const struct resolver_fake_row *dns)
{
    size_t count = 0;
    while (count < ROWS_MAX && dns[count].name)
        count++;
    return count;
}

static const char *show(struct arena *arena,
                        const struct preflight_report *report,
                        const char **publish)
{
    static const char *const ends[] = {"unasked", "aligned", "missing",
                                       "unknown"};
    const char *text = "";
    *publish = NULL;
    for (size_t i = 0; i < report->count; i++) {
        const struct preflight_check *check = &report->checks[i];
        bool is_ok = check->verdict == PREFLIGHT_OK;
        assert_true(is_ok == !check->note);
        if (is_ok)
            continue;
        if (!*text)
            *publish = check->publish;
        text = arena_printf(arena, "%s%s %s, ", text, check->setting,
                            preflight_verdict_name(check->verdict));
    }
    return arena_printf(arena, "%s%s", text, ends[report->alignment]);
}

static void test_preflight_tells_each_fault_alone(void **state)
{
    (void)state;
    struct dkim_key *key = dkim_test_key();
    const struct dkim_selector selectors[] = {{"clinic.example", "s1", key},
                                              {"gateway.example", "s9", key}};
    const struct dkim_ring ring = {selectors, 2};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct resolver_fake *dns =
            resolver_fake_create(rows[i].dns, count_of(rows[i].dns));
        struct preflight_world world = {resolver_fake_face(dns), turn, dns};
        struct preflight_wish wish = {.domain = "clinic.example",
                                      .ring = &ring,
                                      .host_name = "gateway.example",
                                      .return_host = "bounce.gateway.example",
                                      .client = "192.0.2.1",
                                      .now_s = 1772438400};
        struct preflight_report report;
        const char *publish;
        preflight(arena, &world, &wish, &report);
        const char *got = show(arena, &report, &publish);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: got %s, want %s", rows[i].title, got, rows[i].want);
        if (!publish != !rows[i].publish ||
            (publish && strcmp(publish, rows[i].publish) != 0))
            fail_msg("%s: publish %s", rows[i].title, publish);
        resolver_fake_destroy(&dns);
        arena_destroy(&arena);
    }
    dkim_key_destroy(&key);
}

static void test_long_records_are_cut_into_strings(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    char text[600];
    memset(text, 'a', sizeof text);
    text[255] = '\0';
    assert_null(strstr(dkim_record_text(arena, "x", text), "\" \""));
    text[255] = 'b';
    text[511] = '\0';
    const char *got = dkim_record_text(arena, "x", text);
    assert_memory_equal(got, "x. IN TXT \"a", 12);
    assert_memory_equal(got + 11 + 255, "\" \"ba", 5);
    assert_string_equal(got + strlen(got) - 6, "a\" \"a\"");
    assert_null(strchr(got, '\n'));
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preflight_tells_each_fault_alone),
        cmocka_unit_test(test_long_records_are_cut_into_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
