#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "mail/seven_bit.h"

static void check(const char *in, const char *want)
{
    struct arena *arena = arena_create();
    struct blob *blob = blob_create_in(arena, NULL);
    struct slice out;
    struct err err;
    bool done = mail_to_7bit(blob, arena, slice_of(in));
    assert_int_equal(blob_slice(blob, &out, &err), ST_OK);
    assert_int_equal(done, want != NULL);
    if (want)
        assert_string_equal(arena_text(arena, out), want);
    arena_destroy(&arena);
}

#define HEAD "MIME-Version: 1.0\r\n"
#define TYPE(type) "Content-Type: " type "\r\n"
#define CODING(coding) "Content-Transfer-Encoding: " coding "\r\n"

static void test_ascii_stays_as_it_is(void **state)
{
    (void)state;
    check(HEAD TYPE("text/plain") CODING("8bit") "\r\na = b\r\n",
          HEAD TYPE("text/plain") CODING("8bit") "\r\na = b\r\n");
}

static void test_leaves_are_encoded_by_their_type(void **state)
{
    (void)state;
    check(HEAD CODING("8bit")
              TYPE("Text/Plain; charset=utf-8") "\r\n"
                                                "gr\xc3\xbc\xc3\x9f =\r\n",
          HEAD TYPE("Text/Plain; charset=utf-8")
              CODING("quoted-printable") "\r\ngr=C3=BC=C3=9F =3D\r\n");
    check(HEAD TYPE("application/x-own") CODING("binary") "\r\n\xff\xfe\xfd",
          HEAD TYPE("application/x-own") CODING("base64") "\r\n//79");
}

static void test_a_body_without_mime_is_announced(void **state)
{
    (void)state;
    check("Subject: x\r\n\r\n\xc3\xbc\r\n",
          "MIME-Version: 1.0\r\n"
          "Content-Type: text/plain; charset=unknown-8bit\r\n"
          "Subject: x\r\n" CODING("quoted-printable") "\r\n=C3=BC\r\n");
}

static void test_structure_and_boundaries_are_kept(void **state)
{
    (void)state;
    check(
        HEAD TYPE("multipart/mixed; boundary=\"a b\"")
            CODING("8bit") "\r\npreamble\r\n--a b\r\n" TYPE(
                "text/plain") "\r\n\xc3\xbc"
                              "\r\n--a b  \r\n\r\nascii\r\n--a bc\r\n"
                              "\r\n--a b\r\n" TYPE(
                                  "multipart/alternative; "
                                  "boundary=in") "\r\n--"
                                                 "in\r\n" TYPE("text/"
                                                               "html")
                                                     CODING(
                                                         "8bi"
                                                         "t") "\r\n\xc3\x9f\r\n"
                                                              "\r\n--in--\r\n--"
                                                              "a "
                                                              "b--"
                                                              "\r\nepilogue\r"
                                                              "\n",
        HEAD TYPE("multipart/mixed; boundary=\"a b\"") CODING(
            "7bit") "\r\npreamble\r\n--a b\r\n" TYPE("text/plain")
            CODING(
                "quoted-printable") "\r\n=C3=BC"
                                    "\r\n--a b  \r\n\r\nascii\r\n--a bc\r\n"
                                    "\r\n--a b\r\n" TYPE(
                                        "multipart/alternative; boundary=in")
                                        CODING("7bit") "\r\n--in\r\n" TYPE(
                                            "text/html")
                                            CODING(
                                                "quoted-printable") "\r\n=C3="
                                                                    "9F\r\n"
                                                                    "\r\n--in--"
                                                                    "\r\n--a "
                                                                    "b--"
                                                                    "\r\nepilog"
                                                                    "ue\r\n");
}

static void test_a_message_within_is_converted_within(void **state)
{
    (void)state;
    check(HEAD TYPE("message/rfc822") CODING(
              "8bit") "\r\n"
                      "Subject: in\r\n" TYPE("text/plain") "\r\n\xc3\xbc\r\n",
          HEAD TYPE("message/rfc822")
              CODING("7bit") "\r\n"
                             "Subject: in\r\n" TYPE("text/plain")
                                 CODING("quoted-printable") "\r\n=C3=BC\r\n");
}

static void test_what_would_break_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        HEAD TYPE("multipart/signed; boundary=s") "\r\n--s\r\n\r\n\xc3\xbc\r\n"
                                                  "--s--\r\n",
        HEAD TYPE("multipart/mixed; boundary=s") "\r\n\xc3\xbc\r\n--s--\r\n",
        HEAD TYPE("multipart/mixed") "\r\n\xc3\xbc\r\n",
        HEAD TYPE("text/plain") CODING("base64") "\r\n\xc3\xbc\r\n",
        HEAD TYPE("message/partial") "\r\n\xc3\xbc\r\n",
        HEAD "Subject: \xc3\xbc\r\n\r\nx\r\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(rows[i], NULL);
    /* Signed, and seven bits already. */
    check(HEAD TYPE("multipart/signed; boundary=s") "\r\n--s\r\n\r\na\r\n"
                                                    "--s--\r\n",
          HEAD TYPE("multipart/signed; boundary=s") "\r\n--s\r\n\r\na\r\n"
                                                    "--s--\r\n");
}

/* Large leaves are encoded piece by piece. */
static void test_large_leaves_are_encoded_as_one(void **state)
{
    (void)state;
    enum { LINES = 30000, OCTETS = 200000 };
    struct buf in, want;
    buf_init(&in, 1 << 20);
    buf_init(&want, 1 << 20);
    buf_puts(&in, HEAD TYPE("text/plain") "\r\n");
    buf_puts(&want, HEAD TYPE("text/plain") CODING("quoted-printable") "\r\n");
    for (int i = 0; i < LINES; i++) {
        buf_printf(&in, "\xc3\xbc%d\r\n", i);
        buf_printf(&want, "=C3=BC%d\r\n", i);
    }
    check(buf_slice(&in).p, buf_slice(&want).p);
    buf_reset(&in);
    buf_reset(&want);
    buf_puts(&in, HEAD TYPE("image/x") "\r\n");
    buf_puts(&want, HEAD TYPE("image/x") CODING("base64") "\r\n");
    for (int i = 0; i < OCTETS; i++) {
        buf_puts(&in, "\xff");
        if (i % 57 == 0 && i)
            buf_puts(&want, "\r\n");
        if (i % 3 == 2)
            buf_puts(&want, "////");
    }
    buf_puts(&want, "//8=");
    check(buf_slice(&in).p, buf_slice(&want).p);
    buf_release(&in);
    buf_release(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ascii_stays_as_it_is),
        cmocka_unit_test(test_leaves_are_encoded_by_their_type),
        cmocka_unit_test(test_a_body_without_mime_is_announced),
        cmocka_unit_test(test_structure_and_boundaries_are_kept),
        cmocka_unit_test(test_a_message_within_is_converted_within),
        cmocka_unit_test(test_what_would_break_is_refused),
        cmocka_unit_test(test_large_leaves_are_encoded_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
