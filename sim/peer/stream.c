#include "peer/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

enum { LINGER_MS = 1000 }; /* for the peer to close as well */

struct stream {
    struct loop *loop;
    struct stream_events events;
    struct bufferevent *wire; /* NULL after the end */
    struct evbuffer *input;
    SSL *ssl;
    bool is_shaken;   /* the handshake is done */
    bool is_notified; /* close_notify came */
    bool is_closing;
    bool is_shut; /* our direction is closed */
    bool has_ended;
    bool is_dead;   /* destroyed within a callback */
    unsigned depth; /* callbacks of ours that are on the stack */
    struct loop_timer *timer;
    enum stream_end end;
    char why[160];
    char alert[48];
};

/* --- Life --- */

static void release(struct stream *s)
{
    loop_timer_cancel(&s->timer);
    if (s->wire)
        bufferevent_free(s->wire);
    SSL_free(s->ssl);
    evbuffer_free(s->input);
    free(s);
}

static void leave(struct stream *s)
{
    if (--s->depth == 0 && s->is_dead)
        release(s);
}

void stream_destroy(struct stream **stream)
{
    struct stream *s = *stream;
    *stream = NULL;
    if (!s)
        return;
    s->is_dead = true;
    if (s->depth == 0)
        release(s);
}

static void on_end_due(void *ctx)
{
    struct stream *s = ctx;
    s->depth++;
    loop_timer_cancel(&s->timer);
    if (s->wire)
        bufferevent_free(s->wire);
    s->wire = NULL;
    if (s->events.on_end)
        s->events.on_end(s->events.ctx, s->end, s->why);
    leave(s);
}

/* The end is decided; the actor learns of it on the next turn. */
static void end(struct stream *s, enum stream_end how, const char *why)
{
    if (s->has_ended)
        return;
    s->has_ended = true;
    s->is_closing = true;
    s->end = how;
    snprintf(s->why, sizeof s->why, "%s", why);
    if (s->wire)
        bufferevent_disable(s->wire, EV_READ);
    loop_timer_cancel(&s->timer);
    s->timer = loop_after(s->loop, 0, on_end_due, s);
}

static void on_linger_over(void *ctx)
{
    end(ctx, STREAM_END_HERE, "closed here");
}

/* --- TLS --- */

static void remember_alert(const SSL *ssl, int where, int value)
{
    if (!(where & SSL_CB_ALERT) || !(where & SSL_CB_READ))
        return;
    struct stream *s = SSL_get_app_data(ssl);
    snprintf(s->alert, sizeof s->alert, "%s",
             SSL_alert_desc_string_long(value));
    for (char *p = s->alert; *p; p++)
        if (*p == ' ')
            *p = '-';
}

static void flush_tls(struct stream *s)
{
    BIO *out = SSL_get_wbio(s->ssl);
    char *octets;
    long n = BIO_get_mem_data(out, &octets);
    if (n > 0 && s->wire)
        bufferevent_write(s->wire, octets, (size_t)n);
    (void)BIO_reset(out);
}

static const char *tls_error(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    return reason ? reason : "the handshake failed";
}

static void fail_tls(struct stream *s, const char *why)
{
    if (s->events.on_tls)
        s->events.on_tls(s->events.ctx, why);
    if (!s->is_dead && !s->is_closing) {
        /* The alert goes out, then the connection ends. */
        SSL_set_quiet_shutdown(s->ssl, 1);
        stream_close(s);
    }
}

static void read_tls(struct stream *s)
{
    char octets[16384];
    int n;
    ERR_clear_error();
    while ((n = SSL_read(s->ssl, octets, sizeof octets)) > 0)
        evbuffer_add(s->input, octets, (size_t)n);
    int error = SSL_get_error(s->ssl, n);
    if (error == SSL_ERROR_ZERO_RETURN)
        s->is_notified = true;
    flush_tls(s);
    if (error == SSL_ERROR_SSL)
        end(s, STREAM_END_FAILED, tls_error());
}

