#include "net/loop_measure.h"

enum { US_PER_MS = 1000 };

static void forget_turn(struct loop_measure *measure, int64_t cpu_us)
{
    measure->cpu_us = cpu_us;
    measure->ran_us = measure->most_us = 0;
    measure->most = "none of ours"; /* libevent's own, or a library's */
}

void loop_measure_begin(struct loop_measure *measure, int64_t cpu_us)
{
    forget_turn(measure, cpu_us);
}

void loop_measure_call(struct loop_measure *measure, const char *source,
                       int64_t took_us)
{
    measure->ran_us += took_us;
    if (took_us > measure->most_us) {
        measure->most_us = took_us;
        measure->most = source;
    }
}

enum loop_turn loop_measure_end(struct loop_measure *measure, int64_t cpu_us,
                                int64_t now_ms, struct loop_measure *turn_out)
{
    const int64_t limit_us = (int64_t)LOOP_TURN_MS * US_PER_MS;
    *turn_out = *measure;
    turn_out->cpu_us = cpu_us - measure->cpu_us;
    forget_turn(measure, cpu_us);
    if (turn_out->cpu_us <= limit_us)
        return turn_out->ran_us > limit_us ? LOOP_TURN_BLOCKED
                                           : LOOP_TURN_SHORT;
    if (measure->quiet_until_ms && now_ms < measure->quiet_until_ms) {
        measure->untold++;
        return LOOP_TURN_UNTOLD;
    }
    measure->quiet_until_ms = now_ms + LOOP_TOLD_PAUSE_MS;
    measure->untold = 0;
    return LOOP_TURN_LONG;
}
