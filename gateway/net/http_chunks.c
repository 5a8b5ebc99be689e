#include "net/http_chunks.h"

#include <string.h>

enum { DIGITS_MOST = 16 };

void http_chunks_init(struct http_chunks *chunks)
{
    *chunks = (struct http_chunks){.state = HTTP_CHUNK_SIZE};
    http_line_init(&chunks->line, HTTP_CHUNK_LINE_BYTES);
}

void http_chunks_release(struct http_chunks *chunks)
{
    http_line_release(&chunks->line);
}

/* --- extensions ----------------------------------------------------------- */

static void skip_blanks(struct slice *s)
{
    while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
        *s = slice_from(*s, 1);
}

static bool skip_char(struct slice *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = slice_from(*s, 1);
    return true;
}

static bool skip_token(struct slice *s)
{
    size_t n = 0;
    while (n < s->n && http_is_token((struct slice){s->p + n, 1}))
        n++;
    *s = slice_from(*s, n);
    return n > 0;
}

/* RFC 9110 5.6.4; that no control character is in it the line saw to. */
static bool skip_quoted(struct slice *s)
{
    if (!skip_char(s, '"'))
        return false;
    while (s->n && s->p[0] != '"') {
        bool escapes = s->p[0] == '\\';
        if (escapes && s->n < 2)
            return false;
        *s = slice_from(*s, escapes ? 2 : 1);
    }
    return skip_char(s, '"');
}

static bool is_extension(struct slice rest)
{
    while (rest.n) {
        skip_blanks(&rest);
        if (!skip_char(&rest, ';'))
            return false;
        skip_blanks(&rest);
        if (!skip_token(&rest))
            return false;
        struct slice behind = rest;
        skip_blanks(&behind);
        if (!skip_char(&behind, '='))
            continue;
        skip_blanks(&behind);
        rest = behind;
        if (!skip_token(&rest) && !skip_quoted(&rest))
            return false;
    }
    return true;
}

/* --- lines ---------------------------------------------------------------- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : 0;
    return at ? (int)(at - digits) : -1;
}

static enum status count_extra(struct http_chunks *chunks, size_t n,
                               struct err *err)
{
    chunks->extra += n;
    return chunks->extra > HTTP_CHUNK_EXTRA_BYTES
               ? err_set(err, ST_PERM, "too much beside the chunks")
               : ST_OK;
}

static enum status take_size(struct http_chunks *chunks, struct slice line,
                             const struct buf *body, struct err *err)
{
    size_t n = 0;
    chunks->left = 0;
    while (n < line.n && n < DIGITS_MOST && hex_digit(line.p[n]) >= 0)
        chunks->left = chunks->left << 4 | (unsigned)hex_digit(line.p[n++]);
    struct slice extension = slice_from(line, n);
    if (n == 0 || !is_extension(extension))
        return err_set(err, ST_PROTO, "bad chunk size");
    if (chunks->left > body->cap - buf_slice(body).n)
        return err_set(err, ST_PERM, "too large: more than %zu octets",
                       body->cap);
    chunks->state = chunks->left ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER;
    return count_extra(chunks, extension.n, err);
}

static enum status take_line(struct http_chunks *chunks, struct slice line,
                             const struct buf *body, struct err *err)
{
    struct slice name, value;
    switch (chunks->state) {
    case HTTP_CHUNK_SIZE:
        return take_size(chunks, line, body, err);
    case HTTP_CHUNK_TRAILER:
        if (!line.n)
            chunks->state = HTTP_CHUNK_DONE;
        else if (!http_field_split(line, &name, &value))
            return err_set(err, ST_PROTO, "a trailer line that is no field");
        return count_extra(chunks, line.n + 2, err);
    case HTTP_CHUNK_END:
    case HTTP_CHUNK_DATA:
    case HTTP_CHUNK_DONE:
    case HTTP_CHUNK_COUNT:
        break;
    }
    BUG("line in state %d", (int)chunks->state);
}

static enum status feed_line(struct http_chunks *chunks, struct slice *octets,
                             const struct buf *body, struct err *err)
{
    enum status status = http_line_feed(&chunks->line, octets, err);
    if (status != ST_OK)
        return status;
    status = take_line(chunks, buf_slice(&chunks->line.text), body, err);
    http_line_reset(&chunks->line);
    return status;
}

/* Exactly CRLF: the next octet of anything else is not waited for. */
static enum status feed_end(struct http_chunks *chunks, struct slice *octets,
                            struct err *err)
{
    char want = chunks->line.has_cr ? '\n' : '\r';
    if (!skip_char(octets, want))
        return err_set(err, ST_PROTO, "no end of chunk");
    if (want == '\n') {
        http_line_reset(&chunks->line);
        chunks->state = HTTP_CHUNK_SIZE;
    } else {
        chunks->line.has_cr = true;
    }
    return ST_OK;
}

static enum status feed_data(struct http_chunks *chunks, struct slice *octets,
                             struct buf *body)
{
    size_t n = octets->n < chunks->left ? octets->n : (size_t)chunks->left;
    buf_put(body,
            (struct slice){octets->p, n}); /* take_size saw that it fits */
    *octets = slice_from(*octets, n);
    chunks->left -= n;
    if (!chunks->left)
        chunks->state = HTTP_CHUNK_END;
    return ST_OK;
}

enum status http_chunks_feed(struct http_chunks *chunks, struct slice *octets,
                             struct buf *body, struct err *err)
{
    while (octets->n && chunks->state != HTTP_CHUNK_DONE) {
        enum status status = chunks->state == HTTP_CHUNK_DATA
                                 ? feed_data(chunks, octets, body)
                             : chunks->state == HTTP_CHUNK_END
                                 ? feed_end(chunks, octets, err)
                                 : feed_line(chunks, octets, body, err);
        if (status != ST_OK)
            return status;
    }
    return chunks->state == HTTP_CHUNK_DONE ? ST_OK : ST_MORE;
}
