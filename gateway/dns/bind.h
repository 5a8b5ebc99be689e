/* bind - the TLSA records that bind a mail host (RFC 7672, TRANSPORT-3). */
#ifndef DNS_BIND_H
#define DNS_BIND_H

#include "base/alloc.h"
#include "dns/hosts.h"
#include "net/tls.h"

/* bind_read - one record's rdata. False: SMTP does not use it (usages 0 and 1,
 * what no registry knows, a digest of the wrong length; RFC 7672 3.1). Pure;
 * the data points into rdata. */
bool bind_read(struct slice rdata, struct tls_tlsa *out);

struct bind_query;

typedef void bind_on_done(void *ctx);

/* bind_hosts - fill `tls` and `tlsa` of each host, and `failure` of those whose
 * TLSA answer failed. Hosts without secure addresses are not asked about, but
 * for an alias that is itself secure (RFC 7672 2.2.3).
 *
 * in      next_hop: what the MX belongs to; NULL: nothing
 * returns NULL: there was nothing to ask, on_done is not called. Else on_done
 *         is called later, and the handle is no longer valid then. */
struct bind_query *bind_hosts(struct arena *arena,
                              const struct resolver *resolver,
                              struct mail_host *hosts, size_t count,
                              const char *next_hop, bind_on_done *on_done,
                              void *ctx);
void bind_cancel(struct bind_query **query);

#endif
