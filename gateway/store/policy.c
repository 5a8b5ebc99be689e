#include "store/policy.h"

#include "base/log.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/statement.h"

static const int64_t seconds_most = 253402300799; /* the year 9999 */

const char schema_policy[] =
    "CREATE TABLE policy ("
    " domain TEXT PRIMARY KEY, id TEXT NOT NULL, fetched_s INTEGER NOT NULL,"
    " until_s INTEGER NOT NULL, text BLOB NOT NULL) WITHOUT ROWID;";

enum status db_policy_keep(struct db *db, const struct store_policy *policy,
                           struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_KEEP_POLICY, err);
    if (!stmt)
        return ST_TEMP;
    stmt_text(stmt, 1, policy->domain);
    stmt_text(stmt, 2, policy->id);
    stmt_int(stmt, 3, policy->fetched_s);
    stmt_int(stmt, 4, policy->until_s);
    stmt_blob(stmt, 5, policy->text);
    return stmt_run(db, stmt, err);
}

static const char *text_at(sqlite3_stmt *stmt, int at)
{
    const void *text = sqlite3_column_text(stmt, at);
    return text ? text : "";
}

/* What nobody wrote is no policy; that it is lost is told. */
static bool is_right(const struct store_policy *policy)
{
    bool is_one = *policy->domain && policy->fetched_s >= 0 &&
                  policy->fetched_s <= policy->until_s &&
                  policy->until_s < seconds_most;
    if (!is_one)
        log_error("store", "a kept policy is not right",
                  "domain=%.100s fetched_s=%lld until_s=%lld", policy->domain,
                  (long long)policy->fetched_s, (long long)policy->until_s);
    return is_one;
}

enum status db_policies(struct db *db, int64_t now_s, store_policy_fn *each,
                        void *ctx, struct err *err)
{
    sqlite3_stmt *stmt = stmt_prepare(db, STMT_POLICIES, err);
    enum status status = stmt ? ST_OK : ST_TEMP;
    if (stmt)
        stmt_int(stmt, 1, now_s);
    while (status == ST_OK && (status = stmt_row(db, stmt, err)) == ST_OK) {
        const void *text = sqlite3_column_blob(stmt, 4);
        struct store_policy policy = {
            .domain = text_at(stmt, 0),
            .id = text_at(stmt, 1),
            .fetched_s = sqlite3_column_int64(stmt, 2),
            .until_s = sqlite3_column_int64(stmt, 3),
            .text = {text ? text : "", (size_t)sqlite3_column_bytes(stmt, 4)}};
        if (is_right(&policy))
            each(ctx, &policy);
    }
    return status == ST_NONE ? ST_OK : status;
}
