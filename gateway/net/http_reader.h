/* http_reader - an HTTP/1.1 answer out of octets (RFC 9112). Pure; for http.c.
 *
 * Strict where two readers could disagree about where an answer ends: several
 * lengths, a length beside chunks, an unknown coding, or an end that came too
 * early are no answer at all. In its head alone a bare LF ends a line, too. */
#ifndef NET_HTTP_READER_H
#define NET_HTTP_READER_H

#include <stdbool.h>

#include "net/http_chunks.h"

enum {
    HTTP_LINE_BYTES = 8192, /* of one line of the head */
    HTTP_HEAD_BYTES = 32768 /* of all of them */
};

enum http_reading {
    HTTP_READING_STATUS,
    HTTP_READING_FIELDS,
    HTTP_READING_BODY, /* so many octets */
    HTTP_READING_CHUNKS,
    HTTP_READING_REST, /* up to the end of the connection */
    HTTP_READING_DONE,
    HTTP_READING_COUNT
};

struct http_reader {
    enum http_reading state;
    int status;
    struct http_line line;
    struct http_chunks chunks;
    size_t head_bytes;
    struct buf content_type;
    struct buf body;
    uint64_t left; /* octets of the body */
    bool is_old, has_length, is_chunked, has_type;
};

void http_reader_init(struct http_reader *reader, size_t body_max);
void http_reader_release(struct http_reader *reader);

/* http_reader_feed - ST_MORE: not the end yet; ST_OK: the answer is whole, what
 * comes behind it is ignored; ST_PROTO, ST_PERM (too large): it is none. */
enum status http_reader_feed(struct http_reader *reader, struct slice octets,
                             struct err *err) MUST_USE;
/* The connection ended in order: ST_OK where that ends the answer too. */
enum status http_reader_end(struct http_reader *reader,
                            struct err *err) MUST_USE;

#endif
