/* stream - one TCP connection of an actor, with TLS over memory BIOs, so that
 * octets on the wire can be mangled and every kind of ending is seen.
 *
 * on_end comes exactly once and always from the loop, never from within a call
 * of the actor; nothing comes after it. */
#ifndef PEER_STREAM_H
#define PEER_STREAM_H

#include <stdint.h>

#include "base/slice.h"
#include "peer/loop.h"
#include "peer/tls.h"

struct evbuffer;
struct stream;

enum stream_end {
    STREAM_END_PEER,      /* the other side closed, in order */
    STREAM_END_TRUNCATED, /* it closed within TLS, without close_notify */
    STREAM_END_FAILED,    /* refused, reset or another error */
    STREAM_END_HERE,      /* after stream_close() or stream_cut() */
    STREAM_END_COUNT
};

/* Each may be NULL. */
struct stream_events {
    void (*on_connected)(void *ctx);
    void (*on_data)(void *ctx);
    /* failure NULL: the handshake is done; else on_end follows. */
    void (*on_tls)(void *ctx, const char *failure);
    void (*on_end)(void *ctx, enum stream_end end, const char *why);
    void *ctx;
};

/* stream_accept - takes the descriptor over. */
struct stream *stream_accept(struct loop *loop, int fd,
                             const struct stream_events *events);
/* stream_connect - from local (may be NULL) to address:port; a failure comes
 * by on_end. */
struct stream *stream_connect(struct loop *loop, const char *local,
                              const char *address, uint16_t port,
                              const struct stream_events *events);
/* Without any on_end; allowed in the stream's own callbacks. */
void stream_destroy(struct stream **stream);

/* What came and was not taken yet, deciphered. */
struct evbuffer *stream_input(struct stream *stream);
void stream_send(struct stream *stream, struct slice octets);
/* stream_send_raw - onto the wire as they are, also within TLS. */
void stream_send_raw(struct stream *stream, struct slice octets);

/* stream_start_tls - what lies in the input already goes to the handshake.
 * The context must outlive the stream's handshake. sni: clients, or NULL. */
void stream_start_tls(struct stream *stream, SSL_CTX *context, bool is_server,
                      const char *sni);
/* NULL in plain text and while the handshake lasts. */
const SSL *stream_tls(const struct stream *stream);
/* The last alert that came, such as "protocol-version"; "" when none. */
const char *stream_alert(const struct stream *stream);

/* stream_close - in order: all that was sent goes out, then close_notify and
 * the end; what still comes is discarded. */
void stream_close(struct stream *stream);
/* stream_cut - at once, without close_notify; sent octets may be lost. */
void stream_cut(struct stream *stream);

#endif
