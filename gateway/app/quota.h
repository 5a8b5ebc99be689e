/* quota - what each client may still cost in this minute of the wall clock
 * (CONN-10): refusals that are told one by one, and look-ups for the SPF of
 * senders whom it does not authorise. A client is what net_client_key says.
 *
 * Memory is bounded: of more clients than QUOTA_CLIENTS in one minute the rest
 * share a row, QUOTA_OTHERS, and its bounds. */
#ifndef APP_QUOTA_H
#define APP_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "net/loop.h"

enum {
    QUOTA_CLIENTS = 2048,
    QUOTA_REFUSALS = 60, /* a minute, told one by one */
    QUOTA_LOOKUPS = 1000 /* a minute, for nothing or not answered yet */
};
#define QUOTA_OTHERS "others"

struct quota;

/* The minute that began at since_s is over: so many refusals of the client were
 * not told one by one. */
typedef void quota_rest_fn(void *ctx, const char *client, unsigned long count,
                           int64_t since_s);

struct quota *quota_create(struct loop *loop, quota_rest_fn *rest, void *ctx);
/* Tells what is left, whether its minute is over or not. */
void quota_destroy(struct quota **quota);

/* quota_may_tell - one more refusal; false: it is counted, and not told. */
bool quota_may_tell(struct quota *quota, const char *client);
/* quota_may_look_up - one more look-up; false: none is left. */
bool quota_may_look_up(struct quota *quota, const char *client);
/* quota_give_back - they were not for nothing. */
void quota_give_back(struct quota *quota, const char *client, unsigned count);
/* quota_poke - the wall clock may have gone on: tells of minutes that are over.
 */
void quota_poke(struct quota *quota);

#endif
