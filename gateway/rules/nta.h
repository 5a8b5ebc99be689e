/* nta - the NTA 7516 record of a domain, and what else a sender's DNS must say.
 *
 * Pure: TXT records in, judgement out. A month is a number that counts on
 * (month_of), so that dates compare; the caller says which month it is in
 * Europe/Amsterdam (base/zone.h). source: NTA-1, NTA-2 */
#ifndef RULES_NTA_H
#define RULES_NTA_H

#include "base/alloc.h"
#include "rules/words.h"

struct nta_hop {
    unsigned preference;
    const char *host; /* lower case, without the final dot */
};

struct nta_record {
    int start, end; /* months; both belong to the time of validity */
    struct slice provider;
    const struct nta_hop *hops; /* ntamx, in the record's order */
    size_t hop_count;           /* 0: the domain's MX hosts */
};

/* nta_month_of - year * 12 + month - 1. */
int nta_month_of(int year, int month);

/* nta_record_is - the first field is v=NTA7516-1: only such a TXT counts. */
bool nta_record_is(struct slice text);

/* nta_record_parse - of such a text. errors: ST_PROTO, and what is wrong */
enum status nta_record_parse(struct arena *arena, struct slice text,
                             struct nta_record *out, struct err *err) MUST_USE;

/* What the TXT records of a domain say. */
enum nta_finding {
    NTA_FINDING_VALID,
    NTA_FINDING_NONE,
    NTA_FINDING_INSECURE, /* a record, but not proven by DNSSEC */
    NTA_FINDING_INVALID,  /* malformed, or two of them */
    NTA_FINDING_DATES,    /* not yet, or no more */
    NTA_FINDING_COUNT
};

/* nta_judge - texts: every TXT record at the domain, strings joined; month: of
 * now. out: filled when VALID or DATES */
enum nta_finding nta_judge(struct arena *arena, const struct slice *texts,
                           size_t count, bool is_secure, int month,
                           struct nta_record *out);

/* nta_spf_is_strict - exactly one SPF record, well-formed, whose last directive
 * is ~all or -all and whose only "all" that is. */
bool nta_spf_is_strict(struct arena *arena, const struct slice *texts,
                       size_t count);

#endif
