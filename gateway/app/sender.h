/* sender - may this client use this reverse-path? With credentials it must be
 * the organization's own (AUTH-7); without them SPF decides (AUTH-3), and the
 * organization whose domain it is must allow that (AUTH-4). */
#ifndef APP_SENDER_H
#define APP_SENDER_H

#include "app/config.h"
#include "app/directory.h"
#include "app/spf_check.h"
#include "wire/reply.h"

struct sender_world {
    struct loop *loop;
    const struct resolver *resolver;
    const struct config *config;
    const struct organizations *organizations;
};

struct sender_question {
    struct slice reverse_path; /* empty: null */
    struct slice helo;
    const char *ip;
    /* By SPF: one more look-up, may it be made? NULL: always. */
    bool (*may_look_up)(void *ctx);
    void *ctx;
};

/* sender_with_credentials - of that organization; the reply to MAIL, in the
 * arena where it is a refusal. */
const struct reply *
sender_with_credentials(struct arena *arena, const struct sender_world *world,
                        const struct config_organization *organization,
                        const struct sender_question *question);

struct sender; /* one question under way */

/* organization: whom SPF authorises, for this transaction; NULL: refused. The
 * reply is valid during the call. */
typedef void sender_done(void *ctx,
                         const struct config_organization *organization,
                         const struct reply *reply);

/* sender_by_spf - done is called once, later; then the sender is gone. The
 * world must outlive it, the question is copied. */
struct sender *sender_by_spf(const struct sender_world *world,
                             const struct sender_question *question,
                             sender_done *done, void *ctx);
void sender_cancel(struct sender **sender);

#endif
