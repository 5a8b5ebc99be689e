/* vault_db - that the key is the one which the database was made with. Inside
 * store only. */
#ifndef STORE_VAULT_DB_H
#define STORE_VAULT_DB_H

#include "store/vault.h"

struct db;

/* vault_db_mark - SQL that keeps the key's mark, for a new database. */
const char *vault_db_mark(struct db *db, struct arena *arena);
/* vault_db_check - ST_TEMP: another key's. */
enum status vault_db_check(struct db *db, struct err *err) MUST_USE;

#endif
