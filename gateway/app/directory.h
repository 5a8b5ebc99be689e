/* directory - the configuration's organizations, to be asked: whose address or
 * domain is it, which credential, which shared verification. All look-ups are
 * binary searches over keys in which case means nothing (AUTH-6). */
#ifndef APP_DIRECTORY_H
#define APP_DIRECTORY_H

#include "address/mailbox.h"
#include "app/config.h"
#include "deliver/directory.h"
#include "rules/admission.h"

struct organizations;

/* owner: the arena, and the configuration's */
struct organizations *organizations_create(struct arena *arena,
                                           const struct config *config);

/* organizations_user - the credential of that user name (compared exactly) and
 * its organization; NULL: no such user. */
const struct config_credential *
organizations_user(const struct organizations *all, struct slice user,
                   const struct config_organization **owner_out);

/* organizations_owner - who claims the domain, or the closest one above it;
 * NULL: nobody here. domain in lower case */
const struct config_organization *
organizations_owner(const struct organizations *all, struct slice domain);

/* What an address is to an organization that submits (AUTH-5). */
enum standing
organizations_standing(const struct organizations *all,
                       const struct config_organization *organization,
                       const struct mailbox *address);

/* The same knowledge as the last hop asks for it. */
struct directory organizations_directory(struct organizations *all);

#endif
