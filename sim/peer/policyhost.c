#include "peer/policyhost.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "peer/stream.h"

enum { BACKLOG = 64, REQUEST_BYTES = 16384, PADDING_BYTES = 70000 };

static const char well_known[] = "GET /.well-known/mta-sts.txt HTTP/1.1";
static const char elsewhere[] = "GET /elsewhere.txt HTTP/1.1";

struct policy_conn {
    struct policyhost *host;
    struct policy_conn *next;
    struct stream *stream;
    char *request; /* whole head; NULL: none yet */
    char *tls_failure;
    char *sni;
    const char *tls;
    int status;
    bool is_policy, is_told;
};

struct policyhost {
    struct loop *loop;
    char *name, *address, *policy;
    uint16_t port;
    SSL_CTX *tls;
    enum policyhost_fault fault;
    policyhost_on_fetch *on_fetch;
    void *ctx;
    struct policy_conn *conns;
    int listener; /* -1: deaf */
    struct loop_watch *watch;
};

/* --- What is told of a connection ----------------------------------------- */

static char *field_host(const char *head)
{
    const char *at = head ? strcasestr(head, "\nhost:") : NULL;
    if (!at)
        return xstrdup("");
    struct slice rest = {at + 6, strcspn(at + 6, "\r\n")};
    rest = slice_trim(rest);
    return xasprintf("%.*s", SLICE_ARG(rest));
}

static void tell(struct policy_conn *c)
{
    if (c->is_told)
        return;
    c->is_told = true;
    const char *head = c->request ? c->request : "";
    char *line = xasprintf("%.*s", (int)strcspn(head, "\r\n"), head);
    char *host = field_host(c->request);
    struct policyhost_fetch fetch = {.tls = c->tls,
                                     .sni = c->sni,
                                     .tls_failure = c->tls_failure,
                                     .request = line,
                                     .host = host,
                                     .status = c->status,
                                     .is_policy = c->is_policy};
    c->host->on_fetch(c->host->ctx, &fetch);
    free(line);
    free(host);
}

static void conn_free(struct policy_conn *c)
{
    struct policy_conn **at = &c->host->conns;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    stream_destroy(&c->stream);
    free(c->request);
    free(c->tls_failure);
    free(c->sni);
    free(c);
}

/* --- Answers -------------------------------------------------------------- */

static void send_text(struct policy_conn *c, const char *text)
{
    stream_send(c->stream, slice_of(text));
}

static void answer(struct policy_conn *c, int status, const char *type,
                   const char *body)
{
    char *head =
        xasprintf("HTTP/1.1 %d %s\r\nContent-Type: %s\r\n"
                  "Content-Length: %zu\r\nConnection: close\r\n",
                  status, status == 200 ? "OK" : "Fault", type, strlen(body));
    c->status = status;
    send_text(c, head);
    if (status == 302) {
        char *where =
            xasprintf("Location: https://%s/elsewhere.txt\r\n", c->host->name);
        send_text(c, where);
        free(where);
    }
    send_text(c, "\r\n");
    send_text(c, body);
    free(head);
}

/* Policy lines that mean nothing, until it is too long to be read. */
static void answer_oversized(struct policy_conn *c)
{
    struct buf body;
    buf_init(&body, 2 * PADDING_BYTES);
    buf_puts(&body, c->host->policy);
    while (body.n < PADDING_BYTES)
        buf_puts(&body, "x-padding: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
    answer(c, 200, "text/plain", body.p);
    buf_release(&body);
}

static void answer_half(struct policy_conn *c)
{
    char *head = xasprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                           "Content-Length: %zu\r\n\r\nversion: STSv1\n",
                           strlen(c->host->policy));
    c->status = 200;
    send_text(c, head);
    free(head);
}

static void serve_policy(struct policy_conn *c)
{
    answer(c, 200, "text/plain", c->host->policy);
    c->is_policy = true;
}

static void serve(struct policy_conn *c)
{
    const char *policy = c->host->policy;
    switch (c->host->fault) {
    case POLICYHOST_FAULT_NONE:
        serve_policy(c);
        break;
    case POLICYHOST_FAULT_NOT_FOUND:
        answer(c, 404, "text/plain", policy);
        break;
    case POLICYHOST_FAULT_ERROR:
        answer(c, 500, "text/plain", policy);
        break;
    case POLICYHOST_FAULT_REDIRECT:
        answer(c, 302, "text/plain", "");
        break;
    case POLICYHOST_FAULT_HTML:
        answer(c, 200, "text/html", policy);
        break;
    case POLICYHOST_FAULT_OVERSIZED:
        answer_oversized(c);
        break;
    case POLICYHOST_FAULT_CUT:
        answer_half(c);
        break;
    case POLICYHOST_FAULT_SILENT:
    case POLICYHOST_FAULT_COUNT:
        return;
    }
}

