/* order - the two orders of methods as data: ranks from first to last. */
#ifndef RULES_ORDER_H
#define RULES_ORDER_H

#include "rules/words.h"

enum { ORDER_RANKS_MAX = 8 };

struct order {
    size_t count;
    enum method ranks[ORDER_RANKS_MAX];
};

extern const struct order order_default;         /* ORDER-1 */
extern const struct order order_direct_delivery; /* ORDER-2 */

#endif
