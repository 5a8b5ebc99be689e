/* What leaves the gateway, octet for octet where that matters, and what must
 * not be in it whatever the sender wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <gmime/gmime.h>

#include "mail/copy.h"
#include "mail/dsn.h"
#include "mail/encode.h"
#include "mail/notification.h"
#include "mail/test_mail.h"

/* Header and body together. */
static struct slice direct_copy(struct slice content,
                                const struct mail_direct *how)
{
    struct slice body;
    struct slice head = mail_direct_head(arena, content, how, &body);
    return slice_of(
        arena_printf(arena, "%.*s%.*s", SLICE_ARG(head), SLICE_ARG(body)));
}

static void test_direct_copy_is_the_message_less_what_stays(void **state)
{
    (void)state;
    struct slice out =
        direct_copy(original_slice(),
                    &(struct mail_direct){.transport = MAIL_TRANSPORT_DIRECT});
    static const char expected[] =
        "X-Zivver-Transport: direct\r\n"
        "Received: from a by b; Mon, 02 Mar 2026 08:00:00 +0000\r\n"
        "From: \"Jansen, Jan\" <jansen@clinic.example>\r\n"
        "To: bob@hospital.example,\r\n"
        "\tcarl@hospital.example\r\n"
        "Subject: Appointment\r\n"
        "X-Odd:   kept   as it came  \r\n"
        "\r\n"
        "Bcc: this is body\r\n"
        "\r\n"
        "zivver-access-right: body too \x01\xff\r\n";
    assert_int_equal(out.n, sizeof expected - 1);
    assert_memory_equal(out.p, expected, out.n);
}

static void test_idd_copy_names_the_organization_in_references(void **state)
{
    (void)state;
    static const char old[] =
        "References: <a@b>\r\n <c@d>\r\nX: y\r\n\r\nz\r\n";
    struct slice out =
        direct_copy(SLICE_LITERAL(old),
                    &(struct mail_direct){.transport = MAIL_TRANSPORT_IDD,
                                          .idd_uuid = "U-1"});
    assert_has(out, "X-Zivver-Transport: idd\r\n");
    assert_has(out, "<c@d>\r\n <zivver-sdr-U-1>\r\nX: y\r\n\r\nz\r\n");
    out = direct_copy(original_slice(),
                      &(struct mail_direct){.transport = MAIL_TRANSPORT_IDD,
                                            .idd_uuid = "U-1"});
    assert_has(out, "References: <zivver-sdr-U-1>\r\n\r\nBcc: this");
}

static void test_direct_copy_of_odd_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", "\r\n"},
        {"\r\nbody\r\n", "\r\nbody\r\n"},
        {"A: b\r\n", "A: b\r\n\r\n"},
        {"A: b\r\n\r\n", "A: b\r\n\r\n"},
        {"zivver-x: y\r\n\r\n", "\r\n"},
        {"zivver-x : y\r\n folded\r\n\r\nc", "\r\nc"},
        {"no field\r\nBcc:\r\n\r\n", "no field\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice out = direct_copy(
            slice_of(rows[i].in),
            &(struct mail_direct){.transport = MAIL_TRANSPORT_DIRECT});
        const char *first = "X-Zivver-Transport: direct\r\n";
        assert_has(out, first);
        assert_string_equal(text(slice_from(out, strlen(first))), rows[i].out);
    }
}

static struct slice complete(const char *content, const char *helo)
{
    struct blob *out = blob_create_in(arena, NULL);
    struct slice octets;
    struct err err;
    mail_complete(
        out, arena,
        &(struct mail_completion){.content = slice_of(content),
                                  .id = "m1",
                                  .host_name = "gateway.lasthop.example",
                                  .client_helo = helo,
                                  .is_authenticated = true,
                                  .client_ip = "127.0.0.3",
                                  .now_s = 1772438400});
    assert_int_equal(blob_slice(out, &octets, &err), ST_OK);
    return octets;
}

