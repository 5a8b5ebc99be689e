/* base64 - RFC 4648 4, strict: no white space, right padding. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/alloc.h"

/* NUL-terminated text in the arena. */
char *base64_encode(struct arena *arena, struct slice octets);
/* ST_INVAL: an octet outside the alphabet, a wrong length or padding. */
enum status base64_decode(struct arena *arena, struct slice text,
                          struct slice *out) MUST_USE;

#endif
