/* policies - the MTA-STS policies of recipients' domains (RFC 8461): looked up,
 * fetched, kept in memory and in the store. rules/sts decides; TRANSPORT-6.
 *
 * A domain without a record costs one DNS query. Several that ask about one
 * domain at the same time share one look-up. */
#ifndef DELIVER_POLICIES_H
#define DELIVER_POLICIES_H

#include <stdint.h>

#include "base/alloc.h"
#include "dns/resolver.h"
#include "rules/sts.h"
#include "store/policy.h"

struct loop;
struct tls_client;
struct policies;
struct policy_query;

/* Must outlive it; what it needs may be filled in up to the first question. */
struct policies_settings {
    struct loop *loop;
    const struct resolver *resolver;
    struct tls_client *tls;
    /* What must outlive the process; NULL: nothing. */
    void (*keep)(void *ctx, const struct store_policy *policy);
    void *ctx;
    uint16_t https_port;      /* default 443 */
    int64_t timeout_ms;       /* of a fetch, look-ups included; default 60 s */
    const char *bind_address; /* NULL: the system's choice */
};

struct policies *policies_create(const struct policies_settings *settings);
/* No query may be open. */
void policies_destroy(struct policies **policies);

/* policies_take - one that the store kept. */
void policies_take(struct policies *policies,
                   const struct store_policy *policy);

struct policy_answer {
    const struct sts_policy *policy; /* in force; NULL: none */
    const char *note;                /* for the explanation; NULL: nothing */
};

/* Once, on a later turn. Texts are the asker's arena's. */
typedef void policies_on_done(const struct policy_answer *answer, void *ctx);

/* policies_find - domain: A-labels, any case. */
struct policy_query *policies_find(struct policies *policies,
                                   struct arena *arena, const char *domain,
                                   policies_on_done *on_done, void *ctx);
void policies_cancel(struct policy_query **query);

#endif