static void test_completion_adds_what_is_missing(void **state)
{
    (void)state;
    struct slice out = complete("From: a@b\r\n\r\nbody", "app.clinic.example");
    assert_string_equal(text(out),
                        "Received: from app.clinic.example ([127.0.0.3])\r\n"
                        " by gateway.lasthop.example with ESMTPSA id m1;\r\n"
                        " Mon, 02 Mar 2026 08:00:00 +0000\r\n"
                        "From: a@b\r\n"
                        "Date: Mon, 02 Mar 2026 08:00:00 +0000\r\n"
                        "Message-ID: <m1@gateway.lasthop.example>\r\n"
                        "\r\nbody");
    out = complete("date: x\r\nmessage-id: <y>\r\n\r\n", "h");
    assert_has(out, " +0000\r\ndate: x\r\nmessage-id: <y>\r\n\r\n");
    assert_has_not(out, "Message-ID: <m1");
    /* Phone numbers and access codes are not even kept (RIGHT-5). */
    out = complete("A: b\r\nZivver-Access-Right: b@c.example sms\r\n"
                   " +31612345678\r\nC: d\r\n\r\n",
                   "h");
    assert_has(out, "A: b\r\nC: d\r\n");
    assert_has_not(out, "31612345678");
}

static void test_completion_keeps_received_one_field(void **state)
{
    (void)state;
    struct slice out = complete("A: b\r\n\r\n", "x\r\nBcc: (evil");
    assert_has(out, "Received: from x??Bcc:??evil ([127.0.0.3])\r\n");
}

static struct mail_notification sample(const char *content)
{
    return (struct mail_notification){
        .from = "no-reply@gateway.lasthop.example",
        .host_name = "gateway.lasthop.example",
        .to = "bob@hospital.example",
        .content = slice_of(content),
        .conversation = "11111111-2222-4333-8444-555555555555",
        .portal = "https://portal.gateway.lasthop.example",
        .token = "t0k3n",
        .mail_id = "n-1",
        .now_s = 1772438400,
    };
}

static GMimeMessage *parsed(struct slice s)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(s.p, s.n);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    assert_non_null(message);
    return message;
}

static const char *part_text(GMimeObject *multipart, int i)
{
    GMimeObject *part =
        g_mime_multipart_get_part(GMIME_MULTIPART(multipart), i);
    assert_true(GMIME_IS_TEXT_PART(part));
    char *decoded = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
    const char *copy = arena_strdup(arena, decoded);
    g_free(decoded);
    return copy;
}

static void test_notification_says_who_and_where_in_two_languages(void **state)
{
    (void)state;
    struct mail_notification in = sample(
        "From: =?utf-8?Q?J=C3=A4nsen_=3Cb=3E?= <jansen@clinic.example>\r\n"
        "Subject: Appointment\r\n"
        "zivver-access-right: bob@hospital.example sms +31612345678\r\n"
        "\r\nsecret content\r\n");
    struct slice out = mail_notification(arena, &in);
    assert_lines(out);
    assert_has(out, "X-Zivver-Transport: notification\r\n");
    assert_has(out, "X-Zivver-ConversationId: "
                    "11111111-2222-4333-8444-555555555555\r\n");
    assert_has(out, "From: no-reply@gateway.lasthop.example\r\n");
    assert_has(out, "To: bob@hospital.example\r\n");
    assert_has(out, "Subject: Appointment\r\n");
    assert_has(out, "Message-ID: <n-1@gateway.lasthop.example>\r\n");
    assert_has(out, "Auto-Submitted: auto-generated\r\n");
    assert_has_not(out, "secret");
    assert_has_not(out, "31612345678");
    GMimeMessage *message = parsed(out);
    GMimeObject *root = g_mime_message_get_mime_part(message);
    assert_true(GMIME_IS_MULTIPART(root));
    assert_int_equal(g_mime_multipart_get_count(GMIME_MULTIPART(root)), 2);
    const char *plain = part_text(root, 0), *html = part_text(root, 1);
    static const char *const wanted[] = {
        "J\xc3\xa4nsen <b> (jansen@clinic.example) has sent",
        "J\xc3\xa4nsen <b> (jansen@clinic.example) heeft",
        "https://portal.gateway.lasthop.example/m/t0k3n", "portal", "portaal"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_has(slice_of(plain), wanted[i]);
    assert_has(slice_of(html), "J\xc3\xa4nsen &lt;b&gt; (jansen@");
    assert_has(slice_of(html), "\"https://portal.gateway.lasthop.example/m/");
    assert_has_not(slice_of(html), "<b>");
    g_object_unref(message);
}

static void test_notification_subject_follows_the_setting(void **state)
{
    (void)state;
    static const char content[] =
        "From: a@b.example\r\nSubject: Afspraak bij\r\n dr. J\xc3\xa4nsen\r\n"
        "\r\n";
    struct mail_notification in = sample(content);
    struct slice out = mail_notification(arena, &in);
    assert_lines(out);
    GMimeMessage *message = parsed(out);
    assert_string_equal(g_mime_message_get_subject(message),
                        "Afspraak bij dr. J\xc3\xa4nsen");
    g_object_unref(message);
    in.generic_subject = true;
    out = mail_notification(arena, &in);
    assert_has(out, "Subject: You have received a secure message");
    assert_has_not(out, "Afspraak");
    in = sample("From: a@b.example\r\n\r\n");
    assert_has(mail_notification(arena, &in),
               "Subject: You have received a secure message");
}

/* Header values that try to become a header or a part of their own. */
static void test_notification_cannot_be_injected(void **state)
{
    (void)state;
    static const char *const subjects[] = {
        "=?utf-8?Q?x=0D=0ABcc:_eve@lab.example=0D=0A=0D=0Ahello?=",
        "=?utf-8?B?eA0KQmNjOiBldmVAbGFiLmV4YW1wbGUNCg0KaGVsbG8=?=",
        "=?utf-8?Q?--=3D=5Fn=5Fn-1?=",
        "=?iso-2022-jp?B?GyRC?= =?utf-8?Q?=0Ax:y?=",
        "\x01\x02\x7f\xff\xfe",
    };
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        struct mail_notification in = sample(
            arena_printf(arena, "From: %s <a@b.example>\r\nSubject: %s\r\n\r\n",
                         subjects[i], subjects[i]));
        struct slice out = mail_notification(arena, &in);
        assert_lines(out);
        struct mail_message message = mail_parse(arena, out);
        assert_null(mail_find(&message, "Bcc"));
        assert_null(mail_find(&message, "x"));
        assert_int_equal(message.field_count, 10);
        GMimeMessage *mime = parsed(out);
        GMimeObject *root = g_mime_message_get_mime_part(mime);
        assert_int_equal(g_mime_multipart_get_count(GMIME_MULTIPART(root)), 2);
        g_object_unref(mime);
    }
}

