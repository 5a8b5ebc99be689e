/* report - what a mail that came to a return path says of a delivery: a status
 * notification by RFC 3464, or what older servers write instead (BOUNCE-1).
 *
 * Lenient: it was written by anybody. Whatever it holds besides, the returned
 * message above all, is not looked at. */
#ifndef MAIL_REPORT_H
#define MAIL_REPORT_H

#include "mail/dsn.h"

struct mail_report {
    /* Of several recipients (he has become a list there) what is worst: failed,
     * then expanded, delivered, relayed, and delayed last. */
    enum mail_dsn_action action;
    const char *status; /* "5.1.1"; "5.0.0" and the like where it has none */
    const char *diagnostic; /* without its type; NULL: none */
    const char *remote_mta; /* that said so, else that reports; NULL: none */
};

/* mail_report_read - false: it tells of no delivery: an absence message, a
 * receipt (RFC 8098), a mail by a person.
 *
 * A multipart/report counts whoever sent it. What is none tells of a failure
 * where it came with a null reverse-path, and bears X-Failed-Recipients or is
 * from mailer-daemon or postmaster, and its subject does not say that it is a
 * warning.
 *
 * Only so much of it is looked at (CONN-11): a report whose status stands
 * behind that tells nothing.
 */
enum { MAIL_REPORT_FRONT_BYTES = 2 << 20 };
bool mail_report_read(struct arena *arena, struct slice content,
                      bool is_null_path, struct mail_report *out);

#endif
