#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/journal.h"
#include "base/test_folder.h"

static struct journal *journal;
static int reader;

static char written[64]; /* ids, a space behind each */

static void on_written(void *ctx, const char *event_id)
{
    size_t n = strlen(written);
    (void)ctx;
    snprintf(written + n, sizeof written - n, "%s ", event_id);
}

static int setup(void **state)
{
    written[0] = 0;
    int fds[2];
    struct err err;
    (void)state;
    if (pipe(fds) != 0 ||
        journal_open(&(struct journal_settings){.descriptor = fds[1],
                                                .written = on_written},
                     &journal, &err) != ST_OK)
        return -1;
    reader = fds[0];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    journal_close(&journal);
    close(reader);
    return 0;
}

/* The one line that was written, as JSON. */
static json_t *line(void)
{
    char text[4096];
    ssize_t n = read(reader, text, sizeof text - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_int_equal(text[n - 1], '\n');
    assert_ptr_equal(strchr(text, '\n'), text + n - 1);
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        fail_msg("%s in %s", error.text, text);
    return value;
}

static const char *get(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "(none)";
}

static void test_journal_refused_has_what_the_schema_says(void **state)
{
    (void)state;
    journal_refused(journal, "rcpt", "550 5.1.2 \"no\"\xff", "127.0.0.3");
    json_t *e = line();
    assert_string_equal(get(e, "event"), "refused");
    assert_string_equal(get(e, "stage"), "rcpt");
    assert_string_equal(get(e, "reply"), "550 5.1.2 \"no\"?");
    assert_string_equal(get(e, "client"), "127.0.0.3");
    assert_int_equal(strlen(get(e, "id")), 32);
    assert_true(json_is_integer(json_object_get(e, "time")));
    json_decref(e);
}

static void test_journal_warning_names_a_recipient_or_none(void **state)
{
    (void)state;
    journal_warning(journal, "m1", "direct-delivery-defaults", NULL);
    json_t *e = line();
    assert_null(json_object_get(e, "recipient"));
    json_decref(e);
    journal_warning(journal, "m1", "access-right-ignored", "a@b");
    e = line();
    assert_string_equal(get(e, "recipient"), "a@b");
    json_decref(e);
}

static void test_journal_listening_and_handshake(void **state)
{
    (void)state;
    journal_listening(journal, "::1", 587, "gateway.example");
    json_t *e = line();
    assert_string_equal(get(e, "address"), "[::1]:587");
    assert_string_equal(get(e, "host"), "gateway.example");
    json_decref(e);
    journal_handshake_refused(journal, "127.0.0.3", "1.0", "too old");
    e = line();
    assert_string_equal(get(e, "version"), "1.0");
    assert_string_equal(get(e, "reason"), "too old");
    json_decref(e);
}

static void test_journal_accepted_is_made_not_written(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct store_message m = {.id = "m1",
                              .organization = "clinic",
                              .sender = "jansen@clinic.example",
                              .reverse_path = ""};
    struct store_recipient r[] = {
        {.address = "bob@hospital.example",
         .conversation = "c1",
         .right = "sms",
         .right_value = "+31612345678",
         .link_token = "token"},
        {.address = "eve@lab.example", .conversation = "c2"},
    };
    struct store_event event = journal_accepted(arena, &m, r, 2, "<x@y>");
    fcntl(reader, F_SETFL, O_NONBLOCK);
    char octet;
    assert_int_equal(read(reader, &octet, 1), -1);
    assert_null(strstr(event.line, "+316"));
    assert_null(strstr(event.line, "token"));
    assert_non_null(strstr(event.line, event.id));
    journal_line(journal, event.line);
    json_t *e = line();
    assert_string_equal(get(e, "id"), event.id);
    assert_string_equal(get(e, "reverse_path"), "");
    assert_string_equal(get(e, "message_id"), "<x@y>");
    json_t *list = json_object_get(e, "recipients");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(get(json_array_get(list, 1), "conversation"), "c2");
    json_decref(e);
    arena_destroy(&arena);
}

static void test_journal_bad_descriptor_or_file_is_told(void **state)
{
    struct journal *none = NULL;
    struct err err;
    (void)state;
    assert_int_equal(
        journal_open(&(struct journal_settings){.descriptor = 1000}, &none,
                     &err),
        ST_INVAL);
    assert_int_equal(
        journal_open(&(struct journal_settings){-1, .file = "/dev/null/x"},
                     &none, &err),
        ST_INVAL);
    assert_non_null(strstr(err.text, "/dev/null/x"));
    assert_int_equal(
        journal_open(&(struct journal_settings){-1, .written = on_written},
                     &none, &err),
        ST_OK);
    journal_line(none, "{}");
    journal_event(none, &(struct store_event){"e1", "{}"});
    assert_string_equal(written, "e1 "); /* nobody asked for it */
    journal_close(&none);
}

/* KEEP-2: a full disk or pipe delays a line, and tears none. */
static void test_journal_writes_later_what_had_no_room(void **state)
{
    static char text[1 << 20];
    enum { LINES = 10000 };
    size_t n = 0, lines = 0;
    (void)state;
    journal_close(&journal);
    close(reader);
    int fds[2];
    struct err err;
    assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
    reader = fds[0];
    assert_int_equal(
        journal_open(&(struct journal_settings){.descriptor = fds[1],
                                                .written = on_written},
                     &journal, &err),
        ST_OK);
    for (int i = 0; i < LINES; i++)
        journal_line(journal, "{\"event\":\"x\"}");
    for (int i = 0; i < 100; i++) {
        ssize_t got = read(reader, text + n, sizeof text - n);
        n += got > 0 ? (size_t)got : 0;
        if (i == 0)
            journal_line(journal, "last");
        else if (i < 50)
            journal_line(journal, "");
    }
    for (char *p = text; (p = strstr(p, "{\"event\":\"x\"}\n")); p++)
        lines++;
    assert_int_equal(lines, LINES);
    assert_non_null(strstr(text, "}\nlast\n"));
}

/* CONN-10: nobody reads, and the descriptor would block. Nothing stops, what
 * has a row stays, and what has none is bounded; once somebody reads, all goes
 * on by itself. */
static void test_journal_that_nobody_reads_stops_nobody(void **state)
{
    static char text[1 << 16];
    struct loop *loop = loop_create();
    struct err err;
    int fds[2];
    (void)state;
    journal_close(&journal);
    close(reader);
    assert_int_equal(pipe(fds), 0);
    reader = fds[0];
    assert_int_equal(
        journal_open(&(struct journal_settings){.descriptor = fds[1],
                                                .loop = loop,
                                                .written = on_written},
                     &journal, &err),
        ST_OK);
    memset(text, 120, sizeof text - 1);
    for (int i = 0; i < 1000; i++)
        journal_line(journal, text);
    assert_true(journal_is_behind(journal));
    journal_event(journal, &(struct store_event){"e1", "{}"});
    assert_string_equal(written, "");
    fcntl(reader, F_SETFL, O_NONBLOCK);
    size_t n = 0;
    for (int i = 0; i < 100000 && !*written; i++) {
        ssize_t got = read(reader, text, sizeof text);
        n += got > 0 ? (size_t)got : 0;
        loop_run_once(loop, got > 0 ? 0 : 20);
    }
    assert_string_equal(written, "e1 ");
    assert_false(journal_is_behind(journal));
    assert_true(n > (7 << 20) && n <= (9 << 20));
    journal_close(&journal);
    loop_destroy(&loop);
}

/* A file that was moved away: logrotate. */
static void test_journal_reopens_its_file(void **state)
{
    char folder[64], path[96], old[96], got[64];
    struct err err;
    (void)state;
    journal_close(&journal);
    assert_true(test_folder_make(folder, "journal"));
    snprintf(path, sizeof path, "%s/journal", folder);
    snprintf(old, sizeof old, "%s/journal.1", folder);
    assert_int_equal(
        journal_open(&(struct journal_settings){.descriptor = -1, .file = path},
                     &journal, &err),
        ST_OK);
    journal_line(journal, "one");
    assert_int_equal(rename(path, old), 0);
    journal_line(journal, "two");
    assert_int_equal(journal_reopen(journal, &err), ST_OK);
    journal_line(journal, "three");
    int fd = open(old, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, got, sizeof got), 8);
    assert_memory_equal(got, "one\ntwo\n", 8);
    close(fd);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, got, sizeof got), 6);
    close(fd);
    /* Where it cannot be opened, the one that is open stays. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(journal_reopen(journal, &err), ST_TEMP);
    journal_line(journal, "four");
    journal_close(&journal);
    test_folder_remove(folder);
}

/* KEEP-2: a line is told as written when it is whole in the file. */
static void test_journal_tells_of_a_line_when_it_is_whole(void **state)
{
    char text[1 << 17];
    struct err err;
    (void)state;
    journal_close(&journal);
    close(reader);
    int fds[2];
    assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
    reader = fds[0];
    assert_int_equal(
        journal_open(&(struct journal_settings){.descriptor = fds[1],
                                                .written = on_written},
                     &journal, &err),
        ST_OK);
    memset(text, 120, sizeof text);
    text[sizeof text - 1] = 0;
    journal_event(journal, &(struct store_event){"e1", "{}"});
    journal_event(journal, &(struct store_event){"e2", text});
    journal_event(journal, &(struct store_event){"e3", "{}"});
    assert_string_equal(written, "e1 ");
    while (read(reader, text, sizeof text) > 0)
        journal_flush(journal);
    assert_string_equal(written, "e1 e2 e3 ");
    close(reader);
    signal(SIGPIPE, SIG_IGN);
    journal_event(journal, &(struct store_event){"e4", "{}"});
    assert_string_equal(written, "e1 e2 e3 "); /* a reader that is gone */
    reader = dup(fds[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_journal_refused_has_what_the_schema_says),
        TEST(test_journal_warning_names_a_recipient_or_none),
        TEST(test_journal_listening_and_handshake),
        TEST(test_journal_accepted_is_made_not_written),
        TEST(test_journal_writes_later_what_had_no_room),
        TEST(test_journal_that_nobody_reads_stops_nobody),
        TEST(test_journal_reopens_its_file),
        TEST(test_journal_tells_of_a_line_when_it_is_whole),
        TEST(test_journal_bad_descriptor_or_file_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
