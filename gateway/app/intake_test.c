/* The end of data over a real store and journal; the loop is one slot that the
 * test runs. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/intake.h"
#include "base/test_folder.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    void (*fn[16])(void *);
    void *arg[16];
    size_t count;
} posted = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .more = PTHREAD_COND_INITIALIZER};

static void post(void *loop, void (*fn)(void *), void *arg)
{
    (void)loop;
    pthread_mutex_lock(&posted.lock);
    posted.fn[posted.count] = fn;
    posted.arg[posted.count++] = arg;
    pthread_cond_signal(&posted.more);
    pthread_mutex_unlock(&posted.lock);
}

static void turn(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    pthread_mutex_lock(&posted.lock);
    while (!posted.count)
        if (pthread_cond_timedwait(&posted.more, &posted.lock, &end) != 0)
            fail_msg("no answer");
    size_t count = posted.count;
    posted.count = 0;
    pthread_mutex_unlock(&posted.lock);
    for (size_t i = 0; i < count; i++)
        posted.fn[i](posted.arg[i]);
}

static const char *domains[] = {"clinic.example"};
static struct config_account accounts[] = {
    {"jansen@clinic.example", NULL, true, CONFIG_STATUS_ACTIVE, NULL, NULL}};
static struct config_organization clinic = {.name = "clinic",
                                            .uuid = "u",
                                            .domains = {domains, 1},
                                            .accounts = {accounts, 1}};
static const struct config config = {.host_name = "gateway.lasthop.example",
                                     .organizations = {&clinic, 1}};

struct fixture {
    char directory[64];
    struct arena *arena;
    struct intake_world world;
    int journal; /* reading end */
    char order[64];
    char reply[256];
    struct intake *intake;
    struct store_due due;
    size_t answers;
};

static void note(struct fixture *f, const char *what)
{
    size_t n = strlen(f->order);
    snprintf(f->order + n, sizeof f->order - n, "%s ", what);
}

static void on_accepted(void *ctx, const char *message_id)
{
    assert_int_equal(strlen(message_id), 24);
    note(ctx, "accepted");
}

static void on_reply(void *ctx, const struct reply *reply)
{
    struct fixture *f = ctx;
    note(f, "reply");
    snprintf(f->reply, sizeof f->reply, "%d %s %s", reply->code, reply->status,
             reply->text);
}

static void on_due(void *ctx, const struct store_due *due)
{
    struct fixture *f = ctx;
    f->due = *due;
}

static void on_written(void *ctx, const char *event_id)
{
    const struct fixture *f = ctx;
    store_event_written(f->world.store, event_id);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct err err;
    int fds[2];
    if (!test_folder_make(f->directory, "intake") || pipe(fds) != 0)
        return -1;
    f->journal = fds[0];
    fcntl(f->journal, F_SETFL, O_NONBLOCK);
    f->arena = arena_create();
    f->world.config = &config;
    f->world.organizations = organizations_create(f->arena, &config);
    f->world.on_accepted = on_accepted;
    f->world.ctx = f;
    *state = f;
    return journal_open(&(struct journal_settings){.descriptor = fds[1],
                                                   .written = on_written,
                                                   .ctx = f},
                        &f->world.journal, &err) == ST_OK &&
                   store_open(
                       &(struct store_settings){.directory = f->directory,
                                                .post = post},
                       &f->world.store, &err) == ST_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < f->due.count; i++)
        store_item_release(f->due.items[i]);
    store_close(&f->world.store);
    for (size_t i = 0; i < posted.count; i++)
        posted.fn[i](posted.arg[i]);
    posted.count = 0;
    journal_close(&f->world.journal);
    close(f->journal);
    test_folder_remove(f->directory);
    arena_destroy(&f->arena);
    free(f);
    return 0;
}

#define ADDRESS(text)                                                          \
    {                                                                          \
        .address = { text, sizeof text - 1 }                                   \
    }
static struct envelope_recipient three[] = {
    {.address = {"bob@hospital.example", 20},
     .params = {.notify = DSN_NOTIFY_NEVER,
                .has_orcpt = true,
                .orcpt_type = {"rfc822", 6},
                .orcpt = {"bob@old.example", 15}}},
    ADDRESS("eve@lab.example"),
    ADDRESS("carl@hospital.example"),
};

#define HEAD(from)                                                             \
    "From: " from "\r\nTo: bob@hospital.example\r\n"                           \
    "Cc: carl@hospital.example\r\n"                                            \
    "zivver-access-right: eve@lab.example sms +31612345678\r\n"

static enum status begin(struct fixture *f, const char *content)
{
    static const struct intake_client client = {.organization = &clinic,
                                                .helo = "app.clinic.example",
                                                .ip = "127.0.0.3"};
    struct envelope envelope = {
        .reverse_path = {"jansen@clinic.example", 21},
        .params = {.ret = DSN_RET_FULL, .has_envid = true, .envid = {"Q42", 3}},
        .recipients = three,
        .recipient_count = 3};
    struct server_want want = {.kind = SERVER_WANT_STORE,
                               .envelope = &envelope,
                               .content = slice_of(content)};
    struct reply refusal;
    enum status status = intake_begin(&f->world, &client, &want, on_reply, f,
                                      f->arena, &f->intake, &refusal);
    if (status != ST_OK)
        on_reply(f, &refusal);
    return status;
}

