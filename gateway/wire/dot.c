#include "wire/dot.h"

void dot_decoder_init(struct dot_decoder *decoder)
{
    *decoder = (struct dot_decoder){.state = DOT_STATE_START};
}

static void keep(struct dot_decoder *decoder, struct buf *out, struct slice s)
{
    if (decoder->is_bare || decoder->too_long)
        return;
    if (buf_add(out, s) != ST_OK)
        decoder->too_long = true;
}

/* While discarding any of CR, LF and CRLF may have been meant as a line end.
 * *again: the octet belongs to what follows. */
static enum dot_event discard(struct dot_decoder *decoder, char c, bool *again)
{
    *again = false;
    switch (decoder->state) {
    case DOT_STATE_DOT_CR:
        *again = c != '\n';
        return DOT_EVENT_END;
    case DOT_STATE_DOT:
        if (c == '\n')
            return DOT_EVENT_END;
        decoder->state = c == '\r' ? DOT_STATE_DOT_CR : DOT_STATE_TEXT;
        return DOT_EVENT_MORE;
    case DOT_STATE_START:
    case DOT_STATE_CR:
    case DOT_STATE_TEXT:
    case DOT_STATE_COUNT:
        break;
    }
    bool at_start = decoder->state != DOT_STATE_TEXT;
    if (c == '\n' || c == '\r')
        decoder->state = DOT_STATE_START;
    else
        decoder->state = c == '.' && at_start ? DOT_STATE_DOT : DOT_STATE_TEXT;
    return DOT_EVENT_MORE;
}

static enum dot_event meet_bare(struct dot_decoder *decoder, char c,
                                bool *again)
{
    decoder->is_bare = true;
    return discard(decoder, c, again);
}

/* One octet that is CR or LF, or stands behind CR or a line's first dot, or
 * begins a line. */
static enum dot_event step(struct dot_decoder *decoder, char c, bool *again,
                           struct buf *out)
{
    *again = false;
    switch (decoder->state) {
    case DOT_STATE_CR:
        if (c != '\n')
            return meet_bare(decoder, c, again);
        keep(decoder, out, SLICE_LITERAL("\r\n"));
        decoder->state = DOT_STATE_START;
        return DOT_EVENT_MORE;
    case DOT_STATE_DOT_CR:
        return c == '\n' ? DOT_EVENT_END : meet_bare(decoder, c, again);
    case DOT_STATE_DOT:
        if (c == '\r') {
            decoder->state = DOT_STATE_DOT_CR;
            return DOT_EVENT_MORE;
        }
        break;
    case DOT_STATE_START:
        if (c == '.') {
            decoder->state = DOT_STATE_DOT;
            return DOT_EVENT_MORE;
        }
        break;
    case DOT_STATE_TEXT:
    case DOT_STATE_COUNT:
        break;
    }
    if (c == '\n')
        return meet_bare(decoder, c, again);
    decoder->state = c == '\r' ? DOT_STATE_CR : DOT_STATE_TEXT;
    if (c != '\r')
        keep(decoder, out, (struct slice){&c, 1});
    return DOT_EVENT_MORE;
}

static size_t run_length(struct slice s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
        n++;
    return n;
}

enum dot_event dot_decoder_feed(struct dot_decoder *decoder,
                                struct slice octets, size_t *used,
                                struct buf *out)
{
    size_t at = 0;
    while (at < octets.n) {
        if (decoder->state == DOT_STATE_TEXT) {
            struct slice rest = slice_from(octets, at);
            rest.n = run_length(rest);
            keep(decoder, out, rest);
            at += rest.n;
            if (at == octets.n)
                break;
        }
        bool again;
        enum dot_event event = decoder->is_bare
                                   ? discard(decoder, octets.p[at], &again)
                                   : step(decoder, octets.p[at], &again, out);
        if (!again)
            at++;
        if (event == DOT_EVENT_END) {
            *used = at;
            return event;
        }
    }
    *used = at;
    return DOT_EVENT_MORE;
}

void dot_encoder_init(struct dot_encoder *encoder)
{
    encoder->state = DOT_STATE_START;
}

static void end_line(struct dot_encoder *encoder, struct buf *out)
{
    buf_puts(out, "\r\n");
    encoder->state = DOT_STATE_START;
}

void dot_encoder_feed(struct dot_encoder *encoder, struct slice octets,
                      struct buf *out)
{
    size_t at = 0;
    while (at < octets.n) {
        char c = octets.p[at];
        if (encoder->state == DOT_STATE_CR) {
            end_line(encoder, out);
            if (c == '\n')
                at++;
        } else if (c == '\n') {
            end_line(encoder, out);
            at++;
        } else if (c == '\r') {
            encoder->state = DOT_STATE_CR;
            at++;
        } else {
            struct slice rest = slice_from(octets, at);
            rest.n = run_length(rest);
            if (c == '.' && encoder->state == DOT_STATE_START)
                buf_puts(out, ".");
            buf_put(out, rest);
            encoder->state = DOT_STATE_TEXT;
            at += rest.n;
        }
    }
}

void dot_encoder_end(struct dot_encoder *encoder, struct buf *out)
{
    if (encoder->state != DOT_STATE_START)
        end_line(encoder, out);
    buf_puts(out, ".\r\n");
}
