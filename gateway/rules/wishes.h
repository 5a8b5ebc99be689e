/* wishes - what the zivver-* fields of a message ask for, per recipient.
 *
 * zivver-access-right: address method value        (RIGHT-1 to RIGHT-4)
 * zivver-direct-delivery: tls tls1.2 auth certificate-validation (DIRECT-1, 2)
 * zivver-minimum-recipient-verification: email-verification   (MINIMUM-2) */
#ifndef RULES_WISHES_H
#define RULES_WISHES_H

#include "address/header.h"
#include "address/mailbox.h"
#include "rules/words.h"

/* Which keyword asks for an access code (RIGHT-2). */
enum code_keyword {
    CODE_KEYWORD_BOTH,
    CODE_KEYWORD_PROSE,  /* access-code */
    CODE_KEYWORD_EXAMPLE /* sharedAccessCode */
};

struct wishes_settings {
    enum code_keyword access_code_keyword; /* default both */
    bool ignore_invalid_right;             /* default no: reject (RIGHT-4) */
};

struct wish {
    enum right right;
    struct slice value; /* secret, in the message's own text: a phone number or
                           an access code; never logged, journalled or told */
};

struct wishes_warning {
    enum warning word;
    char *recipient; /* as mailbox_format; NULL: the message as a whole, or a
                        field whose address cannot be read */
};

struct wishes {
    bool direct_delivery;
    bool email_permitted;
    struct wish *wishes; /* one per recipient given, in the same order */
    struct wishes_warning *warnings;
    size_t warning_count;
};

/* wishes_parse - read the control fields.
 *
 * in      recipients: the envelope; each of them may be named by a field
 * out     refusal_out: NULL, or the reply "550 5.6.0 ..." that refuses the
 *         message (RIGHT-4); it names address and fault, never the value.
 *         wishes_out is filled either way, up to the fault
 * owner   all but the values is in the arena
 */
void wishes_parse(struct arena *arena, const struct header *header,
                  const struct mailbox *recipients, size_t recipient_count,
                  const struct wishes_settings *settings,
                  struct wishes *wishes_out, const char **refusal_out);

#endif
