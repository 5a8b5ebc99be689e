/* encode - text for places where only some octets are safe: header values,
 * quoted-printable bodies, HTML, the fields of a status report. Whatever comes
 * in, no result breaks out of its place. */
#ifndef MAIL_ENCODE_H
#define MAIL_ENCODE_H

#include "base/alloc.h"
#include "base/buf.h"

/* Longer values are cut before they are read. */
enum { ENCODE_VALUE_MAX = 65536 };

/* encode_decode_words - a header value with RFC 2047 words, as UTF-8; what
 * cannot be read becomes U+FFFD. Between words: UTF-8 where it is that, else
 * windows-1252 (MAIL-4). */
const char *encode_decode_words(struct arena *arena, const char *value);

/* encode_header - "Name: value" CRLF from UTF-8: printable ASCII as it is and
 * folded at blanks, anything else as RFC 2047 words; control characters become
 * blanks. */
void encode_header(struct buf *out, const char *name, const char *value);

/* encode_plain - one line of printable ASCII; other octets become '?'. */
const char *encode_plain(struct arena *arena, const char *text);

/* encode_address - an address for a header field or a text: UTF-8 stays (RFC
 * 6532), control characters become '?'. */
const char *encode_address(struct arena *arena, const char *address);

/* encode_quoted_printable - RFC 2045 6.7 of text with LF or CRLF line ends. */
void encode_quoted_printable(struct buf *out, struct slice text);

/* encode_html - escaped for text and quoted attributes. */
const char *encode_html(struct arena *arena, const char *text);

#endif
