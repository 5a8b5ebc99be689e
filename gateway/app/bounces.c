/* A client asks the store at most one thing at a time: whose return path a
 * recipient is, then to record what the mail reports. Such a question outlives
 * the client; what was recorded is journalled in any case. */
#include "app/bounces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/bounce.h"
#include "session/server.h"

enum {
    DISCARD_MS = 5000,
    RECIPIENTS_MAX = 100, /* RFC 5321 4.5.3.1.8 */
    /* A bounce may hold the whole message, and what is said of it. */
    OVERHEAD_BYTES = 16 << 20
};

static const struct reply nobody = {550, "5.1.1", "No such return path"};

/* Under way to the store. */
struct question {
    struct client *client; /* NULL: gone */
    struct bounces *owner;
    struct arena *arena;
    struct slice domain;      /* find: of the recipient */
    struct store_event event; /* record; id NULL: none */
};

struct client {
    struct bounces *owner;
    struct client *next, **back; /* list of all */
    struct conn *conn;
    struct server_session *session;
    struct server_settings settings;
    struct question *question; /* NULL: none */
    bool waiting;              /* for an answer to a want, or for TLS */
    bool eof;                  /* the client will send no more */
    struct store_item *found[RECIPIENTS_MAX]; /* recipients so far */
    size_t found_count;
    size_t recorded; /* STORE: so many of them are */
    char ip[64];
};

struct bounces {
    struct bounces_world world;
    struct listener *listener;
    struct client *clients;
    size_t count;
    bool stopping;
};

static void pump(struct client *c);
static void record_next(struct client *c);

/* --- the client ----------------------------------------------------------- */

static void forget_recipients(struct client *c)
{
    while (c->found_count)
        store_item_release(c->found[--c->found_count]);
    c->recorded = 0;
}

static void client_free(struct client *c)
{
    *c->back = c->next;
    if (c->next)
        c->next->back = c->back;
    c->owner->count--;
    if (c->question)
        c->question->client = NULL;
    forget_recipients(c);
    server_session_destroy(&c->session);
    free(c);
}

static void hang_up(struct client *c)
{
    conn_close(&c->conn);
    client_free(c);
}

static void flush(struct client *c)
{
    struct slice out = server_session_take(c->session);
    if (out.n)
        conn_write(c->conn, out);
}

static void resume(struct client *c, const struct reply *reply)
{
    c->waiting = false;
    server_session_resume(c->session, reply);
    if (c->owner->stopping)
        server_session_end(c->session, &server_reply_shutdown);
    pump(c);
}

/* --- questions to the store ------------------------------------------------
 */

static struct question *ask(struct client *c)
{
    struct question *q = xcalloc(1, sizeof *q);
    q->client = c;
    q->owner = c->owner;
    q->arena = arena_create();
    c->question = q;
    c->waiting = true;
    conn_set_deadline_ms(c->conn, 0);
    return q;
}

static struct client *end_question(struct question *q)
{
    struct client *c = q->client;
    arena_destroy(&q->arena);
    free(q);
    if (c)
        c->question = NULL;
    return c;
}

static struct slice domain_of(struct slice address)
{
    for (size_t i = address.n; i > 0; i--)
        if (address.p[i - 1] == '@')
            return slice_from(address, i);
    return (struct slice){0};
}

/* MAIL-2: the address was given out under the gateway's own return-path host,
 * or under that of a domain of the sender's organization. */
static bool is_given_out(const struct bounces *b, struct slice domain,
                         const struct store_item *item)
{
    static const char under[] = "zivverbounce.";
    if (slice_is_nocase(domain, b->world.config->bounces.host))
        return true;
    if (!slice_starts_nocase(domain, under))
        return false;
    const struct config_organization *owner = organizations_owner(
        b->world.organizations, slice_from(domain, sizeof under - 1));
    return owner && strcmp(owner->name, item->message->organization) == 0;
}

