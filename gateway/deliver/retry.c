#include "deliver/retry.h"

bool retry_is_over(const struct retry *retry, int64_t created_ms,
                   int64_t now_ms)
{
    return now_ms >= created_ms + retry->lifetime_ms;
}

int64_t retry_next_ms(const struct retry *retry, unsigned attempts,
                      int64_t created_ms, int64_t now_ms)
{
    int64_t pause_ms = retry->first_ms > 0 ? retry->first_ms : 1;
    for (unsigned i = 1; i < attempts && pause_ms < retry->longest_ms; i++) {
        pause_ms *= 2;
    }
    if (pause_ms > retry->longest_ms && retry->longest_ms > 0) {
        pause_ms = retry->longest_ms;
    }
    int64_t next_ms = now_ms + pause_ms;
    int64_t end_ms = created_ms + retry->lifetime_ms;
    return next_ms > end_ms && end_ms > now_ms ? end_ms : next_ms;
}
