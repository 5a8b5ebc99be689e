/* The mail host: misbehaving as it is told, and what it makes of odd octets. */
#include "peer/test_mailhost.h"

static void test_mailhost_each_starttls_fault(void **state)
{
    (void)state;
    static const struct {
        enum mailhost_starttls starttls;
        const char *failure; /* NULL: none */
        unsigned code;       /* of STARTTLS; 0: never sent */
    } rows[] = {
        {MAILHOST_STARTTLS_OFFERED, NULL, 220},
        {MAILHOST_STARTTLS_ABSENT, "not offered", 0},
        {MAILHOST_STARTTLS_REFUSED, NULL, 454},
        {MAILHOST_STARTTLS_STRIPPED, "not offered", 0},
        {MAILHOST_STARTTLS_GARBAGE, "handshake failed", 220},
        {MAILHOST_STARTTLS_CLOSES, "handshake failed", 220},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(&seen, 0, sizeof seen);
        struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
        settings.starttls = rows[i].starttls;
        serve(&settings);
        struct submitter_settings from = sender();
        struct submitter *s = submit(&from);
        const struct submitter_result *r = submitter_result(s);
        const struct submitter_reply *reply = reply_at(s, "starttls");
        assert_int_equal(reply ? reply->code : 0, rows[i].code);
        if (rows[i].failure)
            assert_non_null(strstr(r->failure, rows[i].failure));
        else
            assert_null(r->failure);
        assert_int_equal(r->is_accepted, i == 0);
        assert_int_equal(seen.message_count, i == 0);
        submitter_destroy(&s);
        mailhost_destroy(&host);
    }
}

