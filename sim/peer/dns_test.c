/* The name server judged by an unmodified libunbound: answers, faults, changes.
 */
#include "peer/test_dns.h"

/* --- As it should be --- */

static void test_dns_secure_answers(void **state)
{
    (void)state;
    want("hospital.example", "MX", 0, SECURE, 2);
    want("mx1.hospital.example", "A", 0, SECURE, 1);
    assert_non_null(strstr(got.first, "127.1.2.10"));
    want("_25._tcp.mx1.hospital.example", "TLSA", 0, SECURE, 1);
    want("hospital.example", "TXT", 0, SECURE, 1);
    want("hospital.example", "DNSKEY", 0, SECURE, 1);
    want("hospital.example", "DS", 0, SECURE, 1);
    want("hospital.example", "SOA", 0, SECURE, 1);
    want("MX1.Hospital.EXAMPLE", "A", 0, SECURE, 1);
}

static void test_dns_aliases_are_followed(void **state)
{
    (void)state;
    want("alias.hospital.example", "A", 0, SECURE, 1);
    want("far.hospital.example", "A", 0, SECURE, 1);
    assert_non_null(strstr(got.first, "127.1.2.12"));
    want("far.hospital.example", "AAAA", 0, SECURE, 0);
    record("loose.hospital.example", "CNAME", "nowhere.hospital.example");
    want("loose.hospital.example", "A", 3, SECURE, 0);
    record("weak.hospital.example", "CNAME", "mx.plain.example");
    want("weak.hospital.example", "A", 0, INSECURE, 1);
}

static void test_dns_denials_are_proved(void **state)
{
    (void)state;
    want("mx1.hospital.example", "AAAA", 0, SECURE, 0);
    want("hospital.example", "AAAA", 0, SECURE, 0);
    want("nobody.hospital.example", "A", 3, SECURE, 0);
    want("a.b.c.hospital.example", "A", 3, SECURE, 0);
    want("zz.hospital.example", "A", 3, SECURE, 0);
    want("_25._tcp.mx2.hospital.example", "TLSA", 3, SECURE, 0);
    want("_tcp.mx1.hospital.example", "TLSA", 0, SECURE, 0);
    want("nosuch.example", "MX", 3, SECURE, 0);
    want("nosuch.nowhere", "MX", 3, SECURE, 0);
    want("nosuch.test", "MX", 3, SECURE, 0);
}

static void test_dns_insecure_delegation(void **state)
{
    (void)state;
    want("plain.example", "MX", 0, INSECURE, 1);
    want("plain.example", "AAAA", 0, INSECURE, 0);
    want("nobody.plain.example", "A", 3, INSECURE, 0);
    want("plain.example", "DS", 0, SECURE, 0);
}

static void test_dns_reverse(void **state)
{
    (void)state;
    const char *name = dns_reverse_name(arena, "127.100.51.7");
    assert_string_equal(name, "7.51.100.127.in-addr.arpa");
    assert_null(dns_reverse_name(arena, "mx1"));
    record(name, "PTR", "mx1.hospital.example");
    want(name, "PTR", 0, SECURE, 1);
    want(dns_reverse_name(arena, "127.100.51.8"), "PTR", 3, SECURE, 0);
}

static void test_dns_large_answer_over_tcp(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    for (int i = 0; i < COUNT; i++) {
        char *data = arena_printf(arena, "\"%0200d\"", i);
        record("large.hospital.example", "TXT", data);
    }
    want("large.hospital.example", "TXT", 0, SECURE, COUNT);
    size_t count;
    const struct dns_query *queries = dns_queries(dns, &count);
    bool was_tcp = false;
    for (size_t i = 0; i < count; i++)
        was_tcp |= queries[i].tcp &&
                   !strcmp(queries[i].name, "large.hospital.example");
    assert_true(was_tcp);
}

static void test_dns_null_mx_and_zone_below_zone(void **state)
{
    (void)state;
    zone("null.example", true);
    record("null.example", "MX", "0 .");
    want("null.example", "MX", 0, SECURE, 1);
    assert_non_null(strstr(got.first, "0 ."));
    zone("sub.hospital.example", true);
    record("sub.hospital.example", "A", "127.1.2.20");
    want("sub.hospital.example", "A", 0, SECURE, 1);
    zone("open.hospital.example", false);
    record("x.open.hospital.example", "A", "127.1.2.21");
    want("x.open.hospital.example", "A", 0, INSECURE, 1);
    want("nobody.hospital.example", "A", 3, SECURE, 0);
}

/* --- Faults --- */

