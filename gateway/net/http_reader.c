#include "net/http_reader.h"

#include <string.h>

void http_reader_init(struct http_reader *reader, size_t body_max)
{
    *reader = (struct http_reader){.state = HTTP_READING_STATUS};
    buf_init(&reader->line, HTTP_LINE_BYTES);
    buf_init(&reader->content_type, HTTP_LINE_BYTES);
    buf_init(&reader->body, body_max);
}

void http_reader_release(struct http_reader *reader)
{
    buf_release(&reader->line);
    buf_release(&reader->content_type);
    buf_release(&reader->body);
}

/* RFC 9112 4: "HTTP/1.1 200 OK"; the reason may be absent. */
static enum status take_status(struct http_reader *reader, struct slice line,
                               struct err *err)
{
    struct slice rest = line;
    struct slice version = slice_cut(&rest, ' ');
    struct slice code = slice_cut(&rest, ' ');
    unsigned long number = 0;
    if (!(slice_is(version, "HTTP/1.1") || slice_is(version, "HTTP/1.0")) ||
        code.n != 3 || !slice_number(code, 999, &number) || number < 100)
        return err_set(err, ST_PROTO, "no HTTP status line");
    reader->status = (int)number;
    reader->state = HTTP_READING_FIELDS;
    return ST_OK;
}

static enum status take_length(struct http_reader *reader, struct slice value,
                               struct err *err)
{
    unsigned long length = 0;
    if (!slice_number(value, 1UL << 40, &length) ||
        (reader->has_length && reader->left != length))
        return err_set(err, ST_PROTO, "bad Content-Length");
    reader->has_length = true;
    reader->left = length;
    return ST_OK;
}

static enum status take_field(struct http_reader *reader, struct slice line,
                              struct err *err)
{
    struct slice value = line;
    struct slice name = slice_cut(&value, ':');
    /* RFC 9112 5.1, 5.2: no blank before the colon, no folding. */
    if (name.n == 0 || name.n == line.n || slice_find(name, ' ') != name.n ||
        slice_find(name, '\t') != name.n)
        return err_set(err, ST_PROTO, "a header line that is no field");
    value = slice_trim(value);
    if (slice_is_nocase(name, "content-length"))
        return take_length(reader, value, err);
    if (slice_is_nocase(name, "transfer-encoding")) {
        if (reader->is_chunked || !slice_is_nocase(value, "chunked"))
            return err_set(err, ST_PROTO, "unknown Transfer-Encoding");
        reader->is_chunked = true;
    }
    if (slice_is_nocase(name, "content-type")) {
        if (reader->has_type)
            return err_set(err, ST_PROTO, "two Content-Type fields");
        reader->has_type = true;
        return buf_add(&reader->content_type, value);
    }
    return ST_OK;
}

/* RFC 9112 6.3. */
static enum status end_fields(struct http_reader *reader, struct err *err)
{
    if (reader->is_chunked && reader->has_length)
        return err_set(err, ST_PROTO, "a length beside chunks");
    if (reader->status < 200) { /* interim: the answer follows */
        reader->is_chunked = reader->has_length = reader->has_type = false;
        reader->left = 0;
        buf_reset(&reader->content_type);
        reader->state = HTTP_READING_STATUS;
        return ST_OK;
    }
    if (reader->status == 204 || reader->status == 304)
        reader->state = HTTP_READING_DONE;
    else if (reader->is_chunked)
        reader->state = HTTP_READING_CHUNK;
    else if (!reader->has_length)
        reader->state = HTTP_READING_REST;
    else
        reader->state = reader->left ? HTTP_READING_BODY : HTTP_READING_DONE;
    if (reader->state == HTTP_READING_BODY && reader->left > reader->body.cap)
        return err_set(err, ST_PERM, "the answer is too large");
    return ST_OK;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : 0;
    return at ? (int)(at - digits) : -1;
}

