/* transport_key - two targets with the same text are measured alike: all that a
 * measure depends on stands in it. */
#ifndef DELIVER_TRANSPORT_KEY_H
#define DELIVER_TRANSPORT_KEY_H

#include "deliver/transport.h"

/* owner: caller */
char *transport_key(const struct transport_target *target);

#endif
