/* client - one SMTP session towards a recipient's server, sans I/O.
 *
 *     client_session_feed(c, input)  consumes all
 *     client_session_take(c)         -> octets to be sent
 *     client_session_state(c)        -> what the shell must do next
 *
 * It runs greeting, EHLO, STARTTLS and EHLO by itself and stops at READY, where
 * the caller decides whether this connection is good enough, and then begins a
 * transaction, another one, or quits. */
#ifndef SESSION_CLIENT_H
#define SESSION_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#include "wire/envelope.h"
#include "wire/reply.h"

struct client_session;

/* What was being asked when a reply came. */
enum client_phase {
    CLIENT_PHASE_GREETING,
    CLIENT_PHASE_EHLO, /* HELO included */
    CLIENT_PHASE_STARTTLS,
    CLIENT_PHASE_EHLO_TLS,
    CLIENT_PHASE_MAIL,
    CLIENT_PHASE_RCPT,
    CLIENT_PHASE_DATA,
    CLIENT_PHASE_CONTENT, /* the reply to the end of data */
    CLIENT_PHASE_RSET,
    CLIENT_PHASE_QUIT,
    CLIENT_PHASE_COUNT
};
const char *client_phase_name(enum client_phase phase);

enum client_state {
    CLIENT_STATE_WAITING,  /* octets from the server, by the deadline */
    CLIENT_STATE_STARTTLS, /* handshake, then client_session_tls_ready; failed:
                              close, the server was measured */
    CLIENT_STATE_READY,    /* begin a transaction or quit; after one:
                              client_session_result */
    CLIENT_STATE_CONTENT,  /* give content as there is room, then end it */
    CLIENT_STATE_OVER,     /* close; client_session_result says why */
    CLIENT_STATE_COUNT
};

enum client_verdict {
    CLIENT_VERDICT_NONE,      /* nothing has failed, nothing was accepted */
    CLIENT_VERDICT_ACCEPTED,  /* 2xx to the end of data */
    CLIENT_VERDICT_TEMPORARY, /* 4xx */
    CLIENT_VERDICT_PERMANENT, /* 5xx */
    CLIENT_VERDICT_PROTOCOL,  /* no SMTP, or octets behind the 220 of STARTTLS
                                 in plain text: with phase STARTTLS this is a
                                 failed handshake */
    CLIENT_VERDICT_LOST,      /* closed, or too late */
    CLIENT_VERDICT_COUNT
};
const char *client_verdict_name(enum client_verdict verdict);

/* What the server's latest EHLO offers. */
struct client_offers {
    bool esmtp; /* false: HELO alone worked */
    bool starttls;
    bool pipelining;
    bool dsn;
    bool eightbitmime;
    bool smtputf8;
    bool size;
    unsigned long long size_bytes; /* 0: offered without a limit */
};

/* Of the connection while it comes up, or of the latest transaction. */
struct client_result {
    enum client_verdict verdict;
    enum client_phase phase;   /* that decided it */
    const struct reply *reply; /* NULL without; valid until the next begin */
};

struct client_settings {
    const char *host_name; /* EHLO */
    bool use_tls;          /* STARTTLS where offered */
    int64_t reply_timeout_ms;
    /* Every reply; NULL: not wanted. From inside feed. */
    void (*on_reply)(void *ctx, enum client_phase, const struct reply *);
    void *ctx;
};

/* settings must outlive the session. owner: caller */
struct client_session *client_session_create(const struct client_settings *);
void client_session_destroy(struct client_session **client);

void client_session_feed(struct client_session *, struct slice octets);
/* take - output so far, forgotten by the next call with this session. */
struct slice client_session_take(struct client_session *);
enum client_state client_session_state(const struct client_session *);
/* After the handshake (state STARTTLS); EHLO is said again. */
void client_session_tls_ready(struct client_session *);
/* eof - the server closed, or the deadline passed. */
void client_session_lost(struct client_session *);
int64_t client_session_deadline_ms(const struct client_session *);
/* Another number whenever a whole reply came or something was said: only then
 * does a deadline begin anew. */
unsigned client_session_progress(const struct client_session *);

const struct client_offers *
client_session_offers(const struct client_session *);
bool client_session_is_tls(const struct client_session *);
/* The reply that refused STARTTLS, else NULL: READY came without TLS. */
const struct reply *
client_session_starttls_refusal(const struct client_session *);
const struct client_result *
client_session_result(const struct client_session *);

struct client_transaction {
    struct slice reverse_path;      /* without <>; empty: null */
    const struct mail_params *mail; /* RET and ENVID; NULL: none. Sent only
                                       where DSN is offered */
    struct slice recipient;         /* without <> */
    const struct rcpt_params *rcpt; /* NOTIFY and ORCPT; NULL: none */
    size_t content_bytes;           /* for SIZE= */
    bool content_8bit;              /* BODY=8BITMIME where offered */
    bool smtputf8; /* the caller saw that it is offered (RFC 6531) */
};
/* begin - in state READY: MAIL, RCPT and DATA (at once where the server
 * pipelines). Next comes CONTENT, or READY with a result, or OVER. */
void client_session_begin(struct client_session *,
                          const struct client_transaction *);
/* content - in state CONTENT: more of the message, CRLF line ends; stuffed and
 * ready to be taken. Take after each piece: the session holds at most
 * CLIENT_OUTPUT_BYTES. */
enum { CLIENT_OUTPUT_BYTES = 1048576, CLIENT_PIECE_BYTES = 65536 };
void client_session_content(struct client_session *, struct slice piece);
void client_session_content_end(struct client_session *);
/* quit - in state READY; OVER follows with the reply or its lack. */
void client_session_quit(struct client_session *);

#endif
