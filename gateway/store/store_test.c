/* The store over a real database in a folder of its own under TMPDIR; the loop
 * is a queue that the test drains. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/test_folder.h"
#include "store/store.h"

/* A loop: functions posted by the store's thread, run by the test. */
struct posts {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct {
        void (*fn)(void *);
        void *arg;
    } waiting[4096];
    size_t count, turns;
};
static struct posts posts = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {{NULL, NULL}}, 0, 0};

static void post(void *loop, void (*fn)(void *), void *arg)
{
    struct posts *p = loop;
    pthread_mutex_lock(&p->lock);
    p->waiting[p->count].fn = fn;
    p->waiting[p->count++].arg = arg;
    p->turns++;
    pthread_cond_signal(&p->more);
    pthread_mutex_unlock(&p->lock);
}

/* Runs what is posted until *counter reaches goal (10 s at most). */
static void run_until(const size_t *counter, size_t goal)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    while (*counter < goal) {
        pthread_mutex_lock(&posts.lock);
        while (posts.count == 0)
            if (pthread_cond_timedwait(&posts.more, &posts.lock, &end) != 0)
                fail_msg("waited for %zu answers, got %zu", goal, *counter);
        size_t n = posts.count;
        posts.count = 0;
        pthread_mutex_unlock(&posts.lock);
        for (size_t i = 0; i < n; i++)
            posts.waiting[i].fn(posts.waiting[i].arg);
    }
}

static void drain(void)
{
    for (size_t i = 0; i < posts.count; i++)
        posts.waiting[i].fn(posts.waiting[i].arg);
    posts.count = 0;
}

struct fixture {
    bool fail_sync; /* of the journal */
    char directory[64];
    struct store *store;
    size_t done;
    struct store_answer answer;
    size_t answered;
    struct store_item *items[64];
    struct store_due due;
};

static enum status sync_journal(void *ctx, struct err *err)
{
    const struct fixture *f = ctx;
    return f->fail_sync ? err_set(err, ST_TEMP, "no disk") : ST_OK;
}

