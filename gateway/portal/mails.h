/* mails - what the portal mails: codes, notices and replies (PORTAL-2,
 * CONV-4). Pure but for the identifiers it makes. */
#ifndef PORTAL_MAILS_H
#define PORTAL_MAILS_H

#include "portal/visit.h"

/* A code for the recipient: no content, no subject of the message. */
struct slice mail_code(struct visit *visit, const char *code);
/* The sender is asked to tell the recipient his access code again. */
struct slice mail_forgotten(struct visit *visit);

/* mail_reply - of the visit's form, into the blob. subject, message_id: of the
 * message that is replied to, as they stand there; "": absent. */
void mail_reply(struct visit *visit, struct blob *out, const char *subject,
                const char *message_id);

#endif
