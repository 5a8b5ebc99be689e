/* web_conn - what libevent's HTTP server does not watch: how many connections
 * there are and of whom, how long a request takes, how much of it may come, and
 * what the pages look like that libevent answers by itself. Inside net alone.
 *
 * A connection's memory hangs on its SSL object, which libevent frees with the
 * connection. */
#ifndef NET_WEB_CONN_H
#define NET_WEB_CONN_H

#include <event2/bufferevent_ssl.h>
#include <event2/http.h>

#include "net/web.h"

struct web_conn;

/* Those of a server. */
struct web_conns {
    struct loop *loop;
    const struct web_settings *settings;
    struct web_conn *first;
    size_t count, large_count; /* large: may send a large body now */
    void (*on_count)(void *ctx);
    void *ctx;
};

struct bufferevent *web_conn_create(struct event_base *base,
                                    struct web_conns *conns);
struct web_conn *web_conn_of(struct evhttp_request *request); /* or NULL */
/* A request is whole; its answer was sent. */
void web_conn_asked(struct web_conn *conn);
void web_conn_answered(struct web_conn *conn);
/* What is written in between is an answer of ours. */
void web_conn_begin(struct web_conn *conn);
void web_conn_end(struct web_conn *conn);

#endif
