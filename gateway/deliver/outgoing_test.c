#include "deliver/outgoing.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/blob.h"
#include "base/buf.h"
#include "base/mapped.h"
#include "base/test_folder.h"

enum { BODY_BYTES = 3000000 };

static const struct client_offers all = {
    .eightbitmime = true, .smtputf8 = true, .size = true};

static struct sigaction mapping_handler;

struct fixture {
    char folder[64];
    struct blob *stored;
    struct transport_mail mail;
    struct client_transaction transaction;
    struct outgoing out;
    struct buf left; /* what was handed out */
};

static void make_body(struct fixture *f, const char *line)
{
    struct err err;
    f->stored = blob_create(f->folder);
    while (blob_bytes(f->stored) < BODY_BYTES)
        blob_puts(f->stored, line);
    assert_int_equal(blob_keep(f->stored, "m1", &err), ST_OK);
    assert_int_equal(blob_slice(f->stored, &f->mail.body, &err), ST_OK);
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){
        .mail = {.content = SLICE_LITERAL("MIME-Version: 1.0\r\n"
                                          "Content-Type: text/plain\r\n\r\n")},
        .transaction = {.reverse_path = SLICE_LITERAL("a@b"),
                        .recipient = SLICE_LITERAL("c@d")}};
    *state = &f;
    buf_init(&f.left, 4 * BODY_BYTES);
    return test_folder_make(f.folder, "outgoing") ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    outgoing_release(&f->out);
    blob_destroy(&f->stored);
    buf_release(&f->left);
    test_folder_remove(f->folder);
    return 0;
}

static void hand_out(struct fixture *f)
{
    struct slice piece;
    while (outgoing_next(&f->out, &piece)) {
        assert_in_range(piece.n, 1, CLIENT_PIECE_BYTES);
        buf_put(&f->left, piece);
    }
}

static void test_header_and_body_leave_as_they_are(void **state)
{
    struct fixture *f = *state;
    make_body(f, "gr\xc3\xbc\xc3\x9f\r\n");
    outgoing_init(&f->out, &f->mail);
    assert_null(outgoing_adapt(&f->out, &all, &f->transaction, f->folder));
    assert_true(f->transaction.content_8bit);
    assert_int_equal(f->transaction.content_bytes,
                     f->mail.content.n + f->mail.body.n);
    hand_out(f);
    assert_false(f->out.is_broken);
    struct slice left = buf_slice(&f->left);
    assert_int_equal(left.n, f->mail.content.n + f->mail.body.n);
    assert_memory_equal(left.p, f->mail.content.p, f->mail.content.n);
    assert_true(slice_eq(slice_from(left, f->mail.content.n), f->mail.body));
}

static void test_large_body_is_converted_in_the_spool(void **state)
{
    struct fixture *f = *state;
    static const struct client_offers seven = {.size = true};
    make_body(f, "gr\xc3\xbc\xc3\x9f\r\n");
    outgoing_init(&f->out, &f->mail);
    assert_null(outgoing_adapt(&f->out, &seven, &f->transaction, f->folder));
    assert_false(f->transaction.content_8bit);
    hand_out(f);
    assert_false(f->out.is_broken);
    buf_put(&f->left, (struct slice){"", 1});
    const char *body = strstr(f->left.p, "\r\n\r\n") + 4;
    assert_memory_equal(body, "gr=C3=BC=C3=9F\r\ngr=C3", 20);
    assert_int_equal(strlen(body), f->mail.body.n / 8 * 16);
}

static void test_too_large_for_the_server_is_said_before(void **state)
{
    struct fixture *f = *state;
    static const struct client_offers small = {
        .eightbitmime = true, .size = true, .size_bytes = BODY_BYTES};
    make_body(f, "a line of text\r\n");
    outgoing_init(&f->out, &f->mail);
    assert_string_equal(
        outgoing_adapt(&f->out, &small, &f->transaction, f->folder), "5.3.4");
}

/* KEEP-3: never a crash, and never the end of data behind what is missing. */
static void test_body_cut_off_under_way_breaks_it_off(void **state)
{
    struct fixture *f = *state;
    char path[128];
    struct slice piece;
    sigaction(SIGBUS, &mapping_handler, NULL); /* cmocka's stood there */
    make_body(f, "a line of text\r\n");
    outgoing_init(&f->out, &f->mail);
    assert_null(outgoing_adapt(&f->out, &all, &f->transaction, f->folder));
    assert_true(outgoing_next(&f->out, &piece));
    assert_true(outgoing_next(&f->out, &piece));
    snprintf(path, sizeof path, "%s/m1", f->folder);
    assert_int_equal(truncate(path, BODY_BYTES / 2), 0);
    hand_out(f);
    assert_true(f->out.is_broken);
    assert_true(f->left.n <= BODY_BYTES / 2);
}

static void test_no_room_to_convert_is_no_refusal(void **state)
{
    struct fixture *f = *state;
    static const struct client_offers seven = {.size = true};
    make_body(f, "gr\xc3\xbc\xc3\x9f\r\n");
    outgoing_init(&f->out, &f->mail);
    assert_null(
        outgoing_adapt(&f->out, &seven, &f->transaction, "/nonexistent"));
    assert_true(f->out.is_broken);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_header_and_body_leave_as_they_are),
        TEST(test_large_body_is_converted_in_the_spool),
        TEST(test_too_large_for_the_server_is_said_before),
        TEST(test_body_cut_off_under_way_breaks_it_off),
        TEST(test_no_room_to_convert_is_no_refusal),
    };
    FILE *file = tmpfile(); /* the first mapping sets the handler */
    struct slice none;
    struct err err;
    if (!file || mapped_create(fileno(file), 0, &none, &err) != ST_OK)
        return 1;
    fclose(file);
    sigaction(SIGBUS, NULL, &mapping_handler);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
