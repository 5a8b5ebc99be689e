#include "store/vault_db.h"

#include "store/query.h"

const char *vault_db_mark(struct db *db, struct arena *arena)
{
    char mark[VAULT_MARK_BYTES];
    vault_mark(db->vault, "vault", "", mark);
    return arena_printf(arena, "INSERT INTO vault (mark) VALUES ('%s')", mark);
}

enum status vault_db_check(struct db *db, struct err *err)
{
    char mark[VAULT_MARK_BYTES];
    vault_mark(db->vault, "vault", "", mark);
    struct query q = query_open(db, "SELECT 1 FROM vault WHERE mark = ?", err);
    query_text(&q, mark);
    enum status status = query_row(&q, err);
    if (status == ST_OK)
        query_close(&q);
    return status == ST_NONE
               ? err_set(err, ST_TEMP, "secret.key is not this database's")
               : status;
}
