/* begin - may a database be begun in this folder? Only where nothing tells of
 * an earlier one: what it held would be lost without a word (KEEP-3). To begin
 * anew on purpose, move the whole folder away. Inside store only. */
#ifndef STORE_BEGIN_H
#define STORE_BEGIN_H

#include "store/db.h"

/* begin_is_free - path: of the database that is not there, or is empty.
 * errors: ST_TEMP: says what tells of an earlier one, and what to do */
enum status begin_is_free(struct db *db, const char *path,
                          const struct store_settings *settings,
                          struct err *err) MUST_USE;

/* begin_is_ours - of a database that is there: the one that was made in this
 * folder, or the first that was put into it (then it is remembered). */
enum status begin_is_ours(struct db *db, struct err *err) MUST_USE;

/* begin_mark - text that gives a new database its id; in the arena. */
const char *begin_mark(struct arena *arena);

#endif
