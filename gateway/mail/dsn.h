/* dsn - a delivery status notification for failed recipients, RFC 3464 in RFC
 * 6522's multipart/report. It never carries content, whatever RET asked for
 * (DSN-1). */
#ifndef MAIL_DSN_H
#define MAIL_DSN_H

#include "mail/message.h"

struct mail_dsn_recipient {
    const char *address;
    const char *orcpt;      /* "rfc822;bob@x" decoded; NULL: absent */
    const char *status;     /* "5.7.10" */
    const char *remote_mta; /* host that answered; NULL: none */
    const char *reply;      /* its reply, "550 5.1.1 no"; NULL: none */
    const char *reason;     /* plain words: the Status in the sender's terms */
};

struct mail_dsn {
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

struct slice mail_dsn(struct arena *arena, const struct mail_dsn *in);

#endif
