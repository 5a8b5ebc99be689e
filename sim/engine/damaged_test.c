/* KEEP-4: whatever a column of the database says, the gateway lives, delivers
 * what is whole, and tells of what is not. */
#include "engine/folder.h"
#include "engine/test_gateway.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

enum { MESSAGES = 3, COLUMNS_MOST = 120, LOG_BYTES = 65536 };

static const char world[] =
    "  sender: {organization: clinic, transport-security: tls}\n"
    "  domains:\n    hospital.example: tls13\n";

/* A row of everything; recipient and message 1 are what is damaged, and what
 * belongs to them. */
static const char rows[] =
    "UPDATE recipient SET due_ms = accepted_ms, delivery = NULL,"
    " outcome_ms = NULL FROM message m WHERE m.n = recipient.message;"
    "INSERT INTO dsn (n, message, goes_to, recipients, action, created_ms,"
    " due_ms, content) SELECT 1, 1, 'jansen@clinic.example',"
    " 'bob@hospital.example', 'failed', accepted_ms, accepted_ms,"
    " 'Subject: a' || char(13, 10, 13, 10) || 'b' || char(13, 10)"
    " FROM message WHERE n = 1;"
    "INSERT INTO event (id, line) VALUES ('e1',"
    " '{\"event\":\"warning\",\"id\":\"e1\",\"time\":0}');"
    "INSERT INTO policy VALUES ('lab.example', 'a1', 0, 4000000000,"
    " 'version: STSv1' || char(10) || 'mode: none' || char(10) ||"
    " 'max_age: 86400' || char(10));"
    "INSERT INTO portal_link (recipient) VALUES (1);"
    "INSERT INTO portal_code VALUES (1, 1, 'sms', '123456', 0, 1, 0);"
    "INSERT INTO portal_account (address) VALUES ('jansen@clinic.example');"
    "INSERT INTO portal_session VALUES (1, 'aa', NULL, NULL, 4000000000000);"
    "INSERT INTO portal_grant VALUES (1, 1, 'email', 4000000000000, 0);"
    "INSERT INTO portal_share VALUES ('clinic', 'bob@hospital.example', 'sms',"
    " '+31612345678', 0);";

static const char *const values[] = {
    "'quux'", "9223372036854775807",
    "NULL",   "replace(hex(zeroblob(100000)), '00', 'xyz ')",
    "-1",     "x'00ff0a'",
    "''",
};
enum { VALUES = sizeof values / sizeof *values, ELSEWHERE = 2 };

struct column {
    const char *table, *name;
};

static struct test_gateway g;
static struct column columns[COLUMNS_MOST];
static size_t column_count;
static struct buf whole; /* the database as it was */

static const char *path_of(const char *name)
{
    return arena_printf(g.arena, "%s/state/%s", g.engine->case_dir, name);
}

static sqlite3 *open_database(void)
{
    sqlite3 *sql;
    assert_int_equal(sqlite3_open(path_of("gateway.db"), &sql), SQLITE_OK);
    return sql;
}

