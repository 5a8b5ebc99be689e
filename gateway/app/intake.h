/* intake - the end of data: admission, completion, conversations, and then the
 * store; what the submitter is told comes from here. */
#ifndef APP_INTAKE_H
#define APP_INTAKE_H

#include "app/config.h"
#include "app/directory.h"
#include "app/journal.h"
#include "session/server.h"
#include "store/store.h"

/* What every message needs; must outlive all intakes. */
struct intake_world {
    const struct config *config;
    const struct organizations *organizations;
    struct journal *journal;
    struct store *store;
    /* The message is durable and journalled. */
    void (*on_accepted)(void *ctx, const char *message_id);
    void *ctx;
};

struct intake_client {
    const struct config_organization *organization;
    bool is_by_spf; /* authorised by SPF, not by credentials (AUTH-4) */
    const char *helo, *ip;
};

struct intake; /* one message under way to the disk */

typedef void intake_done_fn(void *ctx, const struct reply *reply);

/* intake_begin - the content of want (STORE) is used during the call alone.
 *
 * out     ST_OK: out is under way, done is called once, later; the reply is
 *         valid during the call. A message that was begun is stored even after
 *         intake_forget
 * errors  ST_PERM: refused, now or for good; the reply is in the arena
 */
enum status intake_begin(const struct intake_world *world,
                         const struct intake_client *client,
                         const struct server_want *want, intake_done_fn *done,
                         void *ctx, struct arena *arena, struct intake **out,
                         struct reply *refusal) MUST_USE;
/* intake_forget - the session is gone: nobody waits for the reply. */
void intake_forget(struct intake **intake);

#endif
