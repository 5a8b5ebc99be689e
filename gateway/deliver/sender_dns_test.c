/* What the DNS of a sending domain comes to, each thing alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "deliver/sender_dns.h"
#include "dns/resolver_fake.h"
#include "mail/dkim_test_key.h"

enum { ROWS_MAX = 10 };

#define TXT(at, ...)                                                           \
    {                                                                          \
        .name = at, .type = DNS_TYPE_TXT, .records = { __VA_ARGS__ }           \
    }
#define FAILS(at, of)                                                          \
    {                                                                          \
        .name = at, .type = of, .outcome = DNS_FAILED                          \
    }
#define KEY(selector, domain)                                                  \
    TXT(selector "._domainkey." domain, DKIM_TEST_RECORD)
#define KEYS KEY("s1", "clinic.example"), KEY("s2", "clinic.example")
#define OWN KEY("g1", "gateway.example")
#define ALIAS_TO(host)                                                         \
    {                                                                          \
        .name = "zivverbounce.clinic.example", .type = DNS_TYPE_CNAME,         \
        .records = {                                                           \
            host                                                               \
        }                                                                      \
    }
#define ALIAS ALIAS_TO("bounce.example")
#define STRICT TXT("_dmarc.clinic.example", "v=DMARC1; p=reject; aspf=s")
#define SUFFIX TXT("_dmarc.clinic.example", "v=DMARC1; p=reject; psd=y")
#define OLD                                                                    \
    "DKIM-Signature: v=1; d=clinic.example; s=old; b=\r\n"                     \
    "DKIM-Signature: v=1; d=other.example; s=far; b=\r\n"                      \
    "DKIM-Signature: v=1; d=Clinic.Example; s=old; b=\r\n"

static const struct row {
    const char *title;
    const char *domain; /* NULL: Clinic.Example */
    struct resolver_fake_row dns[ROWS_MAX];
    const char *content;
    const char *want; /* state, bounce, signers, keys of old signatures */
    enum dmarc_discovery discovery;
} rows[] = {
    {.title = "all is there",
     NULL,
     {KEYS, ALIAS, OWN},
     "",
     "aligned yes s1 s2"},
    {.title = "one key of two",
     NULL,
     {KEY("s2", "clinic.example"), ALIAS, OWN},
     "",
     "aligned yes s2"},
    {.title = "another's key is none",
     NULL,
     {TXT("s1._domainkey.clinic.example", "v=DKIM1; k=ed25519; p=AAAA"),
      TXT("s2._domainkey.clinic.example", "v=DKIM1; k=ed25519; p="), ALIAS,
      OWN},
     "",
     "aligned yes g1"},
    {.title = "a key whose look-up fails is not used",
     NULL,
     {KEY("s1", "clinic.example"),
      FAILS("s2._domainkey.clinic.example", DNS_TYPE_TXT), OWN},
     "",
     "aligned no s1"},
    {.title = "neither key nor alias", NULL, {OWN}, "", "missing no g1"},
    {.title = "nothing at all", NULL, {TXT("x.example", "")}, "", "missing no"},
    {.title = "an alias that leads elsewhere",
     NULL,
     {ALIAS_TO("bounce.example.evil"), OWN},
     "",
     "missing no g1"},
    {.title = "the alias's look-up fails",
     NULL,
     {FAILS("zivverbounce.clinic.example", DNS_TYPE_CNAME), OWN},
     "",
     "unknown unknown g1"},
    {.title = "... which does not matter with a key",
     NULL,
     {KEYS, FAILS("zivverbounce.clinic.example", DNS_TYPE_CNAME)},
     "",
     "aligned unknown s1 s2"},
    {.title = "the key's look-up fails",
     NULL,
     {FAILS("s1._domainkey.clinic.example", DNS_TYPE_TXT), OWN},
     "",
     "unknown no g1"},
    {.title = "... which does not matter with the alias",
     NULL,
     {FAILS("s1._domainkey.clinic.example", DNS_TYPE_TXT), ALIAS, OWN},
     "",
     "aligned yes g1"},
    {.title = "strict SPF alignment",
     NULL,
     {ALIAS, STRICT, OWN},
     "",
     "missing yes g1"},
    {.title = "strict SPF alignment and a key",
     NULL,
     {KEYS, ALIAS, STRICT},
     "",
     "aligned yes s1 s2"},
    {.title = "a public suffix of its own, RFC 9989",
     NULL,
     {ALIAS, SUFFIX, OWN},
     "",
     "missing yes g1",
     DMARC_RFC9989},
    {.title = "... which RFC 7489 does not know",
     NULL,
     {ALIAS, SUFFIX, OWN},
     "",
     "aligned yes g1"},
    {.title = "a look-up on the walk fails",
     NULL,
     {ALIAS, TXT("_dmarc.clinic.example", "v=DMARC1; p=reject"),
      FAILS("_dmarc.example", DNS_TYPE_TXT), OWN},
     "",
     "unknown yes g1",
     DMARC_RFC9989},
    {.title = "DMARC's look-up fails",
     NULL,
     {ALIAS, FAILS("_dmarc.clinic.example", DNS_TYPE_TXT), OWN},
     "",
     "unknown yes g1"},
    {.title = "the gateway's own mail",
     "gateway.example",
     {OWN},
     "",
     "aligned no g1"},
    {.title = "the gateway's own mail without a key",
     "gateway.example",
     {ALIAS},
     "",
     "aligned no"},
    {.title = "a domain without any key of ours",
     "practice.example",
     {OWN},
     "",
     "missing no g1"},
    {.title = "keys of signatures that it brings",
     NULL,
     {KEYS, ALIAS, TXT("old._domainkey.clinic.example", "a", "b")},
     OLD,
     "aligned yes s1 s2; old 2"},
    {.title = "... not published any more",
     NULL,
     {KEYS, ALIAS},
     OLD,
     "aligned yes s1 s2; old 0"},
    {.title = "... whose look-up fails",
     NULL,
     {KEYS, ALIAS, FAILS("old._domainkey.clinic.example", DNS_TYPE_TXT)},
     OLD,
     "aligned yes s1 s2; old ?"},
};

