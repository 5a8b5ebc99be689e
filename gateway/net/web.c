/* The server: who may connect, and what is open. */
#include "net/web_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/log.h"

/* --- exchanges ----------------------------------------------------------- */

struct web_exchange *web_exchange_create(struct web_conn *conn)
{
    struct web_server *server = conn->server;
    struct web_exchange *x = xcalloc(1, sizeof *x);
    x->server = server;
    x->conn = conn;
    memcpy(x->client, conn->client->key, sizeof x->client);
    request_reader_init(&x->reader, server->settings.header_max);
    x->next = &server->open;
    x->previous = server->open.previous;
    x->previous->next = x;
    server->open.previous = x;
    return x;
}

static void forget(struct web_exchange *x)
{
    struct web_server *server = x->server;
    x->previous->next = x->next;
    x->next->previous = x->previous;
    server->asked_count -= x->is_asked;
    server->large_count -= x->is_large;
    server->body_octets -= x->counted;
    x->server = NULL;
}

void web_exchange_free(struct web_exchange *x)
{
    if (x->server)
        forget(x);
    request_reader_release(&x->reader);
    free(x);
}

const char *web_field_of(const struct web_request *request, const char *name)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (strcasecmp(request->fields[i].name, name) == 0)
            return request->fields[i].value;
    return NULL;
}

const char *web_header(const struct web_exchange *x, const char *name)
{
    return web_field_of(&x->reader.request, name);
}

const char *web_client(const struct web_exchange *x)
{
    return x->client;
}

void web_answer(struct web_exchange *x, const struct web_answer *answer)
{
    if (x->conn) {
        x->conn->exchange = NULL;
        web_send(x->conn, answer, &x->reader);
    } else if (answer->release) {
        answer->release(answer->release_ctx);
    }
    web_exchange_free(x);
}

/* --- clients ---------------------------------------------------------------
 */

static struct web_client *client_of(struct web_server *server, const char *key)
{
    struct web_client *client = server->clients;
    while (client && strcmp(client->key, key) != 0)
        client = client->next;
    if (client)
        return client;
    client = xcalloc(1, sizeof *client);
    snprintf(client->key, sizeof client->key, "%s", key);
    client->next = server->clients;
    server->clients = client;
    return client;
}

/* Nobody may have more than a quarter (CONN-10). */
static size_t share_of_one(const struct web_server *server)
{
    size_t quarter = (server->settings.connections + 3) / 4;
    return server->settings.connections_per_client < quarter
               ? server->settings.connections_per_client
               : quarter;
}

/* Who makes room, the oldest first: one that has yet to leave; one between two
 * requests; else, of all, one that has yet to ask something, of the client who
 * has the most, and more than whoever comes. */
static unsigned victim_rank(const struct web_conn *c, size_t most)
{
    switch (c->state) {
    case WEB_CLOSING:
        return 3;
    case WEB_IDLE:
        return 2;
    case WEB_HANDSHAKE:
    case WEB_READING:
        return c->client->count > most ? 1 : 0;
    case WEB_ASKED:
    case WEB_SENDING:
    case WEB_STATE_COUNT:
        break;
    }
    return 0;
}

static struct web_conn *find_victim(struct web_server *server,
                                    const struct web_client *client, bool own)
{
    struct web_conn *victim = NULL;
    unsigned best = 0;
    size_t most = client->count;
    for (struct web_conn *c = server->conns.next; c != &server->conns;
         c = c->next) {
        unsigned rank = own && c->client != client ? 0 : victim_rank(c, most);
        if (rank < best || !rank || (rank == best && rank > 1))
            continue;
        best = rank;
        most = rank == 1 ? c->client->count : most;
        victim = c;
    }
    return victim;
}

static bool make_room(struct web_server *server,
                      const struct web_client *client, bool own)
{
    struct web_conn *victim = find_victim(server, client, own);
    if (!victim)
        return false;
    web_conn_abort(victim);
    return true;
}

static bool has_room(struct web_server *server, const struct web_client *client)
{
    if (client->count > share_of_one(server) &&
        !make_room(server, client, true))
        return false;
    return server->conn_count < server->settings.connections ||
           make_room(server, client, false);
}

static void remove_client(struct web_server *server, struct web_client *client)
{
    struct web_client **at = &server->clients;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    free(client);
}

void web_client_leave(struct web_server *server, struct web_client *client)
{
    if (--client->count == 0)
        remove_client(server, client);
}

static void on_accept(struct conn *conn, void *ctx)
{
    struct web_server *server = ctx;
    char key[NET_ADDRESS_TEXT_BYTES];
    net_client_key(conn_peer(conn), key);
    struct web_client *client = client_of(server, key);
    client->count++; /* his place; he stays while room is made */
    if (has_room(server, client)) {
        web_conn_create(server, client, conn);
        return;
    }
    log_debug("web", "no room for a connection", "client=%s connections=%zu",
              key, server->conn_count);
    conn_abort(&conn);
    web_client_leave(server, client);
}

/* --- the server ---------------------------------------------------------- */

enum status web_server_create(struct loop *loop,
                              const struct web_settings *settings,
                              web_on_request *fn, void *ctx,
                              struct web_server **out, struct err *err)
{
    struct web_server *server = xcalloc(1, sizeof *server);
    struct listener_settings at = {.address = settings->address,
                                   .port = settings->port};
    server->loop = loop;
    server->settings = *settings;
    server->on_request = fn;
    server->ctx = ctx;
    server->conns.next = server->conns.previous = &server->conns;
    server->open.next = server->open.previous = &server->open;
    enum status status =
        listener_create(loop, &at, on_accept, server, &server->listener, err);
    if (status == ST_OK)
        server->port = listener_port(server->listener);
    else
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
    server->is_stopped = true;
    listener_destroy(&server->listener);
    for (struct web_conn *c = server->conns.next, *next; c != &server->conns;
         c = next) {
        next = c->next;
        if (c->state < WEB_READING)
            web_conn_close(c);
    }
}

size_t web_exchange_count(const struct web_server *server)
{
    return server->asked_count;
}

size_t web_body_octets(const struct web_server *server)
{
    return server->body_octets;
}

void web_server_destroy(struct web_server **server_in)
{
    struct web_server *server = *server_in;
    *server_in = NULL;
    if (!server)
        return;
    listener_destroy(&server->listener);
    while (server->conns.next != &server->conns)
        web_conn_leave(server->conns.next);
    while (server->clients)
        remove_client(server, server->clients);
    while (server->open.next != &server->open)
        forget(server->open.next); /* whoever has it answers it */
    free(server);
}
