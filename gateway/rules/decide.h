/* decide - how one recipient of one message is verified and reached.
 *
 * Pure: the caller gives what it knows; the answer is a decision with its
 * explanation, or the one question that is still open. The caller then answers
 * the question in the facts and asks again. Each attempt starts with its
 * askable facts UNASKED again (ORDER-6). */
#ifndef RULES_DECIDE_H
#define RULES_DECIDE_H

#include "rules/order.h"

/* Where mail for the recipient's domain goes at all (ORDER-7). */
enum destination {
    DESTINATION_UNASKED,
    DESTINATION_USABLE,
    DESTINATION_NO_DOMAIN,
    DESTINATION_NULL_MX,
    DESTINATION_NO_HOST,
    DESTINATION_LOOKUP_FAILED
};

/* Whether the recipient meets NTA 7516 (NTA-2). */
enum nta_recipient {
    NTA_RECIPIENT_UNASKED,
    NTA_RECIPIENT_UNMET,
    NTA_RECIPIENT_MET, /* a next hop is connected (NTA-3) */
    NTA_RECIPIENT_UNKNOWN,
    NTA_RECIPIENT_REFUSED /* 5xx greeting or EHLO of every next hop */
};

/* Whether the sender's domain publishes what direct mail from it needs: a key
 * or a return path of the gateway (MAIL-2). */
enum sender_dns {
    SENDER_DNS_UNASKED,
    SENDER_DNS_ALIGNED,
    SENDER_DNS_MISSING,
    SENDER_DNS_UNKNOWN
};

/* What a rank asks of a server; each is a question of its own, because with
 * several hosts another one may answer it. */
enum minimum {
    MINIMUM_TLS,
    MINIMUM_PKIX,        /* level pkix or dane */
    MINIMUM_CERTIFICATE, /* the certificate itself passes, whatever DANE says
                            (DIRECT-3, dane_satisfies: no) */
    MINIMUM_DANE,
    MINIMUM_COUNT
};

/* What the hosts of the destination answered together, in the order of their
 * preference. */
enum reach_outcome {
    REACH_UNASKED,
    REACH_REACHED,              /* a host has the minimum and is connected */
    REACH_TOO_WEAK,             /* every host was measured and falls short */
    REACH_WEAK_AND_UNREACHABLE, /* one or more fell short, all others are
                                   unknown only for lack of a connection */
    REACH_UNKNOWN,              /* any other unknown host */
    REACH_REFUSED               /* 5xx greeting or EHLO; none was measured, none
                                   is unknown */
};

struct reach {
    enum reach_outcome outcome;
    enum level level; /* reached, or the best that was measured */
    enum why why;     /* unless reached: the word of the best host measured,
                         else of the first unknown one */
};

struct shares {
    bool known; /* false: UNASKED */
    bool sms;
    bool access_code;
};

struct facts {
    /* Always known. */
    bool direct_delivery; /* the message has zivver-direct-delivery */
    bool email_permitted; /* MINIMUM-2 */
    enum right right;     /* this recipient's access right */
    enum account account;
    bool idd;                  /* the recipient's organization has IDD on */
    bool idd_requires_account; /* setting; default yes */
    enum policy policy;        /* of the sender's organization */
    bool dane_satisfies;       /* dane_satisfies_certificate_validation; yes */
    bool host_wait_over; /* unknown_host_wait has passed since acceptance */
    enum method decided_last; /* of an earlier attempt; METHOD_NONE: none yet */
    /* Answers to questions. */
    enum destination destination;
    bool sender_nta_open; /* QUESTION_NTA_SENDER has no answer yet */
    bool sender_nta;      /* NTA-1: never unknown */
    enum why sender_nta_why;
    enum nta_recipient nta_recipient;
    enum why nta_recipient_why; /* UNMET, UNKNOWN */
    enum sender_dns sender_dns;
    struct reach reach[MINIMUM_COUNT];
    struct shares shares;
};

enum question {
    QUESTION_DESTINATION,
    QUESTION_NTA_SENDER,
    QUESTION_SENDER_DNS,
    QUESTION_NTA_RECIPIENT,
    QUESTION_REACH, /* decision.minimum says which */
    QUESTION_SHARES
};

enum decision_kind {
    DECISION_ASK,
    DECISION_CHOSEN, /* method by direct or notification */
    DECISION_WAIT,   /* deferred: a needed fact is unknown (ORDER-5) */
    DECISION_FAIL
};

/* One method that did not apply, and why. */
struct not_applied {
    enum method method;
    enum why why;
};

struct decision {
    enum decision_kind kind;
    enum question question; /* ASK */
    enum minimum minimum;   /* ASK reach, CHOSEN direct: what the connection
                               that carries the content must have */
    enum method method;     /* CHOSEN; FAIL: decided last; else METHOD_NONE */
    enum delivery delivery; /* unless ASK */
    bool idd;               /* CHOSEN direct by ACCOUNT-2 */
    enum why why;           /* WAIT */
    bool until_host_wait;   /* WAIT: unknown_host_wait alone holds it back */
    const char *status;     /* FAIL: "5.7.10"; NULL: the server's own reply */
    /* The ranks above the chosen one, in their order; after WAIT and FAIL the
     * rank that waits or failed stands last. An IDD that was measured too weak
     * has an entry of its own. */
    struct not_applied not_applied[ORDER_RANKS_MAX + 1];
    size_t not_applied_count;
};

/* decide - choose, or name the open question.
 *
 * out     d_out: filled whole
 * source  ORDER-1 to ORDER-7, ACCOUNT-1, ACCOUNT-2, MINIMUM-1 to MINIMUM-4,
 * MAIL-2
 */
void decide(const struct facts *facts, struct decision *d_out);

/* facts_init - nothing asked, no wishes, settings at their defaults. */
void facts_init(struct facts *facts);

const char *minimum_name(enum minimum minimum);

#endif
