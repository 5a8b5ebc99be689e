/* line - SMTP command lines out of a stream of octets. Pure.
 *
 * CONN-5: only CRLF ends a line; a CR or LF that stands alone is an event of
 * its own. CONN-6: a line above the cap is discarded up to its end. */
#ifndef WIRE_LINE_H
#define WIRE_LINE_H

#include <stdbool.h>

#include "base/buf.h"

enum {
    LINE_COMMAND_BYTES = 2048, /* CRLF included */
    LINE_AUTH_BYTES = 12288    /* AUTH and its responses, RFC 4954 4 */
};

enum line_event {
    LINE_EVENT_MORE,     /* no whole line yet; all octets are used */
    LINE_EVENT_READY,    /* a line, without its CRLF */
    LINE_EVENT_TOO_LONG, /* the end of a line above its cap */
    LINE_EVENT_BARE,     /* a CR or LF alone: feed no more */
    LINE_EVENT_COUNT
};

struct line_reader {
    struct buf text;
    bool is_response; /* the next line answers an AUTH challenge */
    bool has_cr;
    bool too_long;
    bool is_auth; /* of the line that was too long: AUTH's cap applied */
};

void line_reader_init(struct line_reader *reader);
void line_reader_release(struct line_reader *reader); /* wipes */
/* Wipes what the latest line left behind: it may hold a password. */
void line_reader_wipe(struct line_reader *reader);

/* out: *used octets; *line with READY, valid until the next feed */
enum line_event line_reader_feed(struct line_reader *reader,
                                 struct slice octets, size_t *used,
                                 struct slice *line);

#endif
