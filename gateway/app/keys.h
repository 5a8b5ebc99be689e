/* keys - the DKIM keys that the configuration names, read from their files. */
#ifndef APP_KEYS_H
#define APP_KEYS_H

#include "app/config.h"
#include "mail/dkim.h"

struct keys;

/* keys_load - owner: caller, keys_destroy; the configuration's texts are used.
 * errors: ST_INVAL: the first file that holds no key */
enum status keys_load(const struct config *config, struct keys **out,
                      struct err *err) MUST_USE;
/* keys_later - the same, each file read when its key is first needed. */
struct keys *keys_later(const struct config *config);
void keys_destroy(struct keys **keys);

const struct dkim_ring *keys_ring(const struct keys *keys);

#endif
