/* mailhost_private - what mailhost.c (the host) and mailhost_session.c (one
 * connection) share. */
#ifndef PEER_MAILHOST_PRIVATE_H
#define PEER_MAILHOST_PRIVATE_H

#include "base/buf.h"
#include "peer/mailhost.h"
#include "peer/stream.h"

enum mailhost_phase {
    MAILHOST_PHASE_COMMAND,
    MAILHOST_PHASE_CONTENT,
    MAILHOST_PHASE_HANDSHAKE,
    MAILHOST_PHASE_DELAY,   /* before the next reply */
    MAILHOST_PHASE_DRIP,    /* within a reply that has no end */
    MAILHOST_PHASE_CLOSING, /* this side has ended it */
};

struct mailhost_conn {
    struct mailhost *host;
    struct mailhost_session session;
    struct arena *arena;
    struct stream *stream;
    enum mailhost_phase phase;
    struct buf octets;
    size_t at;                   /* start of the next line */
    size_t content;              /* where the content began */
    enum mailhost_phase delayed; /* the phase that the delay is in */
    struct loop_timer *timer;    /* of the delay, or of dripping */
    bool is_due;                 /* the next line has had its delay */
    size_t answered; /* octets that had come when a reply went out */
    bool has_quit;
    /* The transaction. */
    const char *reverse_path; /* NULL: none is open */
    const char *parameters;
    bool is_8bit, is_utf8; /* what MAIL announced */
    struct mailhost_recipient *recipients;
    size_t recipient_count;
    size_t recipient_size;
    struct mailhost_conn *next;
};

struct mailhost {
    struct loop *loop;
    struct mailhost_settings settings; /* texts lie in the arena */
    struct arena *arena;               /* changed along with the settings */
    struct mailhost_events events;
    struct mailhost_conn *conns;
    size_t open_count;
    unsigned long number;
    uint16_t port;
    int listener; /* -1: deaf */
    struct loop_watch *watch;
};

/* Takes the descriptor over; the connection removes itself at its end. */
void mailhost_conn_create(struct mailhost *host, int fd, const char *client);
/* mailhost_conn_destroy - on_close is called. */
void mailhost_conn_destroy(struct mailhost_conn *conn);
struct mailhost_conn *mailhost_conn_next(const struct mailhost_conn *conn);

/* The settings that hold for this connection. */
const struct mailhost_settings *
mailhost_settings_of(const struct mailhost_conn *conn);
/* NULL: nothing is prescribed. */
const char *mailhost_reply(const struct mailhost_conn *conn,
                           enum mailhost_stage stage);
const char *mailhost_rcpt_reply(const struct mailhost_conn *conn,
                                struct slice address);

/* --- mailhost_command.c --- */

/* Answers one command line. */
void mailhost_obey(struct mailhost_conn *conn, struct slice line);
/* mailhost_say - the reply prescribed for the stage, or the usual one; answers
 * what was sent, "" when the connection was ended instead. */
const char *mailhost_say(struct mailhost_conn *conn, enum mailhost_stage stage,
                         const char *usual);
/* This side has decided to end the connection. */
void mailhost_hang_up(struct mailhost_conn *conn);
/* Forgets the transaction. */
void mailhost_reset(struct mailhost_conn *conn);

/* --- mailhost_extension.c --- */

/* The words of the EHLO reply, but for STARTTLS; ended by NULL. */
const char *const *mailhost_capabilities(const struct mailhost_conn *conn);
bool mailhost_offers(const struct mailhost_conn *conn, const char *keyword);
/* The reply to a path or parameters that were not offered; NULL: all good. */
const char *mailhost_refuse_path(const struct mailhost_conn *conn,
                                 struct slice path, struct slice parameters);
/* The same for content. */
const char *mailhost_refuse_content(const struct mailhost_conn *conn,
                                    struct slice content);

#endif
