/* recorder - gathers the evidence of one case as it happens; evidence.h says
 * its shape. */
#ifndef ENGINE_RECORDER_H
#define ENGINE_RECORDER_H

#include <stdint.h>
#include <stdio.h>

#include "base/alloc.h"
#include "engine/scenario.h"
#include "peer/ask.h"

struct json_t;
struct mailhost_message;
struct mailhost_session;
struct policyhost_fetch;
struct submitter_result;
struct dialogue_result;
struct recorder;

struct recorder *recorder_create(const struct scenario_case *c,
                                 const char *gateway_host, FILE *transcripts);
void recorder_destroy(struct recorder **recorder);
/* recorder_take - the evidence so far; a new reference. */
struct json_t *recorder_take(struct recorder *recorder);

/* What follows belongs to this step. */
void recorder_begin_step(struct recorder *recorder, const struct step *step,
                         int64_t clock_s);
void recorder_end_step(struct recorder *recorder, bool settled);
/* From now on whatever arrives is late (until the next step begins). */
void recorder_set_quiet(struct recorder *recorder);
void recorder_set_clock(struct recorder *recorder, int64_t now_s);
/* Real programs submit: there is no evidence of what they sent. */
void recorder_set_served(struct recorder *recorder);
/* The gateway was killed beside the steps. */
void recorder_count_kill(struct recorder *recorder);

/* recorder_add - one more element of a list, of this step, late or not; takes
 * the reference. */
void recorder_add(struct recorder *recorder, const char *list,
                  struct json_t *element);
/* What a list holds so far; borrowed. */
const struct json_t *recorder_list(const struct recorder *recorder,
                                   const char *list);

void recorder_fault(struct recorder *recorder, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
bool recorder_has_fault(const struct recorder *recorder);

/* Takes over the reference. */
void recorder_event(struct recorder *recorder, struct json_t *event);

struct recorder_host {
    const char *host, *domain, *address;
    const char *posture; /* "" when described in place */
    const char *level;   /* what it can prove at most */
    struct ask ask;      /* for the checks of what it receives; none: not
            checked */
    int64_t now_s;
};
void recorder_message(struct recorder *recorder,
                      const struct recorder_host *host,
                      const struct mailhost_message *message);
void recorder_connection(struct recorder *recorder,
                         const struct recorder_host *host,
                         const struct mailhost_session *session);
/* A connection of a policy host. */
void recorder_fetch(struct recorder *recorder, const struct recorder_host *host,
                    const struct policyhost_fetch *fetch);
void recorder_submission(struct recorder *recorder, const struct submit *submit,
                         const char *mark, struct slice content,
                         const struct submitter_result *result);
void recorder_session(struct recorder *recorder, const struct step *step,
                      bool is_at_bounces, const struct dialogue_result *result);

/* What a mail host sent back, and how it was answered. */
void recorder_bounce(struct recorder *recorder, const struct bounce *bounce,
                     const char *host, const char *to,
                     const struct submitter_result *result);

struct recorder_target {
    bool has_exited;
    int exit;   /* -1: it did not exit by itself */
    int signal; /* 0: none */
    const char *stderr_tail;
    const char *const *long_turns; /* lines of the log (CONN-11) */
    size_t long_turn_count;
    bool clock_ok;
};
void recorder_target(struct recorder *recorder,
                     const struct recorder_target *target);

#endif