static void test_mailhost_prescribed_replies(void **state)
{
    (void)state;
    static const struct {
        enum mailhost_stage stage;
        const char *reply;
        const char *at; /* the submitter's stage */
        unsigned messages;
    } rows[] = {
        {MAILHOST_STAGE_GREETING, "554 5.3.2 no", "connect", 0},
        {MAILHOST_STAGE_GREETING, "421 4.3.2 later", "connect", 0},
        {MAILHOST_STAGE_EHLO, "550 5.7.1 not you", "ehlo", 0},
        {MAILHOST_STAGE_TLS_EHLO, "450 4.7.1 wait", "tls-ehlo", 0},
        {MAILHOST_STAGE_STARTTLS, "501 5.5.4 no", "starttls", 0},
        {MAILHOST_STAGE_MAIL, "452 4.3.1 full", "mail", 0},
        {MAILHOST_STAGE_RCPT, "550 5.1.1 unknown", "rcpt", 0},
        {MAILHOST_STAGE_DATA, "451 4.3.0 no", "data", 0},
        {MAILHOST_STAGE_CONTENT, "554 5.6.0 spam", "content", 1},
        {MAILHOST_STAGE_QUIT, "221 2.0.0 so long", "quit", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(&seen, 0, sizeof seen);
        struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
        settings.reply[rows[i].stage] = rows[i].reply;
        serve(&settings);
        struct submitter_settings from = sender();
        struct submitter *s = submit(&from);
        assert_non_null(reply_at(s, rows[i].at));
        assert_string_equal(reply_at(s, rows[i].at)->reply, rows[i].reply);
        assert_int_equal(submitter_result(s)->is_accepted,
                         rows[i].stage == MAILHOST_STAGE_QUIT);
        assert_int_equal(seen.message_count, rows[i].messages);
        submitter_destroy(&s);
        mailhost_destroy(&host);
    }
}

static void test_mailhost_reply_for_one_recipient(void **state)
{
    (void)state;
    static const struct mailhost_rcpt_reply rcpt[] = {
        {"BOB@hospital.example", "550 5.1.1 unknown"}};
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    settings.rcpt = rcpt;
    settings.rcpt_count = 1;
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    assert_string_equal(seen.recipients, "eve@hospital.example NOTIFY=NEVER;");
    submitter_destroy(&s);
}

static void test_mailhost_drops_in_data(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    settings.drop_in_data_bytes = 10;
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submit(&from);
    assert_false(submitter_result(s)->is_accepted);
    assert_non_null(submitter_result(s)->failure);
    submitter_destroy(&s);
    mailhost_destroy(&host);
    settings.drop_in_data_bytes = 0;
    settings.reply[MAILHOST_STAGE_CONTENT] = "close";
    serve(&settings);
    from.port = mailhost_port(host);
    s = submit(&from);
    assert_false(submitter_result(s)->is_accepted);
    assert_true(seen.is_complete);
    assert_false(seen.is_accepted);
    assert_string_equal(seen.reply, "");
    submitter_destroy(&s);
}

/* Whoever has no limit for a reply as a whole waits for ever. */
static void test_mailhost_drips_without_end(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    settings.reply[MAILHOST_STAGE_MAIL] = "drips";
    serve(&settings);
    struct submitter_settings from = sender();
    from.limit_ms = 300;
    struct submitter *s = submit(&from);
    assert_false(submitter_result(s)->is_accepted);
    assert_non_null(submitter_result(s)->failure);
    submitter_destroy(&s);
}

static void test_mailhost_change_and_deafen(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    submitter_destroy(&s);
    settings.starttls = MAILHOST_STARTTLS_ABSENT;
    mailhost_change(host, &settings);
    s = submit(&from);
    assert_non_null(strstr(submitter_result(s)->failure, "not offered"));
    submitter_destroy(&s);
    mailhost_deafen(host);
    s = submit(&from);
    assert_non_null(strstr(submitter_result(s)->failure, "refused"));
    submitter_destroy(&s);
    struct err err;
    assert_int_equal(mailhost_listen(host, &err), ST_OK);
    assert_int_equal(mailhost_port(host), from.port);
    from.is_plain = true;
    s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    assert_string_equal(seen.tls, "-");
    submitter_destroy(&s);
}

static bool is_open(void *ctx)
{
    (void)ctx;
    return mailhost_open_count(host);
}

static void test_mailhost_destroyed_with_open_connection(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submitter_start(loop, &from, NULL, NULL);
    assert_true(loop_run_until(loop, is_open, NULL, LIMIT_MS));
    mailhost_destroy(&host);
    assert_int_equal(seen.session_count, 1);
    assert_string_equal(seen.closed_by, "host");
    submitter_destroy(&s);
    loop_run_for(loop, 5);
}

static void test_mailhost_ends_lines_at_crlf_alone(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    struct dialogue_step steps[] = {
        expect("220"),
        say("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n"),
        expect("250"),
        expect("250"),
        expect("250"),
        expect("354"),
        say("one\n.\ntwo\r\n.\nthree\n.\r\n\r\n.\r\n"),
        expect("250"),
        {.kind = DIALOGUE_KIND_NOTHING},
    };
    struct dialogue *d = TALK(steps);
    if (!dialogue_result(d)->is_ok)
        fail_msg("%s", dialogue_result(d)->failure);
    assert_true(seen.has_bare);
    assert_string_equal(seen.reverse_path, "");
    /* The dot at the start of a line is gone, the others stay. */
    assert_memory_equal(seen.content, "one\n.\ntwo\r\n\nthree\n.\r\n\r\n", 23);
    assert_int_equal(seen.content_n, 23);
    assert_true(seen.is_truncated); /* no QUIT */
    dialogue_destroy(&d);
}

static void test_mailhost_fed_bytewise_sees_the_same(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    static const char text[] = "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>"
                               "\r\nDATA\r\n..a\r\n.\r\nQUIT\r\n";
    static struct dialogue_step steps[sizeof text + 8];
    size_t n = 0;
    steps[n++] = expect("220");
    for (const char *p = text; *p; p++)
        steps[n++] = (struct dialogue_step){.kind = DIALOGUE_KIND_SEND,
                                            .octets = {p, 1}};
    static const char *const replies[] = {"250", "250", "250",
                                          "354", "250", "221"};
    for (size_t i = 0; i < 6; i++)
        steps[n++] = expect(replies[i]);
    struct dialogue *d = talk(steps, n, 10);
    if (!dialogue_result(d)->is_ok)
        fail_msg("%s", dialogue_result(d)->failure);
    assert_int_equal(seen.content_n, 4);
    assert_memory_equal(seen.content, ".a\r\n", 4);
    dialogue_destroy(&d);
}

static void test_mailhost_refuses_what_it_does_not_offer(void **state)
{
    (void)state;
    static const char *const few[] = {"SIZE 300", NULL};
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    settings.capabilities = few;
    serve(&settings);
    struct dialogue_step steps[] = {
        expect("220"),
        say("EHLO c\r\n"),
        expect("250"),
        say("MAIL FROM:<a@b.example> BODY=8BITMIME\r\n"),
        expect("555 5.5.4"),
        say("MAIL FROM:<a@b.example> SIZE=301\r\n"),
        expect("552 5.3.4"),
        say("MAIL FROM:<\xc3\xa9@b.example>\r\n"),
        expect("553 5.6.7"),
        say("MAIL FROM:<a@b.example> SIZE=300\r\nRCPT TO:<c@d.example>\r\n"),
        expect("250"),
        expect("503 5.5.0"),
        say("RCPT TO:<c@d.example> NOTIFY=NEVER\r\n"),
        expect("555 5.5.4"),
    };
    struct dialogue *d = TALK(steps);
    if (!dialogue_result(d)->is_ok)
        fail_msg("%s", dialogue_result(d)->failure);
    dialogue_destroy(&d);
}

static void test_mailhost_is_another_later_and_slow(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    struct mailhost_settings later = settings;
    later.reply[MAILHOST_STAGE_MAIL] = "550 5.7.1 not twice";
    settings.later = &later;
    settings.delay_ms = 3;
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    submitter_destroy(&s);
    s = submit(&from);
    assert_false(submitter_result(s)->is_accepted);
    submitter_destroy(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mailhost_each_starttls_fault),
        TEST(test_mailhost_prescribed_replies),
        TEST(test_mailhost_reply_for_one_recipient),
        TEST(test_mailhost_drops_in_data),
        TEST(test_mailhost_drips_without_end),
        TEST(test_mailhost_change_and_deafen),
        TEST(test_mailhost_destroyed_with_open_connection),
        TEST(test_mailhost_ends_lines_at_crlf_alone),
        TEST(test_mailhost_fed_bytewise_sees_the_same),
        TEST(test_mailhost_refuses_what_it_does_not_offer),
        TEST(test_mailhost_is_another_later_and_slow),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
