/* conn_internal - what the files of a connection share; no one else includes
 * it. Order to read: conn.c (calls and life), conn_turn.c (one turn: read,
 * tell, write), conn_tls.c (octets through the TLS engine). */
#ifndef NET_CONN_INTERNAL_H
#define NET_CONN_INTERNAL_H

#include <event2/event.h>
#include <openssl/ssl.h>

#include "base/buf.h"

#include "net/address.h"
#include "net/conn.h"
#include "net/loop_internal.h"

enum conn_state {
    CONN_STATE_CONNECTING,
    CONN_STATE_OPEN,
    CONN_STATE_FLUSHING,  /* closed by the owner: output first */
    CONN_STATE_LINGERING, /* all said; what comes is discarded */
    CONN_STATE_DEAD,      /* the descriptor is closed, freed on a later turn */
    CONN_STATE_COUNT
};

enum {
    CONN_READ_BYTES = 32768,
    CONN_WIRE_BYTES = 65536, /* encrypted output is not made beyond it */
    CONN_LOW_BYTES = 65536,  /* DRAINED at or below it */
    CONN_FLUSH_MS = 10000,   /* for output after conn_close */
    CONN_LINGER_MS = 2000,   /* of silence; then the descriptor is closed */
    CONN_LINGER_BYTES = 67108864,
    /* Closed ones that may be waited for; nobody counts them as his sessions,
     * and a peer that does not go must not fill the table of descriptors. */
    CONN_CLOSING_MOST = 512,
    /* Handshake messages after the handshake: so many, and one more for each so
     * many octets of data (CONN-11). A key update costs us a new key, and one
     * of 27 octets makes that the cheapest of floods. */
    CONN_TLS_MESSAGES = 32,
    CONN_TLS_OCTETS_EACH = 65536
};

struct conn {
    struct loop_member member;
    struct loop *loop;
    int fd;
    enum conn_state state;
    conn_event_fn *fn; /* NULL: nobody listens (yet, or any more) */
    void *ctx;
    const char *source; /* what a long turn of it is called */
    struct event *readable, *writable, *deadline, *connect_deadline;
    bool is_kicked;  /* a turn is deferred */
    bool in_turn;    /* our own code is on the stack */
    bool is_reading; /* readable is added */
    bool is_writing; /* writable is added */

    struct buf in;    /* for the owner */
    struct buf out;   /* for the wire */
    struct buf plain; /* with TLS: not encrypted yet */

    bool has_eof;               /* from the wire */
    bool is_blocked;            /* the kernel takes no more for now */
    bool wants_drained;         /* something was written since DRAINED */
    uint32_t due;               /* events to be told, bits of conn_event */
    size_t discarded;           /* while lingering */
    int64_t linger_until_ms;    /* monotonic */
    bool is_closing;            /* counted as one that is */
    void (*on_gone)(void *ctx); /* NULL: nobody asks */
    void *gone_ctx;
    enum conn_failure failure;
    char error[512];
    char peer[NET_ADDRESS_TEXT_BYTES];

    SSL *ssl;
    BIO *from_wire, *to_wire; /* owned by ssl */
    bool is_handshaking;
    bool has_close_notify; /* theirs */
    bool said_goodbye;     /* ours */
    char *host;            /* client: the name to match */
    struct tls_facts tls;
    bool has_tls; /* tls tells of a handshake, good or bad */
    uint64_t tls_messages, tls_octets; /* after the handshake, of the peer */
    bool is_tls_flood;
};

/* conn.c */
struct conn *conn_adopt(struct loop *loop, int fd, enum conn_state state);
void conn_kick(struct conn *conn);
void conn_fail(struct conn *conn, enum conn_failure failure, const char *text);
void conn_tell(struct conn *conn, enum conn_event event);
void conn_bury(struct conn *conn);

/* conn_turn.c */
void conn_turn(struct conn *conn);
void conn_set_interest(struct conn *conn);

/* conn_tls.c */
void conn_tls_start(struct conn *conn, SSL *ssl);
void conn_tls_feed(struct conn *conn, struct slice octets);
/* Handshake, decrypt into in, encrypt from plain, as far as it goes. */
void conn_tls_pump(struct conn *conn);
void conn_tls_goodbye(struct conn *conn);
/* Encrypted octets that wait for room in `in`. */
size_t conn_tls_waiting(const struct conn *conn);

#endif
