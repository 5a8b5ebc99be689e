/* One object a connection: addresses of the host are tried until one connects;
 * that one decides for the host. After quit the object lives on by itself until
 * the server has answered QUIT or PARTING_MS have passed. */
#include "deliver/transport_smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "deliver/measure.h"
#include "deliver/outgoing.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/tls.h"
#include "session/client.h"

enum { PARTING_MS = 5000 };

enum outbound_state {
    OUTBOUND_CONNECTING, /* TCP under way */
    OUTBOUND_GREETING,   /* the session comes up by itself */
    OUTBOUND_HANDSHAKE,  /* TLS under way */
    OUTBOUND_IDLE,       /* opened, whether usable or not: the caller's turn */
    OUTBOUND_SENDING,    /* a transaction */
    OUTBOUND_PARTING,    /* the caller is gone */
    OUTBOUND_STATE_COUNT
};
static const char *const state_names[] = {"connecting", "greeting", "handshake",
                                          "idle",       "sending",  "parting"};
_Static_assert(sizeof state_names / sizeof *state_names == OUTBOUND_STATE_COUNT,
               "one name a state");

struct smtp_transport;

struct outbound {
    struct smtp_transport *owner;
    struct outbound *next;
    enum outbound_state state;
    const struct mail_host *host; /* until opened */
    size_t address_next;
    char *host_name;
    bool strict;
    struct client_settings client_settings;
    struct client_session *session;
    struct conn *conn;
    struct outgoing outgoing;
    const char *refusal; /* status of a message that cannot go there */
    bool takes_notify;   /* of the transaction under way */
    bool is_lost;        /* it could not even begin */
    bool deferred;       /* on_turn is due */
    transport_on_opened *on_opened;
    transport_on_sent *on_sent;
    void *ctx;
};

struct smtp_transport {
    struct transport face;
    struct loop *loop;
    struct transport_smtp_settings settings;
    struct outbound *all;
    size_t count;
};

static void set_state(struct outbound *o, enum outbound_state state)
{
    log_debug("deliver", "connection", "host=%s state=%s was=%s", o->host_name,
              state_names[state], state_names[o->state]);
    o->state = state;
}

static void outbound_free(struct outbound *o)
{
    struct smtp_transport *owner = o->owner;
    struct outbound **at = &owner->all;
    while (*at != o) {
        at = &(*at)->next;
    }
    *at = o->next;
    client_session_destroy(&o->session);
    free(o->host_name);
    outgoing_release(&o->outgoing);
    free(o);
    owner->count--;
}

/* The end: all is flushed and closed, and said. */
static void part(struct outbound *o)
{
    struct smtp_transport *owner = o->owner;
    if (o->conn != NULL) {
        conn_close(&o->conn);
    }
    outbound_free(o);
    if (owner->face.on_closed != NULL) {
        owner->face.on_closed(owner->face.on_closed_ctx);
    }
}

static void stop_deadline(struct outbound *o)
{
    if (o->conn != NULL) {
        conn_set_deadline_ms(o->conn, 0);
    }
}

static const struct tls_facts *tls_facts_of(const struct outbound *o)
{
    return o->conn != NULL ? conn_tls(o->conn) : NULL;
}

static void opened(struct outbound *o, struct measure measure)
{
    measure = measure_bound(measure, o->host, tls_facts_of(o));
    set_state(o, OUTBOUND_IDLE);
    o->host = NULL;
    stop_deadline(o);
    o->on_opened(o, &measure, o->ctx);
}

static void report_sent(struct outbound *o)
{
    struct sent sent = {.kind = SENT_PERMANENT};
    if (o->is_lost || o->outgoing.is_broken) {
        sent.kind = SENT_LOST;
        sent.is_at_start = o->is_lost;
    } else if (o->refusal == NULL) {
        sent = measure_sent(o->session);
    } else {
        snprintf(sent.reply.status, sizeof sent.reply.status, "%s", o->refusal);
    }
    sent.takes_notify = o->takes_notify;
    outgoing_release(&o->outgoing); /* the caller's content goes now */
    o->outgoing = (struct outgoing){0};
    set_state(o, OUTBOUND_IDLE);
    stop_deadline(o);
    o->on_sent(o, &sent, o->ctx);
}

/* --- the pump ------------------------------------------------------------ */

static void give_content(struct outbound *o)
{
    struct slice piece;
    while (conn_room(o->conn) > 0) {
        bool is_over = !outgoing_next(&o->outgoing, &piece);
        if (o->outgoing.is_broken) {
            log_error("deliver", "content of a message is gone", "host=%s",
                      o->host_name);
            client_session_lost(o->session);
            return;
        }
        if (is_over) {
            client_session_content_end(o->session);
        } else {
            client_session_content(o->session, piece);
        }
        conn_write(o->conn, client_session_take(o->session));
        if (is_over) {
            return;
        }
    }
}

