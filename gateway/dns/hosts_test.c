/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "dns/hosts.h"
#include "dns/resolver_fake.h"

enum { ROWS = 8, TEXT_BYTES = 1000 };

/* want: "kind name=address,address name!failure; note: ..." */
struct row {
    const char *title;
    struct resolver_fake_row dns[ROWS];
    const char *want;
};

static const struct row rows[] = {
    {"MX in order of preference",
     {{"d.example", DNS_TYPE_MX, .records = {"20 b.example", "10 a.example"}},
      {"a.example", DNS_TYPE_A, .records = {"127.0.0.1"}},
      {"b.example", DNS_TYPE_A, .records = {"127.0.0.2", "127.0.0.3"}}},
     "usable a.example=127.0.0.1 b.example=127.0.0.2,127.0.0.3"},
    {"IPv4 before IPv6",
     {{"d.example", DNS_TYPE_MX, .records = {"10 a.example"}},
      {"a.example", DNS_TYPE_AAAA, .records = {"::1"}},
      {"a.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "usable a.example=127.0.0.1,::1"},
    {"no MX: the address record",
     {{"d.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "usable d.example=127.0.0.1"},
    {"no MX and no address",
     {{"d.example", DNS_TYPE_TXT, .alias = NULL}},
     "no-host; d.example: no address"},
    {"no such domain",
     {{"other.example", DNS_TYPE_MX, .alias = NULL}},
     "no-domain"},
    {"null MX",
     {{"d.example", DNS_TYPE_MX, .records = {"0 ."}},
      {"d.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "null-mx"},
    {"null MX beside others is ignored",
     {{"d.example", DNS_TYPE_MX, .records = {"0 .", "10 a.example"}},
      {"a.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "usable a.example=127.0.0.1; .: null MX beside others, ignored"},
    {"address literal skipped",
     {{"d.example", DNS_TYPE_MX, .records = {"5 127.0.0.9", "10 a.example"}},
      {"a.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "usable a.example=127.0.0.1; 127.0.0.9: address literal skipped"},
    {"only an address literal",
     {{"d.example", DNS_TYPE_MX, .records = {"5 127.0.0.9"}},
      {"d.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "no-host; 127.0.0.9: address literal skipped"},
    {"alias as MX followed",
     {{"d.example", DNS_TYPE_MX, .records = {"5 a.example"}},
      {"a.example", DNS_TYPE_A, .alias = "real.example",
       .records = {"127.0.0.1"}}},
     "usable a.example=127.0.0.1; a.example: alias followed"},
    {"host without address left out",
     {{"d.example", DNS_TYPE_MX, .records = {"5 a.example", "6 b.example"}},
      {"b.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "usable b.example=127.0.0.1; a.example: no address"},
    {"all hosts without address",
     {{"d.example", DNS_TYPE_MX, .records = {"5 a.example"}},
      {"d.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "no-host; a.example: no address"},
    {"same host twice",
     {{"d.example", DNS_TYPE_MX,
       .records = {"20 a.example", "5 A.example", "10 b.example"}},
      {"a.example", DNS_TYPE_A, .records = {"127.0.0.1"}},
      {"A.example", DNS_TYPE_A, .records = {"127.0.0.1"}},
      {"b.example", DNS_TYPE_A, .records = {"127.0.0.2"}}},
     "usable A.example=127.0.0.1 b.example=127.0.0.2"},
    {"MX look-up failed",
     {{"d.example", DNS_TYPE_MX, .outcome = DNS_FAILED}},
     "look-up-fails (server failure)"},
    {"MX bogus",
     {{"d.example", DNS_TYPE_MX, .outcome = DNS_FAILED, .security = DNS_BOGUS}},
     "look-up-fails (server failure)"},
    {"one host's look-up failed: it is unknown",
     {{"d.example", DNS_TYPE_MX, .records = {"5 a.example", "6 b.example"}},
      {"a.example", DNS_TYPE_A, .outcome = DNS_FAILED},
      {"b.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "usable a.example!a.example: server failure b.example=127.0.0.1"},
    {"every host's look-up failed",
     {{"d.example", DNS_TYPE_MX, .records = {"5 a.example", "6 b.example"}},
      {"a.example", DNS_TYPE_A, .outcome = DNS_FAILED}},
     "look-up-fails a.example!a.example: server failure"
     "; b.example: no address (a.example: server failure)"},
    {"AAAA failed, A found: usable",
     {{"d.example", DNS_TYPE_MX, .records = {"5 a.example"}},
      {"a.example", DNS_TYPE_AAAA, .outcome = DNS_FAILED},
      {"a.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "usable a.example=127.0.0.1"},
    {"secure answer is said",
     {{"d.example", DNS_TYPE_MX, .security = DNS_SECURE,
       .records = {"5 a.example"}},
      {"a.example", DNS_TYPE_A, .records = {"127.0.0.1"}}},
     "usable secure a.example=127.0.0.1"},
};

static void describe(const struct hosts *hosts, void *ctx)
{
    struct buf *out = ctx;
    buf_printf(out, "%s%s", hosts_kind_name(hosts->kind),
               hosts->security == DNS_SECURE ? " secure" : "");
    for (size_t i = 0; i < hosts->count; i++) {
        const struct mail_host *host = &hosts->host[i];
        buf_printf(out, " %s", host->name);
        if (host->failure != NULL) {
            buf_printf(out, "!%s", host->failure);
        }
        for (size_t k = 0; k < host->address_count; k++) {
            buf_printf(out, "%c%s", k == 0 ? '=' : ',', host->addresses[k]);
        }
    }
    for (size_t i = 0; i < hosts->note_count; i++) {
        buf_printf(out, "; %s: %s", hosts->note[i].name, hosts->note[i].note);
    }
    if (hosts->failure != NULL) {
        buf_printf(out, " (%s)", hosts->failure);
    }
}

static size_t row_count(const struct resolver_fake_row *dns)
{
    size_t n = 0;
    while (n < ROWS && dns[n].name != NULL) {
        n++;
    }
    return n;
}

static void find(const struct resolver_fake_row *dns, uint64_t seed,
                 struct buf *out)
{
    struct arena *arena = arena_create();
    struct resolver_fake *fake = resolver_fake_create(dns, row_count(dns));
    hosts_find(arena, resolver_fake_face(fake), "d.example", seed, describe,
               out);
    assert_int_equal(buf_slice(out).n, 0); /* not from within the call */
    resolver_fake_run(fake);
    resolver_fake_destroy(&fake);
    arena_destroy(&arena);
}

static void test_hosts_find_every_answer_as_in_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf got;
        buf_init(&got, TEXT_BYTES);
        find(rows[i].dns, 1, &got);
        if (!slice_is(buf_slice(&got), rows[i].want)) {
            fail_msg("%s: got \"%.*s\", want \"%s\"", rows[i].title,
                     SLICE_ARG(buf_slice(&got)), rows[i].want);
        }
        buf_release(&got);
    }
}

static const struct resolver_fake_row equals[ROWS] = {
    {"d.example", DNS_TYPE_MX,
     .records = {"10 a.example", "10 b.example", "10 c.example",
                 "5 first.example"}},
    {"first.example", DNS_TYPE_A, .records = {"127.0.0.9"}},
    {"a.example", DNS_TYPE_A, .records = {"127.0.0.1"}},
    {"b.example", DNS_TYPE_A, .records = {"127.0.0.2"}},
    {"c.example", DNS_TYPE_A, .records = {"127.0.0.3"}}};

static const struct resolver_fake_row rotated[ROWS] = {
    {"d.example", DNS_TYPE_MX,
     .records = {"10 c.example", "5 first.example", "10 a.example",
                 "10 b.example"}},
    {"first.example", DNS_TYPE_A, .records = {"127.0.0.9"}},
    {"a.example", DNS_TYPE_A, .records = {"127.0.0.1"}},
    {"b.example", DNS_TYPE_A, .records = {"127.0.0.2"}},
    {"c.example", DNS_TYPE_A, .records = {"127.0.0.3"}}};

static void test_hosts_find_equal_mx_shuffled_by_seed(void **state)
{
    (void)state;
    char seen[32][TEXT_BYTES];
    size_t orders = 0;
    for (uint64_t seed = 1; seed <= 32; seed++) {
        struct buf got, again;
        buf_init(&got, TEXT_BYTES);
        buf_init(&again, TEXT_BYTES);
        find(equals, seed, &got);
        find(rotated, seed, &again);
        assert_string_equal(got.p, again.p);
        assert_true(slice_starts_nocase(buf_slice(&got),
                                        "usable first.example=127.0.0.9 "));
        size_t known = 0;
        while (known < orders && strcmp(seen[known], got.p) != 0) {
            known++;
        }
        if (known == orders) {
            snprintf(seen[orders++], TEXT_BYTES, "%s", got.p);
        }
        buf_release(&got);
        buf_release(&again);
    }
    assert_int_equal(orders, 6); /* every permutation of three */
}

static void test_hosts_cancel_leaves_nothing_open(void **state)
{
    (void)state;
    struct buf got;
    buf_init(&got, TEXT_BYTES);
    struct arena *arena = arena_create();
    struct resolver_fake *fake = resolver_fake_create(equals, ROWS);
    struct hosts_query *query = hosts_find(arena, resolver_fake_face(fake),
                                           "d.example", 1, describe, &got);
    hosts_cancel(&query);
    assert_null(query);
    assert_int_equal(resolver_fake_open(fake), 0);
    assert_int_equal(resolver_fake_run(fake), 0);
    assert_int_equal(buf_slice(&got).n, 0);
    resolver_fake_destroy(&fake);
    arena_destroy(&arena);
    buf_release(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_find_every_answer_as_in_the_table),
        cmocka_unit_test(test_hosts_find_equal_mx_shuffled_by_seed),
        cmocka_unit_test(test_hosts_cancel_leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
