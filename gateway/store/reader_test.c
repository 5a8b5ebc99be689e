#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/test_folder.h"
#include "store/db.h"
#include "store/reader.h"

struct seen {
    struct arena *arena;
    const char *text;
};

static void note(void *ctx, const struct store_row *r)
{
    struct seen *seen = ctx;
    seen->text = arena_printf(
        seen->arena, "%s%s %s %s %s %s due=%lld decided=%s latest=%s\n",
        seen->text, r->message, r->recipient,
        r->conversation ? r->conversation : "-", r->method,
        r->delivery ? r->delivery : "-", (long long)r->due_ms,
        r->decided ? r->decided : "-", r->latest ? r->latest : "-");
}

static void add_message(struct db *db)
{
    struct err err;
    struct store_message message = {.id = "m1",
                                    .accepted_ms = 1000,
                                    .organization = "clinic",
                                    .sender = "jansen@clinic.example",
                                    .reverse_path = "",
                                    .content = SLICE_LITERAL("A: b\r\n\r\nc")};
    struct store_recipient recipients[] = {{.address = "bob@hospital.example",
                                            .conversation = "c1",
                                            .right = "none",
                                            .return_path = "r1@b.example",
                                            .link_token = "t1",
                                            .mail_id = "i1"},
                                           {.address = "eve@lab.example",
                                            .conversation = "c2",
                                            .right = "none",
                                            .return_path = "r2@b.example",
                                            .link_token = "t2",
                                            .mail_id = "i2"}};
    struct store_accept accept = {
        .message = &message, .recipients = recipients, .recipient_count = 2};
    assert_int_equal(db_begin(db, &err), ST_OK);
    assert_int_equal(db_accept(db, &accept, &err), ST_OK);
    assert_int_equal(db_commit(db, &err), ST_OK);
}

static void decide(struct db *db, struct arena *arena)
{
    struct err err;
    struct store_due due;
    assert_int_equal(db_begin(db, &err), ST_OK);
    assert_int_equal(
        db_due(db, arena, &(struct due_wish){1000, 9, false}, &due, &err),
        ST_OK);
    assert_int_equal(due.count, 2);
    struct store_record record = {.item = due.items[0],
                                  .change = STORE_CHANGE_DECIDED,
                                  .method = "email",
                                  .event = {"e1", "{\"id\":\"e1\"}"}};
    assert_int_equal(db_record(db, &record, &err), ST_OK);
    record.change = STORE_CHANGE_DEFERRED;
    record.until_ms = 1000;
    record.event = (struct store_event){"e2", "put off"};
    assert_int_equal(db_record(db, &record, &err), ST_OK);
    assert_int_equal(db_commit(db, &err), ST_OK);
}

static void end(struct db *db, struct arena *arena, enum store_change change,
                const char *line)
{
    struct err err;
    struct store_item *item;
    assert_int_equal(db_begin(db, &err), ST_OK);
    assert_int_equal(
        db_find(db, arena, &(struct store_question){SLICE_LITERAL("r1"), true},
                &item, &err),
        ST_OK);
    struct store_record record = {.item = item,
                                  .change = change,
                                  .delivery = "direct",
                                  .until_ms = 2000,
                                  .event = {line, line}};
    assert_int_equal(db_record(db, &record, &err), ST_OK);
    assert_int_equal(db_commit(db, &err), ST_OK);
}

/* Beside the one who writes. */
static void test_reader_sees_what_is_committed(void **state)
{
    char folder[64];
    struct err err;
    struct db *db;
    struct store_reader *reader;
    struct seen seen = {arena_create(), ""};
    (void)state;
    assert_true(test_folder_make(folder, "reader"));
    assert_int_equal(store_reader_open(folder, &reader, &err), ST_NONE);
    assert_int_equal(
        db_open(&(struct store_settings){.directory = folder}, &db, &err),
        ST_OK);
    assert_int_equal(store_reader_open(folder, &reader, &err), ST_OK);
    add_message(db);
    decide(db, seen.arena);
    static const char bob[] = "m1 bob@hospital.example c1 email - due=1000 "
                              "decided={\"id\":\"e1\"} latest=put off\n";
    static const char both[] = "m1 bob@hospital.example c1 email - due=1000 "
                               "decided={\"id\":\"e1\"} latest=put off\n"
                               "m1 eve@lab.example c2 none - due=1000 "
                               "decided=- latest=-\n";
    assert_int_equal(store_reader_queue(reader, note, &seen, &err), ST_OK);
    assert_string_equal(seen.text, both);
    seen.text = "";
    assert_int_equal(store_reader_conversations(reader, note, &seen, &err),
                     ST_OK);
    assert_string_equal(seen.text, both);
    seen.text = "";
    assert_int_equal(store_reader_message(reader, "m1", "BOB@hospital.example",
                                          note, &seen, &err),
                     ST_OK);
    assert_string_equal(seen.text, bob);
    seen.text = "";
    assert_int_equal(
        store_reader_message(reader, "m2", NULL, note, &seen, &err), ST_OK);
    assert_string_equal(seen.text, "");
    static const struct {
        enum store_change change;
        const char *line, *want;
    } ends[] = {
        {STORE_CHANGE_FINISHED, "sent", "latest=sent\n"},
        {STORE_CHANGE_BOUNCED, "came back", "latest=came back\n"},
    };
    for (size_t i = 0; i < 2; i++) {
        end(db, seen.arena, ends[i].change, ends[i].line);
        seen.text = "";
        assert_int_equal(
            store_reader_message(reader, "c1", NULL, note, &seen, &err), ST_OK);
        assert_non_null(strstr(seen.text, ends[i].want));
        assert_null(strstr(seen.text, "eve"));
    }
    store_reader_close(&reader);
    db_close(&db);
    arena_destroy(&seen.arena);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader_sees_what_is_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
