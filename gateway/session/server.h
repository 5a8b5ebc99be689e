/* server - one submitter's SMTP session, sans I/O: octets in, octets and wants
 * out. It reads no clock, opens nothing but the file of a large message, and
 * decides nothing about users and mail: what it cannot answer by the protocol
 * alone it asks for as a want.
 *
 *     server_session_feed(s, input)      -> octets consumed
 *     server_session_take(s)             -> octets to be sent
 *     server_session_want(s)             -> what the shell must do next
 *     server_session_resume(s, reply)    the answer to AUTH, MAIL, RCPT or
 * STORE server_session_tls_ready(s, "1.3") the answer to STARTTLS
 *
 * While a want is open nothing is consumed: feed the rest after the answer (a
 * loop "feed, take and write, want" until nothing is consumed and no want is
 * new). Output taken together with a want is written before the want is met. */
#ifndef SESSION_SERVER_H
#define SESSION_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "base/slice.h"

#include "wire/envelope.h"
#include "wire/reply.h"

struct server_session;

/* Where a refusal happened; the word of the journal's `refused`. */
enum server_stage {
    SERVER_STAGE_CONNECT,
    SERVER_STAGE_EHLO,
    SERVER_STAGE_STARTTLS,
    SERVER_STAGE_AUTH,
    SERVER_STAGE_MAIL,
    SERVER_STAGE_RCPT,
    SERVER_STAGE_DATA,    /* the DATA command and the end of data */
    SERVER_STAGE_SESSION, /* anything else: unknown commands, time-outs */
    SERVER_STAGE_COUNT
};
const char *server_stage_name(enum server_stage stage); /* "rcpt" */

struct server_settings {
    const char *host_name;    /* greeting and EHLO */
    bool is_open;             /* anybody may send, without TLS too, but each
                                 recipient is asked for (BOUNCE-1) */
    size_t recipients_max;    /* 1000 */
    size_t message_bytes_max; /* octets, 50 MiB */
    const char *spool;        /* folder for content that is large (base/blob.h);
                                 NULL: it stays in memory */
    int64_t idle_timeout_ms;  /* 300000 */
    int64_t auth_pause_first_ms; /* 1000: before the first 535; doubles up to */
    int64_t auth_pause_longest_ms; /* 16000 (AUTH-2) */
    int64_t discard_timeout_ms;    /* 5000: how long the rest of a void message
                                      is waited for (CONN-5) */
    /* Every 4xx and 5xx reply, as sent but one line without CRLF; NULL: not
     * wanted. Called from inside feed, resume and end. */
    void (*on_refused)(void *ctx, enum server_stage stage, const char *reply);
    void *ctx;
};

enum server_want_kind {
    SERVER_WANT_NONE,     /* octets from the client */
    SERVER_WANT_STARTTLS, /* write output, handshake, server_session_tls_ready;
                             a failed handshake: close the connection */
    SERVER_WANT_AUTH,     /* check user and secret, resume with
                             server_reply_auth_ok or a refusal */
    SERVER_WANT_MAIL,     /* may this reverse-path be used? resume with
                             server_reply_mail_ok or a refusal. Without
                             authentication: server_reply_unauthorised, or
                             what SPF says (CONN-8) */
    SERVER_WANT_RCPT,     /* is_open: is this a recipient? resume with
                             server_reply_rcpt_ok or a refusal */
    SERVER_WANT_STORE,    /* message complete: store, resume with the reply */
    SERVER_WANT_PAUSE,    /* write output, take no input for pause_ms, then
                             server_session_timed_out */
    SERVER_WANT_CLOSE,    /* write output, conn_close */
    SERVER_WANT_COUNT
};

struct server_want {
    enum server_want_kind kind;
    /* AUTH */
    struct slice user;
    const struct secret *secret;
    /* MAIL and STORE; with MAIL it has no recipients yet */
    const struct envelope *envelope;
    /* MAIL and STORE: the user that AUTH accepted, empty without */
    struct slice authenticated;
    /* RCPT: his address */
    struct slice recipient;
    /* PAUSE */
    int64_t pause_ms;
    /* STORE: as sent, dot-stuffing undone, ends in CRLF unless empty; valid
     * until resume */
    struct slice content;
};

/* settings stay the caller's and must outlive the session. The greeting is
 * ready to be taken. owner: caller */
struct server_session *server_session_create(const struct server_settings *);
void server_session_destroy(struct server_session **session);

/* feed - returns how many octets were consumed. */
size_t server_session_feed(struct server_session *, struct slice octets);
/* take - output so far, forgotten by the next call with this session. */
struct slice server_session_take(struct server_session *);
/* want - valid until the next feed, resume, tls_ready or end. */
const struct server_want *server_session_want(const struct server_session *);
/* resume - answer to AUTH, MAIL, RCPT or STORE: any reply; 2xx means accepted.
 */
void server_session_resume(struct server_session *, const struct reply *);
/* tls_ready - handshake done; earlier state is forgotten (CONN-3). */
void server_session_tls_ready(struct server_session *, const char *version);
/* end - say a last reply (server_reply_idle, _shutdown, _too_many), then want
 * CLOSE. Before anything was taken it replaces the greeting. */
void server_session_end(struct server_session *, const struct reply *);
/* timed_out - the deadline passed: 421 4.4.2, or the end of the wait for the
 * rest of a void message. */
void server_session_timed_out(struct server_session *);

/* How long from now the client's next octets may take; 0: no limit. What he
 * owes now (a line, a message) may take that long as a whole, a message longer
 * by its octets: server_session_message_octets. He owes something else when
 * server_session_progress is another. */
int64_t server_session_deadline_ms(const struct server_session *);
uint64_t server_session_progress(const struct server_session *);
uint64_t server_session_message_octets(const struct server_session *);

/* Facts for Received and the journal. */
struct slice server_session_helo(const struct server_session *);
bool server_session_is_esmtp(const struct server_session *);
struct slice server_session_tls_version(const struct server_session *);
struct slice server_session_user(const struct server_session *);

extern const struct reply server_reply_auth_ok;      /* 235 2.7.0 */
extern const struct reply server_reply_auth_wrong;   /* 535 5.7.8 */
extern const struct reply server_reply_auth_locked;  /* 454 4.7.0 */
extern const struct reply server_reply_auth_busy;    /* 454 4.7.0 */
extern const struct reply server_reply_mail_ok;      /* 250 2.1.0 */
extern const struct reply server_reply_rcpt_ok;      /* 250 2.1.5 */
extern const struct reply server_reply_unauthorised; /* 530 5.7.0 */
extern const struct reply server_reply_stored;       /* 250 2.0.0 */
extern const struct reply server_reply_full;         /* 452 4.3.1 */
extern const struct reply server_reply_not_stored;   /* 451 4.3.0 */
extern const struct reply server_reply_idle;         /* 421 4.4.2 */
extern const struct reply server_reply_shutdown;     /* 421 4.3.2 */
extern const struct reply server_reply_too_many;     /* 421 4.7.0 */

#endif
