/* One turn of a connection: take what came, tell the owner, send what is to be
 * sent. The owner's callback may call anything, conn_close included; what it
 * asks for is done by the same turn after it returns. */
#include "net/conn_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { READS_PER_TURN = 4 }; /* the others shall come to their turn, too */

static bool is_alive(const struct conn *conn)
{
    return conn->state != CONN_STATE_DEAD;
}

static bool wants_input(const struct conn *conn)
{
    if (conn->has_eof)
        return false;
    switch (conn->state) {
    case CONN_STATE_OPEN:
        return conn->failure == CONN_FAILURE_NONE &&
               buf_slice(&conn->in).n < CONN_INPUT_BYTES &&
               conn_tls_waiting(conn) < CONN_READ_BYTES;
    case CONN_STATE_FLUSHING:
        /* Nobody wants it, but it must not fill the pipe either: a peer that
         * writes before it reads would wait for us for ever. */
        return conn->failure != CONN_FAILURE_LOST;
    case CONN_STATE_LINGERING:
        return true;
    case CONN_STATE_CONNECTING:
    case CONN_STATE_DEAD:
    case CONN_STATE_COUNT:
        break;
    }
    return false;
}

/* Silence ends it, and so does a drip that never does (CONN-11). */
static void linger_on(struct conn *conn)
{
    int64_t left = conn->linger_until_ms - clock_mono_ms();
    int64_t silence = CONN_LINGER_MS;
    conn_set_deadline_ms(conn, left < 1 ? 1 : left < silence ? left : silence);
}

static void take_octets(struct conn *conn, struct slice octets)
{
    if (conn->state == CONN_STATE_LINGERING ||
        (conn->state == CONN_STATE_FLUSHING && !conn->is_handshaking)) {
        conn->discarded += octets.n;
        if (conn->state == CONN_STATE_LINGERING)
            linger_on(conn);
    } else if (conn->ssl) {
        conn_tls_feed(conn, octets);
    } else {
        buf_put(&conn->in, octets);
        conn_tell(conn, CONN_EVENT_DATA);
    }
}

/* Within TLS conn_tls_pump says what the end means, after all before it is
 * decrypted. */
static void meet_end(struct conn *conn, int code)
{
    conn->has_eof = true;
    if (code && !conn->is_handshaking)
        conn_fail(conn, CONN_FAILURE_LOST, strerror(code));
    else if (!conn->ssl)
        conn_tell(conn, CONN_EVENT_EOF);
}

static void read_some(struct conn *conn)
{
    char octets[CONN_READ_BYTES];
    for (int i = 0; i < READS_PER_TURN && wants_input(conn); i++) {
        size_t most = sizeof octets;
        size_t room = CONN_INPUT_BYTES - buf_slice(&conn->in).n;
        if (!conn->ssl && conn->state == CONN_STATE_OPEN && room < most)
            most = room;
        ssize_t n = recv(conn->fd, octets, most, 0);
        if (n > 0) {
            take_octets(conn, (struct slice){octets, (size_t)n});
            if ((size_t)n < most)
                return;
        } else if (n == 0) {
            meet_end(conn, 0);
        } else if (errno == EINTR) {
            continue;
        } else if (errno == EAGAIN) {
            return;
        } else {
            meet_end(conn, errno);
        }
    }
}

static void send_some(struct conn *conn)
{
    while (!conn->is_blocked) {
        struct slice out = buf_slice(&conn->out);
        if (out.n == 0)
            return;
        ssize_t n = send(conn->fd, out.p, out.n, MSG_NOSIGNAL);
        if (n > 0) {
            buf_consume(&conn->out, (size_t)n);
            if (conn->ssl)
                conn_tls_pump(conn); /* there is room on the wire again */
        } else if (errno == EAGAIN) {
            conn->is_blocked = true;
        } else if (errno != EINTR) {
            buf_reset(&conn->out);
            buf_reset(&conn->plain);
            conn_fail(conn,
                      conn->is_handshaking ? CONN_FAILURE_HANDSHAKE
                                           : CONN_FAILURE_LOST,
                      strerror(errno));
        }
    }
}

