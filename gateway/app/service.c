#include "app/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/blob.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/address.h"

enum { DISCARD_MS = 5000 };

struct service {
    struct service_settings settings;
    struct listener *listener;
    struct service_client *clients;
    size_t count;
    bool stopping;
};

static void pump(struct service_client *c);

void *service_ctx(const struct service_client *c)
{
    return c->service->settings.ctx;
}

static void client_free(struct service_client *c)
{
    *c->back = c->next;
    if (c->next)
        c->next->back = c->back;
    c->service->count--;
    c->service->settings.owner->gone(c);
    server_session_destroy(&c->session);
    free(c);
}

static void drop(struct service_client *c)
{
    conn_abort(&c->conn);
    client_free(c);
}

static void hang_up(struct service_client *c)
{
    conn_close(&c->conn);
    client_free(c);
}

static void flush(struct service_client *c)
{
    struct slice out = server_session_take(c->session);
    if (out.n)
        conn_write(c->conn, out);
}

void service_wait(struct service_client *c)
{
    c->waiting = true;
    conn_set_deadline_ms(c->conn, 0);
}

/* RFC 1870 6.1: a message that is announced larger than there is room for it
 * and for what it becomes (KEEP-3). */
static bool is_without_room(const struct service_client *c,
                            const struct reply *reply)
{
    const struct server_want *want = server_session_want(c->session);
    return want->kind == SERVER_WANT_MAIL && reply_is(reply, 2) &&
           !blob_has_room(c->settings.spool,
                          2 * want->envelope->params.size_bytes);
}

void service_resume(struct service_client *c, const struct reply *reply)
{
    c->waiting = false;
    server_session_resume(
        c->session, is_without_room(c, reply) ? &server_reply_full : reply);
    if (c->service->stopping)
        server_session_end(c->session, &server_reply_shutdown);
    if (!c->pumping)
        pump(c);
}

/* false: the client is gone. */
static bool begin_tls(struct service_client *c)
{
    struct err err;
    flush(c);
    c->waiting = true;
    conn_set_deadline_ms(c->conn, server_session_deadline_ms(c->session));
    if (conn_start_tls_server(c->conn, c->service->settings.tls, &err) == ST_OK)
        return true;
    log_info(c->service->settings.area, "no handshake", "client=%s error=%s",
             c->ip, err.text);
    drop(c);
    return false;
}

/* Meets the session's want; false: the client is gone. */
static bool meet_want(struct service_client *c)
{
    const struct server_want *want = server_session_want(c->session);
    switch (want->kind) {
    case SERVER_WANT_NONE:
        return true;
    case SERVER_WANT_STARTTLS:
        return begin_tls(c);
    case SERVER_WANT_PAUSE: /* AUTH-2: nothing is read until TIMEOUT */
        flush(c);
        c->waiting = true;
        conn_set_deadline_ms(c->conn, want->pause_ms);
        return true;
    case SERVER_WANT_CLOSE:
        flush(c);
        hang_up(c);
        return false;
    case SERVER_WANT_AUTH:
    case SERVER_WANT_MAIL:
    case SERVER_WANT_RCPT:
    case SERVER_WANT_STORE:
    case SERVER_WANT_COUNT:
        break;
    }
    c->pumping = true;
    c->service->settings.owner->want[want->kind](c, want);
    c->pumping = false;
    return true;
}

static void wait_for_octets(struct service_client *c)
{
    const struct config_settings *limits = c->service->settings.limits;
    const struct patience_facts facts = {
        .progress = server_session_progress(c->session),
        .limit_ms = server_session_deadline_ms(c->session),
        .octets = server_session_message_octets(c->session),
        .octets_per_s = limits->message_octets_per_s,
        .now_ms = clock_mono_ms()};
    conn_set_deadline_ms(c->conn, patience_left_ms(&c->patience, &facts));
}

/* Feeds and answers until the session needs the client or an answer; c may be
 * gone afterwards. */
static void pump(struct service_client *c)
{
    while (!c->waiting && meet_want(c) && !c->waiting) {
        if (conn_room(c->conn) == 0) {
            wait_for_octets(c); /* to be read, DRAINED goes on */
            return;
        }
        size_t used = server_session_feed(c->session, conn_input(c->conn));
        conn_consume(c->conn, used);
        flush(c);
        if (used > 0 ||
            server_session_want(c->session)->kind != SERVER_WANT_NONE)
            continue;
        if (c->eof)
            hang_up(c);
        else
            wait_for_octets(c);
        return;
    }
}

