/* http - the witnesses' own HTTP/1.1 (RFC 9112): reads a request or a response
 * out of what comes, whole or octet by octet, and forgives nothing that would
 * make two readers disagree. Nothing here is the gateway's code. */
#ifndef PEER_HTTP_H
#define PEER_HTTP_H

#include "base/alloc.h"

struct http_field {
    const char *name, *value; /* value without blanks at its ends */
};

struct http_message {
    const char *method, *target; /* of a request, else NULL */
    unsigned status;             /* of a response, else 0 */
    struct http_field *fields;
    size_t field_count;
    struct slice body; /* without its chunks */
};

/* The n-th field (from 0) of a name, in any case; NULL when there is none. */
const char *http_field(const struct http_message *message, const char *name,
                       size_t n);

enum http_state {
    HTTP_STATE_MORE,
    HTTP_STATE_DONE,
    HTTP_STATE_BAD, /* no HTTP, or larger than the cap */
    HTTP_STATE_COUNT
};

struct http_reader;

/* of: the method that a response answers ("HEAD" has no body); NULL: it reads a
 * request. The message lies in the arena. */
struct http_reader *http_reader_create(struct arena *arena, const char *of,
                                       size_t most_octets);
void http_reader_destroy(struct http_reader **reader);
enum http_state http_reader_feed(struct http_reader *reader,
                                 struct slice octets);
/* http_reader_end - nothing more comes: what ends a body without a length. */
enum http_state http_reader_end(struct http_reader *reader);
/* NULL before DONE. */
const struct http_message *http_reader_message(const struct http_reader *r);

/* -- texts ---------------------------------------------------------------- */
/* application/x-www-form-urlencoded of one text. */
const char *http_escape(struct arena *arena, const char *text);

#endif
