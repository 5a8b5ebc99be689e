/* earned - the shared verifications that organizations earned in the portal
 * (SHARED-1), in memory: read from the store at start, added to as guests open
 * messages. */
#ifndef APP_EARNED_H
#define APP_EARNED_H

#include "base/alloc.h"
#include "store/portal.h"

struct earned;

struct earned *earned_create(void);
void earned_destroy(struct earned **earned);

/* earned_add - an older value of the same kind for the same recipient goes. */
void earned_add(struct earned *earned, const struct portal_share *share);

/* earned_find - recipient: as the directory compares it; NULL: none. Valid
 * until the next earned_add. */
const struct portal_share *earned_find(const struct earned *earned,
                                       const char *organization,
                                       const char *recipient, const char *kind);

#endif
