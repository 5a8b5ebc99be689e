/* world_policy - the policy hosts of a world's domains (RFC 8461), each at an
 * address of its own; of this room alone. */
#ifndef ENGINE_WORLD_POLICY_H
#define ENGINE_WORLD_POLICY_H

#include "engine/posture_sts.h"
#include "engine/world.h"

enum { POLICY_HOST_FIRST = 200, POLICY_HOST_LAST = 250 };

struct world_policies;

struct world_policies *world_policies_create(void);
void world_policies_destroy(struct world_policies **policies);

/* world_policies_place - the domain's policy host as its posture says, from now
 * on; none where the posture has no policy. settings: with the time as it is.
 */
enum status world_policies_place(struct world_policies *policies,
                                 const struct world_settings *settings,
                                 const struct posture *posture,
                                 const char *domain, struct err *err) MUST_USE;

/* The address of a policy host, or NULL. */
const char *world_policies_address(const struct world_policies *policies,
                                   const char *host);

#endif
