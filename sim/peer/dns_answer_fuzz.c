/* A datagram to the world's name server by anybody: what it answers is a
 * packet, with the question's number. */
#include "peer/dns_private.h"

#include "base/test_fuzz.h"

static struct dns *world(void)
{
    static struct dns *dns;
    struct err err;
    if (dns)
        return dns;
    dns = dns_create(loop_create(), 1600000000);
    FUZZ_MUST(dns_zone_add(dns, "s.example", true, &err) == ST_OK);
    FUZZ_MUST(dns_zone_add(dns, "u.example", false, &err) == ST_OK);
    FUZZ_MUST(dns_record_add(dns, "s.example", "MX", "10 mx.s.example.",
                             &err) == ST_OK);
    FUZZ_MUST(dns_record_add(dns, "mx.s.example", "A", "127.0.0.1", &err) ==
              ST_OK);
    FUZZ_MUST(dns_record_add(dns, "a.u.example", "CNAME", "b.u.example.",
                             &err) == ST_OK);
    FUZZ_MUST(dns_record_add(dns, "b.u.example", "TXT", "\"v=spf1 -all\"",
                             &err) == ST_OK);
    FUZZ_MUST(dns_record_add(dns, "l.s.example", "CNAME", "l.s.example.",
                             &err) == ST_OK);
    FUZZ_MUST(dns_fault_set(dns, "x.s.example", NULL, DNS_FAULT_NXDOMAIN,
                            &err) == ST_OK);
    return dns;
}

static void answer(const struct dns *dns, const ldns_pkt *query)
{
    ldns_pkt *reply = dns_answer(&dns->world, query), *again = NULL;
    uint8_t *wire = NULL;
    size_t n = 0;
    if (!reply)
        return;
    FUZZ_MUST(ldns_pkt_qr(reply) && ldns_pkt_id(reply) == ldns_pkt_id(query));
    if (ldns_pkt2wire(&wire, reply, &n) == LDNS_STATUS_OK) {
        FUZZ_MUST(ldns_wire2pkt(&again, wire, n) == LDNS_STATUS_OK);
        ldns_pkt_free(again);
    }
    LDNS_FREE(wire);
    ldns_pkt_free(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns *dns = world();
    ldns_pkt *query = NULL;
    if (ldns_wire2pkt(&query, data, size) != LDNS_STATUS_OK)
        return 0;
    if (!ldns_pkt_qr(query) && ldns_pkt_qdcount(query) == 1)
        answer(dns, query);
    ldns_pkt_free(query);
    return 0;
}
