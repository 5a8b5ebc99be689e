/* spool - the folder of large content: a file per message under its id, on the
 * disk before the commit that names it, gone after the commit that forgets it.
 * Inside store only. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "store/db.h"

/* The content of this message is a file. */
bool spool_holds(const struct store_accept *accept);
/* spool_keep - before the transaction; blocks until it is on the disk. */
enum status spool_keep(const struct store_accept *accept,
                       enum store_fault *fault, struct err *err) MUST_USE;
void spool_remove(struct db *db, const char *id);

/* spool_load - the content of a message, mapped, gone with the arena. What is
 * missing or short is told by message->content_fault and the log. */
void spool_load(struct db *db, struct arena *arena,
                struct store_message *message, size_t bytes);

/* spool_clean - at start: whatever no message names goes. */
enum status spool_clean(struct db *db, struct err *err) MUST_USE;
/* spool_must_be_empty - of a new database; else one was lost (KEEP-3). */
enum status spool_must_be_empty(struct db *db, struct err *err) MUST_USE;

#endif
