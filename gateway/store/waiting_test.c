/* What it costs to find what is due: counted in steps of the database. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/test_folder.h"
#include "store/db.h"
#include "store/statement.h"

enum { NOW_MS = 100000, BATCH = 16, SHARE = 4 };

struct fixture {
    char folder[64];
    struct db *db;
    struct arena *arena;
    unsigned messages;
    struct store_due due;
};

static void open_db(struct fixture *f, size_t share)
{
    struct err err;
    memset(f, 0, sizeof *f);
    assert_true(test_folder_make(f->folder, "waiting"));
    const struct store_settings settings = {
        .directory = f->folder, .share_first = share, .share_most = share};
    assert_int_equal(db_open(&settings, &f->db, &err), ST_OK);
    f->arena = arena_create();
}

static void close_db(struct fixture *f)
{
    db_close(&f->db);
    arena_destroy(&f->arena);
    test_folder_remove(f->folder);
}

static void accept(struct fixture *f, const char *address, int64_t at_ms)
{
    struct err err;
    struct arena *arena = arena_create();
    const char *id = arena_printf(arena, "m%u", f->messages++);
    struct store_message message = {.id = id,
                                    .accepted_ms = at_ms,
                                    .organization = "clinic",
                                    .sender = "jansen@clinic.example",
                                    .reverse_path = "",
                                    .content = SLICE_LITERAL("A: b\r\n\r\nc")};
    struct store_recipient recipient = {.address = address,
                                        .conversation = "c",
                                        .right = "none",
                                        .return_path = id,
                                        .link_token = id,
                                        .mail_id = id};
    struct store_accept accept = {
        .message = &message, .recipients = &recipient, .recipient_count = 1};
    assert_int_equal(db_accept(f->db, &accept, &err), ST_OK);
    arena_destroy(&arena);
}

static void accept_many(struct fixture *f, const char *address, size_t count,
                        int64_t at_ms)
{
    struct err err;
    assert_int_equal(db_begin(f->db, &err), ST_OK);
    for (size_t i = 0; i < count; i++)
        accept(f, address, at_ms);
    assert_int_equal(db_commit(f->db, &err), ST_OK);
}

static size_t ask(struct fixture *f, size_t limit, int64_t now_ms)
{
    struct err err;
    assert_int_equal(db_begin(f->db, &err), ST_OK);
    assert_int_equal(db_due(f->db, f->arena,
                            &(struct due_wish){now_ms, limit, false}, &f->due,
                            &err),
                     ST_OK);
    assert_int_equal(db_commit(f->db, &err), ST_OK);
    return f->due.count;
}

static void record(struct fixture *f, const struct store_item *item,
                   enum store_change change, int64_t until_ms,
                   enum store_heard heard)
{
    struct err err;
    const struct store_record record = {.item = item,
                                        .change = change,
                                        .until_ms = until_ms,
                                        .heard = heard,
                                        .delivery = "direct"};
    assert_int_equal(db_begin(f->db, &err), ST_OK);
    assert_int_equal(db_record(f->db, &record, &err), ST_OK);
    assert_int_equal(db_commit(f->db, &err), ST_OK);
    db_gave(f->db, &record);
}

/* Of all statements since the last call. */
static long steps(const struct fixture *f)
{
    long sum = 0;
    for (sqlite3_stmt *stmt = NULL;
         (stmt = sqlite3_next_stmt(f->db->sql, stmt)) != NULL;)
        sum += sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
    return sum;
}

/* All are taken, and none comes back: each costs the same, however many are in
 * hand and however many wait. */
static void test_waiting_takes_at_the_same_cost(void **state)
{
    (void)state;
    long first = 0;
    for (size_t count = 128; count <= 1024; count *= 2) {
        struct fixture f;
        open_db(&f, 0);
        accept_many(&f, "bob@hospital.example", count, 1000);
        steps(&f);
        size_t taken = 0;
        for (size_t n; (n = ask(&f, BATCH, NOW_MS)) > 0;)
            taken += n;
        assert_int_equal(taken, count);
        long each = steps(&f) / (long)count;
        if (count == 128)
            first = each;
        if (each > first + first / 10)
            fail_msg("%zu: %ld steps each, %ld at first", count, each, first);
        close_db(&f);
    }
}

