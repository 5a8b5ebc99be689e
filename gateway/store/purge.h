/* purge - messages with nothing to come are removed, header, content,
 * recipients and all. Inside store only.
 *
 * One with a link that lives stays, for links do not expire (ATTACH-3): a
 * notification in it or in its conversation, or download links in a copy. */
#ifndef STORE_PURGE_H
#define STORE_PURGE_H

#include "store/db.h"

/* purge_run - some of what is due at now_ms, in a transaction of its own; what
 * fails is logged and tried again. Asked often, it does little. Returns when it
 * wants to be asked again; -1: never. */
int64_t purge_run(struct db *db, int64_t now_ms);

#endif
