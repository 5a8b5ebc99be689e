/* notification - the mail that says that a secure message waits (MAIL-3): who
 * wrote and where to read it, and nothing of the content. */
#ifndef MAIL_NOTIFICATION_H
#define MAIL_NOTIFICATION_H

#include "mail/message.h"

struct mail_notification {
    const char *from; /* the gateway's no-reply address */
    const char *host_name;
    const char *to;
    struct slice content;     /* of the message: From and Subject are used */
    bool generic_subject;     /* notification_subject: generic */
    const char *conversation; /* X-Zivver-ConversationId */
    const char *portal;       /* "https://portal.host", without slash */
    const char *token;        /* of the link */
    const char *mail_id;      /* left part of Message-ID: a repeat keeps it */
    int64_t now_s;
};

struct slice mail_notification(struct arena *arena,
                               const struct mail_notification *in);

#endif
