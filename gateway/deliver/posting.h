/* posting - the making of what one attempt sends, off the loop (CONN-11): the
 * message's parts are found once for all its recipients (deliver/scans.h), then
 * the mail is composed. */
#ifndef DELIVER_POSTING_H
#define DELIVER_POSTING_H

#include "deliver/compose.h"
#include "deliver/scans.h"
#include "deliver/transport.h"
#include "store/hand.h"

/* The attempt fills the first part, once. */
struct posting {
    struct arena *arena; /* nobody else's until it is done */
    const struct deliver_world *world;
    struct hand_hold hold; /* whose steps are run */
    loop_fn *on_done;
    void *ctx;
    struct compose_wish wish;
    /* Results. */
    enum status status;
    struct err err;
    struct transport_mail mail;
    /* Private. */
    struct scan_share share;
    struct work *work;
};

/* on_done may be called from within. */
void posting_start(struct posting *posting);
void posting_cancel(struct posting *posting);

#endif
