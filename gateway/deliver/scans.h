/* scans - what a message consists of, found once for all of its recipients and
 * off the loop (CONN-11), and kept while one of them is at work. */
#ifndef DELIVER_SCANS_H
#define DELIVER_SCANS_H

#include "mail/scan.h"
#include "net/workers.h"
#include "store/hand.h"
#include "store/store.h"

struct scans;

/* A recipient's share in one; zeroed at first, but for hold. */
struct scan_share {
    struct scan_share *next;
    struct scan *scan;
    const struct store_message *message;
    loop_fn *done;
    void *ctx;
    struct hand_hold hold; /* whose steps a pass over this copy is */
};

/* workers: NULL: everything is done at once. owner: caller */
struct scans *scans_create(struct workers *workers);
/* No share is left. */
void scans_destroy(struct scans **scans);

/* scans_ask - done is called once it is there, which may be from within; then
 * scans_found gives it until the share is released. The message must last as
 * long as the share. */
void scans_ask(struct scans *scans, const struct store_message *message,
               struct scan_share *share, loop_fn *done, void *ctx);
const struct mail_scan *scans_found(const struct scan_share *share);
/* Nothing where there is no share. Waits for the end of a pass over this very
 * copy. */
void scans_release(struct scan_share *share);

/* For tests: passes made so far. */
size_t scans_count(const struct scans *scans);

#endif
