/* notice - status notifications to the sender: whether he wants one, and what
 * it says. Pure. DSN-1, DSN-2, DSN-3; RFC 3461, RFC 3464. */
#ifndef DELIVER_NOTICE_H
#define DELIVER_NOTICE_H

#include "deliver/attempt.h"
#include "mail/dsn.h"

/* What the sender is told of one recipient (DSN-1, DSN-2). */
struct notice {
    enum mail_dsn_action action;
    const char *status;     /* "5.7.10" */
    const char *host;       /* whose words they are; NULL: nobody's */
    const char *diagnostic; /* "550 5.1.1 no"; NULL: nothing was said */
    bool is_later;          /* told by a server that had accepted it before */
    int64_t now_ms;
    int64_t will_retry_until_ms; /* DELAYED */
};

/* notice_is_wanted - whether the recipient's fate may be told to anybody
 * (RFC 3461 4.1): a reverse-path is there, NOTIFY asks for it, and it was not
 * told before. delay_default: delay_notice_default, where NOTIFY is absent. */
bool notice_is_wanted(const struct store_item *item,
                      enum mail_dsn_action action, bool delay_default);

/* notice_compose - the status notification of one recipient. */
struct store_dsn notice_compose(struct arena *arena,
                                const struct deliver_settings *settings,
                                const struct store_item *item,
                                const struct notice *notice);

/* notice_of - of an attempt that ended. */
struct notice notice_of(const struct attempt_report *report,
                        enum mail_dsn_action action, int64_t now_ms);

/* notice_reason - what a status of the gateway's own means (DSN-3), a sentence;
 * NULL: it is none of these. */
const char *notice_reason(const char *status);

#endif
