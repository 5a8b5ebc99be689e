/* release - what was set aside is processed again (KEEP-4): the message's
 * deaths are forgotten, and what is open of it is due at once. */
#ifndef STORE_RELEASE_H
#define STORE_RELEASE_H

#include "store/store.h"

/* status: ST_OK: durable; ST_NONE: no such message, or nothing of it is set
 * aside or suspected; ST_TEMP: nothing happened. */
typedef void store_released_fn(void *ctx, enum status status);

/* store_release - the text is copied. */
void store_release(struct store *store, const char *message, int64_t now_ms,
                   store_released_fn *done, void *ctx);

/* store_release_at_rest - the same where no gateway runs on the folder: nobody
 * else may write into its database.
 *
 * errors  ST_NONE, ST_TEMP: as above, a gateway that runs among it
 */
enum status store_release_at_rest(const char *directory, const char *message,
                                  int64_t now_ms, struct err *err) MUST_USE;

#endif
