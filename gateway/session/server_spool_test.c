/* Large content: DATA and BDAT into a file of the spool, by dialogue. */
#include "session/server_script.h"

#include <dirent.h>

#include "base/test_folder.h"

enum { LINES = 20000 };

#define IN_RCPT                                                                \
    LOGGED_IN, "C: MAIL FROM:<a@c.example>", "C: RCPT TO:<b@d.example>",       \
        "S: 250 2.1.0", "S: 250 2.1.5"

struct spool_run {
    char folder[64];
    struct script_run run;
};

static int setup(void **state)
{
    struct spool_run *f = xcalloc(1, sizeof *f);
    f->run = script_defaults();
    f->run.settings.message_bytes_max = 10000000;
    f->run.settings.spool = f->folder;
    *state = f;
    return test_folder_make(f->folder, "session") ? 0 : -1;
}

static int teardown(void **state)
{
    struct spool_run *f = *state;
    server_session_destroy(&f->run.session);
    buf_release(&f->run.out);
    buf_release(&f->run.in);
    test_folder_remove(f->folder);
    free(f);
    return 0;
}

static void play(struct script_run *run, const char *const *lines)
{
    if (!run->session) {
        run->settings.on_refused = NULL;
        run->piece = 1000000;
        buf_init(&run->out, 1000000);
        buf_init(&run->in, 10000000);
        run->session = server_session_create(&run->settings);
        script_take(run);
    }
    script_play(run, lines);
}

#define PLAY(...) play(&f->run, (const char *const[]){__VA_ARGS__, NULL})

static size_t files(const struct spool_run *f)
{
    size_t count = 0;
    DIR *dir = opendir(f->folder);
    for (const struct dirent *e; (e = readdir(dir));)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* The octets in pieces, as far as a want. */
static void feed(struct spool_run *f, struct slice octets)
{
    while (octets.n) {
        struct slice piece = {octets.p, octets.n < 30000 ? octets.n : 30000};
        size_t used = server_session_feed(f->run.session, piece);
        assert_true(used > 0);
        octets = slice_from(octets, used);
    }
}

/* Lines of which each is ".<n>"; stuffed: as DATA sends them. */
static struct buf make_lines(bool stuffed)
{
    struct buf text;
    buf_init(&text, 10000000);
    for (int i = 0; i < LINES; i++)
        buf_printf(&text, "%s.%05d and more of it\r\n", stuffed ? "." : "", i);
    return text;
}

static void assert_stored_from_a_file(struct spool_run *f)
{
    const struct server_want *want = server_session_want(f->run.session);
    struct buf plain = make_lines(false);
    assert_int_equal(want->kind, SERVER_WANT_STORE);
    assert_true(slice_eq(want->content, buf_slice(&plain)));
    assert_int_equal(files(f), 1);
    server_session_resume(f->run.session, &f->run.store_reply);
    assert_int_equal(files(f), 0);
    script_take(&f->run);
    script_expect(&f->run, "250 2.0.0");
    buf_release(&plain);
}

static void test_large_data_goes_through_a_file(void **state)
{
    struct spool_run *f = *state;
    struct buf text = make_lines(true);
    buf_puts(&text, ".\r\n");
    PLAY(IN_RCPT, "C: DATA", "S: 354");
    feed(f, buf_slice(&text));
    assert_stored_from_a_file(f);
    buf_release(&text);
}

static void test_large_chunks_go_through_a_file(void **state)
{
    struct spool_run *f = *state;
    struct buf text = make_lines(false);
    struct slice all = buf_slice(&text);
    char command[64];
    PLAY(IN_RCPT);
    snprintf(command, sizeof command, "BDAT 300000\r\n");
    feed(f, slice_of(command));
    feed(f, (struct slice){all.p, 300000});
    script_take(&f->run);
    script_expect(&f->run, "250 2.0.0 300000 octets");
    snprintf(command, sizeof command, "BDAT %zu LAST\r\n", all.n - 300000);
    feed(f, slice_of(command));
    feed(f, slice_from(all, 300000));
    assert_stored_from_a_file(f);
    buf_release(&text);
}

static void test_session_that_ends_leaves_no_file(void **state)
{
    struct spool_run *f = *state;
    struct buf text = make_lines(true);
    PLAY(IN_RCPT, "C: DATA", "S: 354");
    feed(f, buf_slice(&text));
    assert_int_equal(files(f), 1);
    server_session_destroy(&f->run.session);
    assert_int_equal(files(f), 0);
    buf_release(&text);
}

/* KEEP-3 */
static void test_without_a_spool_large_content_is_a_451(void **state)
{
    struct spool_run *f = *state;
    struct buf text = make_lines(true);
    f->run.settings.spool = "/nonexistent";
    PLAY(IN_RCPT, "C: DATA", "S: 354");
    feed(f, buf_slice(&text));
    PLAY("C: .", "S: 451 4.3.0", "C: NOOP", "S: 250",
         "C: MAIL FROM:<a@c.example>", "C: RCPT TO:<b@d.example>", "S: 250",
         "S: 250", "C: BDAT 400000", "S.");
    feed(f, (struct slice){buf_slice(&text).p, 400000});
    script_take(&f->run);
    PLAY("S: 451 4.3.0", "C: BDAT 0 LAST", "S: 503 5.5.1");
    buf_release(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_large_data_goes_through_a_file),
        TEST(test_large_chunks_go_through_a_file),
        TEST(test_session_that_ends_leaves_no_file),
        TEST(test_without_a_spool_large_content_is_a_451),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
