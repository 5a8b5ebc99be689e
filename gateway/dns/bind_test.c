/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "dns/bind.h"
#include "dns/resolver_fake.h"

enum { ROWS = 6, TEXT_BYTES = 400 };

#define D32 "0123456789abcdef0123456789abcdef"
#define EE "\x03\x01\x01" D32
#define TA "\x02\x01\x01" D32
#define PKIX_EE "\x01\x01\x01" D32
#define UNKNOWN_SELECTOR "\x03\x07\x01" D32
#define SHORT "\x03\x01\x01short"

#define SECURE .security = DNS_SECURE

/* A host mx.example of d.example. want: "mandatory|free|failed usable-count
 * names" */
static const struct row {
    const char *title;
    bool is_secure;
    const char *address_name; /* NULL: no alias */
    struct resolver_fake_row dns[ROWS];
    const char *want;
} rows[] = {
    {"secure record binds",
     true,
     NULL,
     {{"_25._tcp.mx.example", DNS_TYPE_TLSA, SECURE, .records = {EE}}},
     "mandatory 1 mx.example d.example"},
    {"insecure record is none",
     true,
     NULL,
     {{"_25._tcp.mx.example", DNS_TYPE_TLSA, .records = {EE}}},
     "free 0"},
    {"insecure addresses are not asked about",
     false,
     NULL,
     {{"_25._tcp.mx.example", DNS_TYPE_TLSA, SECURE, .records = {EE}}},
     "free 0"},
    {"secure absence",
     true,
     NULL,
     {{"x.example", DNS_TYPE_A, SECURE, .records = {"127.0.0.1"}}},
     "free 0"},
    {"failed look-up",
     true,
     NULL,
     {{"_25._tcp.mx.example", DNS_TYPE_TLSA, .outcome = DNS_FAILED}},
     "failed 0"},
    {"usable beside unusable",
     true,
     NULL,
     {{"_25._tcp.mx.example", DNS_TYPE_TLSA, SECURE,
       .records = {PKIX_EE, TA, SHORT}}},
     "mandatory 1 mx.example d.example"},
    {"none usable: TLS all the same",
     true,
     NULL,
     {{"_25._tcp.mx.example", DNS_TYPE_TLSA, SECURE,
       .records = {PKIX_EE, UNKNOWN_SELECTOR, SHORT}}},
     "mandatory 0 mx.example d.example"},
    {"expanded name first",
     true,
     "real.example",
     {{"_25._tcp.mx.example", DNS_TYPE_TLSA, SECURE, .records = {EE, TA}},
      {"_25._tcp.real.example", DNS_TYPE_TLSA, SECURE, .records = {EE}}},
     "mandatory 1 real.example mx.example d.example"},
    {"else the name before",
     true,
     "real.example",
     {{"_25._tcp.mx.example", DNS_TYPE_TLSA, SECURE, .records = {EE, TA}}},
     "mandatory 2 mx.example d.example"},
    {"a failure of the expanded name is not passed over",
     true,
     "real.example",
     {{"_25._tcp.mx.example", DNS_TYPE_TLSA, SECURE, .records = {EE}},
      {"_25._tcp.real.example", DNS_TYPE_TLSA, .outcome = DNS_FAILED}},
     "failed 0"},
    {"a secure alias of an insecure name",
     false,
     "real.example",
     {{"mx.example", DNS_TYPE_CNAME, SECURE, .records = {"real.example"}},
      {"_25._tcp.mx.example", DNS_TYPE_TLSA, SECURE, .records = {EE}},
      {"_25._tcp.real.example", DNS_TYPE_TLSA, SECURE, .records = {EE, EE}}},
     "mandatory 1 mx.example d.example"},
    {"an insecure alias",
     false,
     "real.example",
     {{"mx.example", DNS_TYPE_CNAME, .records = {"real.example"}},
      {"_25._tcp.mx.example", DNS_TYPE_TLSA, SECURE, .records = {EE}}},
     "free 0"},
};

