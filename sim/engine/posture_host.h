/* posture_host - one host of a posture; of this room alone. */
#ifndef ENGINE_POSTURE_HOST_H
#define ENGINE_POSTURE_HOST_H

#include "engine/read.h"

/* posture_host_apply - the keys `tls`, `smtp` and the host's part of `dns` of a
 * description that passed the vocabulary. */
void posture_host_apply(struct arena *arena, struct posture_host *host,
                        const struct node *map);
/* posture_hosts_copy - a list of hosts, in the arena. */
struct posture_host *posture_hosts_copy(struct arena *arena,
                                        const struct posture_host *from);

#endif
