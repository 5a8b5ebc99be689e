/* dsn_view - reads a delivery status notification (RFC 3464, 6533) and what the
 * submitter asked for (RFC 3461). */
#ifndef CHECKER_DSN_VIEW_H
#define CHECKER_DSN_VIEW_H

#include "checker/judge_internal.h"

/* The parts of a DSN; empty where it has none. */
struct report {
    struct mail_view text;     /* the first part */
    struct mail_view status;   /* message/delivery-status, RFC 6533: global */
    struct mail_view returned; /* text/rfc822-headers */
    size_t parts;
};

struct report dsn_report(struct trial *t, const struct copy *copy);
/* The n-th group of fields of a delivery status: 0 is the message's, the others
 * are a recipient's each. False beyond the last. */
bool dsn_group(struct trial *t, const struct report *r, size_t n,
               struct mail_view *out);
/* The group of a DSN that tells of an address. */
bool dsn_group_of(struct trial *t, const struct copy *copy, const char *address,
                  struct mail_view *out);
/* "rfc822;bob@hospital.example" to the address; "" otherwise. */
const char *dsn_typed_address(struct trial *t, const char *value);
/* The Action of a group, or of a DSN's first recipient; "" when missing. */
const char *dsn_action(struct trial *t, const struct mail_view *group);
const char *dsn_copy_action(struct trial *t, const struct copy *copy);

/* RFC 3461 4: xtext undone. */
const char *dsn_from_xtext(struct arena *arena, const char *text);
/* The seconds of a date (RFC 5322 3.3); -1: it is none. */
long long dsn_date(const char *text);

/* What the submitter asked for; NULL: nothing is known of it. */
const struct submit *dsn_submit(const struct letter *letter);
/* The value of NOTIFY= or ORCPT= for an address; NULL: not given. */
const char *dsn_asked(const struct node *map, const char *address);

#endif
