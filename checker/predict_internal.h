/* predict_internal - what the files of predict*.c share. */
#ifndef CHECKER_PREDICT_INTERNAL_H
#define CHECKER_PREDICT_INTERNAL_H

#include "checker/predict.h"

/* One attempt at one recipient. */
struct attempt {
    struct arena *arena;
    const struct tables *tables;
    const struct world_spec *world;
    const struct submit *submit;
    const char *address;
    int64_t accepted_s, now_s;
    bool is_first;                    /* the case's first recipient */
    const struct step *first, *at;    /* the case's; where it was submitted */
    const struct organization *owner; /* of a guest's reply; else NULL */
};

/* predict_facts - the facts of an attempt; what the tables cannot know makes
 * *doubtful a reason. */
struct facts predict_facts(const struct attempt *a, const char **doubtful);

/* predict_not - why each rank above the row's does not apply. */
void predict_not(const struct attempt *a, struct prediction *p);

/* predict_delivery - follow a decision to the recipient's servers: sets
 * delivery and status; method stays. */
void predict_delivery(const struct attempt *a, struct prediction *p);

/* predict_status_of - the enhanced code of a reply, or that of its class. */
const char *predict_status_of(struct arena *arena, const char *reply);
/* predict_busy_status - of a 4xx where a greeting or EHLO was due, the last of
 * the hosts; NULL: none says so. */
const char *predict_busy_status(const struct attempt *a, unsigned attempts);

/* predict_header - the n-th header line of that name (from 0), or NULL. */
const struct header_line *predict_header(const struct submit *submit,
                                         const char *name, size_t n);

/* The organization whose credentials submit. */
const struct organization *predict_sender(const struct attempt *a);
/* What the message gives the recipient: none, sms, access-code. */
const char *predict_right(const struct attempt *a, const char **doubtful);

/* predict_earned - has the recipient, before that step, opened a message of the
 * same organization with a right of this kind (SHARED-1)? */
bool predict_earned(const struct attempt *a, const char *kind);

/* A guest's reply, as if he had submitted it. */
struct predicted_reply {
    const struct submit *submit, *answered;
    struct predicted_reply *next;
};
/* predict_replies - those that a visit step sends. */
struct predicted_reply *predict_replies(struct arena *arena,
                                        const struct step *first,
                                        const struct step *step);

/* The account in From is protected with 2FA (NTA-1). */
bool predict_has_2fa(const struct attempt *a);

#endif
