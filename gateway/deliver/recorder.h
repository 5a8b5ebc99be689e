/* recorder - hands changes to the store and journals each one after it is
 * durable; what the store could not take is handed to it again (KEEP-2). */
#ifndef DELIVER_RECORDER_H
#define DELIVER_RECORDER_H

#include "deliver/deliver.h"

struct recorder;

struct recorder *recorder_create(const struct deliver_world *world);

/* recorder_put - the record is copied but for its item, which must live until
 * on_durable ran; NULL: nobody waits, and the item may go after the call. A
 * decision that the store cannot take is journalled all the same: only the
 * last record of an item must not be lost. */
void recorder_put(struct recorder *recorder, const struct store_record *record,
                  void (*on_durable)(void *ctx), void *ctx);
size_t recorder_open_count(const struct recorder *recorder);
/* What is under way is finished by the store, and no longer told. */
void recorder_destroy(struct recorder **recorder);

#endif
