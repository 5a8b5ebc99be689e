/* message_sign - the signature that a submitter's own server put on. */
#ifndef ENGINE_MESSAGE_SIGN_H
#define ENGINE_MESSAGE_SIGN_H

#include "engine/scenario.h"
#include "peer/mailkey.h"

/* Under which selector each organization's own key is published. */
extern const char message_own_selector[];
/* Its record. */
const char *message_own_record(struct arena *arena, struct mailkeys *keys,
                               const char *domain);

/* message_sign - the message with the field on top that submit->dkim asks for:
 * one that still verifies at the recipient's; one that covers the control
 * fields; one over another body; one of a stranger's domain. */
struct slice message_sign(struct arena *arena, struct mailkeys *keys,
                          const struct submit *submit, struct slice message);

#endif
