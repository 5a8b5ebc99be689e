/* nta_recipient - what the recipient's domain says of NTA 7516 (NTA-2), and the
 * next hops that it names (NTA-3). Whether one of them passes is measured
 * afterwards, on the connection that carries the content. */
#ifndef DELIVER_NTA_RECIPIENT_H
#define DELIVER_NTA_RECIPIENT_H

#include "base/alloc.h"
#include "dns/hosts.h"
#include "rules/decide.h"

struct nta_recipient_query;

struct nta_recipient_wish {
    const char *domain;
    int month; /* of now: rules/nta.h */
    uint64_t seed;
};

struct nta_recipient_answer {
    enum nta_recipient state;  /* UNMET, UNKNOWN, or MET as far as it goes */
    enum why why;              /* unless MET */
    bool has_hops;             /* MET: ntamx, else the MX hosts count */
    const struct hosts *hosts; /* has_hops; not usable: NULL or no host */
};

/* The handle is no longer valid. */
typedef void nta_recipient_on_done(const struct nta_recipient_answer *answer,
                                   void *ctx);

/* nta_recipient_start - answers later; hosts in the arena. */
struct nta_recipient_query *
nta_recipient_start(struct arena *arena, const struct resolver *resolver,
                    const struct nta_recipient_wish *wish,
                    nta_recipient_on_done *on_done, void *ctx);
void nta_recipient_cancel(struct nta_recipient_query **query);

#endif
