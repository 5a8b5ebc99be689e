/* charset - texts between UTF-8 and whatever charset a part names. */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include "base/alloc.h"
#include "base/buf.h"

/* charset_to_utf8 - at most max octets of well-formed UTF-8, the rest is cut
 * off between characters; what cannot be converted becomes U+FFFD. A charset
 * that is not listed (mail/charset_list.h): UTF-8 if it is that, else
 * windows-1252. */
struct slice charset_to_utf8(struct arena *arena, const char *charset,
                             struct slice octets, size_t max);

/* charset_put_utf8 - the same, added to out; false: its cap has cut it off. */
bool charset_put_utf8(struct buf *out, const char *charset,
                      struct slice octets);

/* charset_from_utf8 - for putting into a text of that charset: what it does
 * not have becomes '?', in HTML a character reference. Not listed: ASCII. */
struct slice charset_from_utf8(struct arena *arena, const char *charset,
                               const char *utf8, bool is_html);

/* charset_of_text - the charset with the order of octets that a text of it
 * has, by how it begins: "UTF-16LE" for utf-16 and FF FE; else as it is. */
const char *charset_of_text(const char *charset, struct slice first);

/* charset_is_read - false: of no text of it anything is shown. */
bool charset_is_read(const char *charset);

/* charset_is_ascii_like - ASCII octets mean in it what they mean in ASCII. */
bool charset_is_ascii_like(const char *charset);

/* Length of the well-formed UTF-8 character at the front of s; 0: none. */
size_t charset_utf8_bytes(struct slice s);

#endif
