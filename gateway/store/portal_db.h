/* portal_db - the calls of portal.h on the thread that owns the database.
 * Inside store only. */
#ifndef STORE_PORTAL_DB_H
#define STORE_PORTAL_DB_H

#include "store/portal.h"

struct db;

/* Each fills answer->result; anything but ST_OK: a fault, undo the step. */
typedef enum status portal_run_fn(struct db *db, struct arena *arena,
                                  const void *in, struct portal_answer *answer,
                                  struct err *err);
portal_run_fn portal_look, portal_conversation, portal_code, portal_try,
    portal_login, portal_opened, portal_tell, portal_leave;

/* Adds a journal line that must be written. */
enum status db_add_event(struct db *db, const struct store_event *event,
                         struct err *err) MUST_USE;

#endif
