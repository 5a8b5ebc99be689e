#include "wire/line.h"

#include <string.h>

void line_reader_init(struct line_reader *reader)
{
    *reader = (struct line_reader){0};
    buf_init(&reader->text, LINE_AUTH_BYTES);
}

void line_reader_wipe(struct line_reader *reader)
{
    if (reader->text.p)
        explicit_bzero(reader->text.p, reader->text.size);
    buf_reset(&reader->text);
}

void line_reader_release(struct line_reader *reader)
{
    line_reader_wipe(reader);
    buf_release(&reader->text);
}

static size_t cap_of(struct line_reader *reader)
{
    reader->is_auth = reader->is_response ||
                      slice_starts_nocase(buf_slice(&reader->text), "AUTH ");
    return (reader->is_auth ? LINE_AUTH_BYTES : LINE_COMMAND_BYTES) - 2;
}

static void add(struct line_reader *reader, struct slice run)
{
    if (reader->too_long)
        return;
    /* First so much that "AUTH " shows, where it is there. */
    size_t n = run.n < LINE_COMMAND_BYTES ? run.n : LINE_COMMAND_BYTES;
    if (buf_add(&reader->text, (struct slice){run.p, n}) != ST_OK ||
        buf_add(&reader->text, slice_from(run, n)) != ST_OK ||
        buf_slice(&reader->text).n > cap_of(reader)) {
        (void)cap_of(reader);
        reader->too_long = true;
    }
}

static enum line_event finish(struct line_reader *reader, struct slice *line)
{
    bool too_long = reader->too_long;
    *line = buf_slice(&reader->text);
    buf_reset(&reader->text); /* the octets stay until the next feed */
    reader->too_long = false;
    return too_long ? LINE_EVENT_TOO_LONG : LINE_EVENT_READY;
}

enum line_event line_reader_feed(struct line_reader *reader,
                                 struct slice octets, size_t *used,
                                 struct slice *line)
{
    size_t at = 0;
    while (at < octets.n) {
        if (reader->has_cr) {
            reader->has_cr = false;
            if (octets.p[at] != '\n') {
                *used = at;
                return LINE_EVENT_BARE;
            }
            *used = at + 1;
            return finish(reader, line);
        }
        size_t end = at;
        while (end < octets.n && octets.p[end] != '\r' && octets.p[end] != '\n')
            end++;
        add(reader, (struct slice){octets.p + at, end - at});
        at = end;
        if (at < octets.n) {
            if (octets.p[at++] == '\n') {
                *used = at;
                return LINE_EVENT_BARE;
            }
            reader->has_cr = true;
        }
    }
    *used = at;
    return LINE_EVENT_MORE;
}
