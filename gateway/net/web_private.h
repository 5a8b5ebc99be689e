/* web_private - what the files of the HTTPS server share; no one else includes
 * it. Order to read: web.c (server, limits, clients), web_conn.c (a connection:
 * requests come), web_answer.c (answers go). */
#ifndef NET_WEB_PRIVATE_H
#define NET_WEB_PRIVATE_H

#include "net/address.h"
#include "net/conn.h"
#include "net/request_reader.h"
#include "net/web.h"

/* Whoever connects; there while he has a connection. */
struct web_client {
    struct web_client *next;
    char key[NET_ADDRESS_TEXT_BYTES];
    size_t count;
};

/* A request, from its first octet to its answer. */
struct web_exchange {
    struct web_server *server; /* NULL: gone */
    struct web_conn *conn;     /* NULL: gone */
    struct web_exchange *next, *previous;
    struct request_reader reader;
    char client[NET_ADDRESS_TEXT_BYTES];
    bool is_asked;  /* somebody has to answer it */
    bool is_large;  /* counted in large_count */
    size_t counted; /* in body_octets */
};

enum web_state {
    WEB_HANDSHAKE,
    WEB_IDLE,    /* nothing of a request came */
    WEB_READING, /* some of it */
    WEB_ASKED,   /* it is whole; nothing is read until it is answered */
    WEB_SENDING, /* an answer */
    WEB_CLOSING, /* all is said; the client has yet to leave */
    WEB_STATE_COUNT
};

/* What is left of an answer. */
struct web_sending {
    void (*release)(void *ctx);
    void *release_ctx;
    bool (*pull)(void *ctx, struct slice *piece);
    char *own;         /* a copy of the body, or NULL */
    struct slice rest; /* of a body that is there */
    uint64_t left;     /* of one that is pulled */
    bool closes;
};

struct web_conn {
    struct web_server *server;        /* NULL: gone */
    struct web_conn *next, *previous; /* the oldest first */
    struct web_client *client;
    struct conn *conn;
    enum web_state state;
    struct web_exchange *exchange; /* NULL while idle, or while sending */
    struct web_sending sending;
    bool has_eof;
};

struct web_server {
    struct loop *loop;
    struct web_settings settings;
    struct listener *listener;
    uint16_t port;
    struct web_conn conns; /* list head */
    size_t conn_count;
    struct web_client *clients;
    struct web_exchange open; /* list head */
    size_t asked_count, large_count, body_octets;
    bool is_stopped;
    web_on_request *on_request;
    void *ctx;
};

/* web.c */
struct web_exchange *web_exchange_create(struct web_conn *conn);
void web_exchange_free(struct web_exchange *exchange);
/* One connection less. */
void web_client_leave(struct web_server *server, struct web_client *client);

/* web_conn.c */
void web_conn_create(struct web_server *server, struct web_client *client,
                     struct conn *conn);
/* web_conn_close - flushed and lingered; it counts until the client has left.
 * web_conn_abort - at once. */
void web_conn_close(struct web_conn *conn);
void web_conn_abort(struct web_conn *conn);
/* web_conn_leave - the server goes: what was said is flushed without it. */
void web_conn_leave(struct web_conn *conn);
void web_conn_set_state(struct web_conn *conn, enum web_state state);

/* web_answer.c */
void web_send(struct web_conn *conn, const struct web_answer *answer,
              const struct request_reader *reader);
/* web_send_more - what there is room for. false: the rest cannot be had. */
bool web_send_more(struct web_conn *conn);
bool web_is_sent(const struct web_conn *conn);
void web_send_end(struct web_conn *conn); /* sent, or not any more */

#endif
