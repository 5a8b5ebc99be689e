/* session_step - runs a `session` step: one raw dialogue with the gateway, or
 * several at once that stay open while later steps run. */
#ifndef ENGINE_SESSION_STEP_H
#define ENGINE_SESSION_STEP_H

#include "engine/engine_private.h"

/* The connections of a case that are held open. */
struct held_session;

enum status session_run(struct stage *stage, const struct step *step,
                        struct err *err) MUST_USE;
/* Cuts what is held open. */
void sessions_release(struct held_session **held);

#endif
