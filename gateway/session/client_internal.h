/* client_internal - what the files of the client session share; no one else
 * includes it. Order to read: client.c, client_start.c, client_transaction.c.
 */
#ifndef SESSION_CLIENT_INTERNAL_H
#define SESSION_CLIENT_INTERNAL_H

#include "base/alloc.h"
#include "wire/dot.h"
#include "wire/params.h"

#include "session/client.h"

enum { CLIENT_PENDING_MAX = 8 };

struct client_session {
    const struct client_settings *settings;
    enum client_state state;
    enum client_phase pending[CLIENT_PENDING_MAX]; /* replies to come */
    size_t pending_count;
    enum client_phase phase; /* the latest one asked or answered */
    unsigned progress;       /* whole replies, and what was said */
    struct reply_parser parser;
    struct buf out;
    size_t taken;
    struct client_offers offers;
    bool said_helo;
    bool is_tls;
    bool is_quitting;
    struct reply *starttls_refusal;
    struct client_result result;
    struct arena *life;
    /* the transaction */
    struct arena *arena; /* of result.reply and the commands */
    const char *mail, *rcpt;
    bool is_dirty; /* an earlier transaction may still be open there */
    bool is_alone; /* the lone dot was sent: nothing is delivered by it */
    struct dot_encoder encoder;
};

void client_set_state(struct client_session *, enum client_state);
/* Says a line (without CRLF) and expects a reply to it in this phase. */
void client_say(struct client_session *, enum client_phase, const char *line);
/* Records what decided, unless something did already. */
void client_decide(struct client_session *, enum client_verdict,
                   enum client_phase, const struct reply *);
/* The same by the reply's class: 4xx, 5xx, else protocol. */
void client_decide_by(struct client_session *, enum client_phase,
                      const struct reply *);
void client_over(struct client_session *);

/* client_start.c: GREETING to EHLO_TLS. has_behind: octets follow. */
void client_start_reply(struct client_session *, enum client_phase,
                        const struct reply *, bool has_behind);
void client_say_hello(struct client_session *, enum client_phase);
/* client_transaction.c: MAIL to RSET. */
void client_transaction_reply(struct client_session *, enum client_phase,
                              const struct reply *);

#endif
