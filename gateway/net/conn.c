#include "net/conn_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

const char *conn_event_name(enum conn_event event)
{
    static const char *const names[] = {
        "connected", "tls-ready", "data", "drained", "eof", "timeout", "error"};
    _Static_assert(sizeof names / sizeof *names == CONN_EVENT_COUNT,
                   "event names");
    return names[event];
}

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
    struct conn *conn = ctx;
    (void)fd;
    if (what & EV_WRITE) {
        conn->is_writing = false; /* it is not persistent */
        conn->is_blocked = false;
    }
    conn_turn(conn);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct conn *conn = ctx;
    (void)fd;
    (void)what;
    if (conn->state == CONN_STATE_FLUSHING ||
        conn->state == CONN_STATE_LINGERING) {
        conn_bury(conn);
        return;
    }
    if (conn->failure != CONN_FAILURE_NONE)
        return;
    conn_tell(conn, CONN_EVENT_TIMEOUT);
    conn_turn(conn);
}

static void on_connect_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct conn *conn = ctx;
    (void)fd;
    (void)what;
    if (conn->state != CONN_STATE_CONNECTING)
        return;
    conn->failure = CONN_FAILURE_CONNECT;
    snprintf(conn->error, sizeof conn->error, "connect timed out");
    conn_tell(conn, CONN_EVENT_TIMEOUT);
    conn_turn(conn);
}

static void free_events(struct conn *conn)
{
    struct event **events[] = {&conn->readable, &conn->writable,
                               &conn->deadline, &conn->connect_deadline};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (*events[i])
            event_free(*events[i]);
        *events[i] = NULL;
    }
}

static void close_fd(struct conn *conn)
{
    free_events(conn);
    if (conn->fd >= 0)
        close(conn->fd);
    conn->fd = -1;
}

static void tell_gone(struct conn *conn)
{
    void (*on_gone)(void *ctx) = conn->on_gone;
    conn->on_gone = NULL;
    if (on_gone)
        on_gone(conn->gone_ctx);
}

static void release(struct loop_member *member)
{
    struct conn *conn = (struct conn *)member;
    tell_gone(conn);
    if (conn->state != CONN_STATE_DEAD) {
        --*loop_conn_count(conn->loop);
        *loop_conn_closing(conn->loop) -= conn->is_closing;
    }
    close_fd(conn);
    if (conn->ssl)
        SSL_free(conn->ssl);
    buf_release(&conn->in);
    buf_release(&conn->out);
    buf_release(&conn->plain);
    free(conn->host);
    free(conn);
}

static void on_funeral(void *ctx)
{
    struct conn *conn = ctx;
    loop_leave(&conn->member);
    release(&conn->member);
}

void conn_bury(struct conn *conn)
{
    if (conn->state == CONN_STATE_DEAD)
        return;
    close_fd(conn);
    conn->fn = NULL;
    *loop_conn_closing(conn->loop) -= conn->is_closing;
    conn->state = CONN_STATE_DEAD;
    --*loop_conn_count(conn->loop);
    loop_defer(conn->loop, on_funeral, conn);
    tell_gone(conn);
}

static void on_kick(void *ctx)
{
    struct conn *conn = ctx;
    conn->is_kicked = false;
    conn_turn(conn);
}

void conn_kick(struct conn *conn)
{
    if (conn->is_kicked || conn->in_turn || conn->state == CONN_STATE_DEAD)
        return;
    conn->is_kicked = true;
    loop_defer_as(conn->loop, NULL, on_kick, conn);
}

void conn_tell(struct conn *conn, enum conn_event event)
{
    conn->due |= 1U << event;
}

void conn_fail(struct conn *conn, enum conn_failure failure, const char *text)
{
    if (conn->failure != CONN_FAILURE_NONE)
        return;
    conn->failure = failure;
    snprintf(conn->error, sizeof conn->error, "%s", text);
    conn_tell(conn, CONN_EVENT_ERROR);
}

static void set_events(struct conn *conn)
{
    struct event_base *base = loop_event_base(conn->loop);
    conn->deadline = event_new(base, -1, 0, on_deadline, conn);
    if (conn->fd < 0)
        return;
    conn->readable =
        event_new(base, conn->fd, EV_READ | EV_PERSIST, on_ready, conn);
    conn->writable = event_new(base, conn->fd, EV_WRITE, on_ready, conn);
}