static void open_store(struct fixture *f)
{
    struct err err;
    struct store_settings settings = {.directory = f->directory,
                                      .longest_wait_ms = 14400000,
                                      .post = post,
                                      .loop = &posts,
                                      .sync = sync_journal,
                                      .sync_ctx = f};
    if (store_open(&settings, &f->store, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    if (!test_folder_make(f->directory, "store"))
        return -1;
    posts.turns = 0;
    open_store(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_close(&f->store);
    drain();
    test_folder_remove(f->directory);
    free(f);
    return 0;
}

static void on_done(void *ctx, const struct store_answer *answer)
{
    struct fixture *f = ctx;
    f->answer = *answer;
    f->done++;
}

static void on_due(void *ctx, const struct store_due *due)
{
    struct fixture *f = ctx;
    f->due = *due;
    assert_true(due->count <= 64);
    for (size_t i = 0; i < due->count; i++)
        f->items[i] = due->items[i];
    f->answered++;
}

static size_t ask_due(struct fixture *f, int64_t now_ms, size_t limit)
{
    store_due(f->store, now_ms, limit, on_due, f);
    run_until(&f->answered, f->answered + 1);
    assert_int_equal(f->due.status, ST_OK);
    return f->due.count;
}

static void release_all(struct fixture *f)
{
    for (size_t i = 0; i < f->due.count; i++)
        store_item_release(f->items[i]);
    f->due.count = 0;
}

static void record(struct fixture *f, const struct store_record *r)
{
    store_record(f->store, r, on_done, f);
    run_until(&f->done, f->done + 1);
    assert_int_equal(f->answer.status, ST_OK);
}

/* A message of two recipients, m<n>; accepted at ms. */
struct sample {
    char id[16], event_id[16], event[64], path[2][32], token[2][32];
    struct store_message message;
    struct store_recipient recipients[2];
    struct store_accept accept;
};

static void sample_init(struct sample *s, int n, int64_t ms)
{
    snprintf(s->id, sizeof s->id, "m%d", n);
    snprintf(s->event_id, sizeof s->event_id, "e%d", n);
    snprintf(s->event, sizeof s->event, "{\"id\":\"e%d\"}", n);
    s->message = (struct store_message){
        .id = s->id,
        .accepted_ms = ms,
        .organization = "clinic",
        .sender = "jansen@clinic.example",
        .reverse_path = "jansen@clinic.example",
        .envid = "Q42",
        .ret_full = true,
        .email_permitted = true,
        .content = SLICE_LITERAL("From: a\r\n\r\nbody \0 octets\r\n"),
    };
    static const char *const addresses[] = {"bob@hospital.example",
                                            "eve@lab.example"};
    for (int i = 0; i < 2; i++) {
        snprintf(s->path[i], sizeof s->path[i], "b-%d-%d@g.example", n, i);
        snprintf(s->token[i], sizeof s->token[i], "token-%d-%d", n, i);
        s->recipients[i] = (struct store_recipient){
            .address = addresses[i],
            .conversation = "c1",
            .notify = STORE_NOTIFY_FAILURE,
            .orcpt = i ? NULL : "rfc822;bob@old.example",
            .right = i ? "none" : "sms",
            .right_value = i ? NULL : "+31612345678",
            .return_path = s->path[i],
            .link_token = s->token[i],
            .mail_id = s->token[i]};
    }
    s->accept = (struct store_accept){.message = &s->message,
                                      .recipients = s->recipients,
                                      .recipient_count = 2,
                                      .event = {s->event_id, s->event}};
}

static void accept_one(struct fixture *f, struct sample *s)
{
    store_accept(f->store, &s->accept, on_done, f);
    run_until(&f->done, f->done + 1);
    assert_int_equal(f->answer.status, ST_OK);
}

static void test_accept_then_due_gives_everything_back(void **state)
{
    struct fixture *f = *state;
    struct sample s;
    sample_init(&s, 1, 1000);
    accept_one(f, &s);
    assert_int_equal(ask_due(f, 1000, 10), 2);
    const struct store_item *item = f->items[0];
    assert_int_equal(item->kind, STORE_KIND_RECIPIENT);
    assert_int_equal(item->attempts, 0);
    assert_int_equal(item->created_ms, 1000);
    assert_string_equal(item->method, "none");
    assert_string_equal(item->recipient->address, "bob@hospital.example");
    assert_string_equal(item->recipient->orcpt, "rfc822;bob@old.example");
    assert_string_equal(item->recipient->right, "sms");
    assert_string_equal(item->recipient->right_value, "+31612345678");
    assert_int_equal(item->recipient->notify, STORE_NOTIFY_FAILURE);
    assert_string_equal(item->recipient->return_path, "b-1-0@g.example");
    assert_string_equal(item->recipient->link_token, "token-1-0");
    assert_string_equal(item->message->id, "m1");
    assert_string_equal(item->message->organization, "clinic");
    assert_string_equal(item->message->envid, "Q42");
    assert_true(item->message->ret_full);
    assert_false(item->message->direct_delivery);
    assert_true(item->message->email_permitted);
    assert_true(slice_eq(item->message->content, s.message.content));
    assert_null(f->items[1]->recipient->orcpt);
    assert_null(f->items[1]->recipient->right_value);
    assert_ptr_equal(item->message, f->items[1]->message);
    release_all(f);
}

static void test_due_is_claimed_until_recorded(void **state)
{
    struct fixture *f = *state;
    struct sample s;
    sample_init(&s, 1, 1000);
    accept_one(f, &s);
    assert_int_equal(ask_due(f, 999, 10), 0);
    assert_int_equal(f->due.next_ms, 1000);
    assert_int_equal(ask_due(f, 1000, 10), 2);
    struct store_item *first = f->items[0], *second = f->items[1];
    assert_int_equal(ask_due(f, 99999, 10), 0);
    assert_int_equal(f->due.next_ms, -1);
    record(f, &(struct store_record){.item = first,
                                     .change = STORE_CHANGE_DECIDED,
                                     .method = "account"});
    assert_int_equal(ask_due(f, 99999, 10), 0);
    record(f, &(struct store_record){.item = first,
                                     .change = STORE_CHANGE_DEFERRED,
                                     .until_ms = 5000});
    record(f, &(struct store_record){.item = second,
                                     .change = STORE_CHANGE_FINISHED,
                                     .method = "email"});
    assert_int_equal(ask_due(f, 4999, 10), 0);
    assert_int_equal(f->due.next_ms, 5000);
    store_item_release(first);
    store_item_release(second);
    assert_int_equal(ask_due(f, 5000, 10), 1);
    assert_int_equal(f->items[0]->attempts, 1);
    assert_string_equal(f->items[0]->method, "account");
    release_all(f);
}

/* What was put off by a clock that has gone back since does not wait for it. */
static void test_due_again_after_the_clock_went_back(void **state)
{
    enum { HOUR_MS = 3600000 };
    struct fixture *f = *state;
    struct sample s;
    int64_t ahead_ms = 9000 + 365LL * 24 * HOUR_MS;
    sample_init(&s, 1, ahead_ms);
    accept_one(f, &s);
    assert_int_equal(ask_due(f, ahead_ms, 1), 1);
    record(f, &(struct store_record){.item = f->items[0],
                                     .change = STORE_CHANGE_DEFERRED,
                                     .until_ms = ahead_ms + HOUR_MS});
    release_all(f);
    assert_int_equal(ask_due(f, ahead_ms - HOUR_MS, 4), 0);
    assert_int_equal(ask_due(f, 9000, 4), 2);
    release_all(f);
}

static void test_due_comes_oldest_first_and_up_to_the_limit(void **state)
{
    struct fixture *f = *state;
    struct sample s[3];
    for (int i = 0; i < 3; i++)
        sample_init(&s[i], i, 3000 - i * 1000);
    for (int i = 0; i < 3; i++)
        accept_one(f, &s[i]);
    assert_int_equal(ask_due(f, 9000, 4), 4);
    assert_true(f->due.more);
    static const char *const order[] = {"m2", "m2", "m1", "m1"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(f->items[i]->message->id, order[i]);
    release_all(f);
    assert_int_equal(ask_due(f, 9000, 4), 2);
    assert_false(f->due.more);
    assert_string_equal(f->items[0]->message->id, "m0");
    release_all(f);
}

static void test_failure_makes_its_dsn_in_the_same_transaction(void **state)
{
    struct fixture *f = *state;
    struct sample s;
    sample_init(&s, 1, 1000);
    accept_one(f, &s);
    assert_int_equal(ask_due(f, 1000, 1), 1);
    struct store_dsn dsn = {.to = "jansen@clinic.example",
                            .recipients = "bob@hospital.example",
                            .action = "failed",
                            .reports = STORE_NOTIFY_FAILURE,
                            .content = SLICE_LITERAL("a report")};
    record(f, &(struct store_record){.item = f->items[0],
                                     .change = STORE_CHANGE_FINISHED,
                                     .method = "none",
                                     .event = {"o1", "{\"id\":\"o1\"}"},
                                     .dsn = &dsn});
    release_all(f);
    assert_int_equal(ask_due(f, INT64_MAX, 10), 2);
    const struct store_item *item = f->items[1];
    assert_int_equal(item->kind, STORE_KIND_DSN);
    assert_string_equal(item->dsn->to, "jansen@clinic.example");
    assert_string_equal(item->dsn->recipients, "bob@hospital.example");
    assert_true(slice_is(item->dsn->content, "a report"));
    assert_string_equal(item->message->id, "m1");
    assert_int_equal(item->message->content.n, 0);
    record(f, &(struct store_record){.item = item,
                                     .change = STORE_CHANGE_DEFERRED,
                                     .until_ms = INT64_MAX - 1});
    release_all(f);
    assert_int_equal(ask_due(f, INT64_MAX, 10), 1);
    assert_int_equal(f->items[0]->attempts, 1);
    record(f, &(struct store_record){.item = f->items[0],
                                     .change = STORE_CHANGE_FINISHED});
    release_all(f);
    assert_int_equal(ask_due(f, INT64_MAX, 10), 0);
}

struct heard {
    char ids[128];
};

static void hear(void *ctx, const struct store_event *event)
{
    struct heard *heard = ctx;
    size_t n = strlen(heard->ids);
    snprintf(heard->ids + n, sizeof heard->ids - n, "%s ", event->id);
}

static const char *unwritten(struct fixture *f, struct heard *heard)
{
    struct err err;
    heard->ids[0] = '\0';
    assert_int_equal(store_unwritten(f->store, hear, heard, &err), ST_OK);
    return heard->ids;
}

static void test_unwritten_events_come_back_with_their_id(void **state)
{
    struct fixture *f = *state;
    struct sample s;
    struct heard heard;
    sample_init(&s, 1, 1000);
    accept_one(f, &s);
    assert_int_equal(ask_due(f, 1000, 1), 1);
    record(f, &(struct store_record){.item = f->items[0],
                                     .change = STORE_CHANGE_FINISHED,
                                     .event = {"o1", "{\"id\":\"o1\"}"}});
    release_all(f);
    store_close(&f->store);
    open_store(f);
    assert_string_equal(unwritten(f, &heard), "e1 o1 ");
    f->fail_sync = true; /* a power failure could still take the line */
    store_event_written(f->store, "e1");
    store_close(&f->store);
    f->fail_sync = false;
    open_store(f);
    assert_string_equal(unwritten(f, &heard), "e1 o1 ");
    store_event_written(f->store, "e1");
    store_close(&f->store);
    open_store(f);
    assert_string_equal(unwritten(f, &heard), "o1 ");
}

/* A child accepts, says so, and dies without closing anything. */
static void accept_and_die(struct fixture *f, int say)
{
    struct sample s;
    open_store(f);
    sample_init(&s, 7, 1000);
    store_accept(f->store, &s.accept, on_done, f);
    run_until(&f->done, 1);
    (void)!write(say, f->answer.status == ST_OK ? "y" : "n", 1);
    raise(SIGKILL);
}

static void test_accepted_survives_a_kill(void **state)
{
    struct fixture *f = *state;
    int fds[2], status;
    char said = 0;
    struct heard heard;
    store_close(&f->store);
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0)
        accept_and_die(f, fds[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(read(fds[0], &said, 1), 1);
    assert_int_equal(said, 'y');
    close(fds[0]);
    close(fds[1]);
    open_store(f);
    assert_string_equal(unwritten(f, &heard), "e7 ");
    assert_int_equal(ask_due(f, 1000, 10), 2);
    assert_string_equal(f->items[0]->message->id, "m7");
    release_all(f);
}

static void test_many_accepts_share_commits(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 500 };
    struct sample *s = xcalloc(MANY, sizeof *s);
    for (int i = 0; i < MANY; i++) {
        sample_init(&s[i], i, 1000);
        store_accept(f->store, &s[i].accept, on_done, f);
    }
    run_until(&f->done, MANY);
    assert_int_equal(f->answer.status, ST_OK);
    assert_true(posts.turns < MANY / 2);
    free(s);
}

static void test_one_bad_request_spoils_no_other(void **state)
{
    struct fixture *f = *state;
    struct sample a, b, c;
    sample_init(&a, 1, 1000);
    sample_init(&b, 1, 1000); /* the same ids: refused by the database */
    sample_init(&c, 2, 2000);
    store_accept(f->store, &a.accept, on_done, f);
    run_until(&f->done, 1);
    struct fixture bad = {.done = 0}, good = {.done = 0};
    store_accept(f->store, &b.accept, on_done, &bad);
    store_accept(f->store, &c.accept, on_done, &good);
    run_until(&good.done, 1);
    assert_int_equal(bad.answer.status, ST_TEMP);
    assert_int_equal(bad.answer.fault, STORE_FAULT_IO);
    assert_true(strlen(bad.answer.err.text) > 0);
    assert_int_equal(good.answer.status, ST_OK);
    assert_int_equal(ask_due(f, 9000, 10), 4);
    release_all(f);
}

static void test_no_room_is_a_temporary_fault(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, tight;
    struct sample s;
    sample_init(&s, 1, 1000);
    char *big = xcalloc(1, 1 << 20);
    s.message.content = (struct slice){big, 1 << 20};
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 256 << 10;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    store_accept(f->store, &s.accept, on_done, f);
    run_until(&f->done, 1);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(f->answer.status, ST_TEMP);
    assert_int_equal(f->answer.fault, STORE_FAULT_FULL);
    accept_one(f, &s); /* room again: the same message is taken */
    assert_int_equal(ask_due(f, 1000, 10), 2);
    assert_int_equal(f->items[0]->message->content.n, 1 << 20);
    release_all(f);
    free(big);
}

static void test_drain_leaves_nothing_unanswered(void **state)
{
    struct fixture *f = *state;
    struct sample s[8];
    store_drain(f->store); /* before anything was asked */
    for (int i = 0; i < 8; i++) {
        sample_init(&s[i], i, 1000);
        store_accept(f->store, &s[i].accept, on_done, f);
        store_event_written(f->store, s[i].event_id);
    }
    store_drain(f->store);
    drain();
    assert_int_equal(f->done, 8);
}

static void test_open_without_a_directory_says_so(void **state)
{
    struct store *store = NULL;
    struct err err;
    (void)state;
    struct store_settings settings = {
        .directory = "/dev/null/x", .post = post, .loop = &posts};
    assert_int_equal(store_open(&settings, &store, &err), ST_TEMP);
    assert_non_null(strstr(err.text, "/dev/null/x"));
    assert_null(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_accept_then_due_gives_everything_back),
        TEST(test_due_is_claimed_until_recorded),
        TEST(test_due_again_after_the_clock_went_back),
        TEST(test_due_comes_oldest_first_and_up_to_the_limit),
        TEST(test_failure_makes_its_dsn_in_the_same_transaction),
        TEST(test_unwritten_events_come_back_with_their_id),
        TEST(test_accepted_survives_a_kill),
        TEST(test_many_accepts_share_commits),
        TEST(test_one_bad_request_spoils_no_other),
        TEST(test_no_room_is_a_temporary_fault),
        TEST(test_drain_leaves_nothing_unanswered),
        cmocka_unit_test(test_open_without_a_directory_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
