/* web - an HTTPS server on the loop (RFC 9110, 9112): requests come whole, each
 * is answered once, later if need be.
 *
 * Nothing here waits for a client, and no client has it alone: handshake,
 * request and each piece of an answer have a time as a whole, and there is a
 * cap on heads, bodies, connections in all and of one client (CONN-10,
 * CONN-11). What is no request by the grammar is refused before anybody sees it
 * (PORTAL-3, net/request_reader). GET, HEAD and POST are served. */
#ifndef NET_WEB_H
#define NET_WEB_H

#include <stdint.h>

#include "base/slice.h"
#include "net/loop.h"
#include "net/tls.h"

struct web_server;
struct web_answer;
struct web_exchange; /* one request that is not answered yet */

struct web_field {
    const char *name, *value;
};

/* Valid until the exchange is answered. */
struct web_request {
    const char *method; /* "GET", "HEAD", "POST"; "OTHER" for any other */
    const char *path;   /* as it came; "" is "/" */
    const char *query;  /* behind the '?'; "" where absent */
    const struct web_field *fields;
    size_t field_count;
    struct slice body;
};

/* web_field_of - the first field of this name, in any case; NULL: absent. */
const char *web_field_of(const struct web_request *request, const char *name);

struct web_settings {
    const char *address;
    uint16_t port;          /* 0: any, see web_port */
    struct tls_server *tls; /* outlives the server */
    size_t header_max;      /* octets of request line and fields */
    size_t body_max;
    size_t bodies_max;  /* of all such bodies at a time; then it is 503 */
    int64_t idle_ms;    /* between two requests; for each 64 KiB of an answer */
    int64_t request_ms; /* for a handshake, and for a request as a whole */
    size_t connections; /* at a time */
    size_t connections_per_client; /* address, or IPv6 /64; at most a quarter
                                      of them all */
    void *ctx;                     /* of the calls below */
    /* May this request, without body yet, have the limits below? NULL: none */
    bool (*is_large)(void *ctx, const struct web_request *head);
    size_t large_max; /* octets of its body */
    int64_t large_ms;
    size_t large_count; /* at a time; others have the small limits */
    /* The page of answer->status, for a request that was refused before
     * anybody saw it; of its head what is known. NULL: an empty one. release is
     * called once the answer was copied. */
    void (*on_fault)(void *ctx, const struct web_request *head,
                     struct web_answer *answer);
};

typedef void web_on_request(struct web_exchange *exchange,
                            const struct web_request *request, void *ctx);

/* errors  ST_TEMP: the address cannot be listened at */
enum status web_server_create(struct loop *loop,
                              const struct web_settings *settings,
                              web_on_request *on_request, void *ctx,
                              struct web_server **out,
                              struct err *err) MUST_USE;
uint16_t web_port(const struct web_server *server);
/* web_server_stop - no new connection; requests under way may still be
 * answered. */
void web_server_stop(struct web_server *server);
/* Requests that wait for their answer; what all bodies hold now. */
size_t web_exchange_count(const struct web_server *server);
size_t web_body_octets(const struct web_server *server);
/* Connections are closed; exchanges that are still open may be answered, which
 * goes nowhere. */
void web_server_destroy(struct web_server **server);

/* web_header - of the request; NULL: absent. */
const char *web_header(const struct web_exchange *exchange, const char *name);
/* web_client - who asks: an address, or the /64 of an IPv6 one, as text; valid
 * until the exchange is answered. */
const char *web_client(const struct web_exchange *exchange);

struct web_answer {
    int status;
    const struct web_field *fields; /* Content-Type among them */
    size_t field_count;
    struct slice body;
    /* Told when the body was sent or will not be; NULL: the body is copied. */
    void (*release)(void *ctx);
    void *release_ctx;
    /* Not NULL: the body is asked for piece by piece, `octets` in all, each
     * when the one before was sent; body is not looked at. A piece is copied;
     * false, or none: the connection is cut. */
    bool (*pull)(void *ctx, struct slice *piece);
    uint64_t octets;
};

/* web_answer - also where the client has gone; the exchange is gone then. */
void web_answer(struct web_exchange *exchange, const struct web_answer *answer);

#endif
