/* compose - what an attempt sends: the sender's message, a notification of it,
 * or a status notification, with its envelope. Pure. */
#ifndef DELIVER_COMPOSE_H
#define DELIVER_COMPOSE_H

#include "deliver/attempt.h"

struct compose_wish {
    const struct deliver_settings *settings;
    const struct store_item *item;
    int64_t now_ms;
    const struct decision *decision; /* CHOSEN; unused for a DSN */
    const char *idd_uuid;            /* with decision->idd */
};

/* Texts in the arena or the item. MAIL-1, MAIL-2, MAIL-3. */
struct transport_mail compose(struct arena *arena,
                              const struct compose_wish *wish);

#endif