static void on_done(void *ctx)
{
    *(bool *)ctx = true;
}

static void describe(const struct mail_host *host, char *out)
{
    const struct host_binding *b = &host->binding;
    int n = snprintf(out, TEXT_BYTES, "%s %zu",
                     host->failure != NULL ? "failed"
                     : b->tls_mandatory    ? "mandatory"
                                           : "free",
                     b->tlsa_count);
    for (size_t i = 0; i < TLS_DANE_NAMES && b->names[i] != NULL; i++) {
        n += snprintf(out + n, TEXT_BYTES - (size_t)n, " %s", b->names[i]);
    }
}

static void test_bind_hosts_reads_what_binds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct arena *arena = arena_create();
        size_t count = 0;
        while (count < ROWS && row->dns[count].name != NULL) {
            count++;
        }
        struct resolver_fake *dns = resolver_fake_create(row->dns, count);
        const char *address = "127.0.0.1";
        struct mail_host host = {.name = "mx.example",
                                 .address_name = row->address_name != NULL
                                                     ? row->address_name
                                                     : "mx.example",
                                 .addresses = &address,
                                 .address_count = 1,
                                 .is_secure = row->is_secure};
        bool is_done = false;
        struct bind_query *query =
            bind_hosts(arena, resolver_fake_face(dns), &host, 1, "d.example",
                       on_done, &is_done);
        resolver_fake_run(dns);
        assert_true(query == NULL || is_done);
        char got[TEXT_BYTES];
        describe(&host, got);
        if (strcmp(got, row->want) != 0) {
            fail_msg("%s: got \"%s\", want \"%s\"", row->title, got, row->want);
        }
        resolver_fake_destroy(&dns);
        arena_destroy(&arena);
    }
}

static void test_bind_read_takes_what_smtp_uses(void **state)
{
    (void)state;
    static const struct {
        unsigned char usage, selector, matching;
        size_t bytes;
        bool want;
    } reads[] = {
        {3, 1, 1, 32, true},  {3, 0, 2, 64, true},  {2, 0, 0, 90, true},
        {2, 1, 1, 32, true},  {0, 0, 1, 32, false}, {1, 1, 1, 32, false},
        {4, 1, 1, 32, false}, {3, 2, 1, 32, false}, {3, 1, 3, 32, false},
        {3, 1, 1, 31, false}, {3, 1, 2, 32, false}, {3, 1, 0, 0, false}};
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        char octets[128] = {(char)reads[i].usage, (char)reads[i].selector,
                            (char)reads[i].matching};
        struct tls_tlsa tlsa;
        bool got = bind_read((struct slice){octets, 3 + reads[i].bytes}, &tlsa);
        if (got != reads[i].want) {
            fail_msg("row %zu: got %d, want %d", i, got, reads[i].want);
        }
        if (got) {
            assert_int_equal(tlsa.data.n, reads[i].bytes);
        }
    }
    struct tls_tlsa none;
    assert_false(bind_read((struct slice){"\3\1", 2}, &none));
}

static void test_bind_cancel_leaves_nothing_open(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct resolver_fake *dns = resolver_fake_create(rows[0].dns, 1);
    const char *address = "127.0.0.1";
    struct mail_host host = {.name = "mx.example",
                             .address_name = "mx.example",
                             .addresses = &address,
                             .address_count = 1,
                             .is_secure = true};
    bool is_done = false;
    struct bind_query *query = bind_hosts(arena, resolver_fake_face(dns), &host,
                                          1, NULL, on_done, &is_done);
    assert_non_null(query);
    bind_cancel(&query);
    assert_int_equal(resolver_fake_open(dns), 0);
    assert_false(is_done);
    resolver_fake_destroy(&dns);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bind_hosts_reads_what_binds),
        cmocka_unit_test(test_bind_read_takes_what_smtp_uses),
        cmocka_unit_test(test_bind_cancel_leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
