/* sts - MTA-STS (RFC 8461): what a domain's record and policy say, whether a
 * mail host is one of those the policy names, and when a policy that is kept is
 * used, fetched again, or over. Pure. TRANSPORT-6. */
#ifndef RULES_STS_H
#define RULES_STS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/slice.h"

enum {
    STS_ID_BYTES = 33,        /* an id of 32 and its NUL */
    STS_POLICY_BYTES = 65536, /* RFC 8461 3.3: as much as is read */
    STS_MAX_AGE_S = 31557600, /* RFC 8461 3.2: the most that counts */
    STS_REFRESH_S = 86400,    /* RFC 8461 3.3: once a day */
    STS_FETCH_PAUSE_S = 300,  /* RFC 8461 3.3: after one that failed */
};

/* What the TXT records of _mta-sts.DOMAIN come to (RFC 8461 3.1). */
enum sts_finding {
    STS_FINDING_NONE,    /* no record of ours: the domain has no MTA-STS */
    STS_FINDING_INVALID, /* several, or one that is malformed: the same */
    STS_FINDING_VALID,
    STS_FINDING_COUNT
};

/* sts_record - id_out is filled for VALID alone. */
enum sts_finding sts_record(const struct slice *texts, size_t count,
                            char id_out[STS_ID_BYTES]);

enum sts_mode { STS_MODE_NONE, STS_MODE_TESTING, STS_MODE_ENFORCE };
const char *sts_mode_name(enum sts_mode mode); /* "none", "testing", .. */

struct sts_policy {
    enum sts_mode mode;
    int64_t max_age_s;
    const char *const *mx; /* "mx1.example", "*.example"; lower case */
    size_t mx_count;       /* 0 with mode none alone */
};

/* sts_policy_parse - the texts go into the arena.
 *
 * errors  ST_PROTO: it is no policy, says why (RFC 8461 3.2)
 */
enum status sts_policy_parse(struct arena *arena, struct slice text,
                             struct sts_policy *out, struct err *err) MUST_USE;

/* sts_names_host - host: A-labels, any case, no final dot (RFC 8461 4.1). */
bool sts_names_host(const struct sts_policy *policy, const char *host);

/* sts_is_text - RFC 8461 3.2: whether a Content-Type is that of a policy. */
bool sts_is_text(struct slice content_type);

/* What is kept of a domain; all zero: nothing. */
struct sts_kept {
    char id[STS_ID_BYTES]; /* of the record it was fetched for; "": no policy */
    int64_t fetched_s;
    int64_t until_s;              /* then it is over */
    char failed_id[STS_ID_BYTES]; /* the last fetch that failed; "": none */
    int64_t failed_s;
};

enum sts_step {
    STS_STEP_NOTHING, /* the domain has no policy */
    STS_STEP_KEPT,    /* the kept one is in force */
    STS_STEP_FETCH    /* fetch; where that fails, sts_after_failure decides */
};

/* sts_plan - with what the DNS says now; id: of a VALID record, else "". A
 * record that is gone, malformed or cannot be looked up leaves a kept policy in
 * force until its age ends (RFC 8461 3.3, 10.2). */
enum sts_step sts_plan(const struct sts_kept *kept, const char *id,
                       int64_t now_s);
/* sts_after_failure - NOTHING or KEPT; notes the failure. */
enum sts_step sts_after_failure(struct sts_kept *kept, const char *id,
                                int64_t now_s);
/* sts_keep - a policy was fetched for that id. */
void sts_keep(struct sts_kept *kept, const char *id, int64_t max_age_s,
              int64_t now_s);

#endif
