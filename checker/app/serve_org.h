/* serve_org - a world of the integrator's own: his organization, from a file of
 * the shape of fixtures/organizations, and recipients with their postures. */
#ifndef KIT_SERVE_ORG_H
#define KIT_SERVE_ORG_H

#include "engine/scenario.h"

/* serve_org_scenario - adds the organization to the fixtures and makes a
 * scenario, without steps and expectations, in which it submits.
 *
 * out     NULL when it cannot be made, else destroyed by the caller
 * errors  ST_INVAL: diagnostics were added */
enum status serve_org_scenario(struct fixtures *fixtures, struct arena *arena,
                               const char *path, struct diagnostics *list,
                               struct scenario **out, struct err *err) MUST_USE;

#endif
