/* transport_pool - keeps connections for the next recipient at the same server,
 * and so many alone (TRANSPORT-5). A transport in front of another one.
 *
 * A connection is used again only for a target that is the same in every point
 * that its measure depends on, addresses and TLSA records included, and only
 * for a minute of the wall clock; what was measured on it is then what was
 * measured on the very connection that carries the content (TRANSPORT-1). Where
 * the server closed it meanwhile, or will take no more over it, another one is
 * opened and measured: the message goes over it if it proves the same, else it
 * is put off. So nobody's outcome depends on who came before.
 *
 * Many who wait for a server that is down do not each wait for the time-out:
 * some connections in a row that came to nothing answer for all of them. Where
 * they took their time, that is remembered for a minute of the wall clock.
 *
 * Where all connections are taken, those who have none are served by turns, the
 * latest and the longest (TRANSPORT-8). */
#ifndef DELIVER_TRANSPORT_POOL_H
#define DELIVER_TRANSPORT_POOL_H

#include "deliver/transport.h"

struct loop;

struct transport_pool_settings {
    size_t connections;          /* at most, over all hosts; default 200 */
    size_t connections_per_host; /* at most; default 10 */
    size_t share;    /* so many wait for one connection before another one is
                        opened; default 10 */
    size_t uses;     /* of one connection, at most; default 50 */
    size_t failures; /* so many in a row that found no server answer for all
                        who wait for one; default 10 */
    int64_t idle_ms; /* real time; default 1000 */
};

/* transport_pool_create - takes the on_closed of inner, which must outlive it.
 * owner: caller */
struct transport *
transport_pool_create(struct loop *loop, struct transport *inner,
                      const struct transport_pool_settings *settings);
/* Nothing of it is in use any more; the loop must not turn again. */
void transport_pool_destroy(struct transport **pool);

#endif