static enum status take_chunk_size(struct http_reader *reader,
                                   struct slice line, struct err *err)
{
    struct slice rest = line;
    struct slice size = slice_trim(slice_cut(&rest, ';'));
    if (size.n == 0 || size.n > 8)
        return err_set(err, ST_PROTO, "bad chunk size");
    reader->left = 0;
    for (size_t i = 0; i < size.n; i++) {
        int digit = hex_digit(size.p[i]);
        if (digit < 0)
            return err_set(err, ST_PROTO, "bad chunk size");
        reader->left = reader->left * 16 + (size_t)digit;
    }
    reader->state =
        reader->left ? HTTP_READING_CHUNK_DATA : HTTP_READING_TRAILER;
    return ST_OK;
}

static enum status take_line(struct http_reader *reader, struct slice line,
                             struct err *err)
{
    switch (reader->state) {
    case HTTP_READING_STATUS:
        return take_status(reader, line, err);
    case HTTP_READING_FIELDS:
        return line.n ? take_field(reader, line, err) : end_fields(reader, err);
    case HTTP_READING_CHUNK:
        return take_chunk_size(reader, line, err);
    case HTTP_READING_CHUNK_END:
        reader->state = HTTP_READING_CHUNK;
        return line.n ? err_set(err, ST_PROTO, "no end of chunk") : ST_OK;
    case HTTP_READING_TRAILER:
        if (line.n == 0)
            reader->state = HTTP_READING_DONE;
        return ST_OK;
    case HTTP_READING_BODY:
    case HTTP_READING_CHUNK_DATA:
    case HTTP_READING_REST:
    case HTTP_READING_DONE:
    case HTTP_READING_COUNT:
        break;
    }
    BUG("line in state %d", (int)reader->state);
}

/* Takes up to the end of one line. */
static enum status feed_line(struct http_reader *reader, struct slice *octets,
                             struct err *err)
{
    size_t at = slice_find(*octets, '\n');
    bool is_whole = at < octets->n;
    size_t n = is_whole ? at + 1 : octets->n;
    reader->head_bytes += reader->state < HTTP_READING_BODY ||
                                  reader->state == HTTP_READING_TRAILER
                              ? n
                              : 0;
    if (reader->head_bytes > HTTP_HEAD_BYTES ||
        buf_add(&reader->line, (struct slice){octets->p, n}) != ST_OK)
        return err_set(err, ST_PERM, "the answer's head is too large");
    *octets = slice_from(*octets, n);
    if (!is_whole)
        return ST_OK;
    struct slice line = buf_slice(&reader->line);
    line.n--; /* RFC 9112 2.2: a bare LF is taken as a line's end */
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    enum status status = take_line(reader, line, err);
    buf_reset(&reader->line);
    return status;
}

static enum status feed_body(struct http_reader *reader, struct slice *octets,
                             struct err *err)
{
    bool is_rest = reader->state == HTTP_READING_REST;
    size_t n = is_rest || octets->n < reader->left ? octets->n : reader->left;
    if (buf_add(&reader->body, (struct slice){octets->p, n}) != ST_OK)
        return err_set(err, ST_PERM, "the answer is too large");
    *octets = slice_from(*octets, n);
    if (is_rest)
        return ST_OK;
    reader->left -= n;
    if (reader->left == 0)
        reader->state =
            reader->is_chunked ? HTTP_READING_CHUNK_END : HTTP_READING_DONE;
    return ST_OK;
}

enum status http_reader_feed(struct http_reader *reader, struct slice octets,
                             struct err *err)
{
    while (octets.n && reader->state != HTTP_READING_DONE) {
        bool is_body = reader->state == HTTP_READING_BODY ||
                       reader->state == HTTP_READING_CHUNK_DATA ||
                       reader->state == HTTP_READING_REST;
        enum status status = is_body ? feed_body(reader, &octets, err)
                                     : feed_line(reader, &octets, err);
        if (status != ST_OK)
            return status;
    }
    return reader->state == HTTP_READING_DONE ? ST_OK : ST_MORE;
}

enum status http_reader_end(struct http_reader *reader, struct err *err)
{
    if (reader->state == HTTP_READING_REST)
        reader->state = HTTP_READING_DONE;
    if (reader->state == HTTP_READING_DONE)
        return ST_OK;
    return err_set(err, ST_PROTO, "the answer ended early");
}
