/* db - the database behind the store: opened or created, its statements, and
 * each change and question as one function. Used by one thread at a time. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/alloc.h"
#include "store/policy.h"

struct db;

enum status db_open(const struct store_settings *settings, struct db **db_out,
                    struct err *err) MUST_USE;
void db_close(struct db **db);

const char *db_spool(const struct db *db);
struct hand *db_hand(const struct db *db);

/* db_ready - before anything is asked of the database: its files are the ones
 * that were opened, untouched by others. errors: ST_TEMP: not now (KEEP-3)
 * db_confirm - after a change: they still are, and what lies there is ours. */
enum status db_ready(struct db *db, struct err *err) MUST_USE;
enum status db_confirm(struct db *db, struct err *err) MUST_USE;

/* A transaction holds the requests that waited; each request is a step that
 * can fail alone. After a fault that undid the whole transaction db_is_broken
 * is true until db_rollback. */
enum status db_begin(struct db *db, struct err *err) MUST_USE;
enum status db_commit(struct db *db, struct err *err) MUST_USE;
void db_rollback(struct db *db);
enum status db_step_begin(struct db *db, struct err *err) MUST_USE;
void db_step_end(struct db *db, bool keep);
bool db_is_broken(const struct db *db);
/* Of the last failure. */
enum store_fault db_fault(const struct db *db);

enum status db_accept(struct db *db, const struct store_accept *accept,
                      struct err *err) MUST_USE;
enum status db_record(struct db *db, const struct store_record *record,
                      struct err *err) MUST_USE;
enum status db_event_written(struct db *db, const char *id,
                             struct err *err) MUST_USE;
enum status db_unwritten(struct db *db, store_event_fn *each, void *ctx,
                         struct err *err) MUST_USE;

struct due_wish {
    int64_t now_ms;
    size_t limit;
    bool idle_only; /* store_due_idle */
};

/* db_due - claim and load; everything in the arena. After a transaction that
 * was undone: db_due_undone, with the items that it had given. */
enum status db_due(struct db *db, struct arena *arena,
                   const struct due_wish *wish, struct store_due *out,
                   struct err *err) MUST_USE;
void db_due_undone(struct db *db, const struct store_due *due);
/* db_gave - after the commit: what the record finished or put off is in hand no
 * more. */
void db_gave(struct db *db, const struct store_record *record);

/* db_find - ST_NONE: nobody. */
enum status db_find(struct db *db, struct arena *arena,
                    const struct store_question *question,
                    struct store_item **out, struct err *err) MUST_USE;

/* policy.c */
enum status db_policy_keep(struct db *db, const struct store_policy *policy,
                           struct err *err) MUST_USE;
enum status db_policies(struct db *db, int64_t now_s, store_policy_fn *each,
                        void *ctx, struct err *err) MUST_USE;

#endif
