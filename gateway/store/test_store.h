/* test_store - for tests: a store in a folder of its own, each request waited
 * for, and simple messages. */
#ifndef STORE_TEST_STORE_H
#define STORE_TEST_STORE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/blob.h"
#include "base/test_folder.h"
#include "store/store.h"

struct test_store {
    char folder[64];
    struct store *store;
    bool is_answered;
    struct store_answer answer;
    struct store_item *items[64];
    struct store_due due;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    void (*fn[64])(void *);
    void *arg[64];
    size_t count;
} test_store_posts = {.lock = PTHREAD_MUTEX_INITIALIZER,
                      .more = PTHREAD_COND_INITIALIZER};

static inline void test_store_post(void *loop, void (*fn)(void *), void *arg)
{
    (void)loop;
    pthread_mutex_lock(&test_store_posts.lock);
    if (test_store_posts.count == 64)
        BUG("posts");
    test_store_posts.fn[test_store_posts.count] = fn;
    test_store_posts.arg[test_store_posts.count++] = arg;
    pthread_cond_signal(&test_store_posts.more);
    pthread_mutex_unlock(&test_store_posts.lock);
}

static inline void test_store_run(void)
{
    for (size_t i = 0; i < test_store_posts.count; i++)
        test_store_posts.fn[i](test_store_posts.arg[i]);
    test_store_posts.count = 0;
}

static inline void test_store_wait(struct test_store *t)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    while (!t->is_answered) {
        pthread_mutex_lock(&test_store_posts.lock);
        while (!test_store_posts.count)
            if (pthread_cond_timedwait(&test_store_posts.more,
                                       &test_store_posts.lock, &end) != 0)
                fail_msg("no answer");
        pthread_mutex_unlock(&test_store_posts.lock);
        store_drain(t->store);
        test_store_run();
    }
    t->is_answered = false;
}

static inline enum status test_store_try_open(struct test_store *t,
                                              int64_t keep_finished_ms,
                                              struct err *err)
{
    struct store_settings settings = {.directory = t->folder,
                                      .keep_finished_ms = keep_finished_ms,
                                      .post = test_store_post};
    return store_open(&settings, &t->store, err);
}

static inline void test_store_open(struct test_store *t,
                                   int64_t keep_finished_ms)
{
    struct err err;
    if (test_store_try_open(t, keep_finished_ms, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static inline void test_store_close(struct test_store *t)
{
    store_close(&t->store);
    test_store_run();
}

static inline void test_store_done(void *ctx, const struct store_answer *answer)
{
    struct test_store *t = ctx;
    t->answer = *answer;
    t->is_answered = true;
}

static inline void test_store_on_due(void *ctx, const struct store_due *due)
{
    struct test_store *t = ctx;
    t->due = *due;
    for (size_t i = 0; i < due->count; i++)
        t->items[i] = due->items[i];
    t->is_answered = true;
}

/* How many items are due; they are claimed, and released by the caller. */
static inline size_t test_store_due(struct test_store *t, int64_t now_ms)
{
    store_due(t->store, now_ms, 64, test_store_on_due, t);
    test_store_wait(t);
    assert_int_equal(t->due.status, ST_OK);
    return t->due.count;
}

static inline void test_store_release(struct test_store *t)
{
    for (size_t i = 0; i < t->due.count; i++)
        store_item_release(t->items[i]);
    t->due.count = 0;
}

/* A message for one recipient; bytes: of its content. */
static inline enum status test_store_accept(struct test_store *t,
                                            const char *id, int64_t now_ms,
                                            const char *conversation,
                                            size_t bytes)
{
    struct err err;
    struct arena *arena = arena_create();
    struct blob *content = blob_create_in(arena, store_spool(t->store));
    struct store_message message = {.id = id,
                                    .accepted_ms = now_ms,
                                    .organization = "clinic",
                                    .sender = "jansen@clinic.example",
                                    .reverse_path = "jansen@clinic.example"};
    struct store_recipient recipient = {
        .address = "bob@hospital.example",
        .conversation = conversation,
        .right = "none",
        .return_path = arena_printf(arena, "b-%s@g.example", id),
        .link_token = arena_printf(arena, "token-%s", id),
        .mail_id = id};
    while (blob_bytes(content) < bytes)
        blob_puts(content, "a line of the content that is a bit longer\r\n");
    assert_int_equal(blob_slice(content, &message.content, &err), ST_OK);
    store_accept(t->store,
                 &(struct store_accept){.message = &message,
                                        .recipients = &recipient,
                                        .recipient_count = 1,
                                        .content = content},
                 test_store_done, t);
    test_store_wait(t);
    arena_destroy(&arena);
    return t->answer.status;
}

static inline void test_store_record(struct test_store *t,
                                     const struct store_record *record)
{
    store_record(t->store, record, test_store_done, t);
    test_store_wait(t);
    assert_int_equal(t->answer.status, ST_OK);
}

#endif
