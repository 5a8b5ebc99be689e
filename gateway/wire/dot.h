/* dot - the transparency of DATA (RFC 5321 4.5.2): undone on input, redone on
 * output, both as streams. Pure.
 *
 * CONN-5: only CRLF.CRLF ends the data. After a CR or LF that stands alone the
 * message is void; the decoder then looks for anything that the sender may
 * have meant as the end, so that his replies come when he waits for them. */
#ifndef WIRE_DOT_H
#define WIRE_DOT_H

#include <stdbool.h>

#include "base/buf.h"

enum dot_event {
    DOT_EVENT_MORE, /* all octets are used */
    DOT_EVENT_END,  /* the end of data, or of what is discarded */
    DOT_EVENT_COUNT
};

enum dot_state {
    DOT_STATE_START,  /* at the start of a line */
    DOT_STATE_DOT,    /* behind a dot at the start of a line */
    DOT_STATE_DOT_CR, /* behind that and CR */
    DOT_STATE_TEXT,
    DOT_STATE_CR,
    DOT_STATE_COUNT
};

struct dot_decoder {
    enum dot_state state;
    bool is_bare;  /* a bare CR or LF was met: void, discarding */
    bool too_long; /* the buffer's cap was passed: discarding */
};

void dot_decoder_init(struct dot_decoder *decoder);
/* Adds what is content to out; *used octets. */
enum dot_event dot_decoder_feed(struct dot_decoder *decoder,
                                struct slice octets, size_t *used,
                                struct buf *out);

struct dot_encoder {
    enum dot_state state; /* START, TEXT or CR */
};

void dot_encoder_init(struct dot_encoder *encoder);
/* At most twice the octets and one more. A CR or LF that stands alone leaves
 * as CRLF: nothing that another server may read as a line end is passed on. */
void dot_encoder_feed(struct dot_encoder *encoder, struct slice octets,
                      struct buf *out);
/* Ends an unfinished line, then the data. */
void dot_encoder_end(struct dot_encoder *encoder, struct buf *out);

#endif
