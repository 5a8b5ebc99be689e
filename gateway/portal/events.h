/* events - the portal's lines of the journal. No code, number or content. */
#ifndef PORTAL_EVENTS_H
#define PORTAL_EVENTS_H

#include "portal/visit.h"

struct store_event event_opened(struct visit *visit,
                                const struct portal_link *link,
                                const char *method, bool attachment);
struct store_event event_reply(struct visit *visit, const char *message,
                               const struct store_recipient *recipient);
struct store_event event_sms(struct visit *visit, bool sent);

#endif
