#include "net/web_stream.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/web_conn.h"

struct web_stream {
    struct web_stream **all;
    struct web_stream *next, *previous;
    struct evhttp_request *request;
    struct evhttp_connection *evcon;
    struct web_answer answer;
    uint64_t left;
};

static void send_piece(struct evhttp_connection *evcon, void *ctx);

static void destroy(struct web_stream *stream)
{
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        *stream->all = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    stream->answer.release(stream->answer.release_ctx);
    free(stream);
}

/* evhttp forgets a request that lost its connection before its end: it is ours
 * to free. With the server it frees it itself. */
static void on_closed(struct evhttp_connection *evcon, void *ctx)
{
    struct web_stream *stream = ctx;
    (void)evcon;
    if (!evhttp_request_get_connection(stream->request))
        evhttp_request_free(stream->request);
    destroy(stream);
}

/* evhttp sees the end of the connection, and tells on_closed. */
static void cut_off(struct evhttp_connection *evcon)
{
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evcon);
    if (bufferevent_getfd(bev) >= 0)
        (void)shutdown(bufferevent_getfd(bev), SHUT_RDWR);
}

static void finish(struct web_stream *stream)
{
    struct evhttp_request *request = stream->request;
    evhttp_connection_set_closecb(stream->evcon, NULL, NULL);
    destroy(stream);
    evhttp_send_reply_end(request);
}

static void send_piece(struct evhttp_connection *evcon, void *ctx)
{
    struct web_stream *stream = ctx;
    struct web_conn *conn = web_conn_of(stream->request);
    struct slice piece = {"", 0};
    if (!stream->left) {
        finish(stream);
        return;
    }
    /* Less than was promised: the client sees that it is not whole. */
    if (!stream->answer.pull(stream->answer.release_ctx, &piece) || !piece.n ||
        piece.n > stream->left) {
        cut_off(evcon);
        return;
    }
    struct evbuffer *buffer = evbuffer_new();
    if (!buffer || evbuffer_add(buffer, piece.p, piece.n) != 0)
        BUG("no buffer");
    stream->left -= piece.n;
    web_conn_begin(conn);
    evhttp_send_reply_chunk_with_cb(stream->request, buffer, send_piece,
                                    stream);
    web_conn_end(conn);
    evbuffer_free(buffer);
}

void web_stream_start(struct web_stream **all, struct evhttp_request *request,
                      const struct web_answer *answer)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(request);
    if (!evcon) { /* the client has gone */
        answer->release(answer->release_ctx);
        evhttp_request_free(request);
        return;
    }
    struct web_stream *stream = xcalloc(1, sizeof *stream);
    *stream = (struct web_stream){.all = all,
                                  .next = *all,
                                  .request = request,
                                  .evcon = evcon,
                                  .answer = *answer,
                                  .left = answer->octets};
    if (stream->next)
        stream->next->previous = stream;
    *all = stream;
    evhttp_connection_set_closecb(evcon, on_closed, stream);
    char octets[24];
    snprintf(octets, sizeof octets, "%llu", (unsigned long long)stream->left);
    (void)evhttp_add_header(evhttp_request_get_output_headers(request),
                            "Content-Length", octets);
    web_conn_begin(web_conn_of(request));
    evhttp_send_reply_start(request, answer->status, NULL);
    web_conn_end(web_conn_of(request));
    send_piece(evcon, stream);
}

void web_streams_end(struct web_stream **all)
{
    while (*all) {
        evhttp_connection_set_closecb((*all)->evcon, NULL, NULL);
        destroy(*all);
    }
}
