/* http_chunks - the chunked coding (RFC 9112 7.1), undone as it comes. Pure;
 * for the readers of net alone.
 *
 *     chunk      = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
 *     chunk-size = 1*HEXDIG
 *     chunk-ext  = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted ) ] )
 *
 * Extensions and trailer fields are held to the grammar and ignored. */
#ifndef NET_HTTP_CHUNKS_H
#define NET_HTTP_CHUNKS_H

#include "net/http_field.h"

enum {
    HTTP_CHUNK_LINE_BYTES = 8192,  /* a size and its extensions */
    HTTP_CHUNK_EXTRA_BYTES = 16384 /* extensions and trailer in all */
};

enum http_chunk {
    HTTP_CHUNK_SIZE,    /* a size is next */
    HTTP_CHUNK_DATA,    /* so many octets */
    HTTP_CHUNK_END,     /* the line end behind them */
    HTTP_CHUNK_TRAILER, /* fields, up to an empty line */
    HTTP_CHUNK_DONE,
    HTTP_CHUNK_COUNT
};

struct http_chunks {
    enum http_chunk state;
    struct http_line line;
    uint64_t left; /* of the data */
    size_t extra;  /* octets of extensions and trailer so far */
};

void http_chunks_init(struct http_chunks *chunks);
void http_chunks_release(struct http_chunks *chunks);
/* http_chunks_feed - take octets off *octets and add the data to body. ST_OK:
 * that was the end, what follows is left; ST_MORE: all was taken.
 *
 * errors  ST_PROTO: it is not the coding; ST_PERM: more data, as announced,
 *         than body's cap, or too many extensions or trailer fields */
enum status http_chunks_feed(struct http_chunks *chunks, struct slice *octets,
                             struct buf *body, struct err *err) MUST_USE;

#endif
