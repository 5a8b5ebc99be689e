/* destination - where a domain's mail goes: its hosts, and what its MTA-STS
 * policy demands of them, looked up side by side (TRANSPORT-4, TRANSPORT-6). */
#ifndef DELIVER_DESTINATION_H
#define DELIVER_DESTINATION_H

#include "deliver/deliver.h"
#include "dns/hosts.h"

struct destination_query;

/* destination_find - like hosts_find: the answer stands in the arena; the
 * handle is no longer valid with it. Without world->policies no policy is asked
 * for. */
struct destination_query *destination_find(struct arena *arena,
                                           const struct deliver_world *world,
                                           const char *domain, uint64_t seed,
                                           hosts_on_done *on_done, void *ctx);
void destination_cancel(struct destination_query **query);

#endif
