/* DATA: RFC 5321 4.5.2, CONN-5, CONN-6, by dialogue. */
#include "session/server_script.h"

#define IN_DATA                                                                \
    LOGGED_IN, "C: MAIL FROM:<a@c.example>", "C: RCPT TO:<b@d.example>",       \
        "C: DATA", "S: 250 2.1.0", "S: 250 2.1.5", "S: 354 "

static void test_message_is_stored_unstuffed(void **state)
{
    (void)state;
    SCRIPT(IN_DATA, "C: Subject: x", "C: ", "C: ..dot", "C: .", "S: 250 2.0.0",
           "M: a@c.example>b@d.example", "D: Subject: x||.dot|", "C: DATA",
           "S: 503 5.5.1", "C: MAIL FROM:<e@c.example>", "S: 250",
           "C: RCPT TO:<f@d.example>", "S: 250", "C: DATA", "S: 354", "C: .",
           "S: 250", "M: e@c.example>f@d.example", "D: ");
}

static void test_commands_behind_the_end_are_executed_once(void **state)
{
    (void)state;
    SCRIPT(IN_DATA, "C: x", "C: .", "C: MAIL FROM:<e@c.example>", "C: QUIT",
           "S: 250 2.0.0", "S: 250 2.1.0", "S: 221", "X:", "D: x|");
}

static void test_bare_line_ends_void_the_message(void **state)
{
    (void)state;
    SCRIPT(IN_DATA, "C| a\nb\r\n", "S.", "C: c", "C: .", "S: 550 5.5.2",
           "R: data 421 4.7.0", "S: 421 4.7.0", "M: none", "X:");
    SCRIPT(IN_DATA, "C| a\rb\r\n.\r\n", "S: 550 5.5.2", "S: 421", "M: none",
           "X:");
    SCRIPT(IN_DATA, "C| a\n.\nMAIL FROM:<x@c.example>\r\n", "S: 550 5.5.2",
           "S: 421 4.7.0", "M: none", "X:");
    SCRIPT(IN_DATA, "C| a\r\n.\nMAIL FROM:<x@c.example>\r\n", "S: 550 5.5.2",
           "S: 421 4.7.0", "M: none", "X:");
    SCRIPT(IN_DATA, "C| a\n.\r\nMAIL FROM:<x@c.example>\r\n", "S: 550 5.5.2",
           "S: 421 4.7.0", "M: none", "X:");
    SCRIPT(IN_DATA, "C| a\nb", "S.", "I:", "S: 550 5.5.2", "S: 421 4.7.0",
           "M: none", "X:");
}

static void test_discarding_ends_at_a_cap(void **state)
{
    (void)state;
    char line[200];
    memset(line, 'x', sizeof line);
    memcpy(line, "C: ", 3);
    line[sizeof line - 1] = '\0';
    SCRIPT(IN_DATA, "C| a\n", "S.", line, "S: 550 5.5.2", "S: 421 4.7.0", "X:");
}

static void test_too_large_is_552_at_the_end(void **state)
{
    (void)state;
    char line[120];
    memset(line, 'x', sizeof line);
    memcpy(line, "C: ", 3);
    line[3 + 98] = '\0';
    SCRIPT(IN_DATA, line, "C: .", "S: 250");
    line[3 + 98] = 'x';
    line[3 + 99] = '\0';
    SCRIPT(IN_DATA, line, "S.", "C: .", "S: 552 5.3.4", "R: data 552",
           "M: none", "C: RCPT TO:<b@d.example>", "S: 503",
           "C: MAIL FROM:<a@c.example>", "S: 250");
}

static void test_refusal_of_the_store_is_passed_on(void **state)
{
    (void)state;
    struct script_run run = script_defaults();
    run.store_reply = (struct reply){550, "5.6.0", "From is missing"};
    script_with(run, (const char *const[]){IN_DATA, "C: x", "C: .",
                                           "S: 550 5.6.0 From is missing",
                                           "R: data 550 5.6.0", "C: NOOP",
                                           "S: 250", NULL});
}

static void test_dsn_parameters_reach_the_envelope(void **state)
{
    (void)state;
    struct script_run run = script_defaults();
    static const char in[] =
        "STARTTLS\r\n\0EHLO a\r\nAUTH PLAIN AGFwcABwYXNz\r\n\0MAIL "
        "FROM:<a@c.example> RET=FULL ENVID=e+20n\r\n\0RCPT TO:<b@d.example> "
        "NOTIFY=DELAY,FAILURE ORCPT=rfc822;o@d.example\r\nDATA\r\n.\r\n";
    run.settings.ctx = &run;
    run.session = server_session_create(&run.settings);
    const char *p = in;
    for (int i = 0; i < 4; i++, p += strlen(p) + 1) {
        struct slice rest = slice_of(p);
        rest = slice_from(rest, server_session_feed(run.session, rest));
        const struct server_want *want = server_session_want(run.session);
        if (i == 0)
            server_session_tls_ready(run.session, "1.3");
        if (i == 1)
            server_session_resume(run.session, &server_reply_auth_ok);
        if (i == 2) {
            assert_int_equal(want->kind, SERVER_WANT_MAIL);
            assert_true(slice_is(want->authenticated, "app"));
            assert_int_equal(want->envelope->params.ret, DSN_RET_FULL);
            assert_true(slice_is(want->envelope->params.envid, "e n"));
            server_session_resume(run.session, &server_reply_mail_ok);
        }
        assert_int_equal(rest.n, 0);
    }
    const struct server_want *want = server_session_want(run.session);
    assert_int_equal(want->kind, SERVER_WANT_STORE);
    const struct rcpt_params *params = &want->envelope->recipients[0].params;
    assert_int_equal(params->notify, DSN_NOTIFY_DELAY | DSN_NOTIFY_FAILURE);
    assert_true(slice_is(params->orcpt_type, "rfc822"));
    assert_true(slice_is(params->orcpt, "o@d.example"));
    assert_int_equal(server_session_deadline_ms(run.session), 0);
    assert_true(slice_is(server_session_helo(run.session), "a"));
    assert_true(slice_is(server_session_tls_version(run.session), "1.3"));
    server_session_destroy(&run.session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_is_stored_unstuffed),
        cmocka_unit_test(test_commands_behind_the_end_are_executed_once),
        cmocka_unit_test(test_bare_line_ends_void_the_message),
        cmocka_unit_test(test_discarding_ends_at_a_cap),
        cmocka_unit_test(test_too_large_is_552_at_the_end),
        cmocka_unit_test(test_refusal_of_the_store_is_passed_on),
        cmocka_unit_test(test_dsn_parameters_reach_the_envelope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