/* TRANSPORT-8: while any number waits for one that has its share in hand, what
 * is for another is found, and costs the same. */
static void test_waiting_finds_another_behind_many(void **state)
{
    (void)state;
    long first = 0;
    for (size_t count = 128; count <= 1024; count *= 2) {
        struct fixture f;
        open_db(&f, SHARE);
        accept_many(&f, "bob@silent.example", count, 1000);
        assert_int_equal(ask(&f, BATCH, NOW_MS), SHARE);
        assert_false(f.due.more);
        steps(&f);
        for (size_t i = 0; i < 10; i++) {
            accept_many(&f, "eve@lab.example", 1, 2000);
            assert_int_equal(ask(&f, BATCH, NOW_MS), 1);
            assert_string_equal(f.due.items[0]->recipient->address,
                                "eve@lab.example");
            record(&f, f.due.items[0], STORE_CHANGE_FINISHED, 0, STORE_HEARD);
        }
        long each = steps(&f) / 10;
        if (count == 128)
            first = each;
        if (each > first + first / 10)
            fail_msg("%zu: %ld steps each, %ld at first", count, each, first);
        close_db(&f);
    }
}

/* The rest of it comes as its share is free, in the order of time. */
static void test_waiting_goes_on_as_the_share_is_free(void **state)
{
    (void)state;
    struct fixture f;
    open_db(&f, SHARE);
    for (int64_t i = 9; i >= 0; i--)
        accept_many(&f, "bob@silent.example", 1, 1000 + i);
    assert_int_equal(ask(&f, BATCH, NOW_MS), SHARE);
    for (int64_t i = 0; i < SHARE; i++)
        assert_int_equal(f.due.items[i]->created_ms, 1000 + i);
    assert_int_equal(f.due.next_ms, -1);
    const struct store_item *item = f.due.items[0];
    assert_int_equal(ask(&f, BATCH, NOW_MS), 0);
    record(&f, item, STORE_CHANGE_DEFERRED, NOW_MS + 5000, STORE_HEARD_UNKNOWN);
    assert_int_equal(ask(&f, BATCH, NOW_MS), 1);
    assert_int_equal(f.due.items[0]->created_ms, 1000 + SHARE);
    assert_int_equal(f.due.next_ms, NOW_MS + 5000);
    close_db(&f);
}

/* What was accepted earlier than what was taken last, and what is put off to a
 * time that has gone by, is not lost behind a cursor. */
static void test_waiting_finds_what_comes_behind_its_cursor(void **state)
{
    (void)state;
    struct fixture f;
    open_db(&f, 0);
    accept_many(&f, "bob@hospital.example", 2, 5000);
    assert_int_equal(ask(&f, BATCH, NOW_MS), 2);
    const struct store_item *item = f.due.items[1];
    accept_many(&f, "bob@hospital.example", 1, 4000);
    accept_many(&f, "eve@lab.example", 1, 4000);
    assert_int_equal(ask(&f, BATCH, NOW_MS), 2);
    record(&f, item, STORE_CHANGE_DEFERRED, 3000, STORE_HEARD_UNKNOWN);
    assert_int_equal(ask(&f, BATCH, NOW_MS), 1);
    assert_int_equal(f.due.items[0]->id, item->id);
    assert_int_equal(ask(&f, BATCH, NOW_MS), 0);
    close_db(&f);
}

