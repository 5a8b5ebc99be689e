/* An answer of the DNS by anybody: the first octet picks the type. Names and
 * addresses come out as printable text, records only where there are some. */
#include "dns/packet.h"

#include "base/test_fuzz.h"

static void check_text(const char *text)
{
    FUZZ_MUST(text);
    for (; *text; text++)
        FUZZ_MUST(*text > ' ' && *text <= '~' &&
                  !(*text >= 'A' && *text <= 'Z'));
}

static void check_record(const struct dns_record *r, enum dns_type type)
{
    switch (type) {
    case DNS_TYPE_MX:
        FUZZ_MUST(r->preference <= 65535);
        check_text(r->text);
        break;
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        FUZZ_MUST(strspn(r->text, "0123456789abcdef.:") == strlen(r->text));
        break;
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
        check_text(r->text);
        break;
    case DNS_TYPE_TXT:
    case DNS_TYPE_TLSA:
        FUZZ_MUST(r->data.n <= 65535);
        FUZZ_MUST(fuzz_prng(r->data).state || true);
        break;
    }
}

static void check(struct arena *arena, struct slice octets, enum dns_type type)
{
    struct dns_answer answer = {.name = "d.example"};
    dns_packet_read(arena, octets, type, &answer);
    FUZZ_MUST(answer.outcome < DNS_OUTCOME_COUNT);
    FUZZ_MUST((answer.outcome == DNS_FOUND) == (answer.count > 0));
    FUZZ_MUST((answer.outcome == DNS_FAILED) == (answer.failure != NULL));
    FUZZ_MUST(answer.name && *answer.name);
    for (size_t i = 0; i < answer.count; i++)
        check_record(&answer.records[i], type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dns_type types[] = {
        DNS_TYPE_A,   DNS_TYPE_CNAME, DNS_TYPE_PTR, DNS_TYPE_MX,
        DNS_TYPE_TXT, DNS_TYPE_AAAA,  DNS_TYPE_TLSA};
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    enum dns_type type = types[fuzz_octet(&in) % 7];
    check(arena, in, type);
    arena_destroy(&arena);
    return 0;
}
