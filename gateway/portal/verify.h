/* verify - the actions of the page `verify` (PORTAL-2). Each ends its visit,
 * now or later. Inside portal only. */
#ifndef PORTAL_VERIFY_H
#define PORTAL_VERIFY_H

#include "portal/visit.h"

/* verify_proof - how this link is opened, and with which value. */
void verify_proof(struct visit *visit);

void verify_show(struct visit *visit);
void verify_login(struct visit *visit);
void verify_send_code(struct visit *visit);
void verify_code(struct visit *visit);
void verify_forgotten(struct visit *visit);

#endif
