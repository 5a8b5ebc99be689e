/* The name server judged by plain queries, where the wire matters. */
#include "peer/test_dns.h"

#include "peer/dns_sign.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_dns_without_do_no_signatures),
        TEST(test_dns_truncates_to_the_room_given),
        TEST(test_dns_silent_and_nxdomain_over_names_below),
        TEST(test_dns_garbage_is_ignored),
        TEST(test_dns_signs_each_rrset_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
