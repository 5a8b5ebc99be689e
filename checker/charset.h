/* charset - octets of a charset as a reader sees them, in UTF-8. The checker's
 * own: it knows what mail is written in, and says of the rest that it does not.
 */
#ifndef CHECKER_CHARSET_H
#define CHECKER_CHARSET_H

#include "base/buf.h"

/* Stands for whatever it is that cannot be told: octets that are none of their
 * charset, or of a charset that is not known here. */
#define CHARSET_UNTOLD "\xef\xbf\xbd"

/* charset_show - charset in any case; NULL: none is named (MAIL-4: UTF-8 where
 * it is that, else windows-1252). */
void charset_show(struct buf *out, const char *charset, struct slice octets);

/* charset_shows - do the words stand in the text, in their order and with
 * anything where one holds CHARSET_UNTOLD? Unknown: nothing in them can be
 * told. */
enum tri charset_shows(const char *text, const char *words);

#endif
