/* dmarc_check - what a strict receiver makes of DMARC: its own reading, for
 * evidence. The organizational domain is found as RFC 7489 3.2 says, by the
 * public suffix list, or by the tree walk of RFC 9989 4.10. */
#ifndef PEER_DMARC_CHECK_H
#define PEER_DMARC_CHECK_H

#include "peer/ask.h"

enum dmarc_discovery { DMARC_DISCOVERY_PSL, DMARC_DISCOVERY_WALK };

struct dmarc_identifier {
    const char *domain;
    bool is_pass; /* of SPF, or of one DKIM signature */
};

struct dmarc_message {
    const char *from_domain; /* "" when From is not one mailbox */
    struct dmarc_identifier spf;
    const struct dmarc_identifier *dkim;
    size_t dkim_count;
};

struct dmarc_verdict {
    const char *result; /* RFC 8601: pass fail none permerror temperror */
    /* As it applies: sp and t=y are in it. "" where there is no record. */
    const char *policy; /* none quarantine reject */
    bool is_partial;    /* pct below 100 (NTA-1; RFC 9989 knows it no more) */
    const char *organizational;           /* of the From domain */
    bool is_spf_aligned, is_dkim_aligned; /* and passed; relaxed where no record
                                             says otherwise */
};

void dmarc_check(struct arena *arena, const struct ask *ask,
                 enum dmarc_discovery discovery,
                 const struct dmarc_message *message,
                 struct dmarc_verdict *out);

#endif