static void test_notification_survives_huge_names(void **state)
{
    (void)state;
    char *name = arena_alloc(arena, 500001);
    memset(name, 'n', 500000);
    struct mail_notification in =
        sample(arena_printf(arena,
                            "From: \"%s\" <a@b.example>\r\nSubject: %s\r\n"
                            "\r\n",
                            name, name));
    assert_true(mail_notification(arena, &in).n < 20000);
}

/* A database may hold any number. */
static void test_date_of_any_second(void **state)
{
    (void)state;
    assert_string_equal(mail_date(arena, 0), "Thu, 01 Jan 1970 00:00:00 +0000");
    assert_string_equal(mail_date(arena, INT64_MIN), mail_date(arena, 0));
    assert_string_equal(mail_date(arena, INT64_MAX),
                        "Fri, 31 Dec 9999 23:59:59 +0000");
}

/* Octets that become many, wherever a stranger puts them: there is a mail. */
static void test_octets_that_grow_end_in_a_mail(void **state)
{
    enum { WORDS = 5000, SAID = 300000 };
    struct buf in;
    (void)state;
    buf_init(&in, SIZE_MAX);
    buf_puts(&in, "From: \"");
    for (int i = 0; i < WORDS; i++)
        buf_puts(&in, "=?TSCII?Q?=82=82=82?= \xe4");
    buf_puts(&in, "\" <jansen@clinic.example>\r\nSubject: ");
    for (int i = 0; i < WORDS; i++)
        buf_puts(&in, "=?gb18030?B?gTCBMA==?= \xe4");
    buf_puts(&in, "\r\n\r\n");
    struct mail_notification n = {.from = "no-reply@g.example",
                                  .host_name = "g",
                                  .to = "bob@x.example",
                                  .content = buf_slice(&in),
                                  .conversation = "c",
                                  .portal = "https://p",
                                  .token = "t",
                                  .mail_id = "1"};
    assert_lines(mail_notification(arena, &n));
    char *said = arena_alloc(arena, SAID + 1);
    memset(said, '\xe4', SAID);
    struct mail_dsn_recipient recipients[200];
    for (size_t i = 0; i < 200; i++)
        recipients[i] = (struct mail_dsn_recipient){.address = "bob@x.example",
                                                    .status = "5.1.1",
                                                    .reason = said,
                                                    .diagnostic = said};
    struct mail_dsn dsn = {.host_name = "g",
                           .to = "a@b",
                           .content = buf_slice(&in),
                           .mail_id = "1",
                           .recipients = recipients,
                           .recipient_count = 200};
    assert_true(mail_dsn(arena, &dsn).n > buf_slice(&in).n);
    buf_release(&in);
}

