/* reply - SMTP replies (RFC 5321 4.2) with enhanced status codes (RFC 2034,
 * 3463): format, and parse as a stream. Pure. */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/slice.h"
#include "base/status.h"

/* text: lines separated by \n, without the codes; never NULL. */
struct reply {
    int code;           /* 200 to 599 */
    const char *status; /* "5.7.0"; NULL or "": none */
    const char *text;
};

bool reply_is(const struct reply *reply, int hundred); /* 2: 2xx ... */

/* reply_format - with CRLF; the status stands in every line. */
void reply_format(struct buf *out, const struct reply *reply);
/* reply_line - the last line without CRLF: "550 5.1.1 no such user". Octets
 * outside %x20-7E become '?'. */
char *reply_line(struct arena *arena, const struct reply *reply);
/* reply_from_line - the other way round, for a line of our own. */
struct reply reply_from_line(struct arena *arena, const char *line);
/* reply_copy - owner: the arena */
struct reply *reply_copy(struct arena *arena, const struct reply *reply);

/* Parses a server's replies. Lines end in LF, a CR before it is dropped; at
 * most REPLY_LINES lines of REPLY_LINE_BYTES. */
enum { REPLY_LINE_BYTES = 2048, REPLY_LINES = 128 };
struct reply_parser {
    struct buf line;
    struct buf text;
    int code;
    int lines;
    char status[16];
};
void reply_parser_init(struct reply_parser *parser);
void reply_parser_release(struct reply_parser *parser);
/* reply_parser_feed - consumes up to the end of one reply.
 * out     *used octets; *reply, valid until the next feed, with ST_OK
 * errors  ST_MORE: no whole reply yet; ST_PROTO: this is no SMTP reply */
enum status reply_parser_feed(struct reply_parser *parser, struct slice octets,
                              size_t *used_out, struct reply *out,
                              struct err *err) MUST_USE;
/* Whether a reply has begun and not ended. */
bool reply_parser_is_open(const struct reply_parser *parser);

#endif
