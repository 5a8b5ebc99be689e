#include "app/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/conn.h"
#include "store/release.h"

enum { LINE_BYTES = 1024 };

/* What the store is asked for a client; it outlives him. */
struct wish {
    struct client *client; /* NULL: gone */
};

/* One connection to the socket. */
struct client {
    struct control *control;
    struct client *next;
    struct conn *conn;
    struct wish *wish; /* NULL: none */
};

struct control {
    struct listener *listener;
    struct client *clients;
    char *path;
    struct store *store;
    void (*on_poke)(void *ctx);
    void *ctx;
};

static void answer(struct conn *conn, const char *word)
{
    char line[64];
    int n = snprintf(line, sizeof line, "%s %lld\n", word,
                     (long long)clock_wall_s());
    conn_write(conn, (struct slice){line, (size_t)n});
}

static void on_released(void *ctx, enum status status)
{
    struct wish *wish = ctx;
    struct client *client = wish->client;
    free(wish);
    if (!client)
        return;
    client->wish = NULL;
    answer(client->conn, status == ST_OK     ? "released"
                         : status == ST_NONE ? "nothing"
                                             : "fault");
    if (status == ST_OK)
        client->control->on_poke(client->control->ctx);
}

/* One at a time. */
static void release(struct client *client, struct slice message)
{
    if (client->wish) {
        answer(client->conn, "busy");
        return;
    }
    char *id = xasprintf("%.*s", SLICE_ARG(message));
    client->wish = xcalloc(1, sizeof *client->wish);
    client->wish->client = client;
    store_release(client->control->store, id, clock_wall_ms(), on_released,
                  client->wish);
    free(id);
}

static void take_line(struct client *client, struct slice line)
{
    struct control *control = client->control;
    struct conn *conn = client->conn;
    line = slice_trim(line);
    struct slice rest = line;
    if (slice_is(line, "poke")) {
        answer(conn, "poked");
        control->on_poke(control->ctx);
    } else if (slice_is(line, "now")) {
        answer(conn, "now");
    } else if (slice_is(slice_word(&rest), "release")) {
        release(client, slice_trim(rest));
    } else {
        conn_write(conn, SLICE_LITERAL("unknown\n"));
    }
}

static void client_free(struct client *client)
{
    struct client **at = &client->control->clients;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    if (client->wish)
        client->wish->client = NULL;
    free(client);
}

static void take_lines(struct client *client)
{
    struct slice input = conn_input(client->conn);
    size_t at;
    while ((at = slice_find(input, '\n')) < input.n) {
        take_line(client, (struct slice){input.p, at});
        conn_consume(client->conn, at + 1);
        input = conn_input(client->conn);
    }
    if (input.n > LINE_BYTES) {
        conn_abort(&client->conn);
        client_free(client);
    }
}

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    struct client *client = ctx;
    (void)conn;
    if (event == CONN_EVENT_DATA) {
        take_lines(client);
    } else if (event == CONN_EVENT_EOF) {
        conn_close(&client->conn);
        client_free(client);
    } else if (event == CONN_EVENT_ERROR) {
        conn_abort(&client->conn);
        client_free(client);
    }
}

static void on_accept(struct conn *conn, void *ctx)
{
    struct control *control = ctx;
    struct client *client = xcalloc(1, sizeof *client);
    *client = (struct client){
        .control = control, .next = control->clients, .conn = conn};
    control->clients = client;
    conn_set_handler(conn, on_event, client);
}

enum status control_create(const struct control_settings *settings,
                           struct control **out, struct err *err)
{
    struct control *control = xcalloc(1, sizeof *control);
    *control = (struct control){.path = xstrdup(settings->path),
                                .store = settings->store,
                                .on_poke = settings->on_poke,
                                .ctx = settings->ctx};
    enum status status = listener_create(
        settings->loop, &(struct listener_settings){.path = settings->path},
        on_accept, control, &control->listener, err);
    if (status != ST_OK) {
        free(control->path);
        free(control);
        return status;
    }
    *out = control;
    return ST_OK;
}

void control_destroy(struct control **control)
{
    if (!*control)
        return;
    while ((*control)->clients) {
        conn_abort(&(*control)->clients->conn);
        client_free((*control)->clients);
    }
    listener_destroy(&(*control)->listener);
    unlink((*control)->path);
    free((*control)->path);
    free(*control);
    *control = NULL;
}
