/* transport - connections to recipients' servers, as an interface that a test
 * can fake.
 *
 * One connection is opened to one host and measured (TRANSPORT-2); the caller
 * then sends a message over that very connection (TRANSPORT-1), another one
 * after it, or quits it.
 * Callbacks come later, never from within a call. */
#ifndef DELIVER_TRANSPORT_H
#define DELIVER_TRANSPORT_H

#include "dns/hosts.h"
#include "rules/words.h"
#include "store/hand.h"
#include "wire/envelope.h"

enum { TRANSPORT_REPLY_BYTES = 1024 };

/* A server's answer for the journal and the DSN. */
struct transport_reply {
    char line[TRANSPORT_REPLY_BYTES]; /* "550 5.1.1 no such user"; "": none */
    char status[16]; /* "5.1.1", or "5.0.0" without one; also without a line,
                        where the message could not go there (DSN-3) */
};

enum measure_kind {
    MEASURE_MEASURED, /* EHLO was accepted: level says what it proved */
    MEASURE_UNKNOWN,  /* no connection, time-out, 4xx to greeting or EHLO */
    MEASURE_REFUSED,  /* 5xx to greeting or EHLO */
    MEASURE_KIND_COUNT
};

struct measure {
    enum measure_kind kind;
    enum level level;
    enum why why;     /* why it is not better; MEASURED at level dane: unused */
    bool certificate; /* the certificate itself passes */
    bool usable;      /* the session stands: a transaction may begin. Not so
                         after a failed handshake */
    bool starttls_refused;
    char tls[8];                  /* "1.3"; "": plain */
    struct transport_reply reply; /* UNKNOWN, REFUSED: the server's, if any */
};

struct transport_target {
    const struct mail_host *host; /* valid until on_opened; one whose look-up
 failed is unknown without a connection */
    bool plain;                   /* no STARTTLS (TRANSPORT-7) */
    bool strict;                  /* RFC 9325 suites alone: pkix is asked */
};

enum sent_kind {
    SENT_ACCEPTED,
    SENT_TEMPORARY, /* 4xx */
    SENT_PERMANENT, /* 5xx */
    SENT_LOST,      /* closed, too late, no SMTP */
    SENT_KIND_COUNT
};

struct sent {
    enum sent_kind kind;
    bool is_at_start;  /* unless ACCEPTED: MAIL itself failed, nothing more was
                          answered */
    bool takes_notify; /* DSN is offered: it reports what NOTIFY asked */
    struct transport_reply reply;
};

struct transport_mail {
    const char *reverse_path; /* "": null */
    const char *recipient;
    struct slice content; /* valid until on_sent */
    struct slice body;    /* what follows it, the same; often empty. A large
                             one is read as it is sent (base/mapped.h) */
    const struct dkim_seal *seal; /* of what leaves, after every conversion;
                                     valid until on_sent; NULL: none */
    /* RFC 3461, said where the server offers DSN: bits of NOTIFY (envelope.h),
     * 0: nothing is said. RET is HDRS then: content never comes back. */
    unsigned notify;
    const char *envid;     /* decoded; NULL: absent */
    const char *orcpt;     /* "rfc822;bob@x" decoded; NULL: absent */
    unsigned links;        /* secure download links in it (ATTACH-1) */
    struct hand_hold hold; /* whose steps it is to send it (KEEP-4) */
};

struct dkim_seal;
struct outbound; /* one connection */

typedef void transport_on_opened(struct outbound *outbound,
                                 const struct measure *measure, void *ctx);
typedef void transport_on_sent(struct outbound *outbound,
                               const struct sent *sent, void *ctx);

struct transport {
    void *self;
    struct outbound *(*open)(void *self, const struct transport_target *target,
                             transport_on_opened *on_opened, void *ctx);
    void (*send)(struct outbound *outbound, const struct transport_mail *mail,
                 transport_on_sent *on_sent, void *ctx);
    /* The caller is done with it, in whatever state: QUIT where the session
     * stands idle, a close otherwise; no callback of it comes any more. Its
     * end is told to on_closed. */
    void (*quit)(struct outbound *outbound);
    /* Whether a transaction can begin now: after on_opened, between two. */
    bool (*is_ready)(const struct outbound *outbound);
    /* Nothing is due: what is kept for others is closed. NULL: nothing is. */
    void (*trim)(void *self);
    /* TRANSPORT-8. How long it is the server's turn: since it was opened, or
     * since the transaction began. 0: it is not, or nobody may break it off any
     * more, for the content is under way. NULL: always 0. */
    int64_t (*waits_ms)(const struct outbound *outbound);
    /* So many destinations have no connection, for all that there may be are
     * taken. NULL: 0. */
    size_t (*short_of)(void *self);
    /* Of those that wait for their servers, at least so long, the longest are
     * told that there is no connection, or that it is lost; says how many.
     * Calls back from within. NULL: none. */
    size_t (*hurry)(void *self, size_t most, int64_t least_ms);
    size_t (*open_count)(void *self); /* those being closed included */
    void (*on_closed)(void *ctx);     /* after each close; NULL: not wanted */
    void *on_closed_ctx;
};

#endif
