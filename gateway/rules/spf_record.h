/* spf_record - one published record as terms; every syntax error is found here,
 * before anything is evaluated (RFC 7208 4.6). Pure; of rules/spf alone. */
#ifndef RULES_SPF_RECORD_H
#define RULES_SPF_RECORD_H

#include "rules/ip.h"
#include "rules/spf.h"

enum spf_mechanism {
    SPF_MECHANISM_ALL,
    SPF_MECHANISM_INCLUDE,
    SPF_MECHANISM_A,
    SPF_MECHANISM_MX,
    SPF_MECHANISM_PTR,
    SPF_MECHANISM_IP4,
    SPF_MECHANISM_IP6,
    SPF_MECHANISM_EXISTS,
    SPF_MECHANISM_COUNT
};

struct spf_term {
    enum spf_mechanism mechanism;
    enum spf_result result;    /* of its qualifier */
    struct slice text;         /* as published */
    struct slice domain;       /* domain-spec; empty: the record's domain */
    unsigned length4, length6; /* of a and mx: prefix lengths */
    struct ip_block block;     /* of ip4 and ip6 */
};

struct spf_record {
    const struct spf_term *terms;
    size_t count;
    struct slice redirect, exp; /* domain-specs; empty: absent */
    struct slice redirect_text; /* "redirect=..." as published */
};

/* spf_record_is - "v=spf1" and a blank or the end (RFC 7208 4.5). */
bool spf_record_is(struct slice text);

/* spf_record_parse - of such a text; slices point into it. errors: ST_PROTO,
 * and *bad_out is the term that is wrong */
enum status spf_record_parse(struct arena *arena, struct slice text,
                             struct spf_record *out,
                             struct slice *bad_out) MUST_USE;

#endif
