/* preflight - the DNS settings of a sending domain, each with a verdict, what
 * was found and the record to publish (MAIL-2). */
#ifndef APP_PREFLIGHT_H
#define APP_PREFLIGHT_H

#include "dns/resolver.h"
#include "mail/dkim.h"
#include "rules/decide.h"
#include "rules/dmarc.h"

enum preflight_verdict {
    PREFLIGHT_OK,
    PREFLIGHT_WEAK,    /* there, and less than it should be */
    PREFLIGHT_MISSING, /* not there */
    PREFLIGHT_WRONG,   /* there, and does not do */
    PREFLIGHT_UNKNOWN, /* the look-up failed */
    PREFLIGHT_VERDICT_COUNT
};
const char *preflight_verdict_name(enum preflight_verdict verdict);

struct preflight_check {
    const char *setting; /* spf, dkim, dmarc, zivverbounce, ... */
    const char *name;    /* where it stands in the DNS */
    enum preflight_verdict verdict;
    const char *found;   /* the records, one a line, printable; NULL: none */
    bool is_secure;      /* the answer is proven by DNSSEC */
    const char *note;    /* why it is not ok; NULL: it is */
    const char *publish; /* as a zone file has it; NULL: nothing to do */
};

struct preflight_wish {
    const char *domain;           /* lower-case A-labels; may be host_name */
    const struct dkim_ring *ring; /* the gateway's keys */
    const char *host_name;        /* the gateway's */
    const char *return_host;
    const char *client; /* address that the gateway sends from; NULL: it is
                           not known, and SPF is not evaluated */
    enum dmarc_discovery discovery;
    int64_t now_s;
};

/* How questions get their answers; turn lets some time pass. */
struct preflight_world {
    const struct resolver *resolver;
    void (*turn)(void *ctx);
    void *ctx;
};

enum { PREFLIGHT_CHECKS_MAX = 64 };

struct preflight_report {
    struct preflight_check checks[PREFLIGHT_CHECKS_MAX];
    size_t count;
    enum sender_dns alignment; /* what direct mail would be */
};

/* preflight - everything in the arena. */
void preflight(struct arena *arena, const struct preflight_world *world,
               const struct preflight_wish *wish, struct preflight_report *out);

#endif
