/* text - character classes and checks that both address grammars share. */
#ifndef ADDRESS_TEXT_H
#define ADDRESS_TEXT_H

#include "base/slice.h"

/* atext of RFC 5322 3.2.3; RFC 6531 3.3 adds every non-ASCII octet. */
bool text_is_atext(char c);
bool text_is_ascii(struct slice s);
/* Well-formed UTF-8 (RFC 3629) without control characters. */
bool text_is_printable(struct slice s);
/* A bracketed address-literal of RFC 5321 4.1.3. */
bool text_is_literal(struct slice s);

#endif
