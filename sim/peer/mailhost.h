/* mailhost - a recipient's mail server: it accepts mail as its settings say,
 * misbehaves where they say so, and keeps every octet as evidence.
 *
 * It is strict about line ends, so that a client's faults are seen: only CRLF
 * ends a line, only CRLF.CRLF ends the content. */
#ifndef PEER_MAILHOST_H
#define PEER_MAILHOST_H

#include <stdint.h>

#include "peer/loop.h"
#include "peer/tls.h"
#include "peer/transcript.h"

struct mailhost;

enum mailhost_starttls {
    MAILHOST_STARTTLS_OFFERED,
    MAILHOST_STARTTLS_ABSENT,   /* not offered; the command is 502 */
    MAILHOST_STARTTLS_REFUSED,  /* offered; the command is 454 4.7.0 */
    MAILHOST_STARTTLS_STRIPPED, /* "XXXXXXXX" is offered in its place */
    MAILHOST_STARTTLS_GARBAGE,  /* 220, then octets that are no TLS */
    MAILHOST_STARTTLS_CLOSES,   /* 220, then the connection ends */
    MAILHOST_STARTTLS_COUNT
};

/* "offered", "absent", "refused", "stripped", "garbage", "closes". */
const char *mailhost_starttls_name(enum mailhost_starttls starttls);
bool mailhost_starttls_parse(const char *text, enum mailhost_starttls *out);

/* Where a reply can be prescribed. */
enum mailhost_stage {
    MAILHOST_STAGE_GREETING,
    MAILHOST_STAGE_EHLO,     /* before TLS */
    MAILHOST_STAGE_TLS_EHLO, /* after TLS */
    MAILHOST_STAGE_STARTTLS,
    MAILHOST_STAGE_MAIL,
    MAILHOST_STAGE_RCPT,
    MAILHOST_STAGE_DATA,
    MAILHOST_STAGE_CONTENT, /* the reply to the end of data */
    MAILHOST_STAGE_QUIT,
    MAILHOST_STAGE_COUNT
};

/* "greeting", "ehlo", "tls-ehlo", "starttls", "mail", "rcpt", "data",
 * "content", "quit". */
const char *mailhost_stage_name(enum mailhost_stage stage);
bool mailhost_stage_parse(const char *text, enum mailhost_stage *out);

struct mailhost_rcpt_reply {
    const char *address; /* compared in any ASCII case */
    const char *reply;
};

/* Copied when given. A reply is one line without CRLF, or several that are
 * joined by CRLF and sent as they are; the word "close" ends the connection
 * instead of a reply, with "drips" a reply begins that has no end, an octet at
 * a time, and a 421 ends it after the reply. */
struct mailhost_settings {
    const char *name;    /* in greeting and EHLO reply */
    const char *address; /* fixed at creation */
    uint16_t port;       /* fixed at creation; 0 picks one */
    SSL_CTX *tls;        /* NULL: STARTTLS is absent, whatever is said below */
    enum mailhost_starttls starttls;
    const char *reply[MAILHOST_STAGE_COUNT]; /* NULL: the usual one */
    const struct mailhost_rcpt_reply *rcpt;  /* before reply[RCPT] */
    size_t rcpt_count;
    /* NULL at the end; NULL for PIPELINING, 8BITMIME, ENHANCEDSTATUSCODES, DSN,
     * SIZE. STARTTLS comes by itself. What is not here is refused. */
    const char *const *capabilities;
    size_t drop_in_data_bytes; /* close after that much content; 0: never */
    int64_t delay_ms;          /* before each reply, in real time */
    const struct mailhost_settings *later; /* from the second connection on,
                                              without one of its own; or NULL */
};

struct mailhost_recipient {
    const char *address;    /* what stood between the angle brackets */
    const char *parameters; /* "" when none */
};

/* One connection. Texts live until on_close has returned. */
struct mailhost_session {
    struct mailhost *host;
    unsigned long number;    /* counts a host's connections from 1 */
    const char *client;      /* address of the peer */
    const char *tls;         /* "1.3"; NULL in plain text */
    const char *cipher;      /* NULL in plain text */
    const char *sni;         /* NULL when none was sent */
    const char *tls_failure; /* why the handshake failed; NULL: it did not */
    const char *helo;        /* the last EHLO or HELO argument; "" at first */
    const char *closed_by;   /* "client", "host", "" while open */
    bool is_truncated; /* closed without QUIT, or TLS without close_notify */
    bool has_bare_line_end; /* a CR or LF alone came along */
    unsigned message_count; /* ends of data that got a 2xx */
    struct transcript transcript;
    struct slice octets; /* all that came, deciphered */
};

/* The content of one DATA, whatever the reply. */
struct mailhost_message {
    const struct mailhost_session *session;
    const char *reverse_path;
    const char *parameters;                      /* of MAIL; "" when none */
    const struct mailhost_recipient *recipients; /* those that got a 2xx */
    size_t recipient_count;
    struct slice content; /* dot-stuffing undone; octets as they came */
    bool is_complete;     /* false: the connection ended within the content */
    bool is_accepted;     /* the reply was 2xx */
    const char *reply;    /* "" when none was sent */
};

/* Each may be NULL. What they are given is borrowed for the call. */
struct mailhost_events {
    void (*on_message)(void *ctx, const struct mailhost_message *message);
    void (*on_close)(void *ctx, const struct mailhost_session *session);
    void *ctx;
};

/* mailhost_create - and listen. ST_TEMP: the address cannot be had. */
enum status mailhost_create(struct loop *loop,
                            const struct mailhost_settings *settings,
                            const struct mailhost_events *events,
                            struct mailhost **out, struct err *err) MUST_USE;
/* Open connections are cut; on_close is called for each. Not from a callback
 * of this host. */
void mailhost_destroy(struct mailhost **host);

/* mailhost_change - from the next command on, open connections too. */
void mailhost_change(struct mailhost *host,
                     const struct mailhost_settings *settings);
/* mailhost_deafen - connections are refused from now on (unreachable). */
void mailhost_deafen(struct mailhost *host);
enum status mailhost_listen(struct mailhost *host, struct err *err) MUST_USE;

const char *mailhost_name(const struct mailhost *host);
uint16_t mailhost_port(const struct mailhost *host);
/* How many connections are open now. */
size_t mailhost_open_count(const struct mailhost *host);

#endif
