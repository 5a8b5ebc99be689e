/* preflight_ask - one look-up, answered before it returns. */
#ifndef APP_PREFLIGHT_ASK_H
#define APP_PREFLIGHT_ASK_H

#include "app/preflight.h"
#include "rules/spf.h"

struct preflight_answer {
    enum dns_outcome outcome;
    bool is_secure;
    const char *failure;        /* DNS_FAILED: in words */
    const struct slice *values; /* TXT: the strings joined; else names */
    size_t count;
};

struct preflight_answer preflight_ask(struct arena *arena,
                                      const struct preflight_world *world,
                                      const char *name, enum dns_type type);

/* check_host() for mail from that domain by that client. */
const struct spf_verdict *preflight_spf(struct arena *arena,
                                        const struct preflight_world *world,
                                        const struct preflight_wish *wish,
                                        const char *domain);

#endif
