#include "net/web_conn.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "net/address.h"
#include "net/loop_internal.h"
#include "net/tls_internal.h"

/* Besides a body a line may lie there, which evhttp would let grow for ever. */
enum { LINE_MAX_BYTES = 65536, STATUS_LINE = 12 };

struct web_conn {
    struct web_conn *next, *previous;
    struct web_conns *all;
    struct tls_facts facts;
    struct bufferevent *bev;
    struct event *late; /* a request must be whole before it fires */
    struct event *soon; /* does what a buffer's callback may not */
    char peer[NET_ADDRESS_TEXT_BYTES];
    bool is_open;    /* a request is whole and not answered */
    struct buf head; /* of the request that comes */
    bool has_head;
    bool is_large;  /* counted in large_count */
    bool is_ours;   /* what is written now */
    bool is_theirs; /* libevent wrote a page */
    bool is_flood;
};

static int conn_index = -1; /* of struct web_conn in an SSL object */

/* evhttp sees the end of the connection and frees it. */
static void cut_off(struct web_conn *conn, const char *why)
{
    evutil_socket_t fd = bufferevent_getfd(conn->bev);
    log_info("web", why, "connections=%zu", conn->all->count);
    if (fd >= 0)
        (void)shutdown(fd, SHUT_RDWR);
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    cut_off(ctx, "request too slow");
}

/* --- of whom ------------------------------------------------------------- */