static void shake(struct stream *s)
{
    ERR_clear_error();
    int n = SSL_do_handshake(s->ssl);
    flush_tls(s);
    if (n == 1) {
        s->is_shaken = true;
        if (s->events.on_tls)
            s->events.on_tls(s->events.ctx, NULL);
        return;
    }
    if (SSL_get_error(s->ssl, n) != SSL_ERROR_WANT_READ)
        fail_tls(s, tls_error());
}

/* Moves what came on the wire to where it belongs. */
static void pump(struct stream *s)
{
    struct evbuffer *wire = bufferevent_get_input(s->wire);
    if (s->is_closing) {
        evbuffer_drain(wire, evbuffer_get_length(wire));
        return;
    }
    size_t before = evbuffer_get_length(s->input);
    if (!s->ssl) {
        evbuffer_add_buffer(s->input, wire);
    } else {
        size_t n = evbuffer_get_length(wire);
        if (n)
            BIO_write(SSL_get_rbio(s->ssl), evbuffer_pullup(wire, -1), (int)n);
        evbuffer_drain(wire, n);
        if (!s->is_shaken)
            shake(s);
        if (s->is_shaken && !s->is_dead && !s->is_closing)
            read_tls(s);
    }
    if (evbuffer_get_length(s->input) > before && !s->is_dead &&
        s->events.on_data)
        s->events.on_data(s->events.ctx);
}

static void on_pump_due(void *ctx)
{
    struct stream *s = ctx;
    loop_timer_cancel(&s->timer);
    s->depth++;
    if (s->wire && !s->has_ended)
        pump(s);
    leave(s);
}

void stream_start_tls(struct stream *stream, SSL_CTX *context, bool is_server,
                      const char *sni)
{
    struct stream *s = stream;
    s->ssl = SSL_new(context);
    if (!s->ssl)
        BUG("no TLS connection");
    SSL_set_bio(s->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(s->ssl), -1);
    SSL_set_app_data(s->ssl, s);
    SSL_set_info_callback(s->ssl, remember_alert);
    if (is_server)
        SSL_set_accept_state(s->ssl);
    else
        SSL_set_connect_state(s->ssl);
    if (sni) {
        char *name = xstrdup(sni); /* the macro wants it writable */
        SSL_set_tlsext_host_name(s->ssl, name);
        free(name);
    }
    if (!s->wire || s->is_closing)
        return;
    evbuffer_prepend_buffer(bufferevent_get_input(s->wire), s->input);
    /* On the next turn, so that no callback comes within this call. */
    if (!s->timer)
        s->timer = loop_after(s->loop, 0, on_pump_due, s);
}

const SSL *stream_tls(const struct stream *stream)
{
    return stream->is_shaken ? stream->ssl : NULL;
}

const char *stream_alert(const struct stream *stream)
{
    return stream->alert;
}

/* --- The wire --- */

static void on_wire_read(struct bufferevent *wire, void *ctx)
{
    (void)wire;
    struct stream *s = ctx;
    s->depth++;
    pump(s);
    leave(s);
}

/* Everything that was sent has left; called again and again is harmless. */
static void on_wire_drained(struct bufferevent *wire, void *ctx)
{
    struct stream *s = ctx;
    if (!s->is_closing || s->is_shut || s->has_ended)
        return;
    if (evbuffer_get_length(bufferevent_get_output(wire)))
        return;
    s->is_shut = true;
    shutdown(bufferevent_getfd(wire), SHUT_WR);
}

static void on_wire_end(struct stream *s, short what)
{
    const char *error = evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR());
    if (s->is_closing) {
        end(s, STREAM_END_HERE, "closed here");
        return;
    }
    bool is_failed = what & BEV_EVENT_ERROR;
    if (s->ssl && !s->is_shaken && s->events.on_tls)
        s->events.on_tls(s->events.ctx,
                         is_failed ? error : "closed in the handshake");
    if (s->is_dead)
        return;
    if (is_failed)
        end(s, STREAM_END_FAILED, error);
    else if (s->is_shaken && !s->is_notified)
        end(s, STREAM_END_TRUNCATED, "closed without close_notify");
    else
        end(s, STREAM_END_PEER, "closed by the other side");
}

