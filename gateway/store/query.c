#include "store/query.h"

struct query query_open(struct db *db, const char *text, struct err *err)
{
    struct query query = {.db = db};
    if (sqlite3_prepare_v2(db->sql, text, -1, &query.stmt, NULL) != SQLITE_OK)
        stmt_fault(db, err);
    return query;
}

void query_text(struct query *query, const char *text)
{
    if (query->stmt)
        stmt_text(query->stmt, ++query->at, text);
}

void query_int(struct query *query, int64_t value)
{
    if (query->stmt)
        stmt_int(query->stmt, ++query->at, value);
}

void query_blob(struct query *query, struct slice octets)
{
    if (query->stmt)
        stmt_blob(query->stmt, ++query->at, octets);
}

enum status query_row(struct query *query, struct err *err)
{
    if (!query->stmt)
        return ST_TEMP;
    enum status status = stmt_row(query->db, query->stmt, err);
    if (status != ST_OK)
        query_close(query);
    return status;
}

enum status query_run(struct query *query, struct err *err)
{
    enum status status;
    while ((status = query_row(query, err)) == ST_OK)
        ;
    return status == ST_NONE ? ST_OK : status;
}

void query_close(struct query *query)
{
    sqlite3_finalize(query->stmt);
    query->stmt = NULL;
}

int64_t query_get_int(struct query *query, int at)
{
    return sqlite3_column_int64(query->stmt, at);
}

const char *query_get_text(struct query *query, struct arena *arena, int at)
{
    const char *text = (const char *)sqlite3_column_text(query->stmt, at);
    return text ? arena_strdup(arena, text) : NULL;
}
