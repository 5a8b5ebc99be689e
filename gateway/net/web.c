/* libevent's evhttp over its OpenSSL bufferevents; web_conn watches them. */
#include "net/web.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/address.h"
#include "net/loop_internal.h"
#include "net/web_conn.h"
#include "net/web_stream.h"

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
    size_t open_count;
    struct web_conns conns;
    struct web_stream *streams;
    bool is_stopped;
    web_on_request *on_request;
    void *ctx;
};

static void set_accepting(void *ctx)
{
    struct web_server *server = ctx;
    if (server->is_stopped)
        return;
    struct evconnlistener *listener =
        evhttp_bound_socket_get_listener(server->bound);
    if (server->conns.count < server->settings.connections)
        evconnlistener_enable(listener);
    else
        evconnlistener_disable(listener);
}

static struct bufferevent *make_bufferevent(struct event_base *base, void *ctx)
{
    struct web_server *server = ctx;
    return web_conn_create(base, &server->conns);
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

static size_t count_of(struct evhttp_request *request, const char *name)
{
    struct evkeyvalq *fields = evhttp_request_get_input_headers(request);
    size_t n = 0;
    for (struct evkeyval *f = fields->tqh_first; f; f = f->next.tqe_next)
        n += strcasecmp(f->key, name) == 0;
    return n;
}

/* Whoever stands before us could see another end of the body, or another host
 * (RFC 9112 3.2, 6.3). */
static bool is_ambiguous(struct evhttp_request *request)
{
    const char *coding = evhttp_find_header(
        evhttp_request_get_input_headers(request), "Transfer-Encoding");
    size_t lengths = count_of(request, "Content-Length");
    return lengths > 1 || count_of(request, "Host") != 1 ||
           (coding && (lengths || strcasecmp(coding, "chunked") != 0 ||
                       count_of(request, "Transfer-Encoding") > 1));
}

static void on_request(struct evhttp_request *request, void *ctx)
{
    struct web_server *server = ctx;
    if (is_ambiguous(
            request)) { /* its page is ours, as of all that it refuses */
        evhttp_send_error(request, 400, NULL);
        return;
    }
    struct web_exchange *x = xcalloc(1, sizeof *x);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    struct web_conn *conn = web_conn_of(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    const char *query = uri ? evhttp_uri_get_query(uri) : NULL;
    if (conn)
        web_conn_asked(conn);
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

static void on_sent(struct evhttp_request *request, void *conn)
{
    (void)request;
    web_conn_answered(conn);
}

static void send_answer(struct web_server *server,
                        struct evhttp_request *request,
                        const struct web_answer *answer)
{
    struct evkeyvalq *fields = evhttp_request_get_output_headers(request);
    for (size_t i = 0; i < answer->field_count; i++)
        if (evhttp_add_header(fields, answer->fields[i].name,
                              answer->fields[i].value) != 0)
            BUG("header field %s", answer->fields[i].name);
    struct web_conn *conn = web_conn_of(request);
    if (conn)
        evhttp_request_set_on_complete_cb(request, on_sent, conn);
    if (answer->pull) {
        web_stream_start(&server->streams, request, answer);
        return;
    }
    struct evbuffer *body = body_buffer(answer);
    if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
        evbuffer_drain(body, answer->body.n); /* RFC 9110 9.3.2 */
    if (conn)
        web_conn_begin(conn);
    evhttp_send_reply(request, answer->status, NULL, body);
    if (conn)
        web_conn_end(conn);
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
    struct web_server *server = x->server;
    unlink_exchange(x);
    free(x);
    send_answer(server, request, answer);
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
    /* Who sends too much reads our answer all the same. */
    evhttp_set_flags(http, EVHTTP_SERVER_LINGERING_CLOSE);
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
    server->loop = loop;
    server->settings = *settings;
    server->conns = (struct web_conns){.loop = loop,
                                       .settings = &server->settings,
                                       .on_count = set_accepting,
                                       .ctx = server};
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
    web_streams_end(&server->streams);
    evhttp_free(server->http);
    /* libevent frees a bufferevent on a later turn. */
    for (int i = 0; i < 8 && server->conns.count; i++)
        loop_run_once(server->loop, 0);
    free(server);
}
