/* Octets through OpenSSL by two memory BIOs: what comes from the wire is put
 * in, what shall go to the wire is taken out. So the 220 of STARTTLS and the
 * handshake share one queue, an alert always gets out, and a close with
 * close_notify differs from one without. */
#include "net/conn_internal.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/tls_internal.h"

enum { RECORD_BYTES = 16384 };

/* What is not read yet is dropped, so that the flood ends here. A request to
 * renegotiate (TLS 1.2) shows by our alert alone. */
static void on_message(int is_sent, int version, int type, const void *octets,
                       size_t n, SSL *ssl, void *ctx)
{
    struct conn *conn = ctx;
    bool is_counted = type == (is_sent ? SSL3_RT_ALERT : SSL3_RT_HANDSHAKE);
    (void)version;
    (void)octets;
    (void)n;
    (void)ssl;
    if (conn->is_handshaking || conn->said_goodbye || !is_counted ||
        ++conn->tls_messages <=
            CONN_TLS_MESSAGES + conn->tls_octets / CONN_TLS_OCTETS_EACH)
        return;
    conn->is_tls_flood = true;
    (void)BIO_reset(conn->from_wire);
}

void conn_tls_start(struct conn *conn, SSL *ssl)
{
    conn->ssl = ssl;
    SSL_set_msg_callback(ssl, on_message);
    SSL_set_msg_callback_arg(ssl, conn);
    conn->from_wire = BIO_new(BIO_s_mem());
    conn->to_wire = BIO_new(BIO_s_mem());
    if (!conn->from_wire || !conn->to_wire)
        BUG("no memory BIO");
    BIO_set_mem_eof_return(conn->from_wire, -1);
    BIO_set_mem_eof_return(conn->to_wire, -1);
    SSL_set_bio(ssl, conn->from_wire, conn->to_wire);
    conn->is_handshaking = true;
    conn_kick(conn);
}

static enum status may_start(const struct conn *conn, struct err *err)
{
    if (conn->ssl)
        return err_set(err, ST_PROTO, "TLS was started already");
    if (conn->state != CONN_STATE_OPEN || conn->failure != CONN_FAILURE_NONE)
        return err_set(err, ST_PROTO, "connection is not open");
    if (buf_slice(&conn->in).n)
        return err_set(err, ST_PROTO, "%zu octets before the handshake",
                       buf_slice(&conn->in).n);
    return ST_OK;
}

enum status conn_start_tls_server(struct conn *conn, struct tls_server *tls,
                                  struct err *err)
{
    enum status status = may_start(conn, err);
    if (status == ST_OK)
        conn_tls_start(conn, tls_server_session(tls, &conn->tls));
    return status;
}

enum status conn_start_tls_client(struct conn *conn, struct tls_client *tls,
                                  const struct tls_client_options *options,
                                  struct err *err)
{
    enum status status = may_start(conn, err);
    if (status == ST_OK) {
        conn->host = xstrdup(options->host);
        conn_tls_start(
            conn, tls_client_session(tls, options, clock_wall_s(), &conn->tls));
    }
    return status;
}

const struct tls_facts *conn_tls(const struct conn *conn)
{
    return conn->has_tls ? &conn->tls : NULL;
}

void conn_tls_feed(struct conn *conn, struct slice octets)
{
    if (BIO_write(conn->from_wire, octets.p, (int)octets.n) != (int)octets.n)
        BUG("memory BIO");
}

size_t conn_tls_waiting(const struct conn *conn)
{
    return conn->ssl ? BIO_ctrl_pending(conn->from_wire) : 0;
}

static void move_to_wire(struct conn *conn)
{
    char *p;
    long n = BIO_get_mem_data(conn->to_wire, &p);
    if (n <= 0)
        return;
    buf_put(&conn->out, (struct slice){p, (size_t)n});
    (void)BIO_reset(conn->to_wire);
}