static void obey(struct policy_conn *c)
{
    size_t n = strcspn(c->request, "\r\n");
    struct slice line = {c->request, n};
    if (slice_is(line, well_known))
        serve(c);
    else if (slice_is(line, elsewhere) &&
             c->host->fault == POLICYHOST_FAULT_REDIRECT)
        serve_policy(c);
    else
        answer(c, 404, "text/plain", "no such page\n");
    if (c->status == 0)
        return; /* silent */
    tell(c);
    stream_close(c->stream);
}

/* --- Events --------------------------------------------------------------- */

static void on_data(void *ctx)
{
    struct policy_conn *c = ctx;
    struct evbuffer *input = stream_input(c->stream);
    size_t n = evbuffer_get_length(input);
    if (c->request)
        return;
    const char *octets = (const char *)evbuffer_pullup(input, -1);
    if (!memmem(octets, n, "\r\n\r\n", 4) && n < REQUEST_BYTES)
        return;
    c->request = xasprintf("%.*s", (int)n, octets);
    obey(c);
}

static void on_tls(void *ctx, const char *failure)
{
    struct policy_conn *c = ctx;
    if (failure) {
        c->tls_failure = xstrdup(failure);
        return;
    }
    const SSL *ssl = stream_tls(c->stream);
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    c->tls = tls_connection_version(ssl);
    c->sni = sni ? xstrdup(sni) : NULL;
}

static void on_end(void *ctx, enum stream_end end, const char *why)
{
    struct policy_conn *c = ctx;
    (void)end;
    (void)why;
    tell(c);
    conn_free(c);
}

/* --- Listening ------------------------------------------------------------ */

static void on_connection(void *ctx)
{
    struct policyhost *host = ctx;
    int fd = accept4(host->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct policy_conn *c = xcalloc(1, sizeof *c);
    struct stream_events events = {
        .on_data = on_data, .on_tls = on_tls, .on_end = on_end, .ctx = c};
    c->host = host;
    c->next = host->conns;
    host->conns = c;
    c->stream = stream_accept(host->loop, fd, &events);
    stream_start_tls(c->stream, host->tls, true, NULL);
}

static int open_listener(const char *address, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

enum status policyhost_listen(struct policyhost *host, struct err *err)
{
    struct sockaddr_in at;
    socklen_t n = sizeof at;
    if (host->listener >= 0)
        return ST_OK;
    host->listener = open_listener(host->address, host->port);
    if (host->listener < 0)
        return err_set(err, ST_TEMP, "policy host %s: cannot listen on %s: %s",
                       host->name, host->address, strerror(errno));
    getsockname(host->listener, (struct sockaddr *)&at, &n);
    host->port = ntohs(at.sin_port);
    host->watch =
        loop_watch_read(host->loop, host->listener, on_connection, host);
    return ST_OK;
}

void policyhost_deafen(struct policyhost *host)
{
    loop_watch_cancel(&host->watch);
    if (host->listener >= 0)
        close(host->listener);
    host->listener = -1;
}

uint16_t policyhost_port(const struct policyhost *host)
{
    return host->port;
}

/* --- Life ----------------------------------------------------------------- */

void policyhost_change(struct policyhost *host,
                       const struct policyhost_settings *settings)
{
    free(host->policy);
    host->policy = xstrdup(settings->policy);
    host->tls = settings->tls;
    host->fault = settings->fault;
}

enum status policyhost_create(struct loop *loop,
                              const struct policyhost_settings *settings,
                              policyhost_on_fetch *on_fetch, void *ctx,
                              struct policyhost **out, struct err *err)
{
    struct policyhost *host = xcalloc(1, sizeof *host);
    host->loop = loop;
    host->listener = -1;
    host->name = xstrdup(settings->name);
    host->address = xstrdup(settings->address);
    host->port = settings->port;
    host->on_fetch = on_fetch;
    host->ctx = ctx;
    policyhost_change(host, settings);
    enum status status = policyhost_listen(host, err);
    if (status != ST_OK)
        policyhost_destroy(&host);
    *out = host;
    return status;
}

void policyhost_destroy(struct policyhost **host)
{
    struct policyhost *old = *host;
    *host = NULL;
    if (!old)
        return;
    policyhost_deafen(old);
    while (old->conns) {
        tell(old->conns);
        conn_free(old->conns);
    }
    free(old->name);
    free(old->address);
    free(old->policy);
    free(old);
}
