/* waiting - what is due, found behind cursors: every row is looked at once when
 * its time comes, and once when it is taken, however many wait or are in hand.
 * Inside store only. */
#ifndef STORE_WAITING_H
#define STORE_WAITING_H

#include "store/destinations.h"
#include "store/statement.h"

/* waiting_open - the indexes, and what tells of rows that become due. */
enum status waiting_open(struct db *db, struct err *err) MUST_USE;

/* waiting_scan - wake the destinations of rows whose time has come; some of
 * them alone where is_whole_out is false afterwards. */
enum status waiting_scan(struct db *db, int64_t now_ms, bool *is_whole_out,
                         struct err *err) MUST_USE;

/* waiting_take - the first that is due for a destination, by time; kind and id
 * of it. ST_NONE: nothing is. */
enum status waiting_take(struct db *db, struct due_domain *destination,
                         int64_t now_ms, struct store_item *item,
                         struct err *err) MUST_USE;

/* waiting_next - when the next row is due that was not looked at; -1: none. */
enum status waiting_next(struct db *db, int64_t *next_ms,
                         struct err *err) MUST_USE;

/* waiting_rewind - a transaction was undone. */
void waiting_rewind(struct db *db);

#endif
