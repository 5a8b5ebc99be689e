/* statement - the SQL of the store, prepared once, and typed binding.
 *
 * A statement is run as: stmt_start, stmt_text ... , stmt_row or stmt_run. What
 * goes wrong while binding comes out there. Inside store only. */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

#include <sqlite3.h>

#include "store/destinations.h"
#include "store/presence.h"
#include "store/store.h"

enum stmt {
    STMT_BEGIN,
    STMT_COMMIT,
    STMT_ROLLBACK,
    STMT_STEP,
    STMT_STEP_KEEP,
    STMT_STEP_UNDO,
    STMT_ADD_MESSAGE,
    STMT_ADD_RECIPIENT,
    STMT_ADD_DSN,
    STMT_REPORTED,
    STMT_ADD_EVENT,
    STMT_DROP_EVENT,
    STMT_EVENTS,
    STMT_METHOD,
    STMT_DEFER_RECIPIENT,
    STMT_DEFER_DSN,
    STMT_FINISH_RECIPIENT,
    STMT_BOUNCED,
    STMT_FINISH_DSN,
    STMT_CLAIM,
    STMT_UNCLAIM,
    STMT_RECALL_RECIPIENTS,
    STMT_RECALL_DSNS,
    STMT_SCAN_RECIPIENT, /* of the time of the cursor's row, and after it */
    STMT_SCAN_RECIPIENT_LATER,
    STMT_SCAN_DSN,
    STMT_SCAN_DSN_LATER,
    STMT_TAKE_RECIPIENT, /* the same, of one destination */
    STMT_TAKE_RECIPIENT_LATER,
    STMT_TAKE_DSN,
    STMT_TAKE_DSN_LATER,
    STMT_NEXT,
    STMT_MESSAGE,
    STMT_RECIPIENT,
    STMT_FIND,
    STMT_DSN,
    STMT_SPOOLED,
    STMT_KEEP_POLICY,
    STMT_POLICIES,
    STMT_COUNT,
    STMT_SCAN = STMT_SCAN_RECIPIENT, /* ... + 2 * enum store_kind */
    STMT_TAKE = STMT_TAKE_RECIPIENT
};

/* The domain of an address, in the database's words; as destinations.c has it.
 */
#define STMT_DOMAIN_OF(address)                                                \
    "lower(substr(" address ", length(rtrim(" address ", replace(" address     \
    ", '@', ''))) + 1))"

struct db {
    sqlite3 *sql;
    sqlite3_stmt *prepared[STMT_COUNT];
    enum store_fault fault;
    char *spool; /* folder of large content */
    int lock;    /* of the state folder; -1: none */
    struct presence presence;
    bool is_working; /* opened, and its files known */
    bool is_lost;    /* its files are not there, or not ours any more */
    int64_t told_ms; /* that it is lost; monotonic */
    struct vault *vault;
    int64_t longest_wait_ms, keep_finished_ms, purge_next_ms;
    int64_t purge_n; /* the last message that purge looked at */
    struct destinations *destinations;
    struct due_cursor scanned[2]; /* by enum store_kind: waiting.h */
    struct hand *hand;            /* NULL: it cannot be written */
    bool has_deaths;              /* there may be rows in `death` */
};

/* stmt_prepare - ready, nothing bound; NULL after a fault (in err). */
sqlite3_stmt *stmt_prepare(struct db *db, enum stmt which, struct err *err);

void stmt_text(sqlite3_stmt *stmt, int at, const char *text); /* NULL too */
void stmt_blob(sqlite3_stmt *stmt, int at, struct slice octets);
void stmt_int(sqlite3_stmt *stmt, int at, int64_t value);

/* stmt_row - ST_OK: a row is there; ST_NONE: no more; ST_TEMP: a fault. */
enum status stmt_row(struct db *db, sqlite3_stmt *stmt,
                     struct err *err) MUST_USE;
/* stmt_run - to the end, and reset. */
enum status stmt_run(struct db *db, sqlite3_stmt *stmt,
                     struct err *err) MUST_USE;
/* stmt_simple - a statement without anything to bind. */
enum status stmt_simple(struct db *db, enum stmt which,
                        struct err *err) MUST_USE;

/* Records the connection's last failure; returns ST_TEMP. */
enum status stmt_fault(struct db *db, struct err *err);

#endif
