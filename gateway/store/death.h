/* death - in whose processing the process died, counted in the database, and
 * what follows from it (KEEP-4).
 *
 * Something is blamed for a death when its own step ran then, or, after a
 * crash in which nobody's step ran, when it was in hand. A death counts only
 * where one alone is to blame; all who are to blame are suspects: each is taken
 * up alone at the next start, and is none any more once it has come to an end.
 * So many that DEATHS_MOST is reached by a message's deliveries, pages or
 * bounces, each kind by itself, set that kind of it aside. A kill from outside
 * while nobody's step ran blames nobody. Inside store only. */
#ifndef STORE_DEATH_H
#define STORE_DEATH_H

#include "store/db.h"
#include "store/hand.h"

/* A crash is the message's own doing; a kill may be anybody's who restarts the
 * gateway over and over, and ten of them say as much as one crash. */
enum { DEATH_BY_KILL = 1, DEATH_BY_CRASH = 10, DEATHS_MOST = 30 };

/* What one death says of one that was in hand. */
struct death_blame {
    struct hand_work work;
    int count; /* not 0: its message alone is to blame, and this stands for it:
                  DEATH_BY_KILL or DEATH_BY_CRASH */
};

/* death_blame - pure. out: room for left->count; how many are to blame. */
size_t death_blame(const struct hand_left *left, struct death_blame *out);

/* The table, where it is missing. */
enum status death_prepare(struct db *db, struct err *err) MUST_USE;
/* death_count - all or nothing; told in the log. */
enum status death_count(struct db *db, const struct hand_left *left,
                        struct err *err) MUST_USE;

enum status death_guard(struct db *db, const struct hand_work *work,
                        enum store_guard *out, struct err *err) MUST_USE;
/* death_first_suspect - one that is due and not claimed; ST_NONE: nobody. Fills
 * kind and id. */
enum status death_first_suspect(struct db *db, int64_t now_ms,
                                struct store_item *item,
                                struct err *err) MUST_USE;
/* It has come to an end, and lived. */
enum status death_survived(struct db *db, const struct store_item *item,
                           struct err *err) MUST_USE;

#endif
