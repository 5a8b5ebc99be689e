/* The clauses of CONN, by dialogue; AUTH stands in server_auth_test.c, DATA in
 * server_data_test.c. */
#include "session/server_script.h"

static void test_greeting_and_quit(void **state)
{
    (void)state;
    SCRIPT("S: 220 gw.example ESMTP", "S.", "C: QUIT", "S: 221 2.0.0", "X:");
}

/* CONN-2 */
static void test_before_tls_only_six_commands_are_served(void **state)
{
    (void)state;
    SCRIPT("S: 220", "C: NOOP", "S: 250 2.0.0", "C: noop words", "S: 250 2.0.0",
           "C: RSET", "S: 250 2.0.0", "C: HELO a", "S: 250 gw.example",
           "C: MAIL FROM:<a@clinic.example>", "S: 530 5.7.0",
           "R: mail 530 5.7.0", "C: RCPT TO:<b@c.example>", "S: 530 5.7.0",
           "C: DATA", "S: 530 5.7.0", "C: VRFY bob", "S: 530 5.7.0",
           "C: EXPN l", "S: 530 5.7.0", "C: HELP", "S: 530 5.7.0", "C: WHAT",
           "S: 530 5.7.0", "C: ", "S: 530 5.7.0", "C: AUTH PLAIN AGFwcABwYXNz",
           "S: 530 5.7.0", "R: auth 530", "A: ", "C: AUTH PLAIN",
           "C: AGFwcABwYXNz", "S: 530 5.7.0", "S: 530 5.7.0", "S.",
           "A: ", "C: QUIT", "S: 221", "X:");
}

/* CONN-7 */
static void test_bdat_before_tls_is_refused_and_closes(void **state)
{
    (void)state;
    SCRIPT("S: 220", "C: EHLO a", "S: 250-gw", "S: 250-", "S: 250-", "S: 250 ",
           "C: BDAT 10 LAST", "C: QUIT", "S: 530 5.7.0", "X:");
}

/* CONN-3 */
static void test_starttls_with_parameter_is_501(void **state)
{
    (void)state;
    SCRIPT("S: 220", "C: STARTTLS now", "S: 501 5.5.4", "R: starttls 501",
           "C: STARTTLS", "S: 220 2.0.0", "T: 1.2", "C: STARTTLS",
           "S: 503 5.5.1");
}

static void test_starttls_forgets_the_state_before(void **state)
{
    (void)state;
    SCRIPT("S: 220", "C: HELO a", "S: 250 gw", "C: STARTTLS", "S: 220",
           "T: 1.3", "C: AUTH PLAIN AGFwcABwYXNz", "S: 503 5.5.1",
           "A: ", "C: MAIL FROM:<a@clinic.example>", "S: 503 5.5.1",
           "C: EHLO b", "S: 250-gw", "S: 250-SIZE", "S: 250-8BITMIME",
           "S: 250-PIPELINING", "S: 250-ENHANCED", "S: 250-AUTH PLAIN LOGIN",
           "S: 250-SMTPUTF8", "S: 250-CHUNKING", "S: 250 DSN", "C: STARTTLS",
           "S: 503 5.5.1");
}

static void feed_behind_starttls(const char *together, const char *later)
{
    struct script_run run = script_defaults();
    run.settings.ctx = &run;
    run.session = server_session_create(&run.settings);
    server_session_take(run.session);
    size_t used = server_session_feed(run.session, slice_of(together));
    assert_int_equal(used, strlen(together));
    struct slice out = server_session_take(run.session);
    assert_int_equal(out.n > 0, later != NULL);
    if (later) {
        assert_int_equal(server_session_feed(run.session, slice_of(later)),
                         strlen(later));
        assert_int_equal(server_session_take(run.session).n, 0);
    }
    assert_int_equal(server_session_want(run.session)->kind, SERVER_WANT_CLOSE);
    server_session_destroy(&run.session);
}

