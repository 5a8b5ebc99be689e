/* resolver_ub - the validating resolver: libunbound on the loop's own event
 * base, forwarding to one configured server. */
#ifndef DNS_RESOLVER_UB_H
#define DNS_RESOLVER_UB_H

#include "dns/resolver.h"

struct loop;

struct resolver_ub_settings {
    const char *server;       /* "127.0.0.2@53" */
    const char *trust_anchor; /* file with ". IN DS ..." lines; NULL: none, all
                                 answers are insecure */
};

/* resolver_ub_create - owner: caller; the loop must outlive it.
 *
 * errors  ST_INVAL: a setting is not understood, the anchor file unreadable */
enum status resolver_ub_create(struct loop *loop,
                               const struct resolver_ub_settings *settings,
                               struct resolver **out, struct err *err) MUST_USE;
/* Not from within an answer. Open questions are cancelled. */
void resolver_ub_destroy(struct resolver **resolver);

#endif
