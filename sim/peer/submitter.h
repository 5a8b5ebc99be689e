/* submitter - a mail client that submits one message to the gateway, as a well
 * behaved sender does: STARTTLS, the certificate really verified, AUTH PLAIN,
 * one transaction, QUIT. Hostile sessions are dialogue.h's work. */
#ifndef PEER_SUBMITTER_H
#define PEER_SUBMITTER_H

#include <stdint.h>

#include "peer/loop.h"
#include "peer/pki.h"
#include "peer/transcript.h"

struct submitter;

struct submitter_recipient {
    const char *address;
    const char *parameters; /* "NOTIFY=NEVER", or NULL */
};

enum submitter_auth {
    SUBMITTER_AUTH_INITIAL, /* PLAIN with its initial response */
    SUBMITTER_AUTH_PLAIN,   /* PLAIN, asked for it */
    SUBMITTER_AUTH_LOGIN
};

/* Borrowed until on_done has returned. */
struct submitter_settings {
    const char *local_address; /* bound before connecting; NULL: not bound */
    const char *address;
    uint16_t port;
    const char *helo;
    bool is_plain;           /* no STARTTLS: everything in plain text */
    struct tls_range tls;    /* {0, 0}: any */
    const char *server_name; /* SNI and the name that must be certified */
    struct pki *pki;         /* whose root is trusted */
    int64_t now_s;           /* as of when the certificate is judged */
    const char *user;        /* NULL: no AUTH */
    const char *password;
    enum submitter_auth auth;
    const char *reverse_path;    /* "" is the null one */
    const char *mail_parameters; /* or NULL */
    const struct submitter_recipient *recipients;
    size_t recipient_count;
    struct slice content; /* before dot-stuffing, lines ended by CRLF */
    size_t chunk_bytes;   /* BDAT, so many octets each; 0: DATA */
    int64_t limit_ms;     /* real time for the whole; 0: 30 s */
};

/* One reply. Stages: "connect", "ehlo", "starttls", "tls-ehlo", "auth", "mail",
 * "rcpt", "data", "chunk" (a BDAT before the last), "content", "quit". */
struct submitter_reply {
    const char *stage;
    const char *command;   /* as sent, AUTH without its secret; "" at connect */
    const char *recipient; /* for rcpt, else NULL */
    unsigned code;
    const char *reply; /* lines joined by LF, without line ends */
};

struct submitter_result {
    bool is_accepted; /* 2xx to the end of data */
    bool is_verified; /* the certificate passed */
    const char *tls;  /* "1.3"; NULL in plain text */
    const char *cipher;
    const char *failure; /* why it ended early; NULL: QUIT was answered */
    const struct submitter_reply *replies;
    size_t reply_count;
    struct transcript transcript; /* credentials shown as "***" */
};

/* The result lives until the submitter is destroyed. */
typedef void submitter_done(void *ctx, const struct submitter_result *result);

/* submitter_start - never fails here: whatever happens is told by on_done, on
 * a later turn of the loop. The submitter is destroyed by the caller, also
 * before or within on_done. */
struct submitter *submitter_start(struct loop *loop,
                                  const struct submitter_settings *settings,
                                  submitter_done *on_done, void *ctx);
void submitter_destroy(struct submitter **submitter);
/* NULL while it still runs. */
const struct submitter_result *
submitter_result(const struct submitter *submitter);

/* submitter_plain_token - what follows "AUTH PLAIN " (RFC 4616). */
const char *submitter_plain_token(struct arena *arena, const char *user,
                                  const char *password);

#endif
