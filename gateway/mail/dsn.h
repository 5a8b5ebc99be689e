/* dsn - a delivery status notification, RFC 3464 in RFC 6522's multipart/report
 * (RFC 6533 for internationalised addresses). It never carries content,
 * whatever RET asked for (DSN-1). */
#ifndef MAIL_DSN_H
#define MAIL_DSN_H

#include "mail/message.h"

/* RFC 3464 2.3.3. */
enum mail_dsn_action {
    MAIL_DSN_ACTION_FAILED,
    MAIL_DSN_ACTION_DELAYED,
    MAIL_DSN_ACTION_DELIVERED,
    MAIL_DSN_ACTION_RELAYED,
    MAIL_DSN_ACTION_EXPANDED,
    MAIL_DSN_ACTION_COUNT
};
const char *mail_dsn_action_name(enum mail_dsn_action action); /* "failed" */

struct mail_dsn_recipient {
    const char *address;
    const char *orcpt;      /* "rfc822;bob@x" decoded; NULL: absent */
    const char *status;     /* "5.7.10" */
    const char *remote_mta; /* host that answered; NULL: none */
    const char *diagnostic; /* what that host said, or reported of others,
                               "550 5.1.1 no"; NULL: nothing */
    const char *reason;     /* plain words: the Status in the sender's terms */
    int64_t last_attempt_s; /* 0: not said */
    int64_t will_retry_until_s; /* 0: not said; delayed alone */
};

struct mail_dsn {
    enum mail_dsn_action action; /* of all its recipients */
    const char *host_name;
    const char *to;
    struct slice content; /* of the message: header fields alone are used */
    const char *envid;    /* decoded; NULL: absent */
    const char *mail_id;  /* left part of the DSN's own Message-ID */
    int64_t arrival_s;
    int64_t now_s;
    const struct mail_dsn_recipient *recipients;
    size_t recipient_count;
};

/* mail_dsn - in seven bits, but for a sender whose own address is
 * internationalised: his server takes SMTPUTF8 or nothing, and addresses stand
 * there as they are (message/global-delivery-status). */
struct slice mail_dsn(struct arena *arena, const struct mail_dsn *in);

#endif
