/* test_dns - for tests of the name server: a signed tree, and an unmodified
 * libunbound that validates with the world's trust anchor. */
#ifndef PEER_TEST_DNS_H
#define PEER_TEST_DNS_H

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

#define NOW_S INT64_C(1772438400)   /* 2026-03-02T08:00:00Z */
#define NOW_TEXT "20260302080000"   /* the same */
#define LATER_TEXT "20260502080000" /* two months on */
enum { LIMIT_MS = 30000 };

static struct loop *loop;
static struct dns *dns;
static struct ub_ctx *resolver;
static struct arena *arena;

static inline int set_up(void **state)
{
    (void)state;
    loop = loop_create();
    arena = arena_create();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    arena_destroy(&arena);
    loop_destroy(&loop);
    return 0;
}

static inline void record(const char *name, const char *type, const char *data)
{
    struct err err;
    if (dns_record_add(dns, name, type, data, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static inline void zone(const char *name, bool is_signed)
{
    struct err err;
    if (dns_zone_add(dns, name, is_signed, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static inline void fault(const char *name, const char *type,
                         enum dns_fault fault)
{
    struct err err;
    if (dns_fault_set(dns, name, type, fault, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static inline void option(const char *name, const char *value)
{
    int error = ub_ctx_set_option(resolver, name, value);
    if (error)
        fail_msg("%s %s: %s", name, value, ub_strerror(error));
}

static inline void open_resolver(const char *date)
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

static inline int begin(void **state)
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

static inline int end(void **state)
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

static inline void on_answer(void *ctx, int rcode, void *packet, int n, int sec,
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

static inline bool is_answered(void *ctx)
{
    (void)ctx;
    return got.is_done;
}

static inline void ask(const char *name, const char *type)
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

static inline void want(const char *name, const char *type, int rcode, int sec,
                        size_t count)
{
    ask(name, type);
    if (got.rcode != rcode || got.sec != sec || got.count != count)
        fail_msg("%s %s: got rcode %d sec %d count %zu, want %d %d %zu", name,
                 type, got.rcode, got.sec, got.count, rcode, sec, count);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
