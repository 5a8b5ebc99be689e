/* events - the journal lines of the last hop, each one JSON object.
 *
 * No body, subject, access code, phone number or password stands in them. */
#ifndef DELIVER_EVENTS_H
#define DELIVER_EVENTS_H

#include "deliver/attempt.h"

enum { EVENT_ID_BYTES = 16 };

struct event_line {
    char id[2 * EVENT_ID_BYTES + 1];
    const char *line; /* in the arena */
};

/* decided - policy, dane_satisfies: what the attempt was decided with, to find
 * the hosts that each rank's explanation is about (ORDER-3). */
struct event_line event_decided(struct arena *arena,
                                const struct store_item *item,
                                const struct attempt_report *report,
                                enum policy policy, bool dane_satisfies);
/* outcome - dsn: whether a status notification was made. */
struct event_line event_outcome(struct arena *arena,
                                const struct store_item *item,
                                const struct attempt_report *report, bool dsn);
/* deferred - of a recipient or a DSN. */
struct event_line event_deferred(struct arena *arena,
                                 const struct store_item *item,
                                 const struct attempt_report *report,
                                 int64_t until_ms);
/* dsn - outcome: "sent", "failed" (refused), "dropped" (lifetime over). */
struct event_line event_dsn(struct arena *arena, const struct store_item *item,
                            const struct attempt_report *report,
                            const char *outcome);
/* bounced - the recipient's server took it and failed afterwards. */
struct event_line event_bounced(struct arena *arena,
                                const struct store_item *item,
                                const char *status);
/* mailed - a mail of the portal; outcome as above. */
struct event_line event_mailed(struct arena *arena,
                               const struct store_item *item,
                               const struct attempt_report *report,
                               const char *outcome);
struct event_line event_settled(struct arena *arena);

#endif