static void test_octets_behind_starttls_are_never_executed(void **state)
{
    (void)state;
    feed_behind_starttls("STARTTLS\r\nEHLO evil\r\n", NULL);
    feed_behind_starttls("STARTTLS\r\nR", NULL);
    feed_behind_starttls("STARTTLS\r\n", "R");
    feed_behind_starttls("EHLO a\r\nSTARTTLS\r\n", "RSET\r\n");
}

/* CONN-5 */
static void test_bare_line_ends_in_commands_end_the_session(void **state)
{
    (void)state;
    SCRIPT("S: 220", "C| NOOP\nEHLO a\r\n", "S: 550 5.5.2", "S: 421 4.7.0",
           "X:");
    SCRIPT("S: 220", "C| NOOP\rEHLO a\r\n", "S: 550 5.5.2", "S: 421 4.7.0",
           "X:");
    SCRIPT(LOGGED_IN, "C| MAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>\r\n",
           "S: 550 5.5.2", "S: 421 4.7.0", "M: none", "X:");
    SCRIPT(IN_TLS, "C: AUTH PLAIN", "S: 334 ", "C| AGFwcABwYXNz\n",
           "S: 550 5.5.2", "S: 421 4.7.0", "A: ", "X:");
}

/* CONN-6 */
static void test_long_lines_have_replies_of_their_own(void **state)
{
    (void)state;
    char line[13000];
    memset(line, 'x', sizeof line);
    memcpy(line, "C: NOOP ", 8);
    line[3 + 2046] = '\0';
    SCRIPT("S: 220", line, "C: NOOP", "S: 250", "S: 250", "S.");
    line[3 + 2046] = 'x';
    line[3 + 2047] = '\0';
    SCRIPT("S: 220", line, "C: NOOP", "S: 500 5.5.2", "S: 250", "S.");
    line[3 + 2047] = 'x';
    memcpy(line, "C: AUTH PLAIN ", 14);
    line[3 + 12287] = '\0';
    SCRIPT("S: 220", line, "C: NOOP", "S: 530 5.7.0", "S: 250", "S.");
    SCRIPT(IN_TLS, line, "C: NOOP", "S: 500 5.5.6", "S: 250", "S.");
    memset(line, 'x', 16);
    memcpy(line, "C: ", 3);
    SCRIPT(IN_TLS, "C: AUTH PLAIN", "S: 334 ", line, "C: NOOP", "S: 500 5.5.6",
           "S: 250", "S.");
}

static void test_recipients_above_the_limit_are_452(void **state)
{
    (void)state;
    SCRIPT(LOGGED_IN, "C: MAIL FROM:<a@c.example>", "C: RCPT TO:<1@d.example>",
           "C: RCPT TO:<2@d.example>", "C: RCPT TO:<3@d.example>",
           "C: RCPT TO:<4@d.example>", "C: DATA", "S: 250", "S: 250 2.1.5",
           "S: 250", "S: 250", "S: 452 4.5.3", "R: rcpt 452", "S: 354", "C: x",
           "C: .", "S: 250",
           "M: a@c.example>1@d.example>2@d.example>3@d.example");
}

static void test_idle_is_421(void **state)
{
    (void)state;
    SCRIPT("S: 220", "I:", "S: 421 4.4.2", "X:");
    SCRIPT(LOGGED_IN, "C: MAIL FROM:<a@c.example>", "S: 250",
           "C: RCPT TO:<1@d.example>", "S: 250", "C: DATA", "S: 354", "C: half",
           "I:", "S: 421 4.4.2", "M: none", "X:");
}

