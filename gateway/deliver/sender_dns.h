/* sender_dns - what the DNS says of the domain that a mail comes from (MAIL-1,
 * MAIL-2): which of the gateway's keys are published there, where its
 * zivverbounce leads, and the keys of signatures that the mail brings along.
 *
 * All is asked at once; what only matters after that (the gateway's own keys
 * where the domain has none, DMARC where alignment hangs on it) comes second.
 * Answers are kept by the resolver for their time to live and by nobody else:
 * each attempt asks. */
#ifndef DELIVER_SENDER_DNS_H
#define DELIVER_SENDER_DNS_H

#include "dns/resolver.h"
#include "mail/dkim_seal.h"
#include "rules/decide.h"
#include "rules/dmarc.h"

#define SENDER_DNS_LABEL "zivverbounce" /* the alias below a sending domain */

struct sender_dns_wish {
    const struct resolver *resolver;
    const struct dkim_ring *ring;
    const char *domain;      /* of From: A-labels */
    const char *host_name;   /* the gateway's: its own mail's domain */
    const char *return_host; /* where zivverbounce must lead */
    enum dmarc_discovery discovery;
    struct slice content; /* whose signatures will be verified */
};

struct sender_dns_answer {
    const char *domain; /* in lower case */
    enum sender_dns state;
    enum tri bounce; /* a reverse-path below the domain leads back here */
    /* Of the domain; where it has none published: of host_name. */
    struct dkim_ring signers;
    const struct dkim_seen *seen;
    size_t seen_count;
};

struct sender_dns_query;

/* The handle is no longer valid. */
typedef void sender_dns_on_done(void *ctx);

/* sender_dns_start - NULL: nothing had to be looked up, and *answer is there
 * at once; else it is filled by the time of on_done, later. Everything in the
 * arena; wish's texts must live as long. */
struct sender_dns_query *sender_dns_start(struct arena *arena,
                                          const struct sender_dns_wish *wish,
                                          struct sender_dns_answer *answer,
                                          sender_dns_on_done *on_done,
                                          void *ctx) MUST_USE;
void sender_dns_cancel(struct sender_dns_query **query);

#endif
