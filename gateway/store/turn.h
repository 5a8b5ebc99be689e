/* turn - the requests that waited together, and what is done with them on the
 * thread that owns the database. Inside store only. */
#ifndef STORE_TURN_H
#define STORE_TURN_H

#include "store/call.h"
#include "store/db.h"
#include "store/policy.h"

enum request_kind {
    REQUEST_ACCEPT,
    REQUEST_RECORD,
    REQUEST_EVENT_WRITTEN,
    REQUEST_POLICY,
    REQUEST_DUE,
    REQUEST_CALL,
    REQUEST_FIND,
};

struct request {
    struct request *next;
    struct arena *arena; /* holds the request and what was copied */
    enum request_kind kind;
    union {
        struct store_accept accept;
        struct store_record record;
        const char *event_id;
        struct store_policy policy;
        struct due_wish due;
        struct store_question find;
        struct {
            store_run_fn *run;
            store_answer_fn *answer;
            void *self;
        } call;
    } in;
    struct store_item item; /* what in.record.item points to: id and kind */
    struct store_dsn dsn;
    store_done_fn *done;
    store_due_fn *due_done;
    store_found_fn *found_done;
    void *ctx;
    struct store_answer answer;
    struct store_due due;
    struct store_found found;
};

/* store_put - into the queue that it belongs to. */
void store_put(struct store *store, struct request *request);

/* turn_keep - large content goes to the disk, and fails there, before the
 * transaction that names it; not with the database, so on any thread. */
void turn_keep(struct request *request);

/* turn_work - every change of the list in one transaction, each in a step of
 * its own; then the questions. Fills answer, due or found of each. sync: before
 * a line of the journal is forgotten; NULL: not needed. */
void turn_work(struct db *db, struct request *first, store_sync_fn *sync,
               void *sync_ctx);

#endif