static void must(sqlite3 *sql, const char *text)
{
    char *why = NULL;
    if (sqlite3_exec(sql, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
}

static int add_column(void *ctx, int count, char **texts, char **names)
{
    (void)ctx;
    (void)count;
    (void)names;
    assert_true(column_count < COLUMNS_MOST);
    columns[column_count++] = (struct column){arena_strdup(g.arena, texts[0]),
                                              arena_strdup(g.arena, texts[1])};
    return 0;
}

/* Every one but the row numbers, by which the rest is found. */
static void list_columns(sqlite3 *sql)
{
    static const char text[] =
        "SELECT m.name, c.name FROM sqlite_master m"
        " JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
        " AND m.name NOT LIKE 'sqlite%' AND c.name <> 'n'"
        /* A key of another database is refused at the start (KEEP-3). */
        " AND m.name <> 'vault'";
    assert_int_equal(sqlite3_exec(sql, text, add_column, NULL, NULL),
                     SQLITE_OK);
    assert_true(column_count > 50);
}

static void keep_whole(void)
{
    char octets[65536];
    size_t n;
    FILE *file = fopen(path_of("gateway.db"), "re");
    assert_non_null(file);
    buf_init(&whole, 16 << 20);
    while ((n = fread(octets, 1, sizeof octets, file)) > 0)
        buf_put(&whole, (struct slice){octets, n});
    fclose(file);
}

static void put_back(void)
{
    unlink(path_of("gateway.db-wal"));
    unlink(path_of("gateway.db-shm"));
    FILE *file = fopen(path_of("gateway.db"), "we");
    assert_non_null(file);
    assert_int_equal(fwrite(whole.p, 1, whole.n, file), whole.n);
    fclose(file);
    assert_int_equal(truncate(target_log(g.stage->target), 0), 0);
}

/* False: the table does not take it. */
static bool damage(const struct column *c, const char *value)
{
    sqlite3 *sql = open_database();
    must(sql, "PRAGMA foreign_keys = OFF");
    int code =
        sqlite3_exec(sql,
                     arena_printf(g.arena,
                                  strcmp(c->table, "recipient") == 0 ||
                                          strcmp(c->table, "message") == 0
                                      ? "UPDATE %s SET %s = %s WHERE n = 1"
                                      : "UPDATE %s SET %s = %s",
                                  c->table, c->name, value),
                     NULL, NULL, NULL);
    must(sql, "PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(sql);
    return code == SQLITE_OK;
}

static int count_row(void *ctx, int count, char **texts, char **names)
{
    (void)count;
    (void)names;
    *(int *)ctx = atoi(texts[0]);
    return 0;
}

static int ask(const char *text)
{
    int out = -1;
    sqlite3 *sql = open_database();
    assert_int_equal(sqlite3_exec(sql, text, count_row, &out, NULL), SQLITE_OK);
    sqlite3_close(sql);
    return out;
}

/* A column whose fault shows at the recipient himself. */
static bool is_of_the_queue(const struct column *c)
{
    return strcmp(c->table, "message") == 0 ||
           strcmp(c->table, "recipient") == 0;
}

/* Elsewhere the first ones will do. */
static size_t values_for(const struct column *c)
{
    return is_of_the_queue(c) || strcmp(c->table, "dsn") == 0 ? VALUES
                                                              : ELSEWHERE;
}

static bool is_told(void)
{
    char log[LOG_BYTES];
    folder_tail(target_log(g.stage->target), log, sizeof log);
    return strstr(log, "error ") != NULL;
}

static void live_through(const struct column *c, const char *value)
{
    struct err err;
    struct target *target = g.stage->target;
    const char *what =
        arena_printf(g.arena, "%s.%s = %.20s", c->table, c->name, value);
    g.stage->deadline_ms += 5000;
    if (target_start(target, 5000, &err) != ST_OK)
        fail_msg("%s: %s", what, err.text);
    if (stage_flush(g.stage, &err) != ST_OK)
        fail_msg("%s: %s", what, err.text);
    if (target_stop(target, false, 5000, &err) != ST_OK ||
        target_exit(target) != 0)
        fail_msg("%s: exit %d, signal %d", what, target_exit(target),
                 target_signal(target));
    int open = ask("SELECT count(*) FROM recipient WHERE due_ms IS NOT NULL"
                   " AND n > 1");
    if (open != 0)
        fail_msg("%s: %d others are not delivered", what, open);
    bool is_open =
        ask("SELECT due_ms IS NOT NULL FROM recipient WHERE n = 1") == 1;
    bool is_out = strcmp(c->name, "due_ms") == 0; /* it says when */
    if (is_of_the_queue(c) && is_open && !is_out && !is_told())
        fail_msg("%s: it is not delivered, and nobody is told", what);
}

static void submit_some(void)
{
    for (int i = 0; i < MESSAGES; i++) {
        const char *subject = arena_printf(g.arena, "m-%d", i);
        const char *header = test_gateway_header(g.arena, subject);
        const char *reply = test_gateway_submit(
            &g, slice_of(arena_printf(g.arena, "%sa\r\n", header)), 0);
        assert_memory_equal(reply, "250", 3);
    }
    test_gateway_settle(&g);
}

static void test_no_column_of_the_database_stops_the_gateway(void **state)
{
    struct err err;
    unsigned count = 0;
    (void)state;
    test_gateway_start(&g, world, NULL);
    submit_some();
    assert_int_equal(target_stop(g.stage->target, false, 5000, &err), ST_OK);
    sqlite3 *sql = open_database();
    list_columns(sql);
    must(sql, rows);
    must(sql, "PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(sql);
    keep_whole();
    for (size_t i = 0; i < column_count; i++)
        for (size_t k = 0; k < values_for(&columns[i]); k++) {
            put_back();
            if (!damage(&columns[i], values[k]))
                continue;
            live_through(&columns[i], values[k]);
            count++;
        }
    print_message("%zu columns, %u damages\n", column_count, count);
    buf_release(&whole);
    assert_int_equal(target_start(g.stage->target, 5000, &err), ST_OK);
    json_decref(test_gateway_finish(&g));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_column_of_the_database_stops_the_gateway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