/* What is due at a time that was gone by already, and is not any more. */
static void test_waiting_bears_a_clock_that_goes_back(void **state)
{
    (void)state;
    struct fixture f;
    open_db(&f, 0);
    accept_many(&f, "bob@hospital.example", 1, 9000);
    assert_int_equal(ask(&f, BATCH, 9000), 1);
    const struct store_item *item = f.due.items[0];
    record(&f, item, STORE_CHANGE_DEFERRED, 8000, STORE_HEARD_UNKNOWN);
    assert_int_equal(ask(&f, BATCH, 7000), 0);
    assert_int_equal(f.due.next_ms, 8000);
    assert_int_equal(ask(&f, BATCH, 8000), 1);
    close_db(&f);
}

static void test_waiting_forgets_nothing_of_what_is_undone(void **state)
{
    (void)state;
    struct fixture f;
    struct err err;
    open_db(&f, SHARE);
    accept_many(&f, "bob@hospital.example", 2 * SHARE, 1000);
    assert_int_equal(db_begin(f.db, &err), ST_OK);
    assert_int_equal(db_due(f.db, f.arena,
                            &(struct due_wish){NOW_MS, BATCH, false}, &f.due,
                            &err),
                     ST_OK);
    assert_int_equal(f.due.count, SHARE);
    db_rollback(f.db);
    db_due_undone(f.db, &f.due);
    assert_int_equal(ask(&f, BATCH, NOW_MS), SHARE);
    assert_int_equal(f.due.items[0]->id, 1);
    close_db(&f);
}

/* Those of an earlier run, more than are looked at in one go. */
static void test_waiting_finds_all_after_a_start(void **state)
{
    (void)state;
    struct fixture f;
    struct err err;
    open_db(&f, SHARE);
    accept_many(&f, "bob@silent.example", 5000, 1000);
    accept_many(&f, "eve@lab.example", 1, 2000);
    db_close(&f.db);
    const struct store_settings settings = {
        .directory = f.folder, .share_first = SHARE, .share_most = SHARE};
    assert_int_equal(db_open(&settings, &f.db, &err), ST_OK);
    assert_int_equal(ask(&f, BATCH, NOW_MS), SHARE);
    assert_true(f.due.unseen);
    assert_int_equal(ask(&f, BATCH, NOW_MS), 1);
    assert_string_equal(f.due.items[0]->recipient->address, "eve@lab.example");
    assert_false(f.due.unseen);
    close_db(&f);
}

/* Whether a place is worth being freed: with the limit 0 nothing is taken. */
static void test_waiting_says_whether_somebody_has_nothing(void **state)
{
    (void)state;
    static const struct due_wish none = {NOW_MS, 0, true};
    struct fixture f;
    struct err err;
    open_db(&f, SHARE);
    accept_many(&f, "bob@silent.example", 2, 1000);
    assert_int_equal(ask(&f, 1, NOW_MS), 1);
    assert_true(f.due.more);
    assert_int_equal(db_due(f.db, f.arena, &none, &f.due, &err), ST_OK);
    assert_false(f.due.more);
    accept_many(&f, "eve@lab.example", 1, 1000);
    assert_int_equal(db_due(f.db, f.arena, &none, &f.due, &err), ST_OK);
    assert_int_equal(f.due.count, 0);
    assert_true(f.due.more);
    assert_int_equal(ask(&f, BATCH, NOW_MS), 2);
    assert_int_equal(db_due(f.db, f.arena, &none, &f.due, &err), ST_OK);
    assert_false(f.due.more);
    close_db(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waiting_takes_at_the_same_cost),
        cmocka_unit_test(test_waiting_finds_another_behind_many),
        cmocka_unit_test(test_waiting_goes_on_as_the_share_is_free),
        cmocka_unit_test(test_waiting_finds_what_comes_behind_its_cursor),
        cmocka_unit_test(test_waiting_bears_a_clock_that_goes_back),
        cmocka_unit_test(test_waiting_forgets_nothing_of_what_is_undone),
        cmocka_unit_test(test_waiting_finds_all_after_a_start),
        cmocka_unit_test(test_waiting_says_whether_somebody_has_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
