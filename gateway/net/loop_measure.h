/* loop_measure - what the turns of a loop cost, and which call cost most: one
 * turn may keep all others waiting for LOOP_TURN_MS (CONN-11).
 *
 * What counts is the processor time of the loop's own thread: on a machine that
 * is busy with something else a turn takes long by the clock, and no code is to
 * blame. Pure: the numbers are given. */
#ifndef NET_LOOP_MEASURE_H
#define NET_LOOP_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

/* A sanitizer makes everything several times as slow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { LOOP_TURN_MS = 2000 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
enum { LOOP_TURN_MS = 2000 };
#else
enum { LOOP_TURN_MS = 200 };
#endif
#else
enum { LOOP_TURN_MS = 200 };
#endif

enum { LOOP_TOLD_PAUSE_MS = 10000 }; /* between two warnings */

struct loop_measure {
    int64_t cpu_us;  /* of the thread, at the end of the turn before */
    int64_t ran_us;  /* by the clock, all calls of this turn */
    int64_t most_us; /* the longest of them */
    const char *most;
    int64_t quiet_until_ms; /* monotonic; 0: a warning may come at once */
    unsigned untold;        /* long turns since the last warning */
};

/* What is to be told of a turn. */
enum loop_turn {
    LOOP_TURN_SHORT,
    LOOP_TURN_UNTOLD,  /* long; another one was told just now */
    LOOP_TURN_BLOCKED, /* long by the clock alone: the machine is busy, or a
                          call waited for a disk */
    LOOP_TURN_LONG     /* a warning */
};

/* loop_measure_begin - a thread's first turn, or one after a pause. */
void loop_measure_begin(struct loop_measure *measure, int64_t cpu_us);
/* loop_measure_call - a call of this source has returned. */
void loop_measure_call(struct loop_measure *measure, const char *source,
                       int64_t took_us);
/* loop_measure_end - the turn is over; turn_out: what it was, until the next
 * begin or end. cpu_us: now; now_ms: monotonic. */
enum loop_turn loop_measure_end(struct loop_measure *measure, int64_t cpu_us,
                                int64_t now_ms, struct loop_measure *turn_out);

#endif
