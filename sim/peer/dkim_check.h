/* dkim_check - what a strict receiver makes of the DKIM signatures of a message
 * (RFC 6376, 8301, 8463): its own reading, for evidence.
 *
 * Strict: SHA-1 and RSA keys below 1024 bits are no signatures; one that covers
 * only a part of the body, or is past its end, does not pass. */
#ifndef PEER_DKIM_CHECK_H
#define PEER_DKIM_CHECK_H

#include <stdint.h>

#include "peer/ask.h"

struct dkim_verdict {
    const char *domain, *selector, *algorithm; /* "" when it has none */
    const char *result; /* RFC 8601 2.7.1: pass fail permerror temperror */
    const char *reason; /* "" of a pass */
};

/* dkim_check - each DKIM-Signature field, from the top; at most 20.
 *
 * in  message: with CRLF line ends, as it was received */
size_t dkim_check(struct arena *arena, const struct ask *ask,
                  struct slice message, int64_t now_s,
                  const struct dkim_verdict **out);

#endif
