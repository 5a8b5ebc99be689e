/* Return paths, and what was told of a recipient once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/test_folder.h"
#include "store/store.h"

enum { POSTS = 64, PATH_BYTES = 96 };

struct fixture {
    char directory[PATH_BYTES];
    struct store *store;
    struct {
        void (*fn)(void *);
        void *arg;
    } posts[POSTS];
    size_t post_count;
    pthread_mutex_t lock;
    struct store_found found;
    struct store_item *items[4];
    size_t item_count;
    enum status status;
};

static void post(void *loop, void (*fn)(void *), void *arg)
{
    struct fixture *f = loop;
    pthread_mutex_lock(&f->lock);
    assert_true(f->post_count < POSTS);
    f->posts[f->post_count].fn = fn;
    f->posts[f->post_count++].arg = arg;
    pthread_mutex_unlock(&f->lock);
}

/* Everything asked is answered. */
static void run(struct fixture *f)
{
    store_drain(f->store);
    for (size_t i = 0; i < f->post_count; i++)
        f->posts[i].fn(f->posts[i].arg);
    f->post_count = 0;
}

static void on_done(void *ctx, const struct store_answer *answer)
{
    struct fixture *f = ctx;
    f->status = answer->status;
}

static void on_found(void *ctx, const struct store_found *found)
{
    struct fixture *f = ctx;
    f->found = *found;
}

static void on_due(void *ctx, const struct store_due *due)
{
    struct fixture *f = ctx;
    assert_int_equal(due->status, ST_OK);
    assert_true(due->count <= 4);
    f->item_count = due->count;
    for (size_t i = 0; i < due->count; i++)
        f->items[i] = due->items[i];
}

static void open_store(struct fixture *f)
{
    struct err err;
    struct store_settings settings = {
        .directory = f->directory, .post = post, .loop = f};
    if (store_open(&settings, &f->store, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static void accept_one(struct fixture *f)
{
    static const struct store_message message = {
        .id = "m1",
        .kind = "mail",
        .accepted_ms = 1000,
        .organization = "clinic",
        .sender = "jansen@clinic.example",
        .reverse_path = "jansen@clinic.example",
        .content = SLICE_LITERAL("Subject: x\r\n\r\nbody\r\n")};
    static const struct store_recipient recipients[] = {
        {.address = "bob@hospital.example",
         .conversation = "c1",
         .right = "none",
         .return_path = "b-12@gw.example",
         .link_token = "t1",
         .mail_id = "i1"},
        {.address = "eve@hospital.example",
         .conversation = "c1",
         .right = "none",
         .return_path = "b-123@gw.example",
         .link_token = "t2",
         .mail_id = "i2"}};
    store_accept(f->store,
                 &(struct store_accept){.message = &message,
                                        .recipients = recipients,
                                        .recipient_count = 2,
                                        .event = {"e1", "{}"}},
                 on_done, f);
    run(f);
    assert_int_equal(f->status, ST_OK);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    const char *base = getenv("TMPDIR");
    pthread_mutex_init(&f->lock, NULL);
    snprintf(f->directory, sizeof f->directory, "%s/lasthop-find-XXXXXX",
             base && strlen(base) < 60 ? base : "/tmp");
    if (!mkdtemp(f->directory))
        return -1;
    open_store(f);
    accept_one(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_close(&f->store);
    for (size_t i = 0; i < f->post_count; i++)
        f->posts[i].fn(f->posts[i].arg);
    test_folder_remove(f->directory);
    free(f);
    return 0;
}

static void find(struct fixture *f, const char *local_part, bool with_content)
{
    const struct store_question question = {slice_of(local_part), with_content};
    store_find(f->store, &question, on_found, f);
    run(f);
}

static const char *found(struct fixture *f, const char *local_part)
{
    static char address[64];
    find(f, local_part, true);
    if (f->found.status != ST_OK)
        return f->found.status == ST_NONE ? "none" : "fault";
    const struct store_item *item = f->found.item;
    assert_string_equal(item->message->id, "m1");
    assert_true(slice_is(item->message->content, "Subject: x\r\n\r\nbody\r\n"));
    snprintf(address, sizeof address, "%s %u", item->recipient->address,
             item->recipient->reported);
    store_item_release(f->found.item);
    return address;
}

static void test_find_by_the_whole_local_part_alone(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(found(f, "b-12"), "bob@hospital.example 0");
    assert_string_equal(found(f, "b-123"), "eve@hospital.example 0");
    assert_string_equal(found(f, "b-1"), "none");
    assert_string_equal(found(f, "b-1234"), "none");
    assert_string_equal(found(f, ""), "none");
    assert_string_equal(found(f, "b-12@gw.example"), "none");
}

/* CONN-10: whoever asks for a return path makes nobody load the message. */
static void test_content_is_loaded_where_it_is_asked_for_alone(void **state)
{
    struct fixture *f = *state;
    find(f, "b-12", false);
    assert_int_equal(f->found.status, ST_OK);
    assert_string_equal(f->found.item->message->organization, "clinic");
    assert_int_equal(f->found.item->message->content.n, 0);
    store_item_release(f->found.item);
}

static size_t due_count(struct fixture *f)
{
    store_due(f->store, INT64_MAX, 4, on_due, f);
    run(f);
    for (size_t i = 0; i < f->item_count; i++)
        store_item_release(f->items[i]);
    return f->item_count;
}

static void bounce(struct fixture *f, const char *event, unsigned reports)
{
    struct store_dsn dsn = {.to = "jansen@clinic.example",
                            .recipients = "bob@hospital.example",
                            .action = "failed",
                            .reports = reports,
                            .content = SLICE_LITERAL("report")};
    find(f, "b-12", false);
    store_record(f->store,
                 &(struct store_record){.item = f->found.item,
                                        .change = STORE_CHANGE_BOUNCED,
                                        .event = {event, "{}"},
                                        .dsn = &dsn},
                 on_done, f);
    run(f);
    assert_int_equal(f->status, ST_OK);
    store_item_release(f->found.item);
}

/* Both were read before either was recorded, or one came after a restart. */
static void test_the_same_is_told_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(due_count(f), 2);
    bounce(f, "b1", STORE_NOTIFY_FAILURE);
    assert_int_equal(due_count(f), 1);
    bounce(f, "b2", STORE_NOTIFY_FAILURE);
    assert_int_equal(due_count(f), 0);
    assert_string_equal(found(f, "b-12"), "bob@hospital.example 4");
    bounce(f, "b3", STORE_NOTIFY_DELAY);
    assert_int_equal(due_count(f), 1);
    store_close(&f->store);
    open_store(f);
    assert_int_equal(due_count(f), 4);
    bounce(f, "b4", STORE_NOTIFY_FAILURE);
    assert_int_equal(due_count(f), 0);
    assert_string_equal(found(f, "b-12"), "bob@hospital.example 12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_find_by_the_whole_local_part_alone,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_content_is_loaded_where_it_is_asked_for_alone, setup,
            teardown),
        cmocka_unit_test_setup_teardown(test_the_same_is_told_once, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
