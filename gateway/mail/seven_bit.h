/* seven_bit - a message for a server without 8BITMIME (MAIL-1, RFC 6152 3):
 * each leaf with octets above 127 becomes quoted-printable or base64, all other
 * parts, boundaries and header fields stay as they are. */
#ifndef MAIL_SEVEN_BIT_H
#define MAIL_SEVEN_BIT_H

#include "base/alloc.h"
#include "base/blob.h"
#include "base/slice.h"

bool mail_is_8bit(struct slice octets);
/* The header, its empty line not included. */
struct slice mail_header_octets(struct slice message);

/* mail_to_7bit - puts the converted message. false: it cannot be converted
 * without breaking it: octets above 127 under a signature (multipart/signed),
 * in a header field of a part, or outside all parts. */
bool mail_to_7bit(struct blob *out, struct arena *arena,
                  struct slice message) MUST_USE;

#endif
