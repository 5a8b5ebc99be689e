/* libevent's evhttp over its OpenSSL bufferevents. A connection's own memory
 * hangs on its SSL object, which libevent frees with the connection. */
#include "net/web.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/log.h"
#include "net/address.h"
#include "net/loop_internal.h"
#include "net/tls_internal.h"

struct web_conn {
    struct web_server *server;
    struct tls_facts facts;
    struct bufferevent *bev;
    struct event *late; /* a request must be whole before it fires */
    size_t open;        /* exchanges: they are waited for */
};

struct web_exchange {
    struct web_server *server;
    struct web_exchange *next, *previous;
    struct evhttp_request *request; /* NULL: the server is gone */
    struct web_request parts;
};

struct web_server {
    struct loop *loop;
    struct web_settings settings;
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    uint16_t port;
    struct web_exchange open; /* list head */
    size_t open_count, conn_count;
    bool is_stopped;
    web_on_request *on_request;
    void *ctx;
};

static int conn_index = -1; /* of struct web_conn in an SSL object */

/* --- connections --------------------------------------------------------- */

static void set_accepting(struct web_server *server)
{
    if (server->is_stopped)
        return;
    struct evconnlistener *listener =
        evhttp_bound_socket_get_listener(server->bound);
    if (server->conn_count < server->settings.connections)
        evconnlistener_enable(listener);
    else
        evconnlistener_disable(listener);
}

static void on_conn_freed(void *parent, void *ptr, CRYPTO_EX_DATA *data,
                          int index, long argl, void *argp)
{
    struct web_conn *conn = ptr;
    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    if (!conn)
        return;
    struct web_server *server = conn->server;
    event_free(conn->late);
    free(conn);
    server->conn_count--;
    set_accepting(server);
}

/* evhttp sees the end of the connection and frees it. */
static void on_late(evutil_socket_t fd, short what, void *ctx)
{
    struct web_conn *conn = ctx;
    (void)fd;
    (void)what;
    log_info("web", "request too slow", "connections=%zu",
             conn->server->conn_count);
    if (bufferevent_getfd(conn->bev) >= 0)
        (void)shutdown(bufferevent_getfd(conn->bev), SHUT_RDWR);
}

static struct bufferevent *make_bufferevent(struct event_base *base, void *ctx)
{
    struct web_server *server = ctx;
    struct web_conn *conn = xcalloc(1, sizeof *conn);
    conn->server = server;
    SSL *ssl = tls_server_session(server->settings.tls, &conn->facts);
    if (SSL_set_ex_data(ssl, conn_index, conn) != 1)
        BUG("no memory for a connection");
    /* A client that ends without close_notify has ended all the same: HTTP
     * says how long everything is. */
    SSL_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
    conn->bev = bufferevent_openssl_socket_new(
        base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (!conn->bev)
        BUG("no bufferevent");
    bufferevent_openssl_set_allow_dirty_shutdown(conn->bev, 1);
    conn->late = event_new(base, -1, 0, on_late, conn);
    loop_event_add(conn->late, server->settings.request_ms);
    server->conn_count++;
    set_accepting(server);
    return conn->bev;
}

static struct web_conn *conn_of(struct evhttp_request *request)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(request);
    if (!evcon)
        return NULL;
    SSL *ssl =
        bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(evcon));
    return SSL_get_ex_data(ssl, conn_index);
}

/* --- exchanges ----------------------------------------------------------- */

static const char *method_of(struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_GET:
        return "GET";
    default: /* libevent's enum: whoever serves refuses them */
        return "OTHER";
    }
}

