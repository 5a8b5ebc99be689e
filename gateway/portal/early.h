/* early - what is said of a request before it is whole. Inside portal only. */
#ifndef PORTAL_EARLY_H
#define PORTAL_EARLY_H

#include "net/web.h"

/* Calls of struct web_settings; ctx: struct portal_settings. */
bool early_is_large(void *ctx, const struct web_request *head);
void early_fault(void *ctx, const struct web_request *head,
                 struct web_answer *answer);

#endif