static void on_wire_event(struct bufferevent *wire, short what, void *ctx)
{
    struct stream *s = ctx;
    (void)wire;
    s->depth++;
    if (what & BEV_EVENT_CONNECTED) {
        if (s->events.on_connected)
            s->events.on_connected(s->events.ctx);
    } else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        on_wire_end(s, what);
    }
    leave(s);
}

static struct stream *create(struct loop *loop, int fd,
                             const struct stream_events *events)
{
    struct stream *s = xcalloc(1, sizeof *s);
    s->loop = loop;
    s->events = *events;
    s->input = evbuffer_new();
    evutil_make_socket_nonblocking(fd);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    s->wire = bufferevent_socket_new(
        loop_base(loop), fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (!s->wire || !s->input)
        BUG("no stream");
    bufferevent_setcb(s->wire, on_wire_read, on_wire_drained, on_wire_event, s);
    return s;
}

struct stream *stream_accept(struct loop *loop, int fd,
                             const struct stream_events *events)
{
    struct stream *s = create(loop, fd, events);
    bufferevent_enable(s->wire, EV_READ | EV_WRITE);
    return s;
}

static int bound_socket(const char *local)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        BUG("no socket: %s", strerror(errno));
    if (!local)
        return fd;
    int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in from = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, local, &from.sin_addr) != 1 ||
        bind(fd, (struct sockaddr *)&from, sizeof from) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

struct stream *stream_connect(struct loop *loop, const char *local,
                              const char *address, uint16_t port,
                              const struct stream_events *events)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    bool is_address = inet_pton(AF_INET, address, &to.sin_addr) == 1;
    int fd = bound_socket(local);
    bool is_bound = fd >= 0;
    struct stream *s = create(loop, is_bound ? fd : bound_socket(NULL), events);
    bufferevent_enable(s->wire, EV_READ | EV_WRITE);
    if (!is_address || !is_bound)
        end(s, STREAM_END_FAILED,
            is_address ? "the local address cannot be had" : "no address");
    else if (bufferevent_socket_connect(s->wire, (struct sockaddr *)&to,
                                        sizeof to) != 0)
        end(s, STREAM_END_FAILED, "no connection");
    return s;
}

struct evbuffer *stream_input(struct stream *stream)
{
    return stream->input;
}

void stream_send_raw(struct stream *stream, struct slice octets)
{
    if (stream->wire && !stream->is_closing && octets.n)
        bufferevent_write(stream->wire, octets.p, octets.n);
}

void stream_send(struct stream *stream, struct slice octets)
{
    if (!stream->ssl) {
        stream_send_raw(stream, octets);
        return;
    }
    while (octets.n && stream->wire && !stream->is_closing) {
        /* A memory BIO takes everything: a short write is an error. */
        size_t n = octets.n < 65536 ? octets.n : 65536;
        if (SSL_write(stream->ssl, octets.p, (int)n) != (int)n)
            return;
        flush_tls(stream);
        octets = slice_from(octets, n);
    }
}

void stream_close(struct stream *stream)
{
    struct stream *s = stream;
    if (s->is_closing)
        return;
    if (s->is_shaken) {
        SSL_shutdown(s->ssl);
        flush_tls(s);
    }
    s->is_closing = true;
    evbuffer_drain(s->input, evbuffer_get_length(s->input));
    loop_timer_cancel(&s->timer);
    s->timer = loop_after(s->loop, LINGER_MS, on_linger_over, s);
    on_wire_drained(s->wire, s);
}

void stream_cut(struct stream *stream)
{
    end(stream, STREAM_END_HERE, "cut here");
}
