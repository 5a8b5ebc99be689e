/* api - the interface for mail clients (PORTAL-5). Ends its visit. Inside
 * portal only. */
#ifndef PORTAL_API_H
#define PORTAL_API_H

#include "portal/visit.h"

void api_handle(struct visit *visit);

#endif