static void on_found(void *ctx, const struct store_found *found)
{
    struct question *q = ctx;
    const struct bounces *b = q->owner;
    bool is_live =
        found->status == ST_OK && is_given_out(b, q->domain, found->item);
    struct client *c = end_question(q);
    if (!c || !is_live) {
        if (found->item)
            store_item_release(found->item);
        if (c)
            resume(c, found->status == ST_TEMP ? &server_reply_not_stored
                                               : &nobody);
        return;
    }
    c->found[c->found_count++] = found->item;
    resume(c, &server_reply_rcpt_ok);
}

static void find(struct client *c, struct slice recipient)
{
    struct slice domain = domain_of(recipient);
    if (c->found_count == RECIPIENTS_MAX || domain.n == 0) {
        server_session_resume(c->session, &nobody);
        return;
    }
    struct question *q = ask(c);
    q->domain = arena_slice(q->arena, domain);
    /* Hexadecimal digits, as they were given out; some servers shout. */
    char *local = arena_text(
        q->arena, (struct slice){recipient.p, recipient.n - domain.n - 1});
    for (char *p = local; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    store_find(c->owner->world.store, slice_of(local), on_found, q);
}

static void on_recorded(void *ctx, const struct store_answer *answer)
{
    struct question *q = ctx;
    const struct bounces_world *world = &q->owner->world;
    bool is_stored = answer->status == ST_OK;
    if (is_stored && q->event.id)
        journal_event(world->journal, &q->event);
    if (is_stored)
        world->on_taken(world->ctx);
    struct client *c = end_question(q);
    if (!c)
        return;
    if (is_stored) {
        c->waiting = false;
        record_next(c);
        return;
    }
    forget_recipients(c);
    resume(c, answer->fault == STORE_FAULT_FULL ? &server_reply_full
                                                : &server_reply_not_stored);
}

/* One recipient after the other: 250 when all that is reported is durable. */
static void record_next(struct client *c)
{
    const struct bounces_world *world = &c->owner->world;
    const struct server_want *want = server_session_want(c->session);
    while (c->recorded < c->found_count) {
        struct question *q = ask(c);
        struct store_record record;
        struct store_dsn dsn;
        struct bounce bounce = {.item = c->found[c->recorded++],
                                .content = want->content,
                                .is_null_path =
                                    want->envelope->reverse_path.n == 0,
                                .now_ms = clock_wall_ms()};
        if (bounce_take(q->arena, world->settings, &bounce, &record, &dsn)) {
            q->event = record.event;
            store_record(world->store, &record, on_recorded, q);
            return;
        }
        end_question(q);
    }
    forget_recipients(c);
    world->on_taken(world->ctx);
    resume(c, &server_reply_stored);
}

/* --- wants ------------------------------------------------------------------
 */

static void begin_tls(struct client *c)
{
    struct err err;
    flush(c);
    c->waiting = true;
    conn_set_deadline_ms(c->conn, server_session_deadline_ms(c->session));
    if (conn_start_tls_server(c->conn, c->owner->world.tls, &err) == ST_OK)
        return;
    log_info("bounces", "no handshake", "client=%s error=%s", c->ip, err.text);
    conn_abort(&c->conn);
    client_free(c);
}

/* Meets the session's want; false: the client is gone or waits. */
static bool meet_want(struct client *c)
{
    const struct server_want *want = server_session_want(c->session);
    switch (want->kind) {
    case SERVER_WANT_NONE:
        return true;
    case SERVER_WANT_STARTTLS:
        begin_tls(c);
        return false;
    case SERVER_WANT_MAIL:
        forget_recipients(c);
        server_session_resume(c->session, &server_reply_mail_ok);
        return true;
    case SERVER_WANT_RCPT:
        find(c, want->recipient);
        return !c->waiting;
    case SERVER_WANT_STORE:
        record_next(c);
        return false;
    case SERVER_WANT_CLOSE:
        flush(c);
        hang_up(c);
        return false;
    case SERVER_WANT_AUTH:
    case SERVER_WANT_PAUSE:
    case SERVER_WANT_COUNT:
        break;
    }
    BUG("want %d", (int)want->kind);
}

/* Feeds and answers until the session needs the client or an answer; c may be
 * gone afterwards. */
static void pump(struct client *c)
{
    while (!c->waiting && meet_want(c)) {
        if (conn_room(c->conn) == 0)
            return; /* the client does not read: DRAINED goes on */
        size_t used = server_session_feed(c->session, conn_input(c->conn));
        conn_consume(c->conn, used);
        flush(c);
        if (used > 0 ||
            server_session_want(c->session)->kind != SERVER_WANT_NONE)
            continue;
        if (c->eof)
            hang_up(c);
        else
            conn_set_deadline_ms(c->conn,
                                 server_session_deadline_ms(c->session));
        return;
    }
}

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    struct client *c = ctx;
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
        log_info("bounces", "connection ended", "client=%s error=%s", c->ip,
                 conn_error(c->conn));
        hang_up(c);
        break;
    case CONN_EVENT_COUNT:
        BUG("event");
    }
}

