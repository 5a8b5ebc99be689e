/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <ldns/ldns.h>
#include <string.h>

#include "base/buf.h"
#include "dns/packet.h"

enum { RECORDS = 4, TEXT_BYTES = 1000 };

/* An answer as in a zone file. want: "outcome name[ alias] records". */
static const struct row {
    const char *title;
    const char *asked;
    enum dns_type type;
    int rcode;
    const char *records[RECORDS];
    const char *want;
} rows[] = {
    {"MX in lower case, without the final dot",
     "d.example",
     DNS_TYPE_MX,
     0,
     {"d.example. 0 IN MX 20 MX2.D.example.", "d.example. 0 IN MX 10 mx1.x."},
     "found d.example 20 mx2.d.example 10 mx1.x"},
    {"null MX",
     "d.example",
     DNS_TYPE_MX,
     0,
     {"d.example. 0 IN MX 0 ."},
     "found d.example 0 ."},
    {"final dot in the question",
     "d.example.",
     DNS_TYPE_A,
     0,
     {"d.example. 0 IN A 127.0.0.1"},
     "found d.example 127.0.0.1"},
    {"addresses",
     "d.example",
     DNS_TYPE_AAAA,
     0,
     {"d.example. 0 IN AAAA ::1"},
     "found d.example ::1"},
    {"alias followed",
     "d.example",
     DNS_TYPE_A,
     0,
     {"d.example. 0 IN CNAME e.example.", "e.example. 0 IN CNAME f.example.",
      "f.example. 0 IN A 127.0.0.2"},
     "found f.example alias 127.0.0.2"},
    {"alias to nothing",
     "d.example",
     DNS_TYPE_A,
     0,
     {"d.example. 0 IN CNAME e.example."},
     "no-data d.example"},
    {"another type only",
     "d.example",
     DNS_TYPE_MX,
     0,
     {"d.example. 0 IN A 127.0.0.1"},
     "no-data d.example"},
    {"TXT strings joined",
     "d.example",
     DNS_TYPE_TXT,
     0,
     {"d.example. 0 IN TXT \"v=spf1 \" \"-all\""},
     "found d.example [v=spf1 -all]"},
    {"NXDOMAIN",
     "d.example",
     DNS_TYPE_MX,
     LDNS_RCODE_NXDOMAIN,
     {NULL},
     "no-domain d.example"},
    {"SERVFAIL",
     "d.example",
     DNS_TYPE_MX,
     LDNS_RCODE_SERVFAIL,
     {NULL},
     "failed d.example (server failure)"},
    {"REFUSED",
     "d.example",
     DNS_TYPE_MX,
     LDNS_RCODE_REFUSED,
     {NULL},
     "failed d.example (refused)"},
};

static uint8_t *make_packet(const struct row *row, size_t *size_out)
{
    ldns_pkt *packet =
        ldns_pkt_query_new(ldns_dname_new_frm_str(row->asked),
                           (ldns_rr_type)row->type, LDNS_RR_CLASS_IN, LDNS_RD);
    ldns_pkt_set_qr(packet, true);
    ldns_pkt_set_rcode(packet, (uint8_t)row->rcode);
    for (size_t i = 0; i < RECORDS && row->records[i] != NULL; i++) {
        ldns_rr *rr;
        assert_int_equal(
            ldns_rr_new_frm_str(&rr, row->records[i], 0, NULL, NULL),
            LDNS_STATUS_OK);
        ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, rr);
    }
    uint8_t *octets;
    assert_int_equal(ldns_pkt2wire(&octets, packet, size_out), LDNS_STATUS_OK);
    ldns_pkt_free(packet);
    return octets;
}

static void describe(struct buf *out, const struct dns_answer *answer)
{
    static const char *const names[] = {"found", "no-data", "no-domain",
                                        "failed"};
    buf_printf(out, "%s %s%s", names[answer->outcome], answer->name,
               answer->alias ? " alias" : "");
    for (size_t i = 0; i < answer->count; i++) {
        const struct dns_record *record = &answer->records[i];
        if (record->data.p != NULL) {
            buf_printf(out, " [%.*s]", SLICE_ARG(record->data));
        } else if (record->preference != 0 || record->text[0] == '.') {
            buf_printf(out, " %u %s", record->preference, record->text);
        } else {
            buf_printf(out, " %s", record->text);
        }
    }
    if (answer->outcome == DNS_FAILED) {
        buf_printf(out, " (%s)", answer->failure);
    }
}

static void test_packet_every_answer_as_in_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct buf got;
        size_t size;
        uint8_t *octets = make_packet(&rows[i], &size);
        struct dns_answer answer = {.name = rows[i].asked};
        buf_init(&got, TEXT_BYTES);
        dns_packet_read(arena, (struct slice){(const char *)octets, size},
                        rows[i].type, &answer);
        describe(&got, &answer);
        if (!slice_is(buf_slice(&got), rows[i].want)) {
            fail_msg("%s: got \"%.*s\", want \"%s\"", rows[i].title,
                     SLICE_ARG(buf_slice(&got)), rows[i].want);
        }
        buf_release(&got);
        free(octets);
        arena_destroy(&arena);
    }
}

static void test_packet_cut_anywhere_fails(void **state)
{
    (void)state;
    size_t size;
    uint8_t *octets = make_packet(&rows[0], &size);
    for (size_t n = 0; n < size; n++) {
        struct arena *arena = arena_create();
        struct dns_answer answer = {.name = rows[0].asked};
        dns_packet_read(arena, (struct slice){(const char *)octets, n},
                        DNS_TYPE_MX, &answer);
        assert_int_equal(answer.outcome, DNS_FAILED);
        assert_string_equal(answer.failure, "unreadable answer");
        arena_destroy(&arena);
    }
    free(octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packet_every_answer_as_in_the_table),
        cmocka_unit_test(test_packet_cut_anywhere_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
