/* A connection: what comes is a request, and one at a time. Only what the loop
 * calls destroys a connection; an answer given in the middle of anything is
 * written, and the rest of it follows when there is room. */
#include "net/web_private.h"

#include <stdlib.h>

#include "base/log.h"

void web_conn_set_state(struct web_conn *c, enum web_state state)
{
    const struct web_settings *s = &c->server->settings;
    const int64_t limits_ms[] = {
        [WEB_HANDSHAKE] = s->request_ms, [WEB_IDLE] = s->idle_ms,
        [WEB_READING] = s->request_ms,   [WEB_ASKED] = 0, /* our own business */
        [WEB_SENDING] = s->idle_ms,      [WEB_CLOSING] = 0};
    _Static_assert(sizeof limits_ms / sizeof *limits_ms == WEB_STATE_COUNT,
                   "limits");
    c->state = state;
    if (state != WEB_CLOSING) /* then it is conn's */
        conn_set_deadline_ms(c->conn, limits_ms[state]);
}

/* What it had to do with requests and answers. */
static void let_go(struct web_conn *c)
{
    struct web_exchange *x = c->exchange;
    c->exchange = NULL;
    if (x)
        x->conn = NULL;
    if (x && !x->is_asked)
        web_exchange_free(x);
    web_send_end(c);
}

static void take_off(struct web_conn *c)
{
    struct web_server *server = c->server;
    c->previous->next = c->next;
    c->next->previous = c->previous;
    server->conn_count--;
    web_client_leave(server, c->client);
    c->server = NULL;
}

static void on_gone(void *ctx)
{
    struct web_conn *c = ctx;
    if (c->server)
        take_off(c);
    free(c);
}

void web_conn_close(struct web_conn *c)
{
    let_go(c);
    web_conn_set_state(c, WEB_CLOSING);
    conn_finish(c->conn, on_gone, c);
}

void web_conn_abort(struct web_conn *c)
{
    struct conn *conn = c->conn;
    let_go(c);
    if (c->state != WEB_CLOSING)
        on_gone(c);
    conn_abort(&conn); /* of one that closes it tells on_gone */
}

void web_conn_leave(struct web_conn *c)
{
    bool is_closing = c->state == WEB_CLOSING;
    let_go(c);
    take_off(c);
    if (!is_closing)
        conn_finish(c->conn, on_gone, c);
}

/* --- a request -------------------------------------------------------------
 */

/* Its page is the application's, and the connection's last word. */
static void answer_broken(struct web_conn *c, const struct err *err)
{
    const struct web_settings *s = &c->server->settings;
    struct web_exchange *x = c->exchange;
    struct web_answer answer = {.status = x->reader.status};
    log_debug("web", "request refused", "client=%s status=%d why=%s",
              c->client->key, answer.status, err->text);
    if (s->on_fault)
        s->on_fault(s->ctx, &x->reader.request, &answer);
    web_answer(x, &answer);
}

static void refuse(struct web_conn *c, int status, const char *why)
{
    struct err err;
    (void)err_set(&err, ST_PROTO, "%s", why);
    (void)request_reader_refuse(&c->exchange->reader, status);
    answer_broken(c, &err);
}

