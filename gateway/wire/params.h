/* params - the parameters of MAIL and RCPT (RFC 5321 4.1.2): SIZE (RFC 1870),
 * BODY (RFC 6152), SMTPUTF8 (RFC 6531) and those of DSN (RFC 3461) are
 * validated and kept, AUTH= (RFC 4954 5) is validated and forgotten, all others
 * are refused (CONN-7). Pure. */
#ifndef WIRE_PARAMS_H
#define WIRE_PARAMS_H

#include "base/alloc.h"
#include "base/buf.h"
#include "wire/envelope.h"
#include "wire/reply.h"

/* in      text: what follows the path, with or without blanks around it
 * out     the parameters, their texts in the arena
 * returns NULL, or the refusal: 555 5.5.4 unknown, 501 5.5.4 malformed */
const struct reply *mail_params_parse(struct arena *arena, struct slice text,
                                      struct mail_params *out) MUST_USE;
const struct reply *rcpt_params_parse(struct arena *arena, struct slice text,
                                      struct rcpt_params *out) MUST_USE;

/* Each parameter with a blank before it. */
void mail_params_format(struct buf *out, const struct mail_params *params);
void rcpt_params_format(struct buf *out, const struct rcpt_params *params);

#endif