static const char *const states[] = {"unasked", "aligned", "missing",
                                     "unknown"};
static const char *const tris[] = {"no", "yes", "unknown"};

static const char *show(struct arena *arena, const struct sender_dns_answer *a)
{
    char *text =
        arena_printf(arena, "%s %s", states[a->state], tris[a->bounce]);
    for (size_t i = 0; i < a->signers.count; i++) {
        text = arena_printf(arena, "%s %s", text,
                            a->signers.selectors[i].selector);
    }
    for (size_t i = 0; i < a->seen_count; i++) {
        text = a->seen[i].is_unknown
                   ? arena_printf(arena, "%s; %s ?", text, a->seen[i].selector)
                   : arena_printf(arena, "%s; %s %zu", text,
                                  a->seen[i].selector, a->seen[i].count);
    }
    return text;
}

static void on_done(void *ctx)
{
    size_t *calls = ctx;
    (*calls)++;
}

static size_t count_of(const struct resolver_fake_row *dns)
{
    size_t count = 0;
    while (count < ROWS_MAX && dns[count].name != NULL) {
        count++;
    }
    return count;
}

struct world {
    struct arena *arena;
    struct dkim_key *key;
    struct dkim_selector selectors[3];
    struct dkim_ring ring;
    struct resolver_fake *dns;
    struct sender_dns_answer answer;
    size_t calls;
};

static struct sender_dns_query *start(struct world *w, const struct row *row)
{
    w->arena = arena_create();
    w->key = dkim_test_key();
    w->selectors[0] = (struct dkim_selector){"clinic.example", "s2", w->key};
    w->selectors[1] = (struct dkim_selector){"gateway.example", "g1", w->key};
    w->selectors[2] = (struct dkim_selector){"clinic.example", "s1", w->key};
    w->ring = (struct dkim_ring){w->selectors, 3};
    w->dns = resolver_fake_create(row->dns, count_of(row->dns));
    w->calls = 0;
    const struct sender_dns_wish wish = {
        .resolver = resolver_fake_face(w->dns),
        .ring = &w->ring,
        .domain = row->domain != NULL ? row->domain : "Clinic.Example",
        .host_name = "gateway.example",
        .return_host = "bounce.example",
        .discovery = row->discovery,
        .content = slice_of(row->content)};
    return sender_dns_start(w->arena, &wish, &w->answer, on_done, &w->calls);
}

static void end(struct world *w)
{
    resolver_fake_destroy(&w->dns);
    dkim_key_destroy(&w->key);
    arena_destroy(&w->arena);
}

static void test_sender_dns_each_thing_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        assert_non_null(start(&w, &rows[i]));
        assert_int_equal(w.calls, 0);
        while (resolver_fake_run(w.dns) != 0) {
        }
        assert_int_equal(w.calls, 1);
        const char *got = show(w.arena, &w.answer);
        if (strcmp(got, rows[i].want) != 0) {
            fail_msg("%s: got %s, want %s", rows[i].title, got, rows[i].want);
        }
        end(&w);
    }
}

static void test_sender_dns_without_question_is_there_at_once(void **state)
{
    (void)state;
    struct world w;
    static const struct row own = {.domain = "gateway.example", .content = ""};
    struct sender_dns_query *query = start(&w, &own);
    assert_non_null(query);
    sender_dns_cancel(&query);
    w.ring.count = 0;
    const struct sender_dns_wish wish = {.resolver = resolver_fake_face(w.dns),
                                         .ring = &w.ring,
                                         .domain = "gateway.example",
                                         .host_name = "gateway.example",
                                         .return_host = "bounce.example"};
    assert_null(sender_dns_start(w.arena, &wish, &w.answer, on_done, &w.calls));
    assert_string_equal(show(w.arena, &w.answer), "aligned no");
    assert_int_equal(w.calls, 0);
    end(&w);
}

static void test_sender_dns_cancelled_leaves_nothing(void **state)
{
    (void)state;
    struct world w;
    struct sender_dns_query *query = start(&w, &rows[0]);
    assert_int_equal(resolver_fake_open(w.dns), 3);
    sender_dns_cancel(&query);
    sender_dns_cancel(&query);
    assert_int_equal(resolver_fake_open(w.dns), 0);
    assert_int_equal(w.calls, 0);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sender_dns_each_thing_alone),
        cmocka_unit_test(test_sender_dns_without_question_is_there_at_once),
        cmocka_unit_test(test_sender_dns_cancelled_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
