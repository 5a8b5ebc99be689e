/* verb - the commands of SMTP by name (RFC 5321 4.1, 3207, 4954, 3030). */
#ifndef WIRE_VERB_H
#define WIRE_VERB_H

#include "base/slice.h"

enum smtp_verb {
    SMTP_VERB_UNKNOWN,
    SMTP_VERB_EHLO,
    SMTP_VERB_HELO,
    SMTP_VERB_STARTTLS,
    SMTP_VERB_AUTH,
    SMTP_VERB_MAIL,
    SMTP_VERB_RCPT,
    SMTP_VERB_DATA,
    SMTP_VERB_BDAT,
    SMTP_VERB_RSET,
    SMTP_VERB_NOOP,
    SMTP_VERB_QUIT,
    SMTP_VERB_VRFY,
    SMTP_VERB_EXPN,
    SMTP_VERB_ETRN,
    SMTP_VERB_TURN,
    SMTP_VERB_HELP,
    SMTP_VERB_COUNT
};

const char *smtp_verb_name(enum smtp_verb verb);
/* smtp_verb_parse - args: what follows the blanks behind the verb, without
 * blanks at its end. */
enum smtp_verb smtp_verb_parse(struct slice line, struct slice *args);

#endif