static void on_error(struct service_client *c)
{
    const struct service_settings *settings = &c->service->settings;
    const struct tls_facts *tls = conn_tls(c->conn);
    if (conn_failure(c->conn) == CONN_FAILURE_HANDSHAKE && tls &&
        settings->owner->no_handshake)
        settings->owner->no_handshake(c, tls);
    log_info(settings->area, "connection ended", "client=%s error=%s", c->ip,
             conn_error(c->conn));
    hang_up(c); /* flushes the alert, where there is one */
}

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    struct service_client *c = ctx;
    (void)conn;
    switch (event) {
    case CONN_EVENT_CONNECTED:
        break;
    case CONN_EVENT_DRAINED:
    case CONN_EVENT_DATA:
        pump(c);
        break;
    case CONN_EVENT_TLS_READY:
        c->waiting = false;
        server_session_tls_ready(c->session, conn_tls(c->conn)->version);
        pump(c);
        break;
    case CONN_EVENT_EOF:
        c->eof = true;
        pump(c);
        break;
    case CONN_EVENT_TIMEOUT:
        server_session_timed_out(c->session);
        c->waiting = false;
        pump(c);
        break;
    case CONN_EVENT_ERROR:
        on_error(c);
        break;
    case CONN_EVENT_COUNT:
        BUG("event");
    }
}

static void on_refused(void *ctx, enum server_stage stage, const char *reply)
{
    const struct service_client *c = ctx;
    c->service->settings.owner->refused(c, stage, reply);
}

/* CONN-10: of all the sessions there may be, one client has a quarter. */
static int64_t most_of_one(const struct config_settings *limits)
{
    int64_t quarter = limits->sessions_total / 4;
    if (quarter < 1)
        quarter = 1;
    return quarter < limits->sessions_per_address
               ? quarter
               : limits->sessions_per_address;
}

static bool are_too_many(const struct service *s, const char *client)
{
    const struct config_settings *limits = s->settings.limits;
    int64_t count = 0;
    for (const struct service_client *c = s->clients; c; c = c->next)
        count += strcmp(c->client, client) == 0;
    return count > most_of_one(limits) ||
           (int64_t)s->count > limits->sessions_total;
}

static void on_accept(struct conn *conn, void *ctx)
{
    struct service *s = ctx;
    struct service_client *c = xcalloc(1, s->settings.owner->client_bytes);
    c->service = s;
    c->conn = conn;
    snprintf(c->ip, sizeof c->ip, "%s", conn_peer(conn));
    net_client_key(c->ip, c->client);
    c->settings = s->settings.session;
    c->settings.idle_timeout_ms = s->settings.limits->idle_timeout_ms;
    c->settings.discard_timeout_ms = DISCARD_MS;
    c->settings.on_refused = on_refused;
    c->settings.ctx = c;
    c->session = server_session_create(&c->settings);
    c->next = s->clients;
    c->back = &s->clients;
    if (c->next)
        c->next->back = &c->next;
    s->clients = c;
    s->count++;
    conn_set_handler(conn, on_event, c);
    if (are_too_many(s, c->client))
        server_session_end(c->session, &server_reply_too_many);
    flush(c);
    pump(c);
}

enum status service_create(const struct service_settings *settings,
                           struct service **out, struct err *err)
{
    struct service *s = xcalloc(1, sizeof *s);
    s->settings = *settings;
    enum status status = listener_create(
        settings->loop,
        &(struct listener_settings){.address = settings->listen->address,
                                    .port = settings->listen->port},
        on_accept, s, &s->listener, err);
    if (status == ST_OK)
        *out = s;
    else
        free(s);
    return status;
}

uint16_t service_port(const struct service *service)
{
    return listener_port(service->listener);
}

size_t service_count(const struct service *service)
{
    return service->count;
}

void service_stop(struct service *s)
{
    listener_destroy(&s->listener);
    s->stopping = true;
    for (struct service_client *c = s->clients, *next; c; c = next) {
        next = c->next;
        if (s->settings.owner->is_busy(c))
            continue;
        server_session_end(c->session, &server_reply_shutdown);
        c->waiting = false;
        pump(c);
    }
}

void service_destroy(struct service **service)
{
    struct service *s = *service;
    *service = NULL;
    if (!s)
        return;
    listener_destroy(&s->listener);
    while (s->clients)
        drop(s->clients);
    free(s);
}