static void break_off(struct conn *conn, enum conn_failure failure)
{
    move_to_wire(conn); /* the alert */
    conn->is_handshaking = false;
    buf_reset(&conn->plain);
    if (failure == CONN_FAILURE_HANDSHAKE) {
        tls_note_failure(&conn->tls);
        conn->has_tls = true;
        conn_fail(conn, failure, conn->tls.error);
    } else {
        const char *text = ERR_reason_error_string(ERR_peek_error());
        conn_fail(conn, failure,
                  conn->is_tls_flood ? "a flood of TLS messages"
                  : text             ? text
                                     : "closed without close_notify");
        ERR_clear_error();
    }
}

static void shake_hands(struct conn *conn)
{
    ERR_clear_error();
    int done = SSL_do_handshake(conn->ssl);
    if (done == 1) {
        conn->is_handshaking = false;
        conn->has_tls = true;
        tls_note_success(conn->ssl, conn->host, clock_wall_s(), &conn->tls);
        ERR_clear_error();
        conn_tell(conn, CONN_EVENT_TLS_READY);
    } else if (SSL_get_error(conn->ssl, done) != SSL_ERROR_WANT_READ ||
               conn->has_eof) {
        break_off(conn, CONN_FAILURE_HANDSHAKE);
    }
    move_to_wire(conn);
}

/* Nothing more can come: close_notify, or the end of what there was. */
static void end_input(struct conn *conn, int error)
{
    if (error == SSL_ERROR_ZERO_RETURN) {
        if (!conn->has_close_notify)
            conn_tell(conn, CONN_EVENT_EOF);
        conn->has_close_notify = true;
    } else if (error != SSL_ERROR_WANT_READ || conn->has_eof) {
        break_off(conn, CONN_FAILURE_LOST);
    }
}

static void decrypt(struct conn *conn)
{
    char octets[RECORD_BYTES];
    while (conn->failure == CONN_FAILURE_NONE && !conn->has_close_notify) {
        size_t room = CONN_INPUT_BYTES - buf_slice(&conn->in).n;
        if (room == 0 || conn->state != CONN_STATE_OPEN)
            return;
        ERR_clear_error();
        int n = SSL_read(conn->ssl, octets,
                         (int)(room < sizeof octets ? room : sizeof octets));
        if (conn->is_tls_flood) {
            break_off(conn, CONN_FAILURE_LOST);
            return;
        }
        if (n <= 0) {
            end_input(conn, SSL_get_error(conn->ssl, n));
            return;
        }
        conn->tls_octets += (size_t)n;
        buf_put(&conn->in, (struct slice){octets, (size_t)n});
        conn_tell(conn, CONN_EVENT_DATA);
    }
}

static void encrypt(struct conn *conn)
{
    while (buf_slice(&conn->out).n < CONN_WIRE_BYTES) {
        struct slice plain = buf_slice(&conn->plain);
        if (plain.n == 0)
            return;
        int most = plain.n < RECORD_BYTES ? (int)plain.n : RECORD_BYTES;
        ERR_clear_error();
        int n = SSL_write(conn->ssl, plain.p, most);
        if (n <= 0) {
            break_off(conn, CONN_FAILURE_LOST);
            return;
        }
        buf_consume(&conn->plain, (size_t)n);
        move_to_wire(conn);
    }
}

void conn_tls_pump(struct conn *conn)
{
    if (conn->failure != CONN_FAILURE_NONE)
        return;
    if (conn->is_handshaking)
        shake_hands(conn);
    if (conn->is_handshaking || conn->failure != CONN_FAILURE_NONE)
        return;
    decrypt(conn);
    if (conn->failure == CONN_FAILURE_NONE)
        encrypt(conn);
    move_to_wire(conn);
}

void conn_tls_goodbye(struct conn *conn)
{
    if (!conn->ssl || conn->said_goodbye || conn->is_handshaking ||
        conn->failure != CONN_FAILURE_NONE)
        return;
    conn->said_goodbye = true;
    ERR_clear_error();
    (void)SSL_shutdown(conn->ssl);
    ERR_clear_error();
    move_to_wire(conn);
}