/* How much may come is settled before it comes. */
static void admit(struct web_conn *c, bool may_hold_back, struct err *err)
{
    struct web_server *server = c->server;
    const struct web_settings *s = &server->settings;
    struct web_exchange *x = c->exchange;
    x->is_large = s->is_large && server->large_count < s->large_count &&
                  s->is_large(s->ctx, &x->reader.request);
    server->large_count += x->is_large;
    enum request_state state = request_reader_admit(
        &x->reader, x->is_large ? s->large_max : s->body_max, err);
    if (x->is_large)
        conn_set_deadline_ms(c->conn, s->large_ms);
    if (x->reader.wants_continue && may_hold_back &&
        (state == REQUEST_BODY || state == REQUEST_CHUNKS))
        conn_write(c->conn, SLICE_LITERAL("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* Large ones have their count instead. */
static bool fits(struct web_exchange *x)
{
    struct web_server *server = x->server;
    if (x->is_large)
        return true;
    server->body_octets += x->reader.body.size - x->counted;
    x->counted = x->reader.body.size;
    return server->body_octets <= server->settings.bodies_max;
}

static void ask(struct web_conn *c)
{
    struct web_exchange *x = c->exchange;
    x->is_asked = true;
    c->server->asked_count++;
    web_conn_set_state(c, WEB_ASKED);
    c->server->on_request(x, &x->reader.request, c->server->ctx);
}

/* One step of a request; it stops where all input was taken, or where it waits
 * for an answer. */
static void read_on(struct web_conn *c)
{
    struct err err = {.text = ""};
    struct slice input = conn_input(c->conn);
    size_t had = input.n;
    struct request_reader *reader = &c->exchange->reader;
    enum request_state state = request_reader_feed(reader, &input, &err);
    if (state == REQUEST_HEAD) {
        admit(c, !input.n, &err);
        state = request_reader_feed(reader, &input, &err);
    }
    conn_consume(c->conn, had - input.n);
    if (state == REQUEST_BROKEN)
        answer_broken(c, &err);
    else if (!fits(c->exchange))
        refuse(c, 503, "too many bodies at a time");
    else if (state == REQUEST_WHOLE)
        ask(c);
}

static void end_input(struct web_conn *c)
{
    struct err err = {.text = ""};
    if (c->state == WEB_READING &&
        request_reader_end(&c->exchange->reader, &err) == REQUEST_BROKEN)
        answer_broken(c, &err);
    else if (c->state <= WEB_READING)
        web_conn_close(c);
}

static void process(struct web_conn *c)
{
    while ((c->state == WEB_IDLE || c->state == WEB_READING) &&
           conn_input(c->conn).n) {
        if (c->state == WEB_IDLE) {
            c->exchange = web_exchange_create(c);
            web_conn_set_state(c, WEB_READING);
        }
        read_on(c);
    }
    if (c->has_eof)
        end_input(c);
}

/* --- events ----------------------------------------------------------------
 */

static void go_on_sending(struct web_conn *c)
{
    if (c->state != WEB_SENDING)
        return;
    if (!web_send_more(c)) {
        web_conn_abort(c); /* the client sees that it is not whole */
    } else if (!web_is_sent(c)) {
        web_conn_set_state(c, WEB_SENDING);
    } else if (c->sending.closes) {
        web_conn_close(c);
    } else {
        web_send_end(c);
        web_conn_set_state(c, WEB_IDLE);
        process(c);
    }
}

static void on_timeout(struct web_conn *c)
{
    bool is_begun = c->state == WEB_READING && c->exchange->reader.is_begun;
    if (is_begun)
        refuse(c, 408, "too slow");
    else if (c->state == WEB_IDLE)
        web_conn_close(c);
    else
        web_conn_abort(c);
}

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    struct web_conn *c = ctx;
    (void)conn;
    switch (event) {
    case CONN_EVENT_TLS_READY:
        web_conn_set_state(c, WEB_IDLE);
        return;
    case CONN_EVENT_DATA:
        process(c);
        return;
    case CONN_EVENT_DRAINED:
        go_on_sending(c);
        return;
    case CONN_EVENT_EOF:
        c->has_eof = true;
        process(c);
        return;
    case CONN_EVENT_TIMEOUT:
        on_timeout(c);
        return;
    case CONN_EVENT_ERROR:
        web_conn_close(c);
        return;
    case CONN_EVENT_CONNECTED:
    case CONN_EVENT_COUNT:
        break;
    }
    BUG("event %d", (int)event);
}

void web_conn_create(struct web_server *server, struct web_client *client,
                     struct conn *conn)
{
    struct err err;
    struct web_conn *c = xcalloc(1, sizeof *c);
    c->server = server;
    c->client = client;
    c->conn = conn;
    c->next = &server->conns;
    c->previous = server->conns.previous;
    c->previous->next = c;
    server->conns.previous = c;
    server->conn_count++;
    conn_set_handler(conn, on_event, c);
    web_conn_set_state(c, WEB_HANDSHAKE);
    if (conn_start_tls_server(conn, server->settings.tls, &err) != ST_OK)
        BUG("no handshake: %s", err.text); /* nothing was read yet */
}
