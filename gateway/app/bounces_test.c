/* What comes back, by SMTP from anybody, over a real store and loop. Answers of
 * the store come when the test lets them. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/bounces.h"
#include "base/test_folder.h"

enum { WAIT_MS = 10000, HELD_MOST = 16 };

static const char *domains[] = {"clinic.example"};
static struct config_organization clinic = {.name = "clinic",
                                            .domains = {domains, 1}};
static const struct config config = {
    .host_name = "gateway.example",
    .bounces = {.listen = {.address = "127.0.0.1"}, .host = "back.example"},
    .settings = {.idle_timeout_ms = WAIT_MS,
                 .message_bytes = 1LL << 50,
                 .message_octets_per_s = 1000,
                 .sessions_total = 10,
                 .sessions_per_address = 10},
    .organizations = {&clinic, 1}};
static const struct deliver_settings settings = {.host_name = "gateway.example",
                                                 .from = "no-reply@g.example"};

struct fixture {
    char folder[64], ids[256];
    struct arena *arena;
    struct loop *loop;
    struct loop_timer *timer;
    struct store *store;
    struct journal *journal;
    struct bounces *bounces;
    struct conn *conn;
    int reader; /* of the journal */
    unsigned taken;
    /* Under the lock: answers of the store. */
    pthread_mutex_t lock;
    bool holds;
    size_t count;
    void (*fn[HELD_MOST])(void *);
    void *arg[HELD_MOST];
};

static void post(void *ctx, void (*fn)(void *), void *arg)
{
    struct fixture *f = ctx;
    pthread_mutex_lock(&f->lock);
    if (f->holds) {
        f->fn[f->count] = fn;
        f->arg[f->count++] = arg;
    } else {
        loop_post(f->loop, fn, arg);
    }
    pthread_mutex_unlock(&f->lock);
}

/* What the store had to say meanwhile. */
static void let_go(struct fixture *f)
{
    store_drain(f->store);
    for (size_t i = 0; i < f->count; i++)
        f->fn[i](f->arg[i]);
    f->count = 0;
}

static void on_taken(void *ctx)
{
    struct fixture *f = ctx;
    f->taken++;
}

static void on_written(void *ctx, const char *event_id)
{
    const struct fixture *f = ctx;
    store_event_written(f->store, event_id);
}

static void too_long(void *ctx)
{
    (void)ctx;
    fail_msg("nothing comes");
}

static void stop_loop(void *ctx, const struct store_answer *answer)
{
    struct fixture *f = ctx;
    assert_int_equal(answer->status, ST_OK);
    loop_stop(f->loop);
}

static void open_store(struct fixture *f)
{
    struct err err;
    if (store_open(&(struct store_settings){.directory = f->folder,
                                            .post = post,
                                            .loop = f},
                   &f->store, &err) != ST_OK)
        fail_msg("%s", err.text);
}

/* b-1 belongs to a message of the clinic. */
static void accept(struct fixture *f)
{
    static const struct store_message message = {
        .id = "m1",
        .organization = "clinic",
        .sender = "jansen@clinic.example",
        .reverse_path = "jansen@clinic.example",
        .content = SLICE_LITERAL("Subject: x\r\n\r\nsecret\r\n")};
    static const struct store_recipient recipient = {
        .address = "bob@hospital.example",
        .conversation = "c",
        .right = "none",
        .return_path = "b-1@back.example",
        .link_token = "t",
        .mail_id = "n"};
    store_accept(f->store,
                 &(struct store_accept){.message = &message,
                                        .recipients = &recipient,
                                        .recipient_count = 1},
                 stop_loop, f);
    loop_run(f->loop);
}

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    struct fixture *f = ctx;
    (void)conn;
    if (event != CONN_EVENT_CONNECTED && event != CONN_EVENT_DRAINED)
        loop_stop(f->loop);
}

/* The replies until one begins with `last`. */
static void hear(struct fixture *f, const char *last)
{
    loop_timer_start(f->timer, WAIT_MS);
    for (;;) {
        struct slice in = conn_input(f->conn);
        const char *end = memchr(in.p, '\n', in.n);
        if (!end) {
            loop_run(f->loop);
            continue;
        }
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)(end - in.p), in.p);
        conn_consume(f->conn, (size_t)(end - in.p) + 1);
        if (strncmp(line, last, strlen(last)) == 0)
            break;
        if (line[0] != '2' && line[0] != '3')
            fail_msg("expected %s, got %s", last, line);
    }
    loop_timer_stop(f->timer);
}

