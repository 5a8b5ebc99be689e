/* listen - a listening socket of an actor. */
#ifndef PEER_LISTEN_H
#define PEER_LISTEN_H

#include <stdint.h>

#include "base/status.h"

/* listen_open - at address:*port; *port 0 becomes the one that was given.
 *
 * out     fd_out: non-blocking, TCP_NODELAY
 * errors  ST_TEMP: the address cannot be had */
enum status listen_open(const char *address, uint16_t *port, int *fd_out,
                        struct err *err) MUST_USE;
/* listen_take - one waiting connection; -1 when there is none. */
int listen_take(int fd);

#endif
