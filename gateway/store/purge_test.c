/* What is finished goes after its time, and nothing else does. The outcome's
 * time is the wall clock's. */
#include "store/test_store.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/clock.h"

enum { KEEP_MS = 86400000, LARGE_BYTES = 400000 };

static int setup(void **state)
{
    static struct test_store t;
    t = (struct test_store){.store = NULL};
    *state = &t;
    if (!test_folder_make(t.folder, "purge"))
        return -1;
    test_store_open(&t, KEEP_MS);
    return 0;
}

static int teardown(void **state)
{
    struct test_store *t = *state;
    test_store_close(t);
    test_folder_remove(t->folder);
    return 0;
}

/* As another process sees it while the store is open. */
static int count(const struct test_store *t, const char *table)
{
    sqlite3 *sql;
    sqlite3_stmt *stmt;
    char path[128], text[128];
    snprintf(path, sizeof path, "%s/gateway.db", t->folder);
    snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_open_v2(path, &sql, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(sql, text, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int n = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(sql);
    return n;
}

static bool has_file(const struct test_store *t, const char *id)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", store_spool(t->store), id);
    return access(path, F_OK) == 0;
}

/* All that is due gets this outcome. */
static void finish(struct test_store *t, int64_t now_ms,
                   const struct store_record *like)
{
    test_store_due(t, now_ms);
    for (size_t i = 0; i < t->due.count; i++) {
        struct store_record record = *like;
        record.item = t->items[i];
        record.change = STORE_CHANGE_FINISHED;
        if (t->items[i]->kind == STORE_KIND_DSN)
            record.dsn = NULL;
        test_store_record(t, &record);
    }
    test_store_release(t);
}

static void test_finished_message_goes_with_its_file(void **state)
{
    struct test_store *t = *state;
    int64_t now_ms = clock_wall_ms();
    test_store_accept(t, "m1", now_ms, "c1", LARGE_BYTES);
    test_store_accept(t, "m2", now_ms, "c2", 100);
    finish(t, now_ms, &(struct store_record){.delivery = "direct"});
    now_ms = clock_wall_ms();
    assert_true(has_file(t, "m1"));
    assert_int_equal(test_store_due(t, now_ms + KEEP_MS - 60000), 0);
    assert_int_equal(count(t, "message"), 2);
    /* Looked for at most once an hour, and asked for then. */
    assert_int_equal(t->due.next_ms, now_ms + KEEP_MS - 60000 + 3600000);
    assert_int_equal(test_store_due(t, t->due.next_ms), 0);
    assert_int_equal(count(t, "message"), 0);
    assert_int_equal(count(t, "recipient"), 0);
    assert_false(has_file(t, "m1"));
}

static void test_failed_message_goes_with_its_dsn(void **state)
{
    struct test_store *t = *state;
    int64_t now_ms = clock_wall_ms();
    struct store_dsn dsn = {.to = "jansen@clinic.example",
                            .recipients = "bob@hospital.example",
                            .action = "failed",
                            .content = SLICE_LITERAL("a report")};
    test_store_accept(t, "m1", now_ms, "c1", 100);
    finish(t, now_ms,
           &(struct store_record){.delivery = "failed", .dsn = &dsn});
    now_ms = clock_wall_ms() + KEEP_MS + 60000;
    assert_int_equal(test_store_due(t, now_ms), 1); /* the DSN is open */
    assert_int_equal(count(t, "message"), 1);
    test_store_record(t,
                      &(struct store_record){.item = t->items[0],
                                             .change = STORE_CHANGE_FINISHED});
    test_store_release(t);
    test_store_due(t, now_ms + 3600000);
    assert_int_equal(count(t, "message"), 0);
    assert_int_equal(count(t, "dsn"), 0);
}

static void test_what_somebody_can_still_open_stays(void **state)
{
    struct test_store *t = *state;
    int64_t now_ms = clock_wall_ms();
    test_store_accept(t, "m1", now_ms, "shared", LARGE_BYTES);
    finish(t, now_ms, &(struct store_record){.delivery = "notification"});
    test_store_accept(t, "m2", now_ms, "shared", 100);
    finish(t, now_ms, &(struct store_record){.delivery = "direct"});
    test_store_accept(t, "m3", now_ms, "c3", 100);
    finish(t, now_ms, &(struct store_record){.delivery = "direct", .links = 1});
    test_store_accept(t, "m4", now_ms, "c4", 100);
    test_store_due(t, now_ms);
    test_store_record(t, &(struct store_record){.item = t->items[0],
                                                .change = STORE_CHANGE_DEFERRED,
                                                .until_ms = INT64_MAX});
    test_store_release(t);
    test_store_accept(t, "m5", now_ms, "c5", 100);
    finish(t, now_ms, &(struct store_record){.delivery = "direct"});
    test_store_due(t, now_ms + 100 * (int64_t)KEEP_MS);
    assert_int_equal(count(t, "message"), 4); /* m5 alone went */
    assert_true(has_file(t, "m1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_finished_message_goes_with_its_file),
        TEST(test_failed_message_goes_with_its_dsn),
        TEST(test_what_somebody_can_still_open_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