static void say(struct fixture *f, const char *text)
{
    conn_write(f->conn, slice_of(text));
}

static void call(struct fixture *f)
{
    struct conn_settings to = {.address = "127.0.0.1",
                               .port =
                                   service_port(bounces_service(f->bounces))};
    f->conn = conn_connect(f->loop, &to, on_event, f);
    hear(f, "220");
    say(f, "EHLO mx.example\r\nMAIL FROM:<>\r\n");
    hear(f, "250 2.1.0");
}

static int setup(void **state)
{
    static struct fixture f;
    struct err err;
    int fds[2];
    f = (struct fixture){.lock = PTHREAD_MUTEX_INITIALIZER};
    if (!test_folder_make(f.folder, "bounces") || pipe2(fds, O_NONBLOCK) != 0)
        return -1;
    f.reader = fds[0];
    f.arena = arena_create();
    f.loop = loop_create();
    f.timer = loop_timer_create(f.loop, too_long, NULL);
    open_store(&f);
    struct journal_settings journal = {
        .descriptor = fds[1], .written = on_written, .ctx = &f};
    struct bounces_world world = {.loop = f.loop,
                                  .config = &config,
                                  .organizations =
                                      organizations_create(f.arena, &config),
                                  .store = f.store,
                                  .settings = &settings,
                                  .on_taken = on_taken,
                                  .ctx = &f};
    *state = &f;
    if (journal_open(&journal, &f.journal, &err) != ST_OK)
        return -1;
    world.journal = f.journal;
    if (bounces_create(&world, &f.bounces, &err) != ST_OK)
        return -1;
    accept(&f);
    call(&f);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->conn)
        conn_abort(&f->conn);
    bounces_destroy(&f->bounces);
    let_go(f);
    f->holds = true;
    store_close(&f->store);
    for (size_t i = 0; i < f->count; i++)
        f->fn[i](f->arg[i]);
    loop_run_once(f->loop, 0); /* what was posted before is freed */
    journal_close(&f->journal);
    close(f->reader);
    loop_timer_destroy(&f->timer);
    loop_destroy(&f->loop);
    arena_destroy(&f->arena);
    test_folder_remove(f->folder);
    return 0;
}

