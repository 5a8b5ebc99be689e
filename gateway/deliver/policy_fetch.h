/* policy_fetch - one policy from its host, https://mta-sts.DOMAIN/ (RFC 8461
 * 3.3): addresses looked up, certificate verified for that name, no redirect,
 * text/plain, 64 KiB at most, all within one time. For policies.c. */
#ifndef DELIVER_POLICY_FETCH_H
#define DELIVER_POLICY_FETCH_H

#include "deliver/policies.h"

struct policy_fetch;

/* failure: NULL, and text is the policy's, not yet parsed; else why there is
 * none. Valid during the call alone. */
typedef void policy_fetch_on_done(struct slice text, const char *failure,
                                  void *ctx);

struct policy_fetch *policy_fetch_start(const struct policies_settings *,
                                        const char *domain,
                                        policy_fetch_on_done *on_done,
                                        void *ctx);
void policy_fetch_cancel(struct policy_fetch **fetch);

#endif