struct conn *conn_adopt(struct loop *loop, int fd, enum conn_state state)
{
    struct conn *conn = xcalloc(1, sizeof *conn);
    int one = 1;
    conn->loop = loop;
    conn->fd = fd;
    conn->state = state;
    conn->source = "conn.c on_ready";
    buf_init(&conn->in, CONN_INPUT_BYTES);
    buf_init(&conn->out, SIZE_MAX / 4);
    buf_init(&conn->plain, SIZE_MAX / 4);
    /* Fails on Unix sockets, which do not wait anyway. */
    if (fd >= 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    set_events(conn);
    loop_join(loop, &conn->member, release);
    ++*loop_conn_count(loop);
    return conn;
}

/* ST_OK: connecting, or connected already. */
static enum status begin(const struct conn_settings *to, int *fd_out,
                         char peer[NET_ADDRESS_TEXT_BYTES], struct err *err)
{
    struct net_address address, from;
    enum status status =
        to->path ? net_address_unix(to->path, &address, err)
                 : net_address_parse(to->address, to->port, &address, err);
    if (status == ST_OK && to->bind_address && !to->path)
        status = net_address_parse(to->bind_address, 0, &from, err);
    if (status != ST_OK)
        return status;
    net_address_format(&address, peer);
    int fd = socket(address.any.sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *fd_out = fd;
    if (fd < 0)
        return err_set(err, ST_TEMP, "socket: %s", strerror(errno));
    int one = 1;
    if (to->bind_address && !to->path) {
        (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
                         sizeof one);
        if (bind(fd, &from.any, from.n) != 0)
            return err_set(err, ST_TEMP, "bind to %s: %s", to->bind_address,
                           strerror(errno));
    }
    if (connect(fd, &address.any, address.n) != 0 && errno != EINPROGRESS)
        return err_set(err, ST_TEMP, "connect: %s", strerror(errno));
    return ST_OK;
}

struct conn *conn_connect_as(struct loop *loop, const char *source,
                             const struct conn_settings *to, conn_event_fn *fn,
                             void *ctx)
{
    struct err err;
    int fd = -1;
    char peer[NET_ADDRESS_TEXT_BYTES] = "";
    enum status status = begin(to, &fd, peer, &err);
    struct conn *conn = conn_adopt(loop, fd, CONN_STATE_CONNECTING);
    conn->fn = fn;
    conn->ctx = ctx;
    conn->source = source;
    memcpy(conn->peer, peer, sizeof peer);
    if (status != ST_OK) {
        conn_fail(conn, CONN_FAILURE_CONNECT, err.text);
        conn_kick(conn);
        return conn;
    }
    conn_set_interest(conn);
    if (to->connect_timeout_ms > 0) {
        conn->connect_deadline =
            event_new(loop_event_base(loop), -1, 0, on_connect_deadline, conn);
        loop_event_add(conn->connect_deadline, to->connect_timeout_ms);
    }
    return conn;
}

void conn_set_handler_as(struct conn *conn, const char *source,
                         conn_event_fn *fn, void *ctx)
{
    conn->source = source;
    conn->fn = fn;
    conn->ctx = ctx;
    conn_kick(conn);
}

struct slice conn_input(const struct conn *conn)
{
    return buf_slice(&conn->in);
}

void conn_consume(struct conn *conn, size_t n)
{
    buf_consume(&conn->in, n);
    if (n)
        conn_kick(conn); /* there may be room to read again */
}

void conn_write(struct conn *conn, struct slice octets)
{
    if (octets.n == 0 || conn->failure != CONN_FAILURE_NONE)
        return;
    buf_put(conn->ssl ? &conn->plain : &conn->out, octets);
    conn->wants_drained = true;
    conn_kick(conn);
}

size_t conn_room(const struct conn *conn)
{
    size_t held = buf_slice(&conn->out).n + buf_slice(&conn->plain).n;
    return held < CONN_OUTPUT_BYTES ? CONN_OUTPUT_BYTES - held : 0;
}

void conn_set_deadline_ms(struct conn *conn, int64_t from_now_ms)
{
    if (from_now_ms > 0)
        loop_event_add(conn->deadline, from_now_ms);
    else
        event_del(conn->deadline);
}

enum conn_failure conn_failure(const struct conn *conn)
{
    return conn->failure;
}

const char *conn_error(const struct conn *conn)
{
    return conn->error;
}

const char *conn_peer(const struct conn *conn)
{
    return conn->peer;
}

struct loop *conn_loop(const struct conn *conn)
{
    return conn->loop;
}

void conn_close(struct conn **conn_inout)
{
    struct conn *conn = *conn_inout;
    *conn_inout = NULL;
    if (!conn)
        return;
    conn->fn = NULL;
    if (conn->state != CONN_STATE_OPEN || conn->failure == CONN_FAILURE_LOST) {
        conn_bury(conn);
        return;
    }
    conn->state = CONN_STATE_FLUSHING;
    conn->is_closing = true;
    ++*loop_conn_closing(conn->loop);
    buf_reset(&conn->in);
    conn_set_deadline_ms(conn, CONN_FLUSH_MS);
    conn_kick(conn);
}

void conn_finish(struct conn *conn, void (*on_gone)(void *ctx), void *ctx)
{
    conn->on_gone = on_gone;
    conn->gone_ctx = ctx;
    conn_close(&conn);
}

void conn_abort(struct conn **conn_inout)
{
    struct conn *conn = *conn_inout;
    *conn_inout = NULL;
    if (conn)
        conn_bury(conn);
}

size_t conn_count(const struct loop *loop)
{
    return *loop_conn_count((struct loop *)(uintptr_t)loop);
}
