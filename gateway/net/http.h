/* http - one HTTP/1.1 request over one connection, plain or TLS (RFC 9112).
 *
 * A client for a handful of small answers: no redirect is followed, nothing is
 * kept open, the answer has a cap and the whole of it a deadline. With TLS the
 * request is sent only after the server's certificate passed for `host` by the
 * rules of TRANSPORT-2 (RFC 8461 3.3, RFC 6125). */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/loop.h"
#include "net/tls.h"

/* Texts and slices are copied. */
struct http_request {
    const char *method;  /* "GET", "POST" */
    const char *address; /* "127.0.0.1", "::1": nothing is looked up here */
    uint16_t port;
    const char *host;         /* Host field, SNI, and the certificate's name */
    const char *path;         /* "/send"; visible ASCII */
    struct tls_client *tls;   /* NULL: plain; outlives the fetch */
    const char *content_type; /* of body; NULL: none */
    struct slice body;
    size_t body_max;          /* octets of the answer's body at most */
    int64_t timeout_ms;       /* for everything together */
    const char *bind_address; /* NULL: the system's choice */
};

struct http_response {
    int status; /* 200 ..; 0: there is no whole answer, see failure */
    struct slice content_type; /* as it stands; empty: none */
    struct slice body;
    const char *failure; /* in words; NULL with a status */
    /* The certificate is why: its first fault; NONE otherwise. */
    enum tls_fault certificate;
};

struct http_fetch;

/* Once, on a later turn; the response is valid during the call alone, and the
 * handle is no longer valid in it. */
typedef void http_on_done(const struct http_response *response, void *ctx);

struct http_fetch *http_fetch(struct loop *loop,
                              const struct http_request *request,
                              http_on_done *on_done, void *ctx);
/* on_done is not called any more. NULL is fine. */
void http_cancel(struct http_fetch **fetch);

#endif
