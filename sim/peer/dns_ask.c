#include "peer/dns_ask.h"

#include <string.h>

#include "base/buf.h"
#include "peer/dns_private.h"

enum { TEXT_CAP = 65536 };

/* The strings of one TXT record, without a space between them. */
static const char *joined(struct arena *arena, const ldns_rr *rr)
{
    struct buf buf;
    buf_init(&buf, TEXT_CAP);
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *string = ldns_rr_rdf(rr, i);
        const char *octets = (const char *)ldns_rdf_data(string);
        buf_put(&buf, (struct slice){octets + 1, ldns_rdf_size(string) - 1});
    }
    const char *text = arena_text(arena, buf_slice(&buf));
    buf_release(&buf);
    return text;
}

static const char *name_text(struct arena *arena, const ldns_rdf *rdf)
{
    char *text = ldns_rdf2str(rdf);
    size_t n = strlen(text);
    if (n > 1 && text[n - 1] == '.')
        n--;
    const char *copy = arena_text(arena, (struct slice){text, n});
    LDNS_FREE(text);
    return copy;
}

static const char *data_text(struct arena *arena, const ldns_rr *rr)
{
    ldns_rr_type type = ldns_rr_get_type(rr);
    if (type == LDNS_RR_TYPE_TXT)
        return joined(arena, rr);
    if (type == LDNS_RR_TYPE_MX)
        return arena_printf(arena, "%u %s",
                            ldns_rdf2native_int16(ldns_rr_rdf(rr, 0)),
                            name_text(arena, ldns_rr_rdf(rr, 1)));
    return name_text(arena, ldns_rr_rdf(rr, 0));
}

static enum ask_answer read_reply(struct arena *arena, const ldns_pkt *reply,
                                  ldns_rr_type type,
                                  const char *const **texts_out)
{
    if (ldns_pkt_get_rcode(reply) == LDNS_RCODE_SERVFAIL)
        return ASK_ANSWER_FAILED;
    const ldns_rr_list *answer = ldns_pkt_answer(reply);
    size_t all = ldns_rr_list_rr_count(answer), n = 0;
    const char **texts = arena_alloc(arena, (all + 1) * sizeof *texts);
    for (size_t i = 0; i < all; i++) {
        const ldns_rr *rr = ldns_rr_list_rr(answer, i);
        if (ldns_rr_get_type(rr) == type)
            texts[n++] = data_text(arena, rr);
    }
    *texts_out = texts;
    return n ? ASK_ANSWER_FOUND : ASK_ANSWER_NONE;
}

static enum ask_answer look_up(void *ctx, struct arena *arena, const char *name,
                               const char *type, const char *const **texts_out)
{
    const struct dns *dns = ctx;
    ldns_rdf *owner = ldns_dname_new_frm_str(name);
    ldns_rr_type number = ldns_get_rr_type_by_name(type);
    if (!owner)
        return ASK_ANSWER_NONE;
    ldns_pkt *query =
        ldns_pkt_query_new(owner, number, LDNS_RR_CLASS_IN, LDNS_RD | LDNS_AD);
    ldns_pkt *reply = dns_answer(&dns->world, query);
    enum ask_answer found =
        reply ? read_reply(arena, reply, number, texts_out) : ASK_ANSWER_FAILED;
    ldns_pkt_free(query);
    ldns_pkt_free(reply);
    return found;
}

struct ask dns_ask(struct dns *dns)
{
    return (struct ask){look_up, dns};
}
