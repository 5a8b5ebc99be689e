/* found - what recipients of a served world find in their inboxes and on their
 * phones, as it comes: links and codes. */
#ifndef ENGINE_FOUND_H
#define ENGINE_FOUND_H

#include "engine/recorder.h"

struct engine_found {
    const char *to;   /* an address, or a phone number */
    const char *link; /* path of the portal; or NULL */
    const char *code; /* or NULL */
};
typedef void engine_found_fn(const struct engine_found *found, void *ctx);

/* What was told already. */
struct found {
    size_t received, sms;
};
void found_tell(struct found *found, const struct recorder *recorder,
                engine_found_fn *on_found, void *ctx);

#endif
