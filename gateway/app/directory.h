/* directory - all organizations, those of the configuration and those that were
 * made by command (app/organizations_file.h), to be asked: whose address or
 * domain is it, which credential, which shared verification. All look-ups are
 * binary searches over keys in which case means nothing (AUTH-6). */
#ifndef APP_DIRECTORY_H
#define APP_DIRECTORY_H

#include "address/mailbox.h"
#include "app/config.h"
#include "deliver/directory.h"
#include "rules/admission.h"
#include "store/portal.h"

struct organizations;

/* owner: the arena, and the configuration's */
struct organizations *organizations_create(struct arena *arena,
                                           const struct config *config);

/* organizations_refresh - takes up what commands changed since the last time:
 * to be called where somebody begins to ask. What was found before stays good
 * for the rest of the turn. errors: ST_INVAL: the file is not good, and all
 * stays as it was (logged) */
enum status organizations_refresh(const struct organizations *all,
                                  struct err *err);

const struct config_organization *
organizations_named(const struct organizations *all, const char *name);

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

/* organizations_account - of whatever status; NULL: none. */
const struct config_account *
organizations_account(const struct organizations *all, const char *address);

/* organizations_earned - one more shared verification (SHARED-1). */
void organizations_earned(struct organizations *all,
                          const struct portal_share *share);
/* organizations_share - the most recently opened value of those in the
 * configuration and those earned; secret; NULL: none. */
const char *organizations_share(const struct organizations *all,
                                const char *organization, const char *recipient,
                                enum right kind);

/* directory_key - what two spellings of an address have in common; "" for what
 * is no mailbox. */
const char *directory_key(struct arena *arena, const char *address);

/* The same knowledge as the last hop asks for it. */
struct directory organizations_directory(struct organizations *all);

#endif