static void start_tls(struct outbound *o)
{
    const struct host_binding *binding = &o->host->binding;
    struct err err;
    struct tls_client_options options = {
        .host = o->host_name,
        .rfc9325_suites_only = o->strict || o->host->sts != HOST_STS_NONE,
        .tlsa = binding->tlsa,
        .tlsa_count = binding->tlsa_count};
    memcpy(options.dane_names, binding->names, sizeof options.dane_names);
    set_state(o, OUTBOUND_HANDSHAKE);
    if (conn_start_tls_client(o->conn, o->owner->settings.tls, &options,
                              &err) != ST_OK) {
        log_info("deliver", "no handshake", "host=%s why=%s", o->host_name,
                 err.text);
        opened(o, measure_handshake_failed(tls_facts_of(o)));
    }
}

/* Writes what the session says and does what its state asks; the last thing
 * it does may be a callback that ends the connection. */
static void pump(struct outbound *o)
{
    if (o->deferred && o->state == OUTBOUND_SENDING) {
        return; /* on_turn tells how it ended */
    }
    struct slice out = client_session_take(o->session);
    if (out.n > 0) {
        conn_write(o->conn, out);
    }
    enum client_state state = client_session_state(o->session);
    if (state == CLIENT_STATE_CONTENT && o->state == OUTBOUND_SENDING) {
        give_content(o);
        state = client_session_state(o->session);
    }
    conn_set_deadline_ms(o->conn, o->state == OUTBOUND_PARTING
                                      ? PARTING_MS
                                      : client_session_deadline_ms(o->session));
    switch (state) {
    case CLIENT_STATE_WAITING:
    case CLIENT_STATE_CONTENT:
        return;
    case CLIENT_STATE_STARTTLS:
        if (o->state == OUTBOUND_GREETING) {
            start_tls(o);
        }
        return;
    case CLIENT_STATE_READY:
        if (o->state == OUTBOUND_GREETING) {
            opened(o, measure_session(o->session, tls_facts_of(o)));
        } else if (o->state == OUTBOUND_SENDING) {
            report_sent(o);
        }
        return;
    case CLIENT_STATE_OVER:
        if (o->state == OUTBOUND_GREETING) {
            opened(o, measure_failure(o->session, tls_facts_of(o)));
        } else if (o->state == OUTBOUND_SENDING) {
            report_sent(o);
        } else if (o->state == OUTBOUND_PARTING) {
            part(o);
        }
        return;
    case CLIENT_STATE_COUNT:
        break;
    }
    BUG("client state %d", (int)state);
}

static void try_address(struct outbound *o);

/* Nothing more will come over this connection. */
static void lost(struct outbound *o)
{
    switch (o->state) {
    case OUTBOUND_CONNECTING:
        conn_abort(&o->conn);
        try_address(o);
        return;
    case OUTBOUND_HANDSHAKE:
        opened(o, measure_handshake_failed(tls_facts_of(o)));
        return;
    case OUTBOUND_PARTING:
        part(o);
        return;
    case OUTBOUND_GREETING:
    case OUTBOUND_SENDING:
        client_session_lost(o->session);
        pump(o);
        return;
    case OUTBOUND_IDLE:
        client_session_lost(o->session);
        return;
    case OUTBOUND_STATE_COUNT:
        break;
    }
    BUG("outbound state %d", (int)o->state);
}

static void take_input(struct outbound *o)
{
    struct slice input = conn_input(o->conn);
    client_session_feed(o->session, input);
    conn_consume(o->conn, input.n);
    pump(o);
}

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    struct outbound *o = ctx;
    (void)conn;
    switch (event) {
    case CONN_EVENT_CONNECTED:
        set_state(o, OUTBOUND_GREETING);
        o->session = client_session_create(&o->client_settings);
        pump(o);
        return;
    case CONN_EVENT_TLS_READY:
        set_state(o, OUTBOUND_GREETING);
        client_session_tls_ready(o->session);
        pump(o);
        return;
    case CONN_EVENT_DATA:
        take_input(o);
        return;
    case CONN_EVENT_DRAINED:
        if (o->state == OUTBOUND_SENDING) {
            pump(o);
        }
        return;
    case CONN_EVENT_TIMEOUT:
        if (o->state == OUTBOUND_HANDSHAKE) {
            opened(o, measure_no_connection());
            return;
        }
        lost(o);
        return;
    case CONN_EVENT_EOF:
    case CONN_EVENT_ERROR:
        lost(o);
        return;
    case CONN_EVENT_COUNT:
        break;
    }
    BUG("event %d", (int)event);
}

/* --- the interface ------------------------------------------------------- */

/* No address of it is even tried. */
static bool is_off_limits(const struct mail_host *host)
{
    return host->failure != NULL || host->sts == HOST_STS_UNNAMED;
}

static struct measure not_connected(const struct mail_host *host)
{
    if (host->failure != NULL)
        return measure_look_up_failed();
    return host->sts == HOST_STS_UNNAMED ? measure_barred()
                                         : measure_no_connection();
}

