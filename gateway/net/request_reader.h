/* request_reader - an HTTP/1.1 request out of octets (RFC 9112), held to the
 * grammar (PORTAL-3). Pure; for net/web alone.
 *
 *     [ CRLF ] method SP request-target SP HTTP-version CRLF
 *     *( field-name ":" OWS field-value OWS CRLF ) CRLF [ body ]
 *
 * Where whoever stands before us could see another request in the same octets
 * it is none: REQUEST_BROKEN, with the status to answer, and what follows is
 * read by nobody. The head is told before the body is taken: its reader says
 * how large that may be. */
#ifndef NET_REQUEST_READER_H
#define NET_REQUEST_READER_H

#include "base/alloc.h"
#include "net/http_chunks.h"
#include "net/web.h"

enum {
    REQUEST_LINE_BYTES = 8192,
    REQUEST_FIELDS_MOST = 100,
};

enum request_state {
    REQUEST_LINE,   /* the request line is next */
    REQUEST_FIELDS, /* a field, or the end of the head */
    REQUEST_HEAD,   /* the head is whole: request_reader_admit is next */
    REQUEST_BODY,   /* so many octets */
    REQUEST_CHUNKS,
    REQUEST_WHOLE,
    REQUEST_BROKEN,
    REQUEST_STATE_COUNT
};

struct request_reader {
    enum request_state state;
    int status;                 /* of a broken one: 400, 413 .. */
    struct web_request request; /* as far as it is known */
    bool is_begun;              /* something of it came */
    bool closes;                /* the connection ends with its answer */
    bool wants_continue;        /* a body is held back (RFC 9110 10.1.1) */
    /* The rest is its own. */
    struct arena *arena;
    struct web_field fields[REQUEST_FIELDS_MOST];
    struct http_line line;
    struct http_chunks chunks;
    struct buf body;
    size_t head_max, head_bytes;
    uint64_t left; /* of the body */
    bool had_empty_line, is_old, is_chunked, has_length;
};

void request_reader_init(struct request_reader *reader, size_t head_max);
void request_reader_release(struct request_reader *reader);

/* request_reader_feed - take octets off *octets and return the state: LINE,
 * FIELDS, BODY and CHUNKS with all of them taken; HEAD, WHOLE and BROKEN with
 * what follows left. err says what is wrong with a broken one. */
enum request_state request_reader_feed(struct request_reader *reader,
                                       struct slice *octets, struct err *err);
/* request_reader_admit - at REQUEST_HEAD: go on, with at most body_max octets
 * of body. */
enum request_state request_reader_admit(struct request_reader *reader,
                                        size_t body_max, struct err *err);
/* request_reader_end - nothing more comes: BROKEN, unless nothing came. */
enum request_state request_reader_end(struct request_reader *reader,
                                      struct err *err);
/* request_reader_refuse - broken, for a reason of its reader. */
enum request_state request_reader_refuse(struct request_reader *reader,
                                         int status);

#endif