/* An IPv6 client has a /64 of its own: its text up to there stands for it. */
static void keep_peer(struct web_conn *conn)
{
    struct net_address address = {.n = sizeof address.storage};
    evutil_socket_t fd = bufferevent_getfd(conn->bev);
    if (fd < 0 || getpeername(fd, &address.any, &address.n) != 0)
        return;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.storage;
    if (address.any.sa_family == AF_INET6 &&
        !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
        memset(in6->sin6_addr.s6_addr + 8, 0, 8);
    net_address_format(&address, conn->peer);
}

static void count_peer(struct web_conn *conn)
{
    size_t count = 0;
    keep_peer(conn);
    for (const struct web_conn *c = conn->all->first; c; c = c->next)
        count += strcmp(c->peer, conn->peer) == 0;
    if (count > conn->all->settings->connections_per_address)
        cut_off(conn, "too many connections of one address");
}

/* --- how much ------------------------------------------------------------ */

static void set_large(struct web_conn *conn, bool is_large)
{
    const struct web_settings *s = conn->all->settings;
    bufferevent_data_cb read_cb, write_cb;
    bufferevent_event_cb event_cb;
    void *evcon; /* evhttp's own callbacks have their connection */
    bufferevent_getcb(conn->bev, &read_cb, &write_cb, &event_cb, &evcon);
    if (conn->is_large != is_large)
        conn->all->large_count += is_large ? 1 : (size_t)-1;
    conn->is_large = is_large;
    if (evcon)
        evhttp_connection_set_max_body_size(
            evcon, (ev_ssize_t)(is_large ? s->large_max : s->body_max));
    loop_event_add(conn->late, is_large ? s->large_ms : s->request_ms);
}

/* It comes here before evhttp reads it, so the limit is there in time. */
static void take_head(struct web_conn *conn, struct evbuffer *input, size_t n)
{
    const struct web_settings *s = conn->all->settings;
    struct evbuffer_ptr at;
    if (!n || evbuffer_ptr_set(input, &at, evbuffer_get_length(input) - n,
                               EVBUFFER_PTR_SET) != 0)
        return;
    char *octets = xmalloc(n);
    ev_ssize_t got = evbuffer_copyout_from(input, &at, octets, n);
    bool fits =
        got >= 0 &&
        buf_add(&conn->head, (struct slice){octets, (size_t)got}) == ST_OK;
    free(octets);
    struct slice head = buf_slice(&conn->head);
    conn->has_head = !fits || memmem(head.p, head.n, "\n\r\n", 3) ||
                     memmem(head.p, head.n, "\n\n", 2);
    if (conn->has_head && fits && s->is_large &&
        conn->all->large_count < s->large_count && s->is_large(s->ctx, head))
        set_large(conn, true);
}

static void on_input(struct evbuffer *input,
                     const struct evbuffer_cb_info *info, void *ctx)
{
    struct web_conn *conn = ctx;
    const struct web_settings *s = conn->all->settings;
    size_t body_max = conn->is_large ? s->large_max : s->body_max;
    if (!info->n_added)
        return;
    if (evbuffer_get_length(input) > body_max + LINE_MAX_BYTES) {
        conn->is_flood = true;
        event_active(conn->soon, 0, 0);
    } else if (!conn->is_open && !conn->has_head) {
        take_head(conn, input, info->n_added);
    }
}

void web_conn_asked(struct web_conn *conn)
{
    conn->is_open = true;
    event_del(conn->late);
}

void web_conn_answered(struct web_conn *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    conn->is_open = conn->has_head = false;
    buf_reset(&conn->head);
    set_large(conn, false);
    take_head(conn, input, evbuffer_get_length(input));
}

/* --- libevent's own pages ------------------------------------------------- */

void web_conn_begin(struct web_conn *conn)
{
    conn->is_ours = true;
}

void web_conn_end(struct web_conn *conn)
{
    conn->is_ours = false;
}

static void on_output(struct evbuffer *output,
                      const struct evbuffer_cb_info *info, void *ctx)
{
    struct web_conn *conn = ctx;
    (void)output;
    if (!info->n_added || conn->is_ours || conn->is_theirs)
        return;
    conn->is_theirs = true;
    event_active(conn->soon, 0, 0);
}

/* Nothing of it was sent: that is for a later turn. evhttp closes after it. */
static void replace_page(struct web_conn *conn)
{
    const struct web_settings *s = conn->all->settings;
    struct evbuffer *output = bufferevent_get_output(conn->bev);
    char line[STATUS_LINE + 1] = "";
    unsigned long status = 0;
    if (evbuffer_copyout(output, line, STATUS_LINE) != STATUS_LINE ||
        !slice_number(slice_from(slice_of(line), 9), 999, &status) ||
        status < 400) {
        conn->is_theirs = false; /* 100: Continue */
        return;
    }
    struct web_answer answer = {.status = (int)status};
    if (s->on_fault)
        s->on_fault(s->ctx, buf_slice(&conn->head), &answer);
    evbuffer_drain(output, evbuffer_get_length(output));
    evbuffer_add_printf(output, "HTTP/1.1 %lu Refused\r\n", status);
    for (size_t i = 0; i < answer.field_count; i++)
        evbuffer_add_printf(output, "%s: %s\r\n", answer.fields[i].name,
                            answer.fields[i].value);
    evbuffer_add_printf(output,
                        "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                        answer.body.n);
    evbuffer_add(output, answer.body.p, answer.body.n);
    if (answer.release)
        answer.release(answer.release_ctx);
}

static void on_soon(evutil_socket_t fd, short what, void *ctx)
{
    struct web_conn *conn = ctx;
    (void)fd;
    (void)what;
    if (conn->is_flood)
        cut_off(conn, "more sent than was asked for");
    else if (conn->is_theirs)
        replace_page(conn);
    else
        count_peer(conn);
}

/* --- its life ------------------------------------------------------------ */

static void on_freed(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index,
                     long argl, void *argp)
{
    struct web_conn *conn = ptr;
    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    if (!conn)
        return;
    struct web_conns *all = conn->all;
    event_free(conn->late);
    event_free(conn->soon);
    buf_release(&conn->head);
    *(conn->previous ? &conn->previous->next : &all->first) = conn->next;
    if (conn->next)
        conn->next->previous = conn->previous;
    all->large_count -= conn->is_large;
    all->count--;
    free(conn);
    all->on_count(all->ctx);
}

static void join(struct web_conn *conn, struct web_conns *all)
{
    conn->all = all;
    conn->next = all->first;
    if (conn->next)
        conn->next->previous = conn;
    all->first = conn;
    all->count++;
}

struct bufferevent *web_conn_create(struct event_base *base,
                                    struct web_conns *conns)
{
    const struct web_settings *s = conns->settings;
    struct web_conn *conn = xcalloc(1, sizeof *conn);
    if (conn_index < 0)
        conn_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_freed);
    join(conn, conns);
    buf_init(&conn->head, s->header_max);
    SSL *ssl = tls_server_session(s->tls, &conn->facts);
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
    if (!evbuffer_add_cb(bufferevent_get_input(conn->bev), on_input, conn) ||
        !evbuffer_add_cb(bufferevent_get_output(conn->bev), on_output, conn))
        BUG("no memory for a connection");
    conn->late = event_new(base, -1, 0, on_late, conn);
    conn->soon = event_new(base, -1, 0, on_soon, conn);
    loop_event_add(conn->late, s->request_ms);
    event_active(conn->soon, 0, 0); /* evhttp has yet to name the socket */
    conns->on_count(conns->ctx);
    return conn->bev;
}

struct web_conn *web_conn_of(struct evhttp_request *request)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(request);
    if (!evcon)
        return NULL;
    SSL *ssl =
        bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(evcon));
    return SSL_get_ex_data(ssl, conn_index);
}
