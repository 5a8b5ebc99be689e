/* server_internal - what the files of the server session share; no one else
 * includes it. Order to read: server.c, verbs.c, then the cmd_*.c files. */
#ifndef SESSION_SERVER_INTERNAL_H
#define SESSION_SERVER_INTERNAL_H

#include "address/mailbox.h"
#include "base/blob.h"
#include "base/buf.h"
#include "wire/dot.h"
#include "wire/line.h"
#include "wire/params.h"
#include "wire/sasl.h"
#include "wire/verb.h"

#include "session/server.h"

enum server_state {
    SERVER_STATE_NEW,    /* no EHLO or HELO yet */
    SERVER_STATE_READY,  /* no transaction */
    SERVER_STATE_MAIL,   /* reverse-path accepted, no recipient yet */
    SERVER_STATE_RCPT,   /* at least one recipient accepted */
    SERVER_STATE_AUTH,   /* the next line answers the challenge */
    SERVER_STATE_DATA,   /* message data */
    SERVER_STATE_VOID,   /* message data that is discarded (CONN-5) */
    SERVER_STATE_CHUNK,  /* octets of BDAT */
    SERVER_STATE_CHUNKS, /* a chunk was accepted, more are to come */
    SERVER_STATE_OVER,   /* the last reply is said */
    SERVER_STATE_COUNT
};

enum {
    AUTH_FAILURES_MAX = 5, /* AUTH-2 */
    REFUSALS_MAX = 20      /* of a stranger in a session (CONN-10) */
};

/* What the next line in state AUTH answers. */
enum auth_step { AUTH_STEP_PLAIN, AUTH_STEP_USER, AUTH_STEP_PASSWORD };

/* The octets of one BDAT. */
struct chunk {
    unsigned long long left;
    bool is_last;
    bool has_cr;       /* the octet before was a CR, chunk borders or not */
    bool is_bare;      /* void: CONN-5 */
    bool is_misplaced; /* refused by the order of commands; changes nothing */
    const struct reply *refusal; /* NULL: none */
    enum server_state state_before;
};

/* One command line, as its check understood it. */
struct command {
    struct arena *arena; /* until the next line */
    enum smtp_verb verb;
    struct slice args;
    bool has_behind; /* octets stood behind it already */
    struct mailbox mailbox;
    struct mail_params mail;
    struct rcpt_params rcpt;
};

struct server_session {
    const struct server_settings *settings;
    enum server_state state;
    struct server_want want;
    struct buf out;
    size_t taken;   /* octets of out that the latest take gave away */
    bool is_silent; /* nothing was taken yet */
    bool is_known;  /* AUTH or MAIL was answered with 2xx: no stranger */
    unsigned refusals;
    uint64_t progress; /* lines, replies and handshakes */
    uint64_t octets;   /* of the DATA or BDAT that comes */
    struct line_reader reader;
    struct dot_decoder decoder;
    struct blob *content;
    struct buf piece; /* of it, without dot-stuffing */
    char content_last;
    bool is_too_large;
    size_t discarded;
    struct command command;
    char tls[8]; /* "" before */
    struct slice helo;
    bool is_esmtp;
    struct slice user;
    struct sasl_plain plain; /* being checked */
    enum auth_step auth_step;
    unsigned auth_failures;
    struct reply *held; /* said when the pause is over (AUTH-2) */
    struct chunk chunk;
    struct arena *life; /* of helo and user */
    struct arena *transaction;
    struct envelope envelope;
    size_t recipients_size;
};

/* check only refuses, proceed only acts. */
struct verb_rule {
    enum smtp_verb verb;
    enum server_stage stage;
    bool in_plain;   /* served before TLS (CONN-2) */
    unsigned states; /* bits of server_state; others: 503 5.5.1 */
    const struct reply *(*check)(const struct server_session *,
                                 struct command *);
    void (*proceed)(struct server_session *, const struct command *);
};
const struct verb_rule *verb_rule_find(enum smtp_verb verb);

void server_set_state(struct server_session *, enum server_state);
void server_say(struct server_session *, enum server_stage,
                const struct reply *);
void server_close(struct server_session *); /* want CLOSE after the output */
void server_reset_transaction(struct server_session *);

typedef const struct reply *verb_check(const struct server_session *,
                                       struct command *);
typedef void verb_proceed(struct server_session *, const struct command *);

/* Refuses any argument. */
verb_check check_no_args;

verb_check check_hello;
verb_proceed proceed_ehlo, proceed_helo;
verb_check check_starttls;
verb_proceed proceed_starttls;
verb_check check_auth;
verb_proceed proceed_auth;
void auth_take_response(struct server_session *, struct slice line);
void auth_resume(struct server_session *, const struct reply *);
verb_check check_mail;
verb_proceed proceed_mail;
void mail_resume(struct server_session *, const struct reply *);
verb_check check_rcpt;
verb_proceed proceed_rcpt;
void rcpt_resume(struct server_session *, const struct reply *);
verb_proceed proceed_data;
size_t data_feed(struct server_session *, struct slice octets);
void data_void(struct server_session *); /* 550 5.5.2, 421 4.7.0, close */
void data_resume(struct server_session *, const struct reply *);
/* content.c: the message's octets; what goes wrong is told by the refusal. */
void content_reset(struct server_session *);
void content_add(struct server_session *, struct slice octets);
void content_end_line(struct server_session *); /* CRLF where it is missing */
const struct reply *content_refusal(const struct server_session *);
/* Wants it stored, or refuses and ends the transaction. */
void content_want_store(struct server_session *);
verb_proceed proceed_rset, proceed_noop, proceed_quit, proceed_help,
    proceed_vrfy;
verb_check check_unserved;
void bdat_begin(struct server_session *, const struct command *);
size_t bdat_feed(struct server_session *, struct slice octets);
void auth_pause_over(struct server_session *);

#endif
