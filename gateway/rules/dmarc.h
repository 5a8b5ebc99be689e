/* dmarc - the DMARC policy of a domain as a machine without I/O: it names the
 * TXT look-up that is open, and is told the answer.
 *
 *     struct dmarc *d = dmarc_create(arena, "mail.clinic.example", how);
 *     while ((name = dmarc_question(d)))
 *         dmarc_answer(d, texts, count);
 *     policy = dmarc_policy(d);
 *
 * source: RFC 7489 3.2, 6.3, 6.6.3; RFC 9989 4.10 */
#ifndef RULES_DMARC_H
#define RULES_DMARC_H

#include "base/alloc.h"

enum dmarc_request { DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };

struct dmarc_record {
    enum dmarc_request p;
    enum dmarc_request sp; /* for what lies below; p where absent */
    unsigned pct;          /* 100 where absent or unreadable */
    bool spf_strict;       /* aspf=s */
    char psd;              /* 'y', 'n'; 'u': absent or neither (RFC 9989) */
    bool is_test;          /* t=y (RFC 9989) */
};

/* dmarc_record_is - the text claims to be one: "v=DMARC1" stands first. */
bool dmarc_record_is(struct slice text);
/* dmarc_record_parse - false: p is missing or wrong, or sp is wrong; whoever
 * looks takes that for no policy, or for p=none. */
bool dmarc_record_parse(struct slice text, struct dmarc_record *out);

/* dmarc_organizational_domain - by the public suffix list that libpsl brings;
 * the domain itself where it is a public suffix. domain: lower-case A-labels */
const char *dmarc_organizational_domain(struct arena *arena,
                                        const char *domain);

struct dmarc;

/* How the policy of a domain without a record of its own is found. */
enum dmarc_discovery {
    DMARC_RFC7489, /* at the organizational domain, by the public suffix list */
    DMARC_RFC9989  /* on the way up the tree, by psd= */
};

struct dmarc *dmarc_create(struct arena *arena, const char *domain,
                           enum dmarc_discovery discovery);
/* dmarc_create_walk - the walk of RFC 9989 to the root or to a psd=, though the
 * domain has a record; dmarc_organization is the organizational domain, once
 * there is nothing more to ask. */
struct dmarc *dmarc_create_walk(struct arena *arena, const char *domain);
const char *dmarc_organization(const struct dmarc *dmarc);
/* "_dmarc.clinic.example"; NULL: nothing more to ask. */
const char *dmarc_question(const struct dmarc *dmarc);
void dmarc_answer(struct dmarc *dmarc, const struct slice *texts, size_t count);

/* What counts for the domain that was asked about: p, or sp where the record
 * is another domain's; by RFC 9989 a step weaker with t=y. */
struct dmarc_policy {
    bool is_published;
    enum dmarc_request request;
    unsigned pct;
    bool spf_strict;
};
struct dmarc_policy dmarc_policy(const struct dmarc *dmarc);

/* dmarc_is_strict - NTA-1: quarantine or reject, for every message. */
bool dmarc_is_strict(const struct dmarc_policy *policy);

#endif
