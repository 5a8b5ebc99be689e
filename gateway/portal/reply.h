/* reply - a guest's reply goes into the store as a message (CONV-4). Ends its
 * visit. Inside portal only. */
#ifndef PORTAL_REPLY_H
#define PORTAL_REPLY_H

#include "portal/visit.h"

void reply_send(struct visit *visit, const struct portal_link *link);

#endif
