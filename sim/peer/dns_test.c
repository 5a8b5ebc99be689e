/* The name server judged by an unmodified libunbound that validates with the
 * world's trust anchor, and by plain queries where the wire matters. */
#include "peer/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <unistd.h>
#include <unbound.h>
#include <unbound-event.h>

#include "base/clock.h"
#include "peer/dns_sign.h"

#define NOW_S INT64_C(1772438400)   /* 2026-03-02T08:00:00Z */
#define NOW_TEXT "20260302080000"   /* the same */
#define LATER_TEXT "20260502080000" /* two months on */
enum { LIMIT_MS = 30000 };

static struct loop *loop;
static struct dns *dns;
static struct ub_ctx *resolver;
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    loop = loop_create();
    arena = arena_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(&arena);
    loop_destroy(&loop);
    return 0;
}

static void record(const char *name, const char *type, const char *data)
{
    struct err err;
    if (dns_record_add(dns, name, type, data, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static void zone(const char *name, bool is_signed)
{
    struct err err;
    if (dns_zone_add(dns, name, is_signed, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static void fault(const char *name, const char *type, enum dns_fault fault)
{
    struct err err;
    if (dns_fault_set(dns, name, type, fault, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static void option(const char *name, const char *value)
{
    int error = ub_ctx_set_option(resolver, name, value);
    if (error)
        fail_msg("%s %s: %s", name, value, ub_strerror(error));
}

static void open_resolver(const char *date)
{
    resolver = ub_ctx_create_event(loop_base(loop));
    assert_non_null(resolver);
    char upstream[64];
    snprintf(upstream, sizeof upstream, "127.0.0.1@%u", dns_port(dns));
    assert_int_equal(ub_ctx_set_fwd(resolver, upstream), 0);
    char anchor[256];
    snprintf(anchor, sizeof anchor, "%s", dns_trust_anchor(dns));
    assert_int_equal(ub_ctx_add_ta(resolver, anchor), 0);
    option("do-ip6:", "no");
    option("trust-anchor-signaling:", "no");
    option("val-override-date:", date);
    /* Names that a resolver denies by itself otherwise. */
    option("local-zone:", "test. transparent");
    option("local-zone:", "127.in-addr.arpa. transparent");
    /* A denial that is kept would hide what the next row adds. */
    option("aggressive-nsec:", "no");
}

static int begin(void **state)
{
    (void)state;
    struct err err;
    dns = dns_create(loop, NOW_S);
    if (dns_listen(dns, "127.0.0.1", 0, &err) != ST_OK)
        fail_msg("%s", err.text);
    zone("hospital.example", true);
    record("hospital.example", "MX", "10 mx1.hospital.example");
    record("hospital.example", "MX", "20 mx2.hospital.example.");
    record("hospital.example", "TXT", "\"v=spf1 -all\"");
    record("mx1.hospital.example", "A", "127.1.2.10");
    record("mx2.hospital.example", "A", "127.1.2.11");
    record("_25._tcp.mx1.hospital.example", "TLSA",
           "3 1 1 0000000000000000000000000000000000000000000000000000000000"
           "000000");
    record("alias.hospital.example", "CNAME", "mx1.hospital.example");
    record("far.hospital.example", "CNAME", "mx.lab.test");
    zone("lab.test", true);
    record("lab.test", "MX", "10 mx.lab.test");
    record("mx.lab.test", "A", "127.1.2.12");
    zone("plain.example", false);
    record("plain.example", "MX", "10 mx.plain.example");
    record("mx.plain.example", "A", "127.1.2.13");
    open_resolver(NOW_TEXT);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ub_ctx_delete(resolver);
    dns_destroy(&dns);
    return 0;
}

/* What the resolver made of it. */
static struct {
    bool is_done;
    int rcode;
    int sec;      /* 0 insecure, 1 bogus, 2 secure */
    size_t count; /* records of the type in the answer */
    char first[256];
} got;

static ldns_rr_type wanted;

static void on_answer(void *ctx, int rcode, void *packet, int n, int sec,
                      char *why, int was_limited)
{
    (void)ctx;
    (void)why;
    (void)was_limited;
    got.is_done = true;
    got.rcode = rcode;
    got.sec = sec;
    ldns_pkt *pkt = NULL;
    if (rcode || ldns_wire2pkt(&pkt, packet, (size_t)n) != LDNS_STATUS_OK)
        return;
    got.rcode = (int)ldns_pkt_get_rcode(pkt);
    for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_pkt_answer(pkt)); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(pkt), i);
        if (ldns_rr_get_type(rr) != wanted)
            continue;
        char *text = ldns_rr2str(rr);
        if (!got.count++)
            snprintf(got.first, sizeof got.first, "%s", text);
        free(text);
    }
    ldns_pkt_free(pkt);
}

static bool is_answered(void *ctx)
{
    (void)ctx;
    return got.is_done;
}

static void ask(const char *name, const char *type)
{
    memset(&got, 0, sizeof got);
    wanted = ldns_get_rr_type_by_name(type);
    int error =
        ub_resolve_event(resolver, name, (int)wanted, 1, NULL, on_answer, NULL);
    if (error)
        fail_msg("%s %s: %s", name, type, ub_strerror(error));
    if (!loop_run_until(loop, is_answered, NULL, LIMIT_MS))
        fail_msg("%s %s: no answer", name, type);
}

enum { INSECURE, BOGUS, SECURE };

static void want(const char *name, const char *type, int rcode, int sec,
                 size_t count)
{
    ask(name, type);
    if (got.rcode != rcode || got.sec != sec || got.count != count)
        fail_msg("%s %s: got rcode %d sec %d count %zu, want %d %d %zu", name,
                 type, got.rcode, got.sec, got.count, rcode, sec, count);
}

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

/* --- The wire --- */

static bool is_asked_more(void *ctx)
{
    size_t count;
    (void)dns_queries(dns, &count);
    return count > *(const size_t *)ctx;
}

/* One datagram there and back; the reply's length, 0 when none came. */
static size_t exchange(const char *name, ldns_rr_type type, uint16_t room,
                       ldns_pkt **reply)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(dns_port(dns))};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    ldns_pkt *query = ldns_pkt_query_new(ldns_dname_new_frm_str(name), type,
                                         LDNS_RR_CLASS_IN, LDNS_RD);
    ldns_pkt_set_id(query, 4711);
    if (room) {
        ldns_pkt_set_edns_udp_size(query, room);
        ldns_pkt_set_edns_do(query, true);
    }
    uint8_t *wire = NULL, in[65535];
    size_t n = 0;
    ldns_pkt2wire(&wire, query, &n);
    size_t before;
    (void)dns_queries(dns, &before);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    sendto(fd, wire, n, 0, (struct sockaddr *)&to, sizeof to);
    /* A reply goes out in the call that notes the query. */
    assert_true(loop_run_until(loop, is_asked_more, &before, LIMIT_MS));
    ssize_t got_n = recv(fd, in, sizeof in, MSG_DONTWAIT);
    close(fd);
    free(wire);
    ldns_pkt_free(query);
    *reply = NULL;
    if (got_n <= 0)
        return 0;
    assert_int_equal(ldns_wire2pkt(reply, in, (size_t)got_n), LDNS_STATUS_OK);
    assert_int_equal(ldns_pkt_id(*reply), 4711);
    return (size_t)got_n;
}

static void test_dns_without_do_no_signatures(void **state)
{
    (void)state;
    ldns_pkt *reply;
    assert_true(exchange("hospital.example", LDNS_RR_TYPE_MX, 0, &reply));
    assert_int_equal(ldns_pkt_ancount(reply), 2);
    assert_false(ldns_pkt_edns(reply));
    assert_true(ldns_pkt_ra(reply));
    ldns_pkt_free(reply);
    assert_true(exchange("hospital.example", LDNS_RR_TYPE_MX, 1232, &reply));
    assert_int_equal(ldns_pkt_ancount(reply), 3);
    assert_true(ldns_pkt_edns_do(reply));
    ldns_pkt_free(reply);
}

static void test_dns_truncates_to_the_room_given(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        record("some.hospital.example", "TXT",
               arena_printf(arena, "\"%0100d\"", i));
    ldns_pkt *reply;
    size_t n = exchange("some.hospital.example", LDNS_RR_TYPE_TXT, 0, &reply);
    assert_true(n <= 512 && ldns_pkt_tc(reply) && !ldns_pkt_ancount(reply));
    ldns_pkt_free(reply);
    n = exchange("some.hospital.example", LDNS_RR_TYPE_TXT, 4096, &reply);
    assert_true(n > 1000 && !ldns_pkt_tc(reply));
    ldns_pkt_free(reply);
}

static void test_dns_silent_and_nxdomain_over_names_below(void **state)
{
    (void)state;
    ldns_pkt *reply;
    fault("hospital.example", "MX", DNS_FAULT_SILENT);
    assert_int_equal(
        exchange("hospital.example", LDNS_RR_TYPE_MX, 1232, &reply), 0);
    fault("_tcp.mx1.hospital.example", NULL, DNS_FAULT_NXDOMAIN);
    assert_true(
        exchange("_tcp.mx1.hospital.example", LDNS_RR_TYPE_A, 1232, &reply));
    assert_int_equal(ldns_pkt_get_rcode(reply), LDNS_RCODE_NXDOMAIN);
    ldns_pkt_free(reply);
    size_t count;
    const struct dns_query *queries = dns_queries(dns, &count);
    assert_int_equal(count, 2);
    assert_string_equal(queries[0].name, "hospital.example");
    assert_string_equal(queries[0].type, "MX");
    assert_string_equal(queries[0].rcode, "");
    assert_string_equal(queries[1].rcode, "NXDOMAIN");
}

static void test_dns_garbage_is_ignored(void **state)
{
    (void)state;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(dns_port(dns))};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    static const uint8_t octets[64] = {1, 2, 3, 4, 0, 9, 0, 9, 255, 255};
    for (size_t n = 1; n <= sizeof octets; n++)
        sendto(fd, octets, n, 0, (struct sockaddr *)&to, sizeof to);
    close(fd); /* the next question waits behind them */
    want("hospital.example", "MX", 0, SECURE, 2);
}

static void test_dns_signs_each_rrset_once(void **state)
{
    (void)state;
    ldns_pkt *reply;
    exchange("hospital.example", LDNS_RR_TYPE_MX, 1232, &reply);
    ldns_pkt_free(reply);
    unsigned long before = dns_sign_count();
    exchange("hospital.example", LDNS_RR_TYPE_MX, 1232, &reply);
    ldns_pkt_free(reply);
    assert_int_equal(dns_sign_count(), before);
    record("hospital.example", "MX", "30 mx3.hospital.example");
    exchange("hospital.example", LDNS_RR_TYPE_MX, 1232, &reply);
    ldns_pkt_free(reply);
    assert_int_equal(dns_sign_count(), before + 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

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
        TEST(test_dns_without_do_no_signatures),
        TEST(test_dns_truncates_to_the_room_given),
        TEST(test_dns_silent_and_nxdomain_over_names_below),
        TEST(test_dns_garbage_is_ignored),
        TEST(test_dns_signs_each_rrset_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
