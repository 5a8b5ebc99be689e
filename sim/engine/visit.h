/* visit - walks through a `visit` step: browsers and mail clients that use the
 * gateway's portal by its documented addresses, forms and marks, and find links
 * and codes where a guest finds them. */
#ifndef ENGINE_VISIT_H
#define ENGINE_VISIT_H

#include "engine/engine_private.h"

/* All browsers of a case, by name; made when first needed. */
struct visits;

enum status visit_run(struct stage *stage, const struct step *step,
                      struct err *err) MUST_USE;
void visits_destroy(struct visits **visits);

#endif
