#include "net/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

#include "net/conn.h"
#include "net/http_reader.h"

struct http_fetch {
    struct conn *conn;
    struct tls_client *tls;
    char *host;
    struct buf request;
    struct http_reader reader;
    http_on_done *on_done;
    void *ctx;
};

/* at_once: with a server that does not do its part nothing is waited for. */
static void release(struct http_fetch *fetch, bool at_once)
{
    if (at_once)
        conn_abort(&fetch->conn);
    else
        conn_close(&fetch->conn);
    http_reader_release(&fetch->reader);
    explicit_bzero(fetch->request.p, fetch->request.size); /* a code */
    buf_release(&fetch->request);
    free(fetch->host);
    free(fetch);
}

static void finish(struct http_fetch *fetch,
                   const struct http_response *response)
{
    fetch->on_done(response, fetch->ctx);
    release(fetch, response->failure && !response->certificate);
}

static void fail(struct http_fetch *fetch, const char *failure,
                 enum tls_fault certificate)
{
    finish(fetch, &(struct http_response){.failure = failure,
                                          .certificate = certificate});
}

static void send_request(struct http_fetch *fetch)
{
    conn_write(fetch->conn, buf_slice(&fetch->request));
}

static void begin(struct http_fetch *fetch)
{
    struct err err;
    struct tls_client_options options = {.host = fetch->host};
    if (!fetch->tls)
        send_request(fetch);
    else if (conn_start_tls_client(fetch->conn, fetch->tls, &options, &err) !=
             ST_OK)
        fail(fetch, "octets before the handshake", TLS_FAULT_NONE);
}

/* Not a word of the request goes to a server of unproven name. */
static void check_certificate(struct http_fetch *fetch)
{
    const struct tls_facts *tls = conn_tls(fetch->conn);
    if (tls->pkix)
        send_request(fetch);
    else
        fail(fetch, tls_fault_name(tls->fault), tls->fault);
}

static void judge(struct http_fetch *fetch, enum status status,
                  const struct err *err)
{
    struct http_reader *reader = &fetch->reader;
    if (status == ST_MORE)
        return;
    if (status == ST_OK)
        finish(fetch, &(struct http_response){
                          .status = reader->status,
                          .content_type = buf_slice(&reader->content_type),
                          .body = buf_slice(&reader->body)});
    else
        fail(fetch, err->text, TLS_FAULT_NONE);
}

static void take_input(struct http_fetch *fetch)
{
    struct err err = {.text = ""};
    struct slice input = conn_input(fetch->conn);
    enum status status = http_reader_feed(&fetch->reader, input, &err);
    conn_consume(fetch->conn, input.n);
    judge(fetch, status, &err);
}

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    struct http_fetch *fetch = ctx;
    struct err err = {.text = ""};
    switch (event) {
    case CONN_EVENT_CONNECTED:
        begin(fetch);
        return;
    case CONN_EVENT_TLS_READY:
        check_certificate(fetch);
        return;
    case CONN_EVENT_DATA:
        take_input(fetch);
        return;
    case CONN_EVENT_DRAINED:
        return;
    case CONN_EVENT_EOF:
        judge(fetch, http_reader_end(&fetch->reader, &err), &err);
        return;
    case CONN_EVENT_TIMEOUT:
        fail(fetch, "no answer in time", TLS_FAULT_NONE);
        return;
    case CONN_EVENT_ERROR:
        fail(fetch, conn_error(conn), TLS_FAULT_NONE);
        return;
    case CONN_EVENT_COUNT:
        break;
    }
    BUG("event %d", (int)event);
}

static void compose(struct buf *out, const struct http_request *request)
{
    size_t texts = strlen(request->method) + strlen(request->path) +
                   strlen(request->host) +
                   (request->content_type ? strlen(request->content_type) : 0);
    buf_init(out, request->body.n + texts + 1024);
    buf_printf(out, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n",
               request->method, request->path, request->host);
    if (request->content_type)
        buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                   request->content_type, request->body.n);
    buf_puts(out, "\r\n");
    if (request->content_type)
        buf_put(out, request->body);
}

struct http_fetch *http_fetch(struct loop *loop,
                              const struct http_request *request,
                              http_on_done *on_done, void *ctx)
{
    struct http_fetch *fetch = xcalloc(1, sizeof *fetch);
    struct conn_settings to = {.address = request->address,
                               .port = request->port,
                               .bind_address = request->bind_address};
    fetch->tls = request->tls;
    fetch->host = xstrdup(request->host);
    fetch->on_done = on_done;
    fetch->ctx = ctx;
    compose(&fetch->request, request);
    http_reader_init(&fetch->reader, request->body_max);
    fetch->conn = conn_connect(loop, &to, on_event, fetch);
    conn_set_deadline_ms(fetch->conn, request->timeout_ms);
    return fetch;
}

void http_cancel(struct http_fetch **fetch)
{
    struct http_fetch *old = *fetch;
    *fetch = NULL;
    if (old)
        release(old, true);
}