static const char *journalled(struct fixture *f)
{
    char text[8192];
    ssize_t n = read(f->journal, text, sizeof text);
    return n > 0 ? arena_text(f->arena, (struct slice){text, (size_t)n}) : "";
}

static size_t due(struct fixture *f)
{
    store_due(f->world.store, INT64_MAX, 10, on_due, f);
    turn();
    return f->due.count;
}

static void test_intake_stores_then_journals_then_replies(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f, HEAD("jansen@clinic.example") "\r\nbody\r\n"),
                     ST_OK);
    assert_string_equal(f->order, "");
    assert_string_equal(journalled(f), "");
    turn();
    assert_string_equal(f->order, "accepted reply ");
    assert_memory_equal(f->reply, "250 2.0.0", 9);
    const char *line = journalled(f);
    assert_non_null(strstr(line, "\"event\":\"accepted\""));
    assert_null(strstr(line, "31612345678"));
}

static void test_intake_gives_each_recipient_what_is_his(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f, HEAD("jansen@clinic.example") "\r\nbody\r\n"),
                     ST_OK);
    turn();
    assert_int_equal(due(f), 3);
    const struct store_recipient *bob = f->due.items[0]->recipient,
                                 *eve = f->due.items[1]->recipient,
                                 *carl = f->due.items[2]->recipient;
    /* CONV-1: To and Cc share; Eve is a Bcc recipient. */
    assert_string_equal(bob->conversation, carl->conversation);
    assert_string_not_equal(bob->conversation, eve->conversation);
    assert_int_equal(strlen(eve->conversation), 36);
    /* MAIL-2 */
    assert_memory_equal(bob->return_path, "b-", 2);
    assert_string_equal(bob->return_path + 34, "@gateway.lasthop.example");
    assert_string_not_equal(bob->return_path, carl->return_path);
    assert_int_equal(strlen(bob->link_token), 64);
    assert_string_not_equal(bob->link_token, carl->link_token);
    assert_string_equal(eve->right, "sms");
    assert_string_equal(eve->right_value, "+31612345678");
    assert_string_equal(bob->right, "none");
    assert_null(bob->right_value);
    assert_int_equal(bob->notify, STORE_NOTIFY_NEVER);
    assert_string_equal(bob->orcpt, "rfc822;bob@old.example");
    assert_null(eve->orcpt);
    const struct store_message *m = f->due.items[0]->message;
    assert_string_equal(m->envid, "Q42");
    assert_true(m->ret_full);
    assert_string_equal(m->organization, "clinic");
    assert_string_equal(m->sender, "jansen@clinic.example");
    const char *content = arena_text(f->arena, m->content);
    assert_memory_equal(content, "Received: from app.clinic.example", 33);
    assert_non_null(strstr(content, "\r\nMessage-ID: <"));
    assert_non_null(strstr(content, "\r\nDate: "));
    assert_non_null(strstr(content, "\r\n\r\nbody\r\n"));
}

static void test_intake_refusal_stores_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f, HEAD("other@clinic.example") "\r\nbody\r\n"),
                     ST_PERM);
    assert_memory_equal(f->reply, "550 5.7.1 ", 10);
    assert_non_null(strstr(f->reply, "other@clinic.example"));
    assert_string_equal(journalled(f), "");
    assert_int_equal(due(f), 0);
}

static void test_intake_forgotten_is_stored_all_the_same(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f, HEAD("jansen@clinic.example") "\r\nbody\r\n"),
                     ST_OK);
    intake_forget(&f->intake);
    turn();
    assert_string_equal(f->order, "accepted ");
    assert_int_equal(due(f), 3);
}

/* With no file above 64 KiB. */
static enum status begin_without_room(struct fixture *f, size_t body_bytes)
{
    struct rlimit before, tight;
    char *body = arena_alloc(f->arena, body_bytes + 1);
    memset(body, 'x', body_bytes);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 64 << 10;
    setrlimit(RLIMIT_FSIZE, &tight);
    enum status status =
        begin(f, arena_printf(f->arena, "%s\r\n%s\r\n",
                              HEAD("jansen@clinic.example"), body));
    if (status == ST_OK)
        turn();
    setrlimit(RLIMIT_FSIZE, &before);
    return status;
}

/* KEEP-3 */
static void test_intake_without_room_is_a_4xx(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin_without_room(f, 200000), ST_OK);
    assert_string_equal(f->order, "reply ");
    assert_int_equal(f->reply[0], '4');
    assert_string_equal(journalled(f), "");
    assert_int_equal(due(f), 0);
}

static void test_intake_without_room_in_the_spool_is_a_452(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin_without_room(f, 1 << 20), ST_PERM);
    assert_string_equal(f->reply, "452 4.3.1 No room for it now, try again");
    assert_string_equal(journalled(f), "");
    assert_int_equal(due(f), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_intake_stores_then_journals_then_replies),
        TEST(test_intake_gives_each_recipient_what_is_his),
        TEST(test_intake_refusal_stores_nothing),
        TEST(test_intake_forgotten_is_stored_all_the_same),
        TEST(test_intake_without_room_is_a_4xx),
        TEST(test_intake_without_room_in_the_spool_is_a_452),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
