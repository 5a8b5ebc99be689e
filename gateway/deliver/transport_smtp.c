/* One object a connection: addresses of the host are tried until one connects;
 * that one decides for the host. After quit the object lives on by itself until
 * the server has answered QUIT or PARTING_MS have passed. */
#include "deliver/transport_smtp_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "deliver/measure.h"
#include "net/loop.h"
#include "net/tls.h"

enum { PARTING_MS = 5000 };

static const char *const state_names[] = {"connecting", "greeting", "handshake",
                                          "idle",       "sending",  "parting"};
_Static_assert(sizeof state_names / sizeof *state_names == OUTBOUND_STATE_COUNT,
               "one name a state");

void outbound_set_state(struct outbound *o, enum outbound_state state)
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

void outbound_stop_deadline(struct outbound *o)
{
    o->is_timed = false;
    o->sent_until_ms = 0;
    if (o->conn != NULL) {
        conn_set_deadline_ms(o->conn, 0);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

void outbound_set_deadline(struct outbound *o)
{
    if (o->state == OUTBOUND_PARTING) {
        return; /* set once, when it began to part */
    }
    int64_t wait_ms = client_session_deadline_ms(o->session);
    int64_t now_ms = clock_mono_ms();
    unsigned progress = client_session_progress(o->session);
    if (!o->is_timed || progress != o->progress) {
        o->is_timed = true;
        o->progress = progress;
        o->reply_until_ms = wait_ms > 0 ? now_ms + wait_ms : 0;
    }
    int64_t until_ms = earlier(o->reply_until_ms, o->sent_until_ms);
    if (until_ms == 0) {
        conn_set_deadline_ms(o->conn, 0);
        return;
    }
    conn_set_deadline_ms(o->conn, until_ms > now_ms ? until_ms - now_ms : 1);
}

static const struct tls_facts *tls_facts_of(const struct outbound *o)
{
    return o->conn != NULL ? conn_tls(o->conn) : NULL;
}

static void opened(struct outbound *o, struct measure measure)
{
    measure = measure_bound(measure, o->host, tls_facts_of(o));
    outbound_set_state(o, OUTBOUND_IDLE);
    o->since_ms = 0;
    o->host = NULL;
    outbound_stop_deadline(o);
    o->on_opened(o, &measure, o->ctx);
}

/* --- the pump ------------------------------------------------------------ */

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
    outbound_set_state(o, OUTBOUND_HANDSHAKE);
    if (conn_start_tls_client(o->conn, o->owner->settings.tls, &options,
                              &err) != ST_OK) {
        log_info("deliver", "no handshake", "host=%s why=%s", o->host_name,
                 err.text);
        opened(o, measure_handshake_failed(tls_facts_of(o)));
    }
}

void outbound_pump(struct outbound *o)
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
        outbound_give_content(o);
        state = client_session_state(o->session);
    }
    outbound_set_deadline(o);
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
            outbound_report_sent(o);
        }
        return;
    case CLIENT_STATE_OVER:
        if (o->state == OUTBOUND_GREETING) {
            opened(o, measure_failure(o->session, tls_facts_of(o)));
        } else if (o->state == OUTBOUND_SENDING) {
            outbound_report_sent(o);
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
        if (o->work != NULL) {
            o->is_lost = true; /* told when the mail is made */
            return;
        }
        client_session_lost(o->session);
        outbound_pump(o);
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
    if (o->work != NULL) {
        return; /* looked at when the mail is made */
    }
    struct slice input = conn_input(o->conn);
    client_session_feed(o->session, input);
    conn_consume(o->conn, input.n);
    outbound_pump(o);
}

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    struct outbound *o = ctx;
    (void)conn;
    switch (event) {
    case CONN_EVENT_CONNECTED:
        outbound_set_state(o, OUTBOUND_GREETING);
        o->session = client_session_create(&o->client_settings);
        outbound_pump(o);
        return;
    case CONN_EVENT_TLS_READY:
        outbound_set_state(o, OUTBOUND_GREETING);
        client_session_tls_ready(o->session);
        outbound_pump(o);
        return;
    case CONN_EVENT_DATA:
        take_input(o);
        return;
    case CONN_EVENT_DRAINED:
        if (o->state == OUTBOUND_SENDING) {
            outbound_pump(o);
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
        outbound_report_sent(o);
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

void outbound_defer(struct outbound *o)
{
    if (!o->deferred) {
        o->deferred = true;
        loop_defer(o->owner->loop, on_turn, o);
    }
}

static void try_address(struct outbound *o)
{
    if (is_off_limits(o->host) || o->address_next == o->host->address_count) {
        outbound_defer(o);
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

bool outbound_is_ready(const struct outbound *o)
{
    return o->state == OUTBOUND_IDLE && o->conn != NULL && o->session != NULL &&
           client_session_state(o->session) == CLIENT_STATE_READY;
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
    o->since_ms = clock_mono_ms();
    try_address(o);
    return o;
}

static int64_t waits_ms(const struct outbound *o)
{
    return o->since_ms != 0 ? clock_mono_ms() - o->since_ms : 0;
}

static void quit(struct outbound *o)
{
    bool is_idle = outbound_is_ready(o);
    work_cancel(&o->work);
    o->since_ms = 0;
    outbound_set_state(o, OUTBOUND_PARTING);
    if (is_idle) {
        client_session_quit(o->session);
        conn_write(o->conn, client_session_take(o->session));
        conn_set_deadline_ms(o->conn, PARTING_MS);
        return;
    }
    if (o->conn != NULL) {
        conn_close(&o->conn);
    }
    outbound_defer(o);
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
                                         .send = outbound_send,
                                         .quit = quit,
                                         .is_ready = outbound_is_ready,
                                         .waits_ms = waits_ms,
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
        work_cancel(&o->work);
        if (o->conn != NULL) {
            conn_abort(&o->conn);
        }
        outbound_free(o);
    }
    free(old);
}
