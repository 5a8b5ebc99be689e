/* spf_check - rules/spf over the resolver, within a time limit. */
#ifndef APP_SPF_CHECK_H
#define APP_SPF_CHECK_H

#include "dns/resolver.h"
#include "net/loop.h"
#include "rules/spf.h"

struct spf_check;

struct spf_check_settings {
    struct loop *loop;
    const struct resolver *resolver;
    int64_t timeout_ms; /* for the whole; then temperror */
    /* One more look-up: may it be made? Else temperror. NULL: always. */
    bool (*may_ask)(void *ctx);
    void *ctx;
};

/* The check is gone with the call; the verdict is valid during it. */
typedef void spf_check_done(void *ctx, const struct spf_verdict *verdict);

/* spf_check_begin - done is called once, on a later turn; the request is
 * copied. */
struct spf_check *spf_check_begin(const struct spf_check_settings *settings,
                                  const struct spf_request *request,
                                  spf_check_done *done, void *ctx);
/* spf_check_cancel - done is not called any more. */
void spf_check_cancel(struct spf_check **check);

#endif