/* CONN-7 */
static void test_wrong_order_and_unknown_commands(void **state)
{
    (void)state;
    SCRIPT(LOGGED_IN, "C: RCPT TO:<b@d.example>", "S: 503 5.5.1", "C: DATA",
           "S: 503 5.5.1", "C: MAIL FROM:<a@c.example>", "S: 250 2.1.0",
           "C: MAIL FROM:<a@c.example>", "S: 503 5.5.1",
           "C: AUTH PLAIN AGFwcABwYXNz", "S: 503 5.5.1", "C: DATA",
           "S: 503 5.5.1", "R: data 503", "C: WHAT", "S: 500 5.5.2",
           "C: BDAT 3", "C| abc", "S: 503 5.5.1", "C: EXPN l", "S: 502 5.5.1",
           "C: ETRN d", "S: 502 5.5.1", "C: TURN", "S: 502 5.5.1",
           "C: VRFY bob", "S: 252 2.5.2", "C: HELP", "S: 214", "C: RSET x",
           "S: 501 5.5.4", "C: QUIT x", "S: 501 5.5.4",
           "C: RCPT TO:<b@d.example>", "S: 250", "C: DATA x", "S: 501 5.5.4",
           "C: RSET", "S: 250", "C: DATA", "S: 503 5.5.1");
}

static void test_hello_needs_a_name_and_resets(void **state)
{
    (void)state;
    SCRIPT("S: 220", "C: EHLO", "S: 501 5.5.4", "C: EHLO a b", "S: 501 5.5.4",
           "C: HELO \xc3\xa9", "S: 501 5.5.4", "C: HELO [127.0.0.1]", "S: 250");
    SCRIPT(LOGGED_IN, "C: MAIL FROM:<a@c.example>", "S: 250", "C: HELO again",
           "S: 250 gw", "C: RCPT TO:<b@d.example>", "S: 503 5.5.1",
           "C: MAIL FROM:<a@c.example>", "S: 250");
}

static void test_mailboxes_and_parameters(void **state)
{
    (void)state;
    SCRIPT(LOGGED_IN, "C: MAIL FROM:a@c.example", "S: 501 5.1.7",
           "C: MAIL a@c.example", "S: 501 5.5.4", "C: MAIL FROM:<a@@c>",
           "S: 501 5.1.7", "C: MAIL FROM:<a@c.example> SIZES=1", "S: 555 5.5.4",
           "C: MAIL FROM:<a@c.example>RET=FULL", "S: 501 5.5.4",
           "C: MAIL FROM:<a@c.example> RET=SOME", "S: 501 5.5.4",
           "C: mail from:<> ret=hdrs ENVID=x", "S: 250 2.1.0", "C: RCPT TO:<>",
           "S: 501 5.1.3", "C: RCPT TO:<b@>", "S: 501 5.1.3",
           "C: RCPT b@d.example", "S: 501 5.5.4", "C: RCPT TO:<b@[127.0.0.1]>",
           "S: 550 5.1.2", "R: rcpt 550 5.1.2",
           "C: RCPT TO:<b@d.example> FOO=1", "S: 555 5.5.4",
           "C: RCPT TO:<b@d.example> NOTIFY=X", "S: 501 5.5.4", "C: DATA",
           "S: 503 5.5.1", "C: RCPT TO:<@x.example,@y.example:b@d.example>",
           "S: 250", "C: rcpt to: <c@d.example> NOTIFY=NEVER", "S: 250",
           "C: DATA", "S: 354", "C: x", "C: .", "S: 250",
           "M: >b@d.example>c@d.example");
}

/* CONN-8 */
static void test_without_authorisation_no_mail_gets_2xx(void **state)
{
    (void)state;
    SCRIPT(IN_TLS, "C: MAIL FROM:<a@c.example>", "C: RCPT TO:<b@d.example>",
           "C: DATA", "C: Subject: x", "C: .", "S: 530 5.7.0", "S: 503 5.5.1",
           "S: 503 5.5.1", "S: 500 5.5.2", "S: 500 5.5.2", "S.", "M: none",
           "R: session 500");
}

