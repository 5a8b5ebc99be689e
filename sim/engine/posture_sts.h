/* posture_sts - what a domain says by MTA-STS (RFC 8461): its record, its
 * policy, and the host that serves it. */
#ifndef ENGINE_POSTURE_STS_H
#define ENGINE_POSTURE_STS_H

#include "engine/posture.h"

/* The label of the policy host, below the domain. */
#define POSTURE_STS_LABEL "mta-sts"

/* How the policy host answers; the order of words_sts_host. */
enum posture_sts_host {
    POSTURE_STS_HOST_SERVES,
    POSTURE_STS_HOST_NOT_FOUND,
    POSTURE_STS_HOST_ERROR,
    POSTURE_STS_HOST_REDIRECT,
    POSTURE_STS_HOST_HTML,
    POSTURE_STS_HOST_OVERSIZED,
    POSTURE_STS_HOST_SILENT,
    POSTURE_STS_HOST_CUT,
    POSTURE_STS_HOST_REFUSED,    /* nobody listens */
    POSTURE_STS_HOST_NO_ADDRESS, /* the name has none */
    POSTURE_STS_HOST_COUNT
};

struct posture_sts {
    const char *const *records; /* TXT at _mta-sts.DOMAIN; ended by NULL */
    const char *record_fault;   /* a word of dns_fault, or NULL */
    const char *mode;           /* enforce, testing, none */
    const char *const *mx;      /* NULL: the posture's hosts */
    const char *max_age;        /* seconds */
    const char *policy;         /* instead of what the three make; or NULL */
    enum posture_sts_host host;
    enum posture_certificate certificate;
};

/* posture_sts_read - from the map under `sts`; from: what it starts from, or
 * NULL. */
const struct posture_sts *posture_sts_read(struct arena *arena,
                                           const struct node *map,
                                           const struct posture_sts *from);

/* posture_sts_text - the policy of a posture that has its domain. */
const char *posture_sts_text(struct arena *arena, const struct posture *posture,
                             const char *domain);

#endif