static void on_request(struct evhttp_request *request, void *ctx)
{
    struct web_server *server = ctx;
    struct web_exchange *x = xcalloc(1, sizeof *x);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    struct web_conn *conn = conn_of(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    const char *query = uri ? evhttp_uri_get_query(uri) : NULL;
    if (conn) {
        conn->open++;
        event_del(conn->late);
    }
    x->server = server;
    x->request = request;
    x->next = &server->open;
    x->previous = server->open.previous;
    x->previous->next = x;
    server->open.previous = x;
    server->open_count++;
    x->parts = (struct web_request){.method = method_of(request),
                                    .path = path && *path ? path : "/",
                                    .query = query ? query : "",
                                    .body = {"", 0}};
    if (evbuffer_get_length(body))
        x->parts.body = (struct slice){(const char *)evbuffer_pullup(body, -1),
                                       evbuffer_get_length(body)};
    server->on_request(x, &x->parts, server->ctx);
}

const char *web_header(const struct web_exchange *x, const char *name)
{
    return x->request ? evhttp_find_header(
                            evhttp_request_get_input_headers(x->request), name)
                      : NULL;
}

struct held {
    void (*release)(void *ctx);
    void *ctx;
};

static void on_body_done(const void *data, size_t n, void *extra)
{
    struct held *held = extra;
    (void)data;
    (void)n;
    held->release(held->ctx);
    free(held);
}

static struct evbuffer *body_buffer(const struct web_answer *answer)
{
    struct evbuffer *out = evbuffer_new();
    if (!out)
        BUG("no buffer");
    if (!answer->release) {
        if (evbuffer_add(out, answer->body.p, answer->body.n) != 0)
            BUG("no buffer");
        return out;
    }
    struct held *held = xmalloc(sizeof *held);
    *held = (struct held){answer->release, answer->release_ctx};
    if (!answer->body.n)
        on_body_done(NULL, 0, held);
    else if (evbuffer_add_reference(out, answer->body.p, answer->body.n,
                                    on_body_done, held) != 0)
        BUG("no buffer");
    return out;
}

static void send_answer(struct evhttp_request *request,
                        const struct web_answer *answer)
{
    struct evkeyvalq *fields = evhttp_request_get_output_headers(request);
    for (size_t i = 0; i < answer->field_count; i++)
        if (evhttp_add_header(fields, answer->fields[i].name,
                              answer->fields[i].value) != 0)
            BUG("header field %s", answer->fields[i].name);
    struct evbuffer *body = body_buffer(answer);
    evhttp_send_reply(request, answer->status, NULL, body);
    evbuffer_free(body);
}

static void unlink_exchange(struct web_exchange *x)
{
    x->previous->next = x->next;
    x->next->previous = x->previous;
    x->server->open_count--;
}

void web_answer(struct web_exchange *x, const struct web_answer *answer)
{
    if (!x->request) {
        if (answer->release)
            answer->release(answer->release_ctx);
        free(x);
        return;
    }
    struct evhttp_request *request = x->request;
    struct web_conn *conn = conn_of(request);
    if (conn && --conn->open == 0)
        loop_event_add(conn->late, x->server->settings.request_ms);
    unlink_exchange(x);
    free(x);
    send_answer(request, answer);
}

/* --- the server ---------------------------------------------------------- */

static struct evhttp *make_http(struct web_server *server)
{
    const struct web_settings *s = &server->settings;
    struct evhttp *http = evhttp_new(loop_event_base(server->loop));
    struct timeval idle = {s->idle_ms / 1000, s->idle_ms % 1000 * 1000};
    if (!http)
        BUG("no HTTP server");
    evhttp_set_bevcb(http, make_bufferevent, server);
    evhttp_set_gencb(http, on_request, server);
    /* All that libevent knows: its own error page lacks our header fields. */
    evhttp_set_allowed_methods(
        http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                  EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                  EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
    evhttp_set_max_headers_size(http, (ev_ssize_t)s->header_max);
    evhttp_set_max_body_size(http, (ev_ssize_t)s->body_max);
    evhttp_set_timeout_tv(http, &idle);
    evhttp_set_default_content_type(http, NULL);
    return http;
}

static enum status start_listening(struct web_server *server, struct err *err)
{
    const struct web_settings *s = &server->settings;
    int one = 1;
    server->bound =
        evhttp_bind_socket_with_handle(server->http, s->address, s->port);
    if (!server->bound)
        return err_set(err, ST_TEMP, "listen on %s port %u: %s", s->address,
                       s->port, strerror(errno));
    int fd = evhttp_bound_socket_get_fd(server->bound);
    /* Connections inherit it: 46 ms become 4 without Nagle's algorithm. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct net_address address = {.n = sizeof address.storage};
    if (getsockname(fd, &address.any, &address.n) != 0)
        return err_set(err, ST_TEMP, "getsockname: %s", strerror(errno));
    server->port = net_address_port(&address);
    return ST_OK;
}

enum status web_server_create(struct loop *loop,
                              const struct web_settings *settings,
                              web_on_request *fn, void *ctx,
                              struct web_server **out, struct err *err)
{
    struct web_server *server = xcalloc(1, sizeof *server);
    if (conn_index < 0)
        conn_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_conn_freed);
    server->loop = loop;
    server->settings = *settings;
    server->on_request = fn;
    server->ctx = ctx;
    server->open.next = server->open.previous = &server->open;
    server->http = make_http(server);
    enum status status = start_listening(server, err);
    if (status != ST_OK)
        web_server_destroy(&server);
    *out = server;
    return status;
}

uint16_t web_port(const struct web_server *server)
{
    return server->port;
}

void web_server_stop(struct web_server *server)
{
    if (server->is_stopped)
        return;
    server->is_stopped = true;
    evhttp_del_accept_socket(server->http, server->bound);
}

size_t web_exchange_count(const struct web_server *server)
{
    return server->open_count;
}

void web_server_destroy(struct web_server **server_in)
{
    struct web_server *server = *server_in;
    *server_in = NULL;
    if (!server)
        return;
    server->is_stopped = true; /* what is freed now frees no listener */
    while (server->open.next != &server->open) {
        struct web_exchange *x = server->open.next;
        /* evhttp frees a request with its connection; one that lost its own
         * is ours. */
        if (!evhttp_request_get_connection(x->request))
            evhttp_request_free(x->request);
        x->request = NULL;
        unlink_exchange(x);
        x->server = NULL;
    }
    evhttp_free(server->http);
    /* libevent frees a bufferevent on a later turn. */
    for (int i = 0; i < 8 && server->conn_count; i++)
        loop_run_once(server->loop, 0);
    free(server);
}
