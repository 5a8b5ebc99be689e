/* KEEP-2 with a real store: a line that a full disk kept from being written
 * whole is lost by no kill, and is in the file once after the next start. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/journal.h"
#include "base/test_folder.h"

struct fixture {
    char folder[64], file[96];
    struct store *store;
    struct journal *journal;
};

static void post(void *loop, void (*fn)(void *), void *arg)
{
    (void)loop;
    fn(arg); /* nobody waits for an answer: store_drain is what is waited for */
}

static void on_written(void *ctx, const char *event_id)
{
    const struct fixture *f = ctx;
    store_event_written(f->store, event_id);
}

static void start(struct fixture *f, const char *file)
{
    struct err err;
    struct journal_settings to = {-1, file, NULL, on_written, f};
    if (journal_open(&to, &f->journal, &err) != ST_OK ||
        store_open(&(struct store_settings){.directory = f->folder,
                                            .post = post,
                                            .sync = journal_sync,
                                            .sync_ctx = f->journal},
                   &f->store, &err) != ST_OK ||
        journal_write_late(f->journal, f->store, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static void stop(struct fixture *f)
{
    store_close(&f->store);
    journal_close(&f->journal);
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.store = NULL};
    if (!test_folder_make(f.folder, "late"))
        return -1;
    snprintf(f.file, sizeof f.file, "%s/journal", f.folder);
    signal(SIGXFSZ, SIG_IGN);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    test_folder_remove(f->folder);
    return 0;
}

static struct store_event event_of(const char *id)
{
    static char line[64];
    snprintf(line, sizeof line, "{\"event\":\"accepted\",\"id\":\"%s\"}", id);
    return (struct store_event){id, line};
}

/* Durable, and then journalled, as every caller does. */
static void accept(struct fixture *f, const char *id)
{
    struct store_event event = event_of(id);
    struct store_message message = {.id = id,
                                    .organization = "clinic",
                                    .sender = "jansen@clinic.example",
                                    .reverse_path = "",
                                    .content = SLICE_LITERAL("a: b\r\n")};
    struct store_recipient recipient = {.address = "bob@hospital.example",
                                        .conversation = "c",
                                        .right = "none",
                                        .return_path = id,
                                        .link_token = id,
                                        .mail_id = id};
    store_accept(f->store,
                 &(struct store_accept){.message = &message,
                                        .recipients = &recipient,
                                        .recipient_count = 1,
                                        .event = event},
                 NULL, NULL);
    store_drain(f->store);
}

static void limit_files(size_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes ? bytes : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* A gateway whose journal has room for one line and a few octets, and that is
 * killed when all that it wanted to write down is written. */
static void run_and_die(struct fixture *f, const char *file)
{
    struct stat st;
    start(f, file);
    accept(f, "m1");
    journal_event(f->journal, &(struct store_event){"m1", event_of("m1").line});
    accept(f, "m2");
    if (stat(f->file, &st) == 0)
        limit_files((size_t)st.st_size + 9);
    struct store_event event = event_of("m2");
    journal_event(f->journal, &event);
    limit_files(0);
    store_drain(f->store);
    kill(getpid(), SIGKILL);
}

static void expect_journal(const struct fixture *f, const char *want)
{
    char text[1024];
    int fd = open(f->file, O_RDONLY);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_string_equal(text, want);
}

static void live_twice(struct fixture *f, const char *first)
{
    pid_t child = fork();
    if (child == 0)
        run_and_die(f, first);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    for (int i = 0; i < 2; i++) {
        start(f, f->file);
        stop(f);
    }
}

static const char both[] = "{\"event\":\"accepted\",\"id\":\"m1\"}\n"
                           "{\"event\":\"accepted\",\"id\":\"m2\"}\n";

static void test_a_line_that_was_cut_off_comes_again_whole(void **state)
{
    struct fixture *f = *state;
    live_twice(f, f->file);
    expect_journal(f, both);
}

static void test_lines_without_any_room_come_at_the_next_start(void **state)
{
    struct fixture *f = *state;
    live_twice(f, "/dev/full");
    expect_journal(f, both);
}

/* Whatever stands there that is no line of ours is left. */
static void test_what_is_not_ours_is_ended_not_removed(void **state)
{
    struct fixture *f = *state;
    int fd = open(f->file, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "a\nnotes", 7), 7);
    close(fd);
    start(f, f->file);
    journal_line(f->journal, "{}");
    stop(f);
    expect_journal(f, "a\nnotes\n{}\n");
}

/* A line that fills more than a block, cut off. */
static void test_a_long_line_that_was_cut_off_goes(void **state)
{
    static char text[10000] = "{}\n{\"event\":\"";
    struct fixture *f = *state;
    for (size_t i = strlen(text); i < sizeof text; i++)
        text[i] = 'x';
    int fd = open(f->file, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, text, sizeof text), sizeof text);
    close(fd);
    start(f, f->file);
    stop(f);
    expect_journal(f, "{}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_line_that_was_cut_off_comes_again_whole),
        TEST(test_lines_without_any_room_come_at_the_next_start),
        TEST(test_what_is_not_ours_is_ended_not_removed),
        TEST(test_a_long_line_that_was_cut_off_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