/* What a call brought about is told on the next turn. */
static void on_turn(void *ctx)
{
    struct outbound *o = ctx;
    o->deferred = false;
    switch (o->state) {
    case OUTBOUND_CONNECTING:
        opened(o, not_connected(o->host));
        return;
    case OUTBOUND_SENDING:
        report_sent(o);
        return;
    case OUTBOUND_PARTING:
        part(o);
        return;
    case OUTBOUND_GREETING:
    case OUTBOUND_HANDSHAKE:
    case OUTBOUND_IDLE:
    case OUTBOUND_STATE_COUNT:
        break;
    }
    BUG("deferred in state %d", (int)o->state);
}

static void defer(struct outbound *o)
{
    if (!o->deferred) {
        o->deferred = true;
        loop_defer(o->owner->loop, on_turn, o);
    }
}

static void try_address(struct outbound *o)
{
    if (is_off_limits(o->host) || o->address_next == o->host->address_count) {
        defer(o);
        return;
    }
    const struct transport_smtp_settings *settings = &o->owner->settings;
    struct conn_settings to = {.address = o->host->addresses[o->address_next++],
                               .port = settings->smtp_port,
                               .bind_address = settings->bind_address,
                               .connect_timeout_ms =
                                   settings->connect_timeout_ms};
    o->conn = conn_connect(o->owner->loop, &to, on_event, o);
}

static struct outbound *open_host(void *self,
                                  const struct transport_target *target,
                                  transport_on_opened *on_opened, void *ctx)
{
    struct smtp_transport *owner = self;
    struct outbound *o = xcalloc(1, sizeof *o);
    o->owner = owner;
    o->next = owner->all;
    owner->all = o;
    owner->count++;
    o->host = target->host;
    o->host_name = xstrdup(target->host->name);
    o->strict = target->strict;
    o->client_settings = (struct client_settings){
        .host_name = owner->settings.host_name,
        .use_tls = !target->plain,
        .reply_timeout_ms = owner->settings.reply_timeout_ms};
    o->on_opened = on_opened;
    o->ctx = ctx;
    try_address(o);
    return o;
}

static bool is_ready(const struct outbound *o)
{
    return o->state == OUTBOUND_IDLE && o->conn != NULL && o->session != NULL &&
           client_session_state(o->session) == CLIENT_STATE_READY;
}

static void send_mail(struct outbound *o, const struct transport_mail *mail,
                      transport_on_sent *on_sent, void *ctx)
{
    o->on_sent = on_sent;
    o->ctx = ctx;
    o->refusal = NULL;
    outgoing_release(&o->outgoing);
    outgoing_init(&o->outgoing, mail);
    o->takes_notify = false;
    o->is_lost = !is_ready(o);
    set_state(o, OUTBOUND_SENDING);
    if (o->is_lost) {
        defer(o);
        return;
    }
    struct outgoing_reports reports = outgoing_reports(mail);
    struct client_transaction transaction = {
        .reverse_path = slice_of(mail->reverse_path),
        .recipient = slice_of(mail->recipient),
        .mail = mail->notify != 0 ? &reports.mail : NULL,
        .rcpt = mail->notify != 0 ? &reports.rcpt : NULL,
    };
    o->takes_notify =
        mail->notify != 0 && client_session_offers(o->session)->dsn;
    const char *status =
        outgoing_adapt(&o->outgoing, client_session_offers(o->session),
                       &transaction, o->owner->settings.spool);
    if (status != NULL || o->outgoing.is_broken) {
        o->refusal = status;
        defer(o);
        return;
    }
    client_session_begin(o->session, &transaction);
    conn_write(o->conn, client_session_take(o->session));
    conn_set_deadline_ms(o->conn, client_session_deadline_ms(o->session));
}

static void quit(struct outbound *o)
{
    bool is_idle = is_ready(o);
    set_state(o, OUTBOUND_PARTING);
    if (is_idle) {
        client_session_quit(o->session);
        conn_write(o->conn, client_session_take(o->session));
        conn_set_deadline_ms(o->conn, PARTING_MS);
        return;
    }
    if (o->conn != NULL) {
        conn_close(&o->conn);
    }
    defer(o);
}

static size_t open_count(void *self)
{
    const struct smtp_transport *transport = self;
    return transport->count;
}

struct transport *
transport_smtp_create(struct loop *loop,
                      const struct transport_smtp_settings *settings)
{
    struct smtp_transport *transport = xcalloc(1, sizeof *transport);
    transport->face = (struct transport){.self = transport,
                                         .open = open_host,
                                         .send = send_mail,
                                         .quit = quit,
                                         .is_ready = is_ready,
                                         .open_count = open_count};
    transport->loop = loop;
    transport->settings = *settings;
    return &transport->face;
}

void transport_smtp_destroy(struct transport **transport)
{
    if (*transport == NULL) {
        return;
    }
    struct smtp_transport *old = (*transport)->self;
    *transport = NULL;
    while (old->all != NULL) {
        struct outbound *o = old->all;
        if (o->conn != NULL) {
            conn_abort(&o->conn);
        }
        outbound_free(o);
    }
    free(old);
}