static void test_quoted_printable_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"plain", "plain"},
        {"a=b", "a=3Db"},
        {"end \nx", "end=20\r\nx"},
        {"tab\t\r\nx", "tab=09\r\nx"},
        {"\xc3\xa4", "=C3=A4"},
        {"a\rb", "a=0Db"},
        {"1234567890123456789012345678901234567890"
         "12345678901234567890123456789012345xyz",
         "1234567890123456789012345678901234567890"
         "12345678901234567890123456789012345=\r\nxyz"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, 1024);
        encode_quoted_printable(&out, slice_of(rows[i].in));
        assert_string_equal(out.p, rows[i].out);
        buf_release(&out);
    }
}

static void test_encoded_words_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"plain", "plain"},
        {"=?utf-8?B?w6Q=?= =?UTF-8?b?w7Y=?= x", "\xc3\xa4\xc3\xb6 x"},
        {"=?utf-8?Q?=C3?=\t=?utf-8?Q?=A4_b?=", "\xc3\xa4 b"},
        {"=?iso-8859-1*en?q?=E4?=", "\xc3\xa4"},
        {"=?windows-1252?q?=80?= and =?x-none?q?=80a?=",
         "\xe2\x82\xac and \xe2\x82\xac"
         "a"},
        {"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
        {"=?utf-8?B?***?=", "=?utf-8?B?***?="},
        {"=?utf-8?Q?open", "=?utf-8?Q?open"},
        {"a=b =? =?? =", "a=b =? =?? ="},
        {"=?utf-8?Q?=ED=ff=Zz=?=", "\xef\xbf\xbd\xef\xbf\xbd=Zz="},
        {"=?utf-8?Q?a=00b?=", "a\xef\xbf\xbd"
                              "b"},
        {"=?utf-8?Q?=C3?= =?utf-8?X?=A4?=", "\xef\xbf\xbd =?utf-8?X?=A4?="},
        {"raw \xc3\xa4", "raw \xc3\xa4"},
        {"raw \xe4 =?koi8-r?q?=F0?= \xc3\xa4",
         "raw \xc3\xa4 \xd0\x9f \xc3\xa4"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(encode_decode_words(arena, rows[i].in),
                            rows[i].out);
}

static void test_long_headers_fold_and_come_back(void **state)
{
    (void)state;
    static const char *const values[] = {
        "word word word word word word word word word word word word word word "
        "word word word word word word word word word word word word",
        "\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac "
        "\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac "
        "\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac "
        "\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
        "not =?utf-8?Q?a_word?= of ours",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf out;
        buf_init(&out, 4096);
        encode_header(&out, "Subject", values[i]);
        struct slice s = buf_slice(&out);
        for (size_t used = 0, at = 0; at < s.n; at++, used++) {
            used = s.p[at] == '\n' ? (size_t)-1 : used;
            assert_true(used == (size_t)-1 || used <= 78);
        }
        struct mail_message message = mail_parse(arena, s);
        const char *value = mail_value(arena, &message, "Subject");
        assert_string_equal(encode_decode_words(arena, value), values[i]);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct_copy_is_the_message_less_what_stays),
        cmocka_unit_test(test_idd_copy_names_the_organization_in_references),
        cmocka_unit_test(test_direct_copy_of_odd_shapes),
        cmocka_unit_test(test_completion_adds_what_is_missing),
        cmocka_unit_test(test_completion_keeps_received_one_field),
        cmocka_unit_test(test_notification_says_who_and_where_in_two_languages),
        cmocka_unit_test(test_notification_subject_follows_the_setting),
        cmocka_unit_test(test_notification_cannot_be_injected),
        cmocka_unit_test(test_notification_survives_huge_names),
        cmocka_unit_test(test_date_of_any_second),
        cmocka_unit_test(test_octets_that_grow_end_in_a_mail),
        cmocka_unit_test(test_quoted_printable_vectors),
        cmocka_unit_test(test_encoded_words_vectors),
        cmocka_unit_test(test_long_headers_fold_and_come_back),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
