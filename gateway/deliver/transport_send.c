/* One transaction over a connection that stands: the mail is made what this
 * server can take, and signed, off the loop (CONN-11), then sent piece by
 * piece. */
#include "deliver/transport_smtp_internal.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/measure.h"

void outbound_report_sent(struct outbound *o)
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
    o->since_ms = 0;
    outbound_set_state(o, OUTBOUND_IDLE);
    outbound_stop_deadline(o);
    o->on_sent(o, &sent, o->ctx);
}

void outbound_give_content(struct outbound *o)
{
    struct slice piece;
    HAND_STEP(o->hold);
    o->since_ms = 0;
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

/* On a thread: nobody else looks at the session's offers meanwhile. */
static void adapt(void *ctx)
{
    struct outbound *o = ctx;
    HAND_STEP(o->hold);
    o->refusal = outgoing_adapt(&o->outgoing, client_session_offers(o->session),
                                &o->transaction, o->owner->settings.spool);
}

static void on_adapted(void *ctx)
{
    struct outbound *o = ctx;
    HAND_STEP(o->hold);
    /* What the server said meanwhile: mostly that it is going away. */
    if (!o->is_lost && conn_input(o->conn).n > 0) {
        struct slice input = conn_input(o->conn);
        client_session_feed(o->session, input);
        conn_consume(o->conn, input.n);
    }
    o->is_lost =
        o->is_lost || client_session_state(o->session) != CLIENT_STATE_READY;
    if (o->is_lost || o->refusal != NULL || o->outgoing.is_broken) {
        outbound_report_sent(o);
        return;
    }
    int64_t limit_ms = o->owner->settings.transaction_timeout_ms;
    o->is_timed = false; /* what it took to make it is not the server's */
    o->sent_until_ms = limit_ms > 0 ? clock_mono_ms() + limit_ms : 0;
    o->since_ms = clock_mono_ms();
    client_session_begin(o->session, &o->transaction);
    outbound_pump(o);
}

void outbound_send(struct outbound *o, const struct transport_mail *mail,
                   transport_on_sent *on_sent, void *ctx)
{
    o->on_sent = on_sent;
    o->ctx = ctx;
    o->refusal = NULL;
    outgoing_release(&o->outgoing);
    outgoing_init(&o->outgoing, mail);
    o->hold = mail->hold;
    o->takes_notify = false;
    o->is_lost = !outbound_is_ready(o);
    outbound_set_state(o, OUTBOUND_SENDING);
    if (o->is_lost) {
        outbound_defer(o);
        return;
    }
    o->reports = outgoing_reports(mail);
    o->transaction = (struct client_transaction){
        .reverse_path = slice_of(mail->reverse_path),
        .recipient = slice_of(mail->recipient),
        .mail = mail->notify != 0 ? &o->reports.mail : NULL,
        .rcpt = mail->notify != 0 ? &o->reports.rcpt : NULL,
    };
    o->takes_notify =
        mail->notify != 0 && client_session_offers(o->session)->dsn;
    workers_put(o->owner->settings.workers,
                &(struct work_order){mail->content.n + mail->body.n, adapt,
                                     on_adapted, o},
                &o->work);
}
