/* query - a statement that is asked seldom: made, bound in order, run, and
 * finished in one go. Inside store only.
 *
 *     struct query q = query_open(db, "UPDATE a SET b = ? WHERE n = ?", err);
 *     query_text(&q, b);
 *     query_int(&q, n);
 *     status = query_run(&q, err);
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "base/alloc.h"
#include "store/statement.h"

struct query {
    struct db *db;
    sqlite3_stmt *stmt; /* NULL: it could not be made */
    int at;
};

struct query query_open(struct db *db, const char *text, struct err *err);
void query_text(struct query *query, const char *text);
void query_int(struct query *query, int64_t value);
void query_blob(struct query *query, struct slice octets);

/* query_row - ST_OK: a row; ST_NONE: no more, finished; ST_TEMP: a fault,
 * finished. */
enum status query_row(struct query *query, struct err *err) MUST_USE;
/* query_run - to the end. query_close - before the end. */
enum status query_run(struct query *query, struct err *err) MUST_USE;
void query_close(struct query *query);

int64_t query_get_int(struct query *query, int at);
/* NULL where the value is; in the arena. */
const char *query_get_text(struct query *query, struct arena *arena, int at);

#endif