/* RFC 1870, 6152, 6531; the limit is 100 octets. */
static void test_mail_parameters_of_offered_extensions(void **state)
{
    (void)state;
    SCRIPT(LOGGED_IN, "C: MAIL FROM:<a@c.example> SIZE=101", "S: 552 5.3.4",
           "R: mail 552",
           "C: MAIL FROM:<a@c.example> SIZE=99999999999999999999",
           "S: 552 5.3.4", "C: MAIL FROM:<a@c.example> SIZE=1x", "S: 501 5.5.4",
           "C: MAIL FROM:<a@c.example> SIZE", "S: 501 5.5.4",
           "C: MAIL FROM:<a@c.example> BODY=9BIT", "S: 501 5.5.4",
           "C: MAIL FROM:<a@c.example> SMTPUTF8=yes", "S: 501 5.5.4",
           "C: MAIL FROM:<a@c.example> SIZE=100 BODY=8bitmime SMTPUTF8",
           "S: 250 2.1.0");
}

/* RFC 6531 3.5: a UTF-8 address needs the parameter. */
static void test_utf8_addresses_need_the_parameter(void **state)
{
    (void)state;
    SCRIPT(LOGGED_IN, "C: MAIL FROM:<j\xc3\xa4@c.example>", "S: 553 5.6.7",
           "C: MAIL FROM:<a@c.example>", "S: 250",
           "C: RCPT TO:<j\xc3\xa4@d.example>", "S: 553 5.6.7", "R: rcpt 553",
           "C: RCPT TO:<j@d\xc3\xa4.example>", "S: 553 5.6.7", "C: RSET",
           "S: 250", "C: MAIL FROM:<j\xc3\xa4@c.example> SMTPUTF8", "S: 250",
           "C: RCPT TO:<j\xc3\xa4@d\xc3\xa4.example>", "S: 250",
           "C: RCPT TO:<j\xc3@d.example>", "S: 501 5.1.3", "C: DATA", "S: 354",
           "C: .", "S: 250",
           "M: j\xc3\xa4@c.example>j\xc3\xa4@xn--d-0fa.example");
}

#define TEN(line, reply)                                                       \
    line, reply, line, reply, line, reply, line, reply, line, reply, line,     \
        reply, line, reply, line, reply, line, reply, line, reply

/* CONN-10 */
static void test_a_stranger_is_refused_twenty_times(void **state)
{
    (void)state;
    SCRIPT("S: 220", TEN("C: WHAT", "S: 530 5.7.0"),
           TEN("C: DATA", "S: 530 5.7.0"), "S: 421 4.7.0",
           "R: session 421 4.7.0 Too many refused commands", "X:");
    SCRIPT("S: 220", TEN("C: WHAT", "S: 530"), "C: NOOP", "S: 250", "C: WHAT",
           "S: 530", "C: QUIT", "S: 221", "X:");
    /* Neither TLS nor a new EHLO forgets them. */
    SCRIPT("S: 220", TEN("C: WHAT", "S: 530"), "C: STARTTLS", "S: 220",
           "T: 1.3", "C: HELO a", "S: 250 gw",
           TEN("C: MAIL FROM:<a@c.example>", "S: 530 5.7.0"), "S: 421 4.7.0",
           "X:");
    /* What is pipelined behind is never looked at. */
    SCRIPT("S: 220", TEN("C: WHAT", "C: WHAT"), "C: NOOP",
           TEN("S: 530", "S: 530"), "S: 421 4.7.0", "X:");
}

static void test_who_is_known_may_be_refused_more_often(void **state)
{
    (void)state;
    SCRIPT(LOGGED_IN, "C: MAIL FROM:<a@c.example>", "S: 250",
           TEN("C: RCPT TO:<b@>", "S: 501"), TEN("C: RCPT TO:<b@>", "S: 501"),
           TEN("C: RCPT TO:<b@>", "S: 501"), "C: RCPT TO:<b@d.example>",
           "S: 250", "C: DATA", "S: 354", "C: .", "S: 250");
}

static void test_shutdown_and_refusal_at_connect(void **state)
{
    (void)state;
    struct script_run run = script_defaults();
    run.settings.ctx = &run;
    run.session = server_session_create(&run.settings);
    server_session_end(run.session, &server_reply_too_many);
    struct slice out = server_session_take(run.session);
    assert_true(slice_starts_nocase(out, "421 4.7.0"));
    script_head(run.refusal, "connect 421");
    assert_int_equal(server_session_feed(run.session, slice_of("NOOP\r\n")), 6);
    assert_int_equal(server_session_take(run.session).n, 0);
    server_session_destroy(&run.session);
}

