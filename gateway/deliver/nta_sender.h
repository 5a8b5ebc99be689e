/* nta_sender - does the sending domain meet NTA 7516 now (NTA-1)? Asks the DNS,
 * one look-up after the other, and stops at the first fault. */
#ifndef DELIVER_NTA_SENDER_H
#define DELIVER_NTA_SENDER_H

#include "base/alloc.h"
#include "dns/resolver.h"
#include "mail/dkim.h"
#include "rules/dmarc.h"
#include "rules/words.h"

struct nta_sender_query;

struct nta_sender_wish {
    const char *domain;    /* of From: lower-case A-labels */
    struct dkim_ring keys; /* of the domain, the gateway's; none: not met */
    enum dmarc_discovery discovery;
    int month; /* of now: rules/nta.h */
};

/* The handle is no longer valid. why: unless met */
typedef void nta_sender_on_done(bool is_met, enum why why, void *ctx);

/* nta_sender_start - answers later. wish must outlive the query. */
struct nta_sender_query *nta_sender_start(const struct resolver *resolver,
                                          const struct nta_sender_wish *wish,
                                          nta_sender_on_done *on_done,
                                          void *ctx);
void nta_sender_cancel(struct nta_sender_query **query);

#endif
