#include "net/http_reader.h"

void http_reader_init(struct http_reader *reader, size_t body_max)
{
    *reader = (struct http_reader){.state = HTTP_READING_STATUS};
    http_line_init(&reader->line, HTTP_LINE_BYTES);
    reader->line.takes_lf = true;
    http_chunks_init(&reader->chunks);
    buf_init(&reader->content_type, HTTP_LINE_BYTES);
    buf_init(&reader->body, body_max);
}

void http_reader_release(struct http_reader *reader)
{
    http_line_release(&reader->line);
    http_chunks_release(&reader->chunks);
    buf_release(&reader->content_type);
    buf_release(&reader->body);
}

/* RFC 9112 4: "HTTP/1.1 200 OK"; the reason may be absent. Nothing here asks
 * for another protocol (101). */
static enum status take_status(struct http_reader *reader, struct slice line,
                               struct err *err)
{
    struct slice rest = line;
    struct slice version = slice_cut(&rest, ' ');
    struct slice code = slice_cut(&rest, ' ');
    unsigned long number = 0;
    reader->is_old = slice_is(version, "HTTP/1.0");
    if (!(slice_is(version, "HTTP/1.1") || reader->is_old) || code.n != 3 ||
        !slice_number(code, 599, &number) || number < 100 || number == 101)
        return err_set(err, ST_PROTO, "no HTTP status line");
    reader->status = (int)number;
    reader->state = HTTP_READING_FIELDS;
    return ST_OK;
}

static enum status take_length(struct http_reader *reader, struct slice value,
                               struct err *err)
{
    if (reader->has_length || !http_length(value, &reader->left))
        return err_set(err, ST_PROTO, "bad Content-Length");
    reader->has_length = true;
    return ST_OK;
}

/* RFC 9112 6.1: with HTTP/1.0 its framing is not to be trusted. */
static enum status take_coding(struct http_reader *reader, struct slice value,
                               struct err *err)
{
    if (reader->is_chunked || reader->is_old ||
        !slice_is_nocase(value, "chunked"))
        return err_set(err, ST_PROTO, "unknown Transfer-Encoding");
    reader->is_chunked = true;
    return ST_OK;
}

static enum status take_field(struct http_reader *reader, struct slice line,
                              struct err *err)
{
    struct slice name, value;
    if (!http_field_split(line, &name, &value))
        return err_set(err, ST_PROTO, "a header line that is no field");
    if (slice_is_nocase(name, "content-length"))
        return take_length(reader, value, err);
    if (slice_is_nocase(name, "transfer-encoding"))
        return take_coding(reader, value, err);
    if (slice_is_nocase(name, "content-type")) {
        if (reader->has_type)
            return err_set(err, ST_PROTO, "two Content-Type fields");
        reader->has_type = true;
        return buf_add(&reader->content_type, value);
    }
    return ST_OK;
}

/* Interim: the answer follows. */
static enum status start_again(struct http_reader *reader)
{
    reader->is_chunked = reader->has_length = reader->has_type = false;
    reader->left = 0;
    buf_reset(&reader->content_type);
    reader->state = HTTP_READING_STATUS;
    return ST_OK;
}

/* RFC 9112 6.3. */
static enum status end_fields(struct http_reader *reader, struct err *err)
{
    if (reader->is_chunked && reader->has_length)
        return err_set(err, ST_PROTO, "a length beside chunks");
    if (reader->status < 200)
        return start_again(reader);
    if (reader->status == 204 || reader->status == 304)
        reader->state = HTTP_READING_DONE;
    else if (reader->is_chunked)
        reader->state = HTTP_READING_CHUNKS;
    else if (!reader->has_length)
        reader->state = HTTP_READING_REST;
    else
        reader->state = reader->left ? HTTP_READING_BODY : HTTP_READING_DONE;
    if (reader->state == HTTP_READING_BODY && reader->left > reader->body.cap)
        return err_set(err, ST_PERM, "the answer is too large");
    return ST_OK;
}

/* Takes up to the end of one line. */
static enum status feed_line(struct http_reader *reader, struct slice *octets,
                             struct err *err)
{
    size_t had = octets->n;
    enum status status = http_line_feed(&reader->line, octets, err);
    reader->head_bytes += had - octets->n;
    if (status == ST_PERM || reader->head_bytes > HTTP_HEAD_BYTES)
        return err_set(err, ST_PERM, "the answer's head is too large");
    if (status != ST_OK)
        return status == ST_MORE ? ST_OK : status;
    struct slice line = buf_slice(&reader->line.text);
    status = reader->state == HTTP_READING_STATUS
                 ? take_status(reader, line, err)
             : line.n ? take_field(reader, line, err)
                      : end_fields(reader, err);
    http_line_reset(&reader->line);
    return status;
}

static enum status feed_body(struct http_reader *reader, struct slice *octets,
                             struct err *err)
{
    bool is_rest = reader->state == HTTP_READING_REST;
    size_t n =
        is_rest || octets->n < reader->left ? octets->n : (size_t)reader->left;
    if (buf_add(&reader->body, (struct slice){octets->p, n}) != ST_OK)
        return err_set(err, ST_PERM, "the answer is too large");
    *octets = slice_from(*octets, n);
    if (is_rest)
        return ST_OK;
    reader->left -= n;
    if (reader->left == 0)
        reader->state = HTTP_READING_DONE;
    return ST_OK;
}

static enum status feed_chunks(struct http_reader *reader, struct slice *octets,
                               struct err *err)
{
    enum status status =
        http_chunks_feed(&reader->chunks, octets, &reader->body, err);
    if (status == ST_OK)
        reader->state = HTTP_READING_DONE;
    return status == ST_MORE ? ST_OK : status;
}

static enum status feed_some(struct http_reader *reader, struct slice *octets,
                             struct err *err)
{
    switch (reader->state) {
    case HTTP_READING_STATUS:
    case HTTP_READING_FIELDS:
        return feed_line(reader, octets, err);
    case HTTP_READING_BODY:
    case HTTP_READING_REST:
        return feed_body(reader, octets, err);
    case HTTP_READING_CHUNKS:
        return feed_chunks(reader, octets, err);
    case HTTP_READING_DONE:
    case HTTP_READING_COUNT:
        break;
    }
    BUG("octets in state %d", (int)reader->state);
}

enum status http_reader_feed(struct http_reader *reader, struct slice octets,
                             struct err *err)
{
    while (octets.n && reader->state != HTTP_READING_DONE) {
        enum status status = feed_some(reader, &octets, err);
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
