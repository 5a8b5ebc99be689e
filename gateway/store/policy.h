/* policy - MTA-STS policies that outlive the process (RFC 8461 3.3, 10.2): a
 * restart must not open the door that a kept policy holds shut. */
#ifndef STORE_POLICY_H
#define STORE_POLICY_H

#include "store/store.h"

struct store_policy {
    const char *domain; /* A-labels, lower case */
    const char *id;     /* of the record it was fetched for */
    int64_t fetched_s;
    int64_t until_s; /* its age ends then */
    struct slice text;
};

typedef void store_policy_fn(void *ctx, const struct store_policy *policy);

/* store_policies - hand over what is kept and not over at now_s, now and on
 * this thread. Before the first request only. */
enum status store_policies(struct store *store, int64_t now_s,
                           store_policy_fn *each, void *ctx,
                           struct err *err) MUST_USE;

/* store_policy_keep - in place of the domain's earlier one. Nobody waits, but
 * it is on the disk before whatever is handed to the store after it: no outcome
 * that was decided under it outlives it. */
void store_policy_keep(struct store *store, const struct store_policy *policy);

#endif
