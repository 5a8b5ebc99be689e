/* directory - what the gateway knows of organizations and accounts, as an
 * interface that the application fills and a test can fake. */
#ifndef DELIVER_DIRECTORY_H
#define DELIVER_DIRECTORY_H

#include "rules/words.h"

/* Addresses are compared by the directory (AUTH-6). Texts stay the directory's
 * own. */
struct directory {
    void *self;
    enum account (*account)(void *self, const char *address);
    /* UUID of the organization that has the address's domain and enabled
     * inbound direct delivery (ACCOUNT-2); NULL: none. */
    const char *(*inbound)(void *self, const char *address);
    /* The transport-security policy of the sender's organization. */
    enum policy (*policy)(void *self, const char *organization);
    /* Whether the organization has a shared verification of that kind for the
     * recipient (SHARED-2). */
    bool (*share)(void *self, const char *organization, const char *recipient,
                  enum right kind);
};

#endif