static void test_a_flood_of_commands_is_taken_in_portions(void **state)
{
    (void)state;
    struct script_run run = script_defaults();
    struct buf in;
    size_t used = 0, replies = 0;
    run.settings.ctx = &run;
    run.session = server_session_create(&run.settings);
    buf_init(&in, 1000000);
    for (int i = 0; i < 20000; i++)
        buf_puts(&in, "EHLO a\r\n");
    while (used < buf_slice(&in).n) {
        size_t n =
            server_session_feed(run.session, slice_from(buf_slice(&in), used));
        struct slice out = server_session_take(run.session);
        assert_true(n > 0 && out.n < 100000);
        for (size_t i = 0; i + 2 < out.n; i++)
            replies += memcmp(out.p + i, "0 E", 3) == 0;
        used += n;
    }
    assert_int_equal(replies, 20000);
    buf_release(&in);
    server_session_destroy(&run.session);
}

/* CONN-11: octets of a line are no progress, those of a message are counted. */
static void test_what_is_waited_for_shows(void **state)
{
    (void)state;
    struct script_run run = script_defaults();
    run.settings.is_open = true;
    run.settings.ctx = &run;
    buf_init(&run.out, 1000000);
    run.session = server_session_create(&run.settings);
    uint64_t before = server_session_progress(run.session);
    server_session_feed(run.session, slice_of("EHLO a"));
    assert_int_equal(server_session_progress(run.session), before);
    script_feed(&run, slice_of("\r\nMAIL FROM:<>\r\nRCPT "
                               "TO:<known@gw.example>\r\nDATA\r\n"));
    assert_true(server_session_progress(run.session) > before);
    assert_int_equal(server_session_message_octets(run.session), 0);
    before = server_session_progress(run.session);
    server_session_feed(run.session, slice_of("0123456789"));
    server_session_feed(run.session, slice_of("0123456789"));
    assert_int_equal(server_session_progress(run.session), before);
    assert_int_equal(server_session_message_octets(run.session), 20);
    server_session_feed(run.session, slice_of("bare\n"));
    assert_int_equal(server_session_message_octets(run.session), 0);
    server_session_feed(run.session, slice_of("void"));
    assert_int_equal(server_session_message_octets(run.session), 4);
    server_session_destroy(&run.session);
    buf_release(&run.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greeting_and_quit),
        cmocka_unit_test(test_before_tls_only_six_commands_are_served),
        cmocka_unit_test(test_bdat_before_tls_is_refused_and_closes),
        cmocka_unit_test(test_starttls_with_parameter_is_501),
        cmocka_unit_test(test_starttls_forgets_the_state_before),
        cmocka_unit_test(test_octets_behind_starttls_are_never_executed),
        cmocka_unit_test(test_bare_line_ends_in_commands_end_the_session),
        cmocka_unit_test(test_long_lines_have_replies_of_their_own),
        cmocka_unit_test(test_recipients_above_the_limit_are_452),
        cmocka_unit_test(test_idle_is_421),
        cmocka_unit_test(test_wrong_order_and_unknown_commands),
        cmocka_unit_test(test_hello_needs_a_name_and_resets),
        cmocka_unit_test(test_mailboxes_and_parameters),
        cmocka_unit_test(test_without_authorisation_no_mail_gets_2xx),
        cmocka_unit_test(test_mail_parameters_of_offered_extensions),
        cmocka_unit_test(test_utf8_addresses_need_the_parameter),
        cmocka_unit_test(test_a_stranger_is_refused_twenty_times),
        cmocka_unit_test(test_who_is_known_may_be_refused_more_often),
        cmocka_unit_test(test_shutdown_and_refusal_at_connect),
        cmocka_unit_test(test_a_flood_of_commands_is_taken_in_portions),
        cmocka_unit_test(test_what_is_waited_for_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
