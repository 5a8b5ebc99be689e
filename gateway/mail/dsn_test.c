/* Status notifications: every field in its place, no content, and nothing that
 * breaks out of its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <gmime/gmime.h>

#include "base/buf.h"
#include "mail/dsn.h"
#include "mail/test_mail.h"

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

static const struct mail_dsn_recipient failed[] = {
    {.address = "bob@hospital.example",
     .orcpt = "rfc822;bob@old.example",
     .status = "5.1.1",
     .remote_mta = "mx.hospital.example",
     .diagnostic = "550 5.1.1 no such user",
     .reason = "The server refused.",
     .last_attempt_s = 1772438460},
    {.address = "eve@lab.example",
     .status = "5.7.10",
     .reason = "It was prevented."},
};

static struct mail_dsn dsn_sample(void)
{
    return (struct mail_dsn){.host_name = "gateway.lasthop.example",
                             .to = "jansen@clinic.example",
                             .content = original_slice(),
                             .envid = "Q42",
                             .mail_id = "d-1",
                             .arrival_s = 1772438400,
                             .now_s = 1772438460,
                             .recipients = failed,
                             .recipient_count = 2};
}

static void test_dsn_has_the_three_parts_and_fields(void **state)
{
    (void)state;
    struct mail_dsn in = dsn_sample();
    struct slice out = mail_dsn(arena, &in);
    assert_lines(out);
    assert_has(out, "X-Zivver-Transport: dsn\r\n");
    assert_has(out, "Auto-Submitted: auto-replied\r\n");
    assert_has(out, "To: jansen@clinic.example\r\n");
    assert_has(out, "\r\n\r\nOriginal-Envelope-Id: Q42\r\n"
                    "Reporting-MTA: dns; gateway.lasthop.example\r\n"
                    "Arrival-Date: Mon, 02 Mar 2026 08:00:00 +0000\r\n"
                    "\r\n"
                    "Original-Recipient: rfc822;bob@old.example\r\n"
                    "Final-Recipient: rfc822; bob@hospital.example\r\n"
                    "Action: failed\r\n"
                    "Status: 5.1.1\r\n"
                    "Remote-MTA: dns; mx.hospital.example\r\n"
                    "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
                    "Last-Attempt-Date: Mon, 02 Mar 2026 08:01:00 +0000\r\n"
                    "\r\n"
                    "Final-Recipient: rfc822; eve@lab.example\r\n"
                    "Action: failed\r\n"
                    "Status: 5.7.10\r\n"
                    "Diagnostic-Code: x-lasthop; It was prevented.\r\n"
                    "\r\n");
    GMimeMessage *message = parsed(out);
    GMimeObject *root = g_mime_message_get_mime_part(message);
    GMimeContentType *type = g_mime_object_get_content_type(root);
    assert_true(g_mime_content_type_is_type(type, "multipart", "report"));
    assert_string_equal(g_mime_content_type_get_parameter(type, "report-type"),
                        "delivery-status");
    assert_int_equal(g_mime_multipart_get_count(GMIME_MULTIPART(root)), 3);
    static const char *const types[] = {"plain", "delivery-status",
                                        "rfc822-headers"};
    for (int i = 0; i < 3; i++) {
        type = g_mime_object_get_content_type(
            g_mime_multipart_get_part(GMIME_MULTIPART(root), i));
        assert_string_equal(g_mime_content_type_get_media_subtype(type),
                            types[i]);
    }
    g_object_unref(message);
}

static void test_dsn_shows_no_content_no_bcc_no_control(void **state)
{
    (void)state;
    struct mail_dsn in = dsn_sample();
    in.recipient_count = 1;
    struct slice out = mail_dsn(arena, &in);
    assert_has(out, "Subject: Appointment\r\n");
    static const char *const hidden[] = {"this is body", "eve@lab", "zivver-a",
                                         "Zivver-A", "31612345678"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_has_not(out, hidden[i]);
}

static void test_dsn_cannot_be_injected(void **state)
{
    (void)state;
    struct mail_dsn_recipient evil = {.address = "a\r\n\r\nX: y@b",
                                      .orcpt = "rfc822;a\r\nStatus: 2.0.0",
                                      .status = "5.0.0\r\nZ: z",
                                      .remote_mta = "mx\r\n\r\n--=_d_d-1",
                                      .diagnostic = "550 no\r\nX-Evil: yes",
                                      .reason = "reason\r\n--=_d_d-1--"};
    struct mail_dsn in = dsn_sample();
    in.recipients = &evil;
    in.recipient_count = 1;
    in.envid = "e\r\n\r\nFinal-Recipient: x";
    in.to = "s@x\r\nBcc: eve@lab.example";
    struct slice out = mail_dsn(arena, &in);
    assert_lines(out);
    static const char *const lines[] = {
        "\nX: y",   "\nStatus: 2",          "\nZ: z",
        "\nX-Evil", "\nFinal-Recipient: x", "\nBcc:"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_has_not(out, lines[i]);
    GMimeMessage *message = parsed(out);
    GMimeObject *root = g_mime_message_get_mime_part(message);
    assert_int_equal(g_mime_multipart_get_count(GMIME_MULTIPART(root)), 3);
    g_object_unref(message);
}

static void test_dsn_of_each_action_says_what_it_is(void **state)
{
    (void)state;
    static const struct {
        enum mail_dsn_action action;
        const char *has[4];
        const char *has_not;
    } rows[] = {
        {MAIL_DSN_ACTION_FAILED,
         {"Action: failed\r\n", "could not be delivered", "not be tried again"},
         "Will-Retry-Until"},
        {MAIL_DSN_ACTION_DELAYED,
         {"Action: delayed\r\n", "not been delivered yet",
          "Will-Retry-Until: Mon, 02 Mar 2026 08:02:00 +0000\r\n"},
         "Undelivered"},
        {MAIL_DSN_ACTION_RELAYED,
         {"Action: relayed\r\n", "passed on to the mail server"},
         "Diagnostic-Code"},
        {MAIL_DSN_ACTION_DELIVERED,
         {"Action: delivered\r\n", "was delivered to:"},
         "Diagnostic-Code"},
        {MAIL_DSN_ACTION_EXPANDED,
         {"Action: expanded\r\n", "the list"},
         "Diagnostic-Code"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool is_delayed = rows[i].action == MAIL_DSN_ACTION_DELAYED;
        struct mail_dsn_recipient recipient = {
            .address = "bob@hospital.example",
            .status = "2.0.0",
            .reason = "Reason.",
            .will_retry_until_s = is_delayed ? 1772438520 : 0};
        struct mail_dsn in = dsn_sample();
        in.action = rows[i].action;
        in.recipients = &recipient;
        in.recipient_count = 1;
        struct slice out = mail_dsn(arena, &in);
        assert_lines(out);
        for (size_t k = 0; k < 4 && rows[i].has[k]; k++)
            assert_has(out, rows[i].has[k]);
        assert_has_not(out, rows[i].has_not);
    }
}

/* RFC 6533: seven bits for a sender whose server may know nothing else. */
static void
test_dsn_of_utf8_recipient_is_seven_bit_unless_sender_is_too(void **state)
{
    (void)state;
    struct mail_dsn_recipient recipient = {.address = "j\xc3\xb6rg@x.example",
                                           .status = "5.6.7",
                                           .reason = "No SMTPUTF8."};
    struct mail_dsn in = dsn_sample();
    in.recipients = &recipient;
    in.recipient_count = 1;
    struct slice out = mail_dsn(arena, &in);
    for (size_t i = 0; i < out.n; i++)
        assert_true((unsigned char)out.p[i] < 128);
    assert_has(out, "Content-Type: message/delivery-status\r\n");
    assert_has(out, "Final-Recipient: utf-8; j\\x{F6}rg@x.example\r\n");
    in.to = "j\xc3\xa9r\xc3\xb4me@clinic.example";
    out = mail_dsn(arena, &in);
    assert_lines(out);
    assert_has(out, "To: j\xc3\xa9r\xc3\xb4me@clinic.example\r\n");
    assert_has(out, "Content-Type: message/global-delivery-status\r\n"
                    "Content-Transfer-Encoding: 8bit\r\n\r\n");
    assert_has(out, "Final-Recipient: utf-8; j\xc3\xb6rg@x.example\r\n");
    recipient.address = "bob@x.example";
    out = mail_dsn(arena, &in);
    assert_has(out, "Final-Recipient: rfc822; bob@x.example\r\n");
}

/* SMTPUTF8: octets beyond ASCII are three times as many in seven bits. */
static void test_dsn_of_a_large_header_fits(void **state)
{
    struct mail_dsn in = dsn_sample();
    struct buf mail;
    (void)state;
    buf_init(&mail, SIZE_MAX);
    buf_puts(&mail, "X: ");
    for (int i = 0; i < 3 << 19; i++)
        buf_puts(&mail, "\xc3\xb6");
    buf_puts(&mail, "\r\n\r\n");
    in.content = buf_slice(&mail);
    assert_true(mail_dsn(arena, &in).n > 3 * mail.n);
    buf_release(&mail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dsn_has_the_three_parts_and_fields),
        cmocka_unit_test(test_dsn_shows_no_content_no_bcc_no_control),
        cmocka_unit_test(test_dsn_cannot_be_injected),
        cmocka_unit_test(test_dsn_of_a_large_header_fits),
        cmocka_unit_test(test_dsn_of_each_action_says_what_it_is),
        cmocka_unit_test(
            test_dsn_of_utf8_recipient_is_seven_bit_unless_sender_is_too),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
