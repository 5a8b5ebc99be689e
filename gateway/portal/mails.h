/* mails - what the portal mails: codes, notices and replies (PORTAL-2,
 * CONV-4). Pure but for the identifiers it makes. */
#ifndef PORTAL_MAILS_H
#define PORTAL_MAILS_H

#include "portal/visit.h"

/* A code for the recipient: no content, no subject of the message. */
struct slice mail_code(struct visit *visit, const char *code);
/* The sender is asked to tell the recipient his access code again. */
struct slice mail_forgotten(struct visit *visit);

/* mail_reply - of the visit's form to this message, into the blob. */
void mail_reply(struct visit *visit, struct slice content, struct blob *out);

#endif
