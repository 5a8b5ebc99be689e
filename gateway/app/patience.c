#include "app/patience.h"

int64_t patience_left_ms(struct patience *patience,
                         const struct patience_facts *facts)
{
    if (patience->progress != facts->progress ||
        patience->limit_ms != facts->limit_ms || !patience->since_ms)
        *patience =
            (struct patience){facts->progress, facts->limit_ms, facts->now_ms};
    if (!facts->limit_ms)
        return 0;
    int64_t earned_ms = (int64_t)(facts->octets * 1000) / facts->octets_per_s;
    int64_t left_ms =
        patience->since_ms + facts->limit_ms + earned_ms - facts->now_ms;
    if (left_ms > facts->limit_ms)
        left_ms = facts->limit_ms;
    return left_ms > 1 ? left_ms : 1;
}
