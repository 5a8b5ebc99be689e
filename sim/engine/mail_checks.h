/* mail_checks - what a strict receiver says of a message that a mail host took:
 * DKIM, SPF and DMARC, in the evidence. */
#ifndef ENGINE_MAIL_CHECKS_H
#define ENGINE_MAIL_CHECKS_H

#include <jansson.h>

#include "peer/ask.h"
#include "peer/mailhost.h"

/* mail_checks - adds to a received message:
 *   "dkim": [{"domain","selector","algorithm","result","reason"}]
 *   "spf": {"domain","result"}
 *   "dmarc": {"domain","organizational","result","policy","spf_aligned",
 *     "dkim_aligned"}   by RFC 7489
 *   "dmarc_walk": the same by RFC 9989 */
void mail_checks(json_t *received, const struct ask *ask,
                 const struct mailhost_message *message, int64_t now_s);

#endif