/* --- the listener -----------------------------------------------------------
 */

static void on_refused(void *ctx, enum server_stage stage, const char *reply)
{
    const struct client *c = ctx;
    log_info("bounces", "refused", "client=%s stage=%s reply=%s", c->ip,
             server_stage_name(stage), reply);
}

static bool are_too_many(const struct bounces *b, const char *ip)
{
    const struct config_settings *limits = &b->world.config->settings;
    int64_t count = 0;
    for (const struct client *c = b->clients; c; c = c->next)
        count += strcmp(c->ip, ip) == 0;
    return count > limits->sessions_per_address ||
           (int64_t)b->count > limits->sessions_total;
}

static void on_accept(struct conn *conn, void *ctx)
{
    struct bounces *b = ctx;
    const struct config *config = b->world.config;
    struct client *c = xcalloc(1, sizeof *c);
    c->owner = b;
    c->conn = conn;
    snprintf(c->ip, sizeof c->ip, "%s", conn_peer(conn));
    c->settings = (struct server_settings){
        .host_name = config->bounces.host,
        .is_open = true,
        .recipients_max = RECIPIENTS_MAX,
        .message_bytes_max =
            (size_t)config->settings.message_bytes + OVERHEAD_BYTES,
        .spool = store_spool(b->world.store),
        .idle_timeout_ms = config->settings.idle_timeout_ms,
        .discard_timeout_ms = DISCARD_MS,
        .on_refused = on_refused,
        .ctx = c};
    c->session = server_session_create(&c->settings);
    c->next = b->clients;
    c->back = &b->clients;
    if (c->next)
        c->next->back = &c->next;
    b->clients = c;
    b->count++;
    conn_set_handler(conn, on_event, c);
    if (are_too_many(b, c->ip))
        server_session_end(c->session, &server_reply_too_many);
    flush(c);
    pump(c);
}

enum status bounces_create(const struct bounces_world *world,
                           struct bounces **out, struct err *err)
{
    const struct config_endpoint *at = &world->config->bounces.listen;
    struct bounces *b = xcalloc(1, sizeof *b);
    b->world = *world;
    enum status status = listener_create(
        world->loop,
        &(struct listener_settings){.address = at->address, .port = at->port},
        on_accept, b, &b->listener, err);
    if (status == ST_OK)
        *out = b;
    else
        free(b);
    return status;
}

void bounces_stop(struct bounces *b)
{
    listener_destroy(&b->listener);
    b->stopping = true;
    for (struct client *c = b->clients, *next; c; c = next) {
        next = c->next;
        if (c->question)
            continue;
        server_session_end(c->session, &server_reply_shutdown);
        c->waiting = false;
        pump(c);
    }
}

size_t bounces_session_count(const struct bounces *bounces)
{
    return bounces->count;
}

void bounces_destroy(struct bounces **bounces)
{
    struct bounces *b = *bounces;
    *bounces = NULL;
    if (!b)
        return;
    listener_destroy(&b->listener);
    while (b->clients) {
        struct client *c = b->clients;
        conn_abort(&c->conn);
        client_free(c);
    }
    free(b);
}
