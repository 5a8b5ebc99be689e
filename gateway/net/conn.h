/* conn - a connection of octets, with TLS begun at any moment, and listeners.
 *
 * TCP over IPv4 and IPv6 and Unix stream sockets. Events come from the loop
 * alone, never from inside a call of this header. Input that is not consumed
 * stays; when CONN_INPUT_BYTES of it wait, nothing more is read until some is
 * consumed. Output is queued; conn_room says how much should be added now. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/status.h"

#include "net/loop.h"
#include "net/tls.h"

enum {
    CONN_INPUT_BYTES = 65536,   /* unread input that is held at most */
    CONN_OUTPUT_BYTES = 262144, /* output above which conn_room is 0 */
    CONN_LINGER_ALL_MS = 10000  /* after the last word, whatever still comes */
};

struct conn;
struct listener;

enum conn_event {
    CONN_EVENT_CONNECTED, /* outgoing connection is up */
    CONN_EVENT_TLS_READY, /* handshake done: conn_tls has the facts */
    CONN_EVENT_DATA,      /* there is more input than before */
    CONN_EVENT_DRAINED,   /* output queued earlier is low again or gone */
    CONN_EVENT_EOF,       /* peer will send no more; writing may go on */
    CONN_EVENT_TIMEOUT,   /* the deadline, or the connect timeout, passed */
    CONN_EVENT_ERROR,     /* conn_failure and conn_error say what; only
                             conn_close and conn_abort make sense now */
    CONN_EVENT_COUNT
};
const char *conn_event_name(enum conn_event event);

typedef void conn_event_fn(struct conn *conn, enum conn_event event, void *ctx);

/* What broke. */
enum conn_failure {
    CONN_FAILURE_NONE,
    CONN_FAILURE_CONNECT,   /* refused, no route, timeout */
    CONN_FAILURE_HANDSHAKE, /* TLS did not come up */
    CONN_FAILURE_LOST,      /* reset, TLS closed without close_notify */
    CONN_FAILURE_COUNT
};

struct conn_settings {
    const char *address;        /* "127.0.0.1", "::1"; NULL with path */
    uint16_t port;              /* host order */
    const char *path;           /* Unix socket instead of address */
    const char *bind_address;   /* NULL: the system's choice */
    int64_t connect_timeout_ms; /* 0: the system's */
};

/* conn_connect - never fails at once: the outcome comes as CONNECTED, ERROR or
 * TIMEOUT. owner: caller, until conn_close or conn_abort. */
#define conn_connect(loop, to, fn, ctx)                                        \
    conn_connect_as(loop, LOOP_SOURCE(fn), to, fn, ctx)
struct conn *conn_connect_as(struct loop *loop, const char *source,
                             const struct conn_settings *to, conn_event_fn *fn,
                             void *ctx);
/* For accepted connections: before it no event is lost, but none comes. */
#define conn_set_handler(conn, fn, ctx)                                        \
    conn_set_handler_as(conn, LOOP_SOURCE(fn), fn, ctx)
void conn_set_handler_as(struct conn *conn, const char *source,
                         conn_event_fn *fn, void *ctx);

/* Everything unconsumed; valid until the next call with this conn. */
struct slice conn_input(const struct conn *conn);
void conn_consume(struct conn *conn, size_t n);

/* conn_write - queue a copy; DRAINED comes once after a run of writes, when
 * the queue is low. Always takes all. */
void conn_write(struct conn *conn, struct slice octets);
/* How much may be added before the writer should wait for DRAINED. */
size_t conn_room(const struct conn *conn);

/* conn_start_tls - handshake behind the output queued so far; TLS_READY or
 * ERROR (CONN_FAILURE_HANDSHAKE) follows. The caller made sure that conn_input
 * is empty: octets that came before the handshake must never count as coming
 * from inside (RFC 3207 6). ST_PROTO where it is not: nothing was begun. */
enum status conn_start_tls_server(struct conn *conn, struct tls_server *tls,
                                  struct err *err) MUST_USE;
enum status conn_start_tls_client(struct conn *conn, struct tls_client *tls,
                                  const struct tls_client_options *options,
                                  struct err *err) MUST_USE;
/* NULL before TLS_READY; also set, with what is known, after a failed
 * handshake. */
const struct tls_facts *conn_tls(const struct conn *conn);

/* conn_set_deadline_ms - TIMEOUT that long from now, once, replacing the
 * earlier one; 0: none. */
void conn_set_deadline_ms(struct conn *conn, int64_t from_now_ms);

enum conn_failure conn_failure(const struct conn *conn);
const char *conn_error(const struct conn *conn); /* "" without failure */
const char *conn_peer(const struct conn *conn);  /* "127.0.0.1", "unix" */
struct loop *conn_loop(const struct conn *conn);

/* conn_close - no event any more, and *conn is NULL: queued output is flushed,
 * close_notify sent, what the peer still sends is discarded for a while (so
 * that no reset eats the last reply), then it is freed. */
void conn_close(struct conn **conn);
/* conn_finish - the same, but the conn is there until on_gone was called, so
 * that its owner can count it, or end it before by conn_abort: a peer that says
 * no goodbye holds it for CONN_LINGER_ALL_MS. */
void conn_finish(struct conn *conn, void (*on_gone)(void *ctx), void *ctx);
/* The same without flushing and waiting. */
void conn_abort(struct conn **conn);

/* Connections alive on a loop, closing ones included. */
size_t conn_count(const struct loop *loop);

struct listener_settings {
    const char *address;
    uint16_t port;    /* 0: listener_port tells the one chosen */
    const char *path; /* Unix socket instead; a stale one is replaced */
    bool reuse_port;  /* several loops listen on one port */
};
/* on_accept owns conn; it calls conn_set_handler or conn_abort. */
typedef void listener_fn(struct conn *conn, void *ctx);
enum status listener_create(struct loop *loop, const struct listener_settings *,
                            listener_fn *on_accept, void *ctx,
                            struct listener **out, struct err *err) MUST_USE;
/* listener_reserve - binds now what listener_create will ask for: ports below
 * 1024 are bound by root, before he becomes somebody else. */
enum status listener_reserve(const struct listener_settings *,
                             struct err *err) MUST_USE;
uint16_t listener_port(const struct listener *listener);
void listener_destroy(struct listener **listener);

#endif