static bool journal_has(struct fixture *f, const char *words)
{
    char text[4096];
    ssize_t n = read(f->reader, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return strstr(text, words) != NULL;
}

static void hear_event(void *ctx, const struct store_event *event)
{
    struct fixture *f = ctx;
    size_t n = strlen(f->ids);
    snprintf(f->ids + n, sizeof f->ids - n, "%s", event->line);
}

#define REPORT                                                                 \
    "DATA\r\nFrom: MAILER-DAEMON@mx.example\r\n"                               \
    "Content-Type: multipart/report; boundary=b\r\n\r\n"                       \
    "--b\r\nContent-Type: message/delivery-status\r\n\r\n"                     \
    "Reporting-MTA: dns; mx.example\r\n\r\nAction: failed\r\n"                 \
    "Status: 5.1.1\r\n--b--\r\n.\r\n"

static void test_only_what_was_given_out_is_a_recipient(void **state)
{
    static const char *const rows[][2] = {
        {"b-1@back.example", "250"},
        {"B-1@Back.Example", "250"},
        {"b-1@zivverbounce.clinic.example", "250"},
        {"b-1@clinic.example", "550 5.1.1"},
        {"b-1@zivverbounce.lab.example", "550 5.1.1"},
        {"b-2@back.example", "550 5.1.1"},
        {"postmaster@back.example", "550 5.1.1"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[128];
        snprintf(line, sizeof line, "RCPT TO:<%s>\r\n", rows[i][0]);
        say(f, line);
        hear(f, rows[i][1]);
    }
}

static void
test_a_failure_is_durable_and_journalled_before_its_250(void **state)
{
    struct fixture *f = *state;
    say(f, "RCPT TO:<b-1@back.example>\r\n" REPORT);
    hear(f, "250 2.0.0");
    assert_true(journal_has(f, "\"event\":\"bounced\""));
    assert_true(f->taken > 0);
}

/* RFC 1870 6.1 */
static void test_what_is_announced_too_large_for_the_disk_waits(void **state)
{
    struct fixture *f = *state;
    say(f, "RSET\r\nMAIL FROM:<> SIZE=1000000000000000\r\n");
    hear(f, "452 4.3.1");
    say(f, "MAIL FROM:<> SIZE=1000\r\n");
    hear(f, "250 2.1.0");
}

/* Until the store was asked; its answer is held. */
static void ask(struct fixture *f, const char *text)
{
    f->holds = true;
    say(f, text);
    while (!f->count) {
        loop_run_once(f->loop, WAIT_MS);
        store_drain(f->store);
    }
}

/* Until it was asked to record, too. */
static void ask_to_record(struct fixture *f)
{
    ask(f, REPORT);
    let_go(f);
    store_drain(f->store);
    assert_int_equal(f->count, 1);
}

/* CONN-10: what is named a hundred times is recorded once. */
static void test_a_recipient_named_twice_is_one(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 110; i++) {
        say(f, i % 2 ? "RCPT TO:<b-1@back.example>\r\n"
                     : "RCPT TO:<B-1@zivverbounce.clinic.example>\r\n");
        hear(f, i < 100 ? "250 2.1.5" : "452 4.5.3");
    }
    say(f, REPORT);
    hear(f, "250 2.0.0");
    char text[4096];
    ssize_t n = read(f->reader, text, sizeof text - 1);
    assert_true(n > 0 && memchr(text, '\n', (size_t)n) == text + n - 1);
}

static void test_a_client_that_leaves_is_recorded_all_the_same(void **state)
{
    struct fixture *f = *state;
    say(f, "RCPT TO:<b-1@back.example>\r\n");
    hear(f, "250 2.1.5");
    ask_to_record(f);
    conn_abort(&f->conn);
    while (service_count(bounces_service(f->bounces)))
        loop_run_once(f->loop, WAIT_MS);
    assert_false(journal_has(f, "bounced"));
    let_go(f);
    assert_true(journal_has(f, "\"event\":\"bounced\""));
}

static void test_who_waits_for_the_store_gets_his_reply_at_a_stop(void **state)
{
    struct fixture *f = *state;
    ask(f, "RCPT TO:<b-1@back.example>\r\n");
    service_stop(bounces_service(f->bounces));
    assert_int_equal(service_count(bounces_service(f->bounces)), 1);
    let_go(f);
    assert_int_equal(service_count(bounces_service(f->bounces)), 0);
    hear(f, "250 2.1.5");
    hear(f, "421 4.3.2");
}

static void test_what_is_found_after_the_end_finds_nobody(void **state)
{
    struct fixture *f = *state;
    ask(f, "RCPT TO:<b-1@zivverbounce.clinic.example>\r\n");
    service_stop(bounces_service(f->bounces));
    bounces_destroy(&f->bounces);
    let_go(f);
}

/* KEEP-2: it is journalled by the next gateway. */
static void test_what_is_recorded_after_the_end_comes_later(void **state)
{
    struct fixture *f = *state;
    struct err err;
    say(f, "RCPT TO:<b-1@back.example>\r\n");
    hear(f, "250 2.1.5");
    ask_to_record(f);
    service_stop(bounces_service(f->bounces));
    bounces_destroy(&f->bounces);
    let_go(f);
    assert_int_equal(f->taken, 0);
    assert_false(journal_has(f, "bounced"));
    store_close(&f->store);
    open_store(f);
    assert_int_equal(store_unwritten(f->store, hear_event, f, &err), ST_OK);
    assert_non_null(strstr(f->ids, "\"event\":\"bounced\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_what_was_given_out_is_a_recipient),
        TEST(test_what_is_announced_too_large_for_the_disk_waits),
        TEST(test_a_failure_is_durable_and_journalled_before_its_250),
        TEST(test_a_recipient_named_twice_is_one),
        TEST(test_a_client_that_leaves_is_recorded_all_the_same),
        TEST(test_who_waits_for_the_store_gets_his_reply_at_a_stop),
        TEST(test_what_is_found_after_the_end_finds_nobody),
        TEST(test_what_is_recorded_after_the_end_comes_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