static void finish_connect(struct conn *conn)
{
    int code = 0;
    socklen_t n = sizeof code;
    if (conn->is_writing || conn->failure != CONN_FAILURE_NONE)
        return; /* not ready yet */
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &code, &n) != 0)
        code = errno;
    if (code) {
        char text[128];
        snprintf(text, sizeof text, "connect: %s", strerror(code));
        conn_fail(conn, CONN_FAILURE_CONNECT, text);
        return;
    }
    conn->state = CONN_STATE_OPEN;
    if (conn->connect_deadline)
        event_del(conn->connect_deadline);
    conn_tell(conn, CONN_EVENT_CONNECTED);
}

static bool is_drained(const struct conn *conn)
{
    size_t held = buf_slice(&conn->out).n + buf_slice(&conn->plain).n;
    return conn->wants_drained && held <= CONN_LOW_BYTES &&
           conn->state == CONN_STATE_OPEN && conn->failure == CONN_FAILURE_NONE;
}

static void tell(struct conn *conn)
{
    if (is_drained(conn)) {
        conn->wants_drained = false;
        conn_tell(conn, CONN_EVENT_DRAINED);
    }
    for (int event = 0; event < CONN_EVENT_COUNT && conn->fn; event++) {
        if (!(conn->due & 1U << event))
            continue;
        conn->due &= ~(1U << event);
        conn->fn(conn, (enum conn_event)event, conn->ctx);
    }
}

/* After conn_close: goodbye once all is encrypted, then the end of our side,
 * then silence. */
static void go_on_closing(struct conn *conn)
{
    if (conn->failure == CONN_FAILURE_LOST ||
        conn->discarded > CONN_LINGER_BYTES) {
        conn_bury(conn);
        return;
    }
    if (conn->state == CONN_STATE_FLUSHING && buf_slice(&conn->plain).n == 0) {
        conn_tls_goodbye(conn);
        send_some(conn);
        if (buf_slice(&conn->out).n == 0) {
            conn->state = CONN_STATE_LINGERING;
            shutdown(conn->fd, SHUT_WR);
            conn->linger_until_ms = clock_mono_ms() + CONN_LINGER_ALL_MS;
            linger_on(conn);
        }
    }
    bool is_over = conn->state == CONN_STATE_LINGERING && conn->has_eof;
    if (is_over || *loop_conn_closing(conn->loop) > CONN_CLOSING_MOST)
        conn_bury(conn);
}

void conn_set_interest(struct conn *conn)
{
    if (!is_alive(conn) || conn->fd < 0)
        return;
    bool reading = wants_input(conn);
    bool writing = conn->state == CONN_STATE_CONNECTING
                       ? conn->failure == CONN_FAILURE_NONE
                       : conn->is_blocked;
    if (reading != conn->is_reading) {
        if (reading)
            event_add(conn->readable, NULL);
        else
            event_del(conn->readable);
        conn->is_reading = reading;
    }
    if (writing && !conn->is_writing) {
        event_add(conn->writable, NULL);
        conn->is_writing = true;
    }
}

static void turn_once(struct conn *conn)
{
    if (conn->state == CONN_STATE_CONNECTING)
        finish_connect(conn);
    if (conn->state != CONN_STATE_CONNECTING) {
        read_some(conn);
        if (conn->ssl)
            conn_tls_pump(conn);
        send_some(conn);
    }
    tell(conn);
    if (conn->ssl && is_alive(conn))
        conn_tls_pump(conn);
    if (is_alive(conn) && conn->state != CONN_STATE_CONNECTING)
        send_some(conn);
    if (conn->state == CONN_STATE_FLUSHING ||
        conn->state == CONN_STATE_LINGERING)
        go_on_closing(conn);
}

void conn_turn(struct conn *conn)
{
    if (!is_alive(conn))
        return;
    int64_t entered = loop_enter();
    conn->in_turn = true;
    turn_once(conn);
    conn->in_turn = false;
    loop_leave_call(conn->loop, conn->source, entered);
    if (!is_alive(conn))
        return;
    conn_set_interest(conn);
    if (conn->fn && (conn->due || is_drained(conn)))
        conn_kick(conn);
}
