/* xtext - RFC 3461 4: printable octets in an ESMTP parameter. */
#ifndef WIRE_XTEXT_H
#define WIRE_XTEXT_H

#include "base/alloc.h"

/* ST_INVAL: an octet outside xchar, or "+" without two upper-case hexadecimal
 * digits; the offset is in err. */
enum status xtext_decode(struct arena *arena, struct slice text,
                         struct slice *out, struct err *err) MUST_USE;
char *xtext_encode(struct arena *arena, struct slice octets);

#endif
