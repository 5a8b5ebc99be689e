#include "dns/packet.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

enum { RDATA_CAP = 70000 };

const char *dns_rcode_word(int rcode)
{
    static const char *const words[] = {"no error",        "format error",
                                        "server failure",  "no such domain",
                                        "not implemented", "refused"};
    size_t count = sizeof words / sizeof *words;
    return rcode >= 0 && (size_t)rcode < count ? words[rcode] : "error";
}

/* Lower case, without the final dot; the root stays ".". */
static const char *name_text(struct arena *arena, const ldns_rdf *rdf)
{
    char *text = ldns_rdf2str(rdf);
    if (text == NULL) {
        return ".";
    }
    size_t n = strlen(text);
    if (n > 1 && text[n - 1] == '.') {
        text[n - 1] = '\0';
    }
    for (char *p = text; *p != '\0'; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    const char *kept = arena_strdup(arena, text);
    LDNS_FREE(text);
    return kept;
}

static const char *rdf_text(struct arena *arena, const ldns_rdf *rdf)
{
    char *text = ldns_rdf2str(rdf);
    const char *kept = arena_strdup(arena, text != NULL ? text : "");
    LDNS_FREE(text);
    return kept;
}

/* The rdata's fields one behind the other; of a TXT's strings the text. */
static struct slice rdata(struct arena *arena, const ldns_rr *rr)
{
    struct buf all;
    buf_init(&all, RDATA_CAP);
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
        struct slice s = {(const char *)ldns_rdf_data(rdf), ldns_rdf_size(rdf)};
        bool is_string = ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_STR;
        buf_put(&all, is_string && s.n > 0 ? slice_from(s, 1) : s);
    }
    struct slice kept = arena_slice(arena, buf_slice(&all));
    buf_release(&all);
    return kept;
}

static bool read_record(struct arena *arena, const ldns_rr *rr,
                        enum dns_type type, struct dns_record *out)
{
    size_t fields = ldns_rr_rd_count(rr);
    switch (type) {
    case DNS_TYPE_MX:
        if (fields != 2) {
            return false;
        }
        out->preference = ldns_rdf2native_int16(ldns_rr_rdf(rr, 0));
        out->text = name_text(arena, ldns_rr_rdf(rr, 1));
        return true;
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
        if (fields != 1) {
            return false;
        }
        out->text = name_text(arena, ldns_rr_rdf(rr, 0));
        return true;
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        if (fields != 1) {
            return false;
        }
        out->text = rdf_text(arena, ldns_rr_rdf(rr, 0));
        return true;
    case DNS_TYPE_TXT:
    case DNS_TYPE_TLSA:
        out->data = rdata(arena, rr);
        return true;
    }
    return false;
}

/* An answer section holds the aliases on the way and the records at its end;
 * the resolver has checked that they belong together. */
static void read_answer(struct arena *arena, const ldns_rr_list *section,
                        enum dns_type type, struct dns_answer *answer)
{
    size_t all = section != NULL ? ldns_rr_list_rr_count(section) : 0;
    struct dns_record *records =
        arena_alloc(arena, (all + 1) * sizeof *records);
    for (size_t i = 0; i < all; i++) {
        const ldns_rr *rr = ldns_rr_list_rr(section, i);
        if (ldns_rr_get_type(rr) != (ldns_rr_type)type ||
            !read_record(arena, rr, type, &records[answer->count])) {
            continue;
        }
        answer->count++;
        const char *owner = name_text(arena, ldns_rr_owner(rr));
        answer->alias = strcasecmp(owner, answer->name) != 0;
        answer->name = owner;
    }
    answer->records = records;
    answer->outcome = answer->count != 0 ? DNS_FOUND : DNS_NO_DATA;
}

static void strip_final_dot(struct arena *arena, struct dns_answer *answer)
{
    size_t n = strlen(answer->name);
    if (n > 1 && answer->name[n - 1] == '.') {
        answer->name = arena_text(arena, (struct slice){answer->name, n - 1});
    }
}

void dns_packet_read(struct arena *arena, struct slice octets,
                     enum dns_type type, struct dns_answer *answer)
{
    ldns_pkt *packet = NULL;
    answer->count = 0;
    answer->alias = false;
    strip_final_dot(arena, answer);
    if (ldns_wire2pkt(&packet, (const uint8_t *)octets.p, octets.n) !=
        LDNS_STATUS_OK) {
        answer->outcome = DNS_FAILED;
        answer->failure = "unreadable answer";
        return;
    }
    int rcode = ldns_pkt_get_rcode(packet);
    if (rcode == LDNS_RCODE_NXDOMAIN) {
        answer->outcome = DNS_NO_DOMAIN;
    } else if (rcode != LDNS_RCODE_NOERROR) {
        answer->outcome = DNS_FAILED;
        answer->failure = dns_rcode_word(rcode);
    } else {
        read_answer(arena, ldns_pkt_answer(packet), type, answer);
    }
    ldns_pkt_free(packet);
}
