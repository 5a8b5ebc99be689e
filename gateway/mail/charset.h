/* charset - texts between UTF-8 and whatever charset a part names. */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include "base/alloc.h"

/* charset_to_utf8 - at most max octets of well-formed UTF-8; what cannot be
 * converted becomes U+FFFD. An unknown charset: UTF-8 if it is that, else
 * windows-1252. */
struct slice charset_to_utf8(struct arena *arena, const char *charset,
                             struct slice octets, size_t max);

/* charset_from_utf8 - for putting into a text of that charset: what it does
 * not have becomes '?', in HTML a character reference. Unknown: ASCII. */
struct slice charset_from_utf8(struct arena *arena, const char *charset,
                               const char *utf8, bool is_html);

/* charset_is_ascii_like - ASCII octets mean in it what they mean in ASCII. */
bool charset_is_ascii_like(const char *charset);

/* Length of the well-formed UTF-8 character at the front of s; 0: none. */
size_t charset_utf8_bytes(struct slice s);

#endif
