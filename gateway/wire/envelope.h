/* envelope - who sends to whom, and what MAIL and RCPT said about it: the
 * parameters of the extensions that are offered (RFC 1870, 3461, 6152, 6531),
 * validated and kept. Pure. */
#ifndef WIRE_ENVELOPE_H
#define WIRE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum dsn_ret { DSN_RET_ABSENT, DSN_RET_FULL, DSN_RET_HDRS, DSN_RET_COUNT };
const char *dsn_ret_name(enum dsn_ret ret); /* "", "FULL", "HDRS" */

enum body_kind { BODY_ABSENT, BODY_7BIT, BODY_8BITMIME, BODY_COUNT };

struct mail_params {
    bool has_size; /* RFC 1870 */
    unsigned long long size_bytes;
    enum body_kind body; /* RFC 6152 */
    bool smtputf8;       /* RFC 6531 */
    enum dsn_ret ret;
    bool has_envid;
    struct slice envid; /* xtext decoded */
};

enum { /* bits of NOTIFY; 0: absent */
       DSN_NOTIFY_NEVER = 1,
       DSN_NOTIFY_SUCCESS = 2,
       DSN_NOTIFY_FAILURE = 4,
       DSN_NOTIFY_DELAY = 8
};

struct rcpt_params {
    unsigned notify;
    bool has_orcpt;
    struct slice orcpt_type; /* "rfc822" */
    struct slice orcpt;      /* xtext decoded */
};

struct envelope_recipient {
    /* Without a source route; the domain in lower-case A-labels. */
    struct slice address;
    struct rcpt_params params;
};

struct envelope {
    struct slice reverse_path; /* written likewise; empty: null */
    struct mail_params params;
    struct envelope_recipient *recipients; /* in the order of RCPT */
    size_t recipient_count;
};

#endif
