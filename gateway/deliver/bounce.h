/* bounce - what comes back to a recipient's return path, and what follows from
 * it: a journal line, a status notification of the gateway's own (BOUNCE-1).
 * Pure. */
#ifndef DELIVER_BOUNCE_H
#define DELIVER_BOUNCE_H

#include "base/alloc.h"
#include "deliver/deliver.h"

struct bounce {
    const struct store_item *item; /* whose return path it came to */
    struct slice content;
    bool is_null_path; /* MAIL FROM:<> */
    int64_t now_ms;
};

/* bounce_take - what is to be recorded, its texts in the arena, its dsn in
 * *dsn; false: nothing. A failure is `bounced`, and tells the sender who wants
 * to know (RFC 3461 4.1), once; a delay or a success that the next server
 * reports only tells him. */
bool bounce_take(struct arena *arena, const struct deliver_settings *settings,
                 const struct bounce *bounce, struct store_record *out,
                 struct store_dsn *dsn);

#endif
