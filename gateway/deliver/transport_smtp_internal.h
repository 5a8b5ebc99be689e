/* transport_smtp_internal - what the two files of the SMTP transport share; no
 * one else includes it. Order to read: transport_smtp.c (a connection's life
 * and measure), transport_send.c (a transaction). */
#ifndef DELIVER_TRANSPORT_SMTP_INTERNAL_H
#define DELIVER_TRANSPORT_SMTP_INTERNAL_H

#include "deliver/outgoing.h"
#include "deliver/transport_smtp.h"
#include "net/conn.h"
#include "net/workers.h"
#include "session/client.h"

enum outbound_state {
    OUTBOUND_CONNECTING, /* TCP under way */
    OUTBOUND_GREETING,   /* the session comes up by itself */
    OUTBOUND_HANDSHAKE,  /* TLS under way */
    OUTBOUND_IDLE,       /* opened, whether usable or not: the caller's turn */
    OUTBOUND_SENDING,    /* a transaction, from its making on */
    OUTBOUND_PARTING,    /* the caller is gone */
    OUTBOUND_STATE_COUNT
};

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
    /* A reply is waited for as a whole, and so is a transaction (CONN-11). */
    bool is_timed;     /* the two below count */
    unsigned progress; /* of the session, when reply_until_ms was set */
    int64_t reply_until_ms, sent_until_ms; /* monotonic; 0: no limit */
    int64_t since_ms; /* monotonic: the server's turn, and it may be broken off
                         (TRANSPORT-8); 0: not so */
    /* The transaction. */
    struct outgoing outgoing;
    struct hand_hold hold; /* of the mail that is sent */
    struct outgoing_reports reports;
    struct client_transaction transaction;
    struct work *work;   /* makes outgoing what the server takes */
    const char *refusal; /* status of a message that cannot go there */
    bool takes_notify;
    bool is_lost;  /* it could not even begin */
    bool deferred; /* on_turn is due */
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

/* transport_smtp.c */
void outbound_set_state(struct outbound *o, enum outbound_state state);
/* Writes what the session says and does what its state asks; the last thing
 * it does may be a callback that ends the connection. */
void outbound_pump(struct outbound *o);
/* What a call brought about is told on the next turn. */
void outbound_defer(struct outbound *o);
/* The deadline: of the reply that is awaited, from when it was asked for, and
 * of the transaction. */
void outbound_set_deadline(struct outbound *o);
void outbound_stop_deadline(struct outbound *o);
bool outbound_is_ready(const struct outbound *o);

/* transport_send.c */
void outbound_send(struct outbound *o, const struct transport_mail *mail,
                   transport_on_sent *on_sent, void *ctx);
/* More of the message, as far as there is room. */
void outbound_give_content(struct outbound *o);
void outbound_report_sent(struct outbound *o);

#endif
