/* hand - what this process works on, written down before it is taken up, in a
 * file beside the database: the next process learns from it in whose processing
 * this one died (KEEP-4).
 *
 * The file is written, not synced: whatever ends the process leaves it in the
 * page cache. After a power failure it says nothing, and is not listened to (it
 * names the boot it belongs to). It is not mapped, so that nobody who cuts it
 * off can end the process by that. From any thread; a NULL hand does nothing.
 *
 * Something is in hand from hand_take to hand_put_down; its own code runs
 * within a HAND_STEP. What runs at the moment of a death is to blame for it;
 * waiting for somebody else's answer is not. */
#ifndef STORE_HAND_H
#define STORE_HAND_H

#include <stdint.h>

#include "base/status.h"

enum hand_kind {
    HAND_RECIPIENT, /* an attempt to deliver; item: the recipient */
    HAND_DSN,       /* the same of a status notification; item: it */
    HAND_PAGE,      /* a page of the portal; item: which of its actions */
    HAND_BOUNCE,    /* what came back; item: the recipient */
    HAND_INTAKE,    /* a message that is not stored yet; message, item: 0 */
    HAND_KIND_COUNT
};

enum { HAND_SLOTS = 2048 };

struct hand_work {
    enum hand_kind kind;
    int64_t message; /* its number in the store */
    int64_t item;
};

struct hand;

/* One thing in hand; by value, zeroed: nothing. */
struct hand_hold {
    struct hand *hand;
    unsigned slot, serial;
};

/* hand_take - in hand from now on. With all slots taken: nothing, told in the
 * log. */
struct hand_hold hand_take(struct hand *hand, const struct hand_work *work);
/* What was put down before, or never taken, is let be. */
void hand_put_down(struct hand_hold *hold);

/* A step ends with its block, also when what it belongs to was put down within
 * it. */
struct hand_step {
    struct hand_hold hold;
    bool is_whole; /* it was taken for this step alone */
};
struct hand_step hand_step_begin(struct hand_hold hold);
struct hand_step hand_step_whole(struct hand *hand,
                                 const struct hand_work *work);
void hand_step_end(struct hand_step *step);
#define HAND_STEP_CLEANUP __attribute__((cleanup(hand_step_end), unused))
#define HAND_STEP(hold)                                                        \
    struct hand_step hand_step_here HAND_STEP_CLEANUP = hand_step_begin(hold)
#define HAND_STEP_WHOLE(hand, work)                                            \
    struct hand_step hand_step_here HAND_STEP_CLEANUP =                        \
        hand_step_whole(hand, work)

/* What the process before this one left: nothing after an orderly stop. */
struct hand_left {
    bool has_crashed; /* by a signal of its own, not from outside */
    unsigned count, running_count;
    struct {
        struct hand_work work;
        bool is_running;
    } all[HAND_SLOTS];
};

/* hand_open - left_out: NULL where it is not wanted.
 *
 * errors  ST_TEMP: the file cannot be made or read
 */
enum status hand_open(const char *directory, struct hand **out,
                      struct hand_left *left_out, struct err *err) MUST_USE;
/* What was left is counted: the file begins anew, and a crash of this process
 * is noted in it. */
enum status hand_begin(struct hand *hand, struct err *err) MUST_USE;
/* An orderly end: nothing is in hand. Before hand_begin nothing is changed. */
void hand_close(struct hand **hand);

#endif
