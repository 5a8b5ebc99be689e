/* retry - when a recipient that could not be reached is tried again. Pure.
 * TRANSPORT-5. */
#ifndef DELIVER_RETRY_H
#define DELIVER_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct retry {
    int64_t first_ms;    /* the first pause; each later one is twice as long */
    int64_t longest_ms;  /* up to this */
    int64_t lifetime_ms; /* from created_ms */
};

/* retry_is_over - the lifetime has ended: the attempt that failed now was the
 * last one. */
bool retry_is_over(const struct retry *retry, int64_t created_ms,
                   int64_t now_ms);

/* retry_next_ms - wall time of the next attempt, always later than now, and
 * not later than the lifetime's end, which sees a last attempt of its own.
 *
 * in      attempts: made so far, this one included (1: the first failed)
 */
int64_t retry_next_ms(const struct retry *retry, unsigned attempts,
                      int64_t created_ms, int64_t now_ms);

#endif
