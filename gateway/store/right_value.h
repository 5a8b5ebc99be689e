/* right_value - what a recipient's access right holds, and what was earned by
 * it: a phone number, needed again to send to, is sealed; an access code, only
 * compared, is kept as a code (vault.h). Inside store only. */
#ifndef STORE_RIGHT_VALUE_H
#define STORE_RIGHT_VALUE_H

#include "base/alloc.h"

struct db;

/* right_value_keep - for the database; right: "sms", "access-code" or "none".
 * What is kept already stays as it is. NULL: nothing */
const char *right_value_keep(struct db *db, struct arena *arena,
                             const char *right, const char *value);
/* right_value_show - a phone number in the clear; an access code as kept, for
 * vault_is_code. NULL: nothing, or it cannot be read, which is logged */
const char *right_value_show(struct db *db, struct arena *arena,
                             const char *right, const char *kept);

#endif