static void test_dns_each_fault(void **state)
{
    (void)state;
    static const struct {
        enum dns_fault fault;
        int rcode;
        int sec;
        size_t count;
    } rows[] = {
        {DNS_FAULT_NONE, 0, SECURE, 2},
        {DNS_FAULT_BOGUS, 2, BOGUS, 0},
        {DNS_FAULT_EXPIRED, 2, BOGUS, 0},
        {DNS_FAULT_UNSIGNED, 2, BOGUS, 0},
        {DNS_FAULT_SERVFAIL, 2, INSECURE, 0},
        {DNS_FAULT_TRUNCATED, 0, SECURE, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *name =
            arena_printf(arena, "%s.example", dns_fault_name(rows[i].fault));
        zone(name, true);
        record(name, "MX", "10 mx1.hospital.example");
        record(name, "MX", "20 mx2.hospital.example");
        record(name, "TXT", "x");
        fault(name, "MX", rows[i].fault);
        ask(name, "MX");
        if (got.sec != rows[i].sec ||
            (rows[i].sec != BOGUS &&
             (got.rcode != rows[i].rcode || got.count != rows[i].count)))
            fail_msg("%s: got rcode %d sec %d count %zu", name, got.rcode,
                     got.sec, got.count);
        want(name, "TXT", 0, SECURE, 1); /* nothing else is touched */
    }
}

static void test_dns_bogus_denial(void **state)
{
    (void)state;
    fault("_25._tcp.mx2.hospital.example", "TLSA", DNS_FAULT_BOGUS);
    ask("_25._tcp.mx2.hospital.example", "TLSA");
    assert_int_equal(got.sec, BOGUS);
    want("_25._tcp.mx1.hospital.example", "TLSA", 0, SECURE, 1);
}

static void test_dns_fault_of_any_type_and_taken_back(void **state)
{
    (void)state;
    fault("mx1.hospital.example", NULL, DNS_FAULT_SERVFAIL);
    want("mx1.hospital.example", "A", 2, INSECURE, 0);
    fault("mx1.hospital.example", NULL, DNS_FAULT_NONE);
    ub_ctx_delete(resolver);
    open_resolver(NOW_TEXT);
    want("mx1.hospital.example", "A", 0, SECURE, 1);
}

static void test_dns_signatures_expire_and_follow_the_clock(void **state)
{
    (void)state;
    ub_ctx_delete(resolver);
    open_resolver(LATER_TEXT);
    ask("hospital.example", "MX");
    assert_int_equal(got.sec, BOGUS);
    ub_ctx_delete(resolver);
    dns_set_clock(dns, NOW_S + 61 * 86400);
    open_resolver(LATER_TEXT);
    want("hospital.example", "MX", 0, SECURE, 2);
}

/* --- Changes --- */

static void test_dns_change_is_seen_by_a_new_resolver(void **state)
{
    (void)state;
    want("mx1.hospital.example", "A", 0, SECURE, 1);
    dns_record_remove(dns, "mx1.hospital.example", "A");
    record("mx1.hospital.example", "A", "127.1.2.99");
    ub_ctx_delete(resolver);
    open_resolver(NOW_TEXT);
    want("mx1.hospital.example", "A", 0, SECURE, 1);
    assert_non_null(strstr(got.first, "127.1.2.99"));
    dns_record_remove(dns, "mx1.hospital.example", NULL);
    dns_record_remove(dns, "_25._tcp.mx1.hospital.example", NULL);
    dns_zone_remove(dns, "lab.test");
    ub_ctx_delete(resolver);
    open_resolver(NOW_TEXT);
    want("mx1.hospital.example", "A", 3, SECURE, 0);
    want("lab.test", "MX", 3, SECURE, 0);
}

static void test_dns_faulty_text_is_refused(void **state)
{
    (void)state;
    struct err err;
    static const struct {
        const char *name, *type, *data;
    } rows[] = {
        {"hospital.example", "MX", "mx1"},
        {"hospital.example", "A", "300.1.1.1"},
        {"hospital.example", "NONSENSE", "1"},
        {"hospital..example", "A", "127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(
            dns_record_add(dns, rows[i].name, rows[i].type, rows[i].data, &err),
            ST_INVAL);
    assert_int_equal(dns_zone_add(dns, "a..b", true, &err), ST_INVAL);
    assert_int_equal(
        dns_fault_set(dns, "a.example", "NONE", DNS_FAULT_BOGUS, &err),
        ST_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_dns_secure_answers),
        TEST(test_dns_aliases_are_followed),
        TEST(test_dns_denials_are_proved),
        TEST(test_dns_insecure_delegation),
        TEST(test_dns_reverse),
        TEST(test_dns_large_answer_over_tcp),
        TEST(test_dns_null_mx_and_zone_below_zone),
        TEST(test_dns_each_fault),
        TEST(test_dns_bogus_denial),
        TEST(test_dns_fault_of_any_type_and_taken_back),
        TEST(test_dns_signatures_expire_and_follow_the_clock),
        TEST(test_dns_change_is_seen_by_a_new_resolver),
        TEST(test_dns_faulty_text_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
