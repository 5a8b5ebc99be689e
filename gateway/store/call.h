/* call - a step of a transaction that another file of store defines. Inside
 * store only. */
#ifndef STORE_CALL_H
#define STORE_CALL_H

#include "base/alloc.h"
#include "store/store.h"

struct db;

/* run: on the store's thread, in a step of its own; not ST_OK: undone. answer:
 * on the loop, once the step is durable or has failed; self and the arena,
 * which the call takes over, go after it. */
typedef enum status store_run_fn(struct db *db, struct arena *arena, void *self,
                                 struct err *err);
typedef void store_answer_fn(void *self, const struct store_answer *answer);

void store_call(struct store *store, struct arena *arena, store_run_fn *run,
                store_answer_fn *answer, void *self);

/* Before the first request, on the caller's thread. */
struct db *store_db_at_start(struct store *store);

#endif
