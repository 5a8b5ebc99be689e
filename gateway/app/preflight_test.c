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
    const char *domain;  /* NULL: clinic.example */
    enum dmarc_discovery discovery;
    const char *note; /* of the first of them; NULL: any */
} rows[] = {
    {.title = "ready", {SPF, KEY, DMARC, ALIAS, PATH_SPF}, "aligned", NULL},
    {.title = "nothing at all",
     {TXT("other.example", "x")},
     "spf missing, dkim missing, dmarc missing, zivverbounce missing, missing",
     "clinic.example. IN TXT \"v=spf1 a:gateway.example -all\""},
    {.title = "SPF twice",
     {TXT("clinic.example", "v=spf1 mx -all", "v=spf1 -all"), KEY, DMARC, ALIAS,
      PATH_SPF},
     "spf wrong, aligned",
     "clinic.example. IN TXT \"v=spf1 a:gateway.example -all\""},
    {.title = "SPF malformed",
     {TXT("clinic.example", "v=spf1 frob:x -all"), KEY, DMARC, ALIAS, PATH_SPF},
     "spf wrong, aligned",
     "clinic.example. IN TXT \"v=spf1 a:gateway.example -all\""},
    {.title = "SPF open",
     {TXT("clinic.example", "v=spf1 mx ?all"), KEY, DMARC, ALIAS, PATH_SPF},
     "spf weak, aligned",
     "clinic.example. IN TXT \"v=spf1 mx -all\""},
    {.title = "SPF without an end, or with somebody else's",
     {TXT("clinic.example", "v=spf1  ip4:192.0.2.7 redirect=x.example"), KEY,
      DMARC, ALIAS, PATH_SPF},
     "spf weak, aligned",
     "clinic.example. IN TXT \"v=spf1 ip4:192.0.2.7 -all\""},
    {.title = "the SPF look-up fails",
     {FAILS("clinic.example", DNS_TYPE_TXT), KEY, DMARC, ALIAS, PATH_SPF},
     "spf unknown, aligned",
     NULL,
     .note = "the look-up failed: "},
    {.title = "octets that no terminal should see",
     {TXT("clinic.example", "v=spf1 \033[2J\xff:x -all"), KEY, DMARC, ALIAS,
      PATH_SPF},
     "spf wrong, aligned",
     "clinic.example. IN TXT \"v=spf1 a:gateway.example -all\"",
     .note = "it is malformed at `?[2J?:x`"},
    {.title = "no key: aligned by the alias",
     {SPF, DMARC, ALIAS, PATH_SPF},
     "dkim missing, aligned",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {.title = "another's key",
     {SPF, TXT("s1._domainkey.clinic.example", "v=DKIM1; k=ed25519; p=AAAA"),
      DMARC, ALIAS, PATH_SPF},
     "dkim wrong, aligned",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {.title = "revoked key",
     {SPF, TXT("s1._domainkey.clinic.example", "v=DKIM1; p="), DMARC, ALIAS,
      PATH_SPF},
     "dkim wrong, aligned",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {.title = "the key's look-up fails, and there is no alias",
     {SPF, FAILS("s1._domainkey.clinic.example", DNS_TYPE_TXT), DMARC},
     "dkim unknown, zivverbounce missing, unknown",
     NULL},
    {.title = "no alias: aligned by the key",
     {SPF, KEY, DMARC},
     "zivverbounce missing, aligned",
     "zivverbounce.clinic.example. IN CNAME bounce.gateway.example."},
    {.title = "an alias that leads elsewhere",
     {SPF, KEY, DMARC, ALIAS_TO("gateway.example")},
     "zivverbounce wrong, aligned",
     "zivverbounce.clinic.example. IN CNAME bounce.gateway.example."},
    {.title = "the alias's look-up fails",
     {SPF, KEY, DMARC, FAILS("zivverbounce.clinic.example", DNS_TYPE_CNAME)},
     "zivverbounce unknown, aligned",
     NULL},
    {.title = "the return-path host lets nobody send",
     {SPF, KEY, DMARC, ALIAS},
     "return-path-spf wrong, aligned",
     "bounce.gateway.example. IN TXT \"v=spf1 a:gateway.example -all\""},
    {.title = "no DMARC",
     {SPF, KEY, ALIAS, PATH_SPF},
     "dmarc missing, aligned",
     "_dmarc.clinic.example. IN TXT \"v=DMARC1; p=reject\""},
    {.title = "DMARC none",
     {SPF, KEY, ALIAS, PATH_SPF,
      TXT("_dmarc.clinic.example", "v=DMARC1; p=none")},
     "dmarc weak, aligned",
     "_dmarc.clinic.example. IN TXT \"v=DMARC1; p=reject\""},
    {.title = "DMARC twice",
     {SPF, KEY, ALIAS, PATH_SPF,
      TXT("_dmarc.clinic.example", "v=DMARC1; p=reject", "v=DMARC1; p=none")},
     "dmarc wrong, aligned",
     "_dmarc.clinic.example. IN TXT \"v=DMARC1; p=reject\"",
     .note = "there is more than one DMARC record"},
    {.title = "the DMARC look-up fails, and alignment hangs on it",
     {SPF, ALIAS, PATH_SPF, FAILS("_dmarc.clinic.example", DNS_TYPE_TXT)},
     "dkim missing, dmarc unknown, unknown",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {.title = "DMARC of the organizational domain, RFC 7489",
     {TXT("a.b.clinic.example", "v=spf1 mx -all"), DMARC},
     "dkim missing, zivverbounce missing, missing",
     NULL,
     .domain = "a.b.clinic.example"},
    {.title = "what the organizational domain says of those below, RFC 7489",
     {TXT("a.clinic.example", "v=spf1 mx -all"),
      TXT("_dmarc.clinic.example", "v=DMARC1; p=reject; sp=none")},
     "dkim missing, dmarc weak, zivverbounce missing, missing",
     NULL,
     .domain = "a.clinic.example"},
    {.title = "nothing between is asked, RFC 7489",
     {TXT("a.b.clinic.example", "v=spf1 mx -all"),
      TXT("_dmarc.b.clinic.example", "v=DMARC1; p=reject")},
     "dkim missing, dmarc missing, zivverbounce missing, missing",
     NULL,
     .domain = "a.b.clinic.example"},
    {.title = "up the tree, RFC 9989",
     {TXT("a.b.clinic.example", "v=spf1 mx -all"),
      TXT("_dmarc.b.clinic.example", "v=DMARC1; p=reject; psd=n")},
     "dkim missing, zivverbounce missing, missing",
     NULL,
     .domain = "a.b.clinic.example",
     .discovery = DMARC_RFC9989},
    {.title = "a test, RFC 9989",
     {SPF, KEY, ALIAS, PATH_SPF,
      TXT("_dmarc.clinic.example", "v=DMARC1; p=quarantine; t=y")},
     "dmarc weak, aligned",
     "_dmarc.clinic.example. IN TXT \"v=DMARC1; p=reject\"",
     .discovery = DMARC_RFC9989,
     .note = "it asks for nothing"},
    {.title = "the gateway's own name",
     {TXT("gateway.example", "v=spf1 ip4:192.0.2.1 -all"),
      TXT("s9._domainkey.gateway.example", DKIM_TEST_RECORD),
      TXT("_dmarc.gateway.example", "v=DMARC1; p=reject"),
      TXT("bounce.gateway.example", "v=spf1 ip4:192.0.2.1 -all")},
     "aligned",
     NULL,
     .domain = "gateway.example"},
    {.title = "the gateway's own name, with nothing",
     {TXT("other.example", "x")},
     "spf missing, dkim missing, dmarc missing, return-path-spf wrong, aligned",
     "gateway.example. IN TXT \"v=spf1 a:gateway.example -all\"",
     .domain = "gateway.example"},
    {.title = "DMARC malformed",
     {SPF, KEY, ALIAS, PATH_SPF, TXT("_dmarc.clinic.example", "v=DMARC1")},
     "dmarc wrong, aligned",
     "_dmarc.clinic.example. IN TXT \"v=DMARC1; p=reject\""},
    {.title = "strict SPF alignment, and no key",
     {SPF, ALIAS, PATH_SPF,
      TXT("_dmarc.clinic.example", "v=DMARC1; p=reject; aspf=s")},
     "dkim missing, dmarc weak, missing",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {.title = "a public suffix of its own, RFC 9989",
     {SPF, ALIAS, PATH_SPF,
      TXT("_dmarc.clinic.example", "v=DMARC1; p=reject; psd=y")},
     "dkim missing, dmarc weak, missing",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\"",
     .discovery = DMARC_RFC9989},
    {.title = "... and a key",
     {SPF, KEY, ALIAS, PATH_SPF,
      TXT("_dmarc.clinic.example", "v=DMARC1; p=reject; psd=y")},
     "dmarc weak, aligned",
     "_dmarc.clinic.example. IN TXT \"v=DMARC1; p=reject\"",
     .discovery = DMARC_RFC9989,
     .note = "the reverse-path's name belongs to another"},
    {.title = "... which RFC 7489 does not know",
     {SPF, ALIAS, PATH_SPF,
      TXT("_dmarc.clinic.example", "v=DMARC1; p=reject; psd=y")},
     "dkim missing, aligned",
     "s1._domainkey.clinic.example. IN TXT \"" DKIM_TEST_RECORD "\""},
    {.title = "a good NTA record",
     {TXT("clinic.example", "v=spf1 -all",
          "v=NTA7516-1;startdate=2019-06;enddate=2027-07;provider=x"),
      KEY, DMARC, ALIAS, PATH_SPF},
     "aligned",
     NULL},
    {.title = "an NTA record that has ended",
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
                        const char **publish, const char **note)
{
    static const char *const ends[] = {"unasked", "aligned", "missing",
                                       "unknown"};
    const char *text = "";
    *publish = *note = NULL;
    for (size_t i = 0; i < report->count; i++) {
        const struct preflight_check *check = &report->checks[i];
        bool is_ok = check->verdict == PREFLIGHT_OK;
        assert_true(is_ok == !check->note);
        if (is_ok)
            continue;
        if (!*text) {
            *publish = check->publish;
            *note = check->note;
        }
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
        const char *domain = rows[i].domain;
        struct preflight_wish wish = {.domain =
                                          domain ? domain : "clinic.example",
                                      .discovery = rows[i].discovery,
                                      .ring = &ring,
                                      .host_name = "gateway.example",
                                      .return_host = "bounce.gateway.example",
                                      .client = "192.0.2.1",
                                      .now_s = 1772438400};
        struct preflight_report report;
        const char *publish, *note;
        preflight(arena, &world, &wish, &report);
        const char *got = show(arena, &report, &publish, &note);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: got %s, want %s", rows[i].title, got, rows[i].want);
        if (!publish != !rows[i].publish ||
            (publish && strcmp(publish, rows[i].publish) != 0))
            fail_msg("%s: publish %s", rows[i].title, publish);
        if (rows[i].note && (!note || !strstr(note, rows[i].note)))
            fail_msg("%s: note %s", rows[i].title, note);
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
