/* AUTH-1, AUTH-2 (the count), RFC 4954, by dialogue. Base64:
 * AGFwcABwYXNz = NUL app NUL pass; AGFwcAB3cm9uZw== has the secret "wrong". */
#include "session/server_script.h"

static void test_plain_with_and_without_initial_response(void **state)
{
    (void)state;
    SCRIPT(LOGGED_IN, "C: NOOP", "S: 250", "S.");
    SCRIPT(IN_TLS, "C: auth plain", "S: 334 ", "C: AGFwcABwYXNz", "S: 235",
           "A: app", "C: NOOP", "S: 250");
    SCRIPT(IN_TLS, "C: AUTH PLAIN", "C: AGFwcABwYXNz", "C: NOOP", "S: 334 ",
           "S: 235", "S: 250", "S.", "A: app");
    SCRIPT(LOGGED_IN, "C: AUTH PLAIN AGFwcABwYXNz", "S: 503 5.5.1");
}

static void test_cancel_and_malformed_responses(void **state)
{
    (void)state;
    SCRIPT(IN_TLS, "C: AUTH PLAIN", "S: 334 ", "C: *", "S: 501 5.7.0",
           "A: ", "C: AUTH PLAIN", "S: 334 ", "C: !!!", "S: 501 5.5.2",
           "C: AUTH PLAIN =", "S: 501 5.5.2", "C: AUTH PLAIN", "S: 334 ",
           "C: ", "S: 501 5.5.2", "C: AUTH PLAIN YXBwAHBhc3M=", "S: 501 5.5.2",
           "C: AUTH PLAIN AGFwcABwYXNz trailing", "S: 501 5.5.2",
           "A: ", "C: AUTH", "S: 501 5.5.4", "C: AUTH DIGEST-MD5",
           "S: 504 5.5.4", "C: AUTH CRAM-MD5", "S: 504 5.5.4",
           "C: AUTH PLAIN AGFwcABwYXNz", "S: 235");
}

/* YXBw = app, cGFzcw== = pass */
static void test_login_with_and_without_initial_response(void **state)
{
    (void)state;
    SCRIPT(IN_TLS, "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: YXBw",
           "S: 334 UGFzc3dvcmQ6", "C: cGFzcw==", "S: 235", "A: app", "C: NOOP",
           "S: 250");
    SCRIPT(IN_TLS, "C: auth login YXBw", "S: 334 UGFzc3dvcmQ6",
           "C: cGFzcw==", "S: 235", "A: app");
    SCRIPT(IN_TLS, "C: AUTH LOGIN", "C: YXBw", "C: cGFzcw==", "C: NOOP",
           "S: 334 ", "S: 334 ", "S: 235", "S: 250", "S.");
}

static void test_login_cancelled_malformed_or_wrong(void **state)
{
    (void)state;
    SCRIPT(IN_TLS, "C: AUTH LOGIN", "S: 334 ", "C: *", "S: 501 5.7.0",
           "C: AUTH LOGIN YXBw", "S: 334 ", "C: *", "S: 501 5.7.0",
           "C: AUTH LOGIN", "S: 334 ", "C: !", "S: 501 5.5.2",
           "C: AUTH LOGIN =", "S: 501 5.5.2", "C: AUTH LOGIN YXBw", "S: 334 ",
           "C: ", "S: 501 5.5.2", "C: AUTH LOGIN YXAAcA==", "S: 501 5.5.2",
           "A: ", "C: AUTH LOGIN YXBw", "S: 334 ",
           "C: d3Jvbmc=", "S: 535 5.7.8", "C: MAIL FROM:<a@c.example>",
           "S: 530 5.7.0");
}

/* AUTH-2: nothing is read while a refusal is held back. */
static void test_pause_grows_before_each_refusal(void **state)
{
    static const int64_t pauses_ms[] = {100, 200, 400, 500, 500};
    static const char wrong[] = "AUTH PLAIN AGFwcAB3cm9uZw==\r\n";
    (void)state;
    struct script_run run = script_defaults();
    run.settings.ctx = &run;
    run.settings.auth_pause_first_ms = 100;
    run.settings.auth_pause_longest_ms = 500;
    struct server_session *s = server_session_create(&run.settings);
    server_session_feed(s, slice_of("STARTTLS\r\n"));
    server_session_tls_ready(s, "1.3");
    server_session_feed(s, slice_of("EHLO a\r\n"));
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(server_session_feed(s, slice_of(wrong)),
                         strlen(wrong));
        server_session_take(s);
        server_session_resume(s, &server_reply_auth_wrong);
        assert_int_equal(server_session_want(s)->kind, SERVER_WANT_PAUSE);
        assert_int_equal(server_session_deadline_ms(s), pauses_ms[i]);
        assert_int_equal(server_session_feed(s, slice_of("NOOP\r\n")), 0);
        assert_int_equal(server_session_take(s).n, 0);
        server_session_timed_out(s);
        assert_memory_equal(server_session_take(s).p, "535 5.7.8", 9);
    }
    assert_int_equal(server_session_want(s)->kind, SERVER_WANT_CLOSE);
    server_session_destroy(&s);
}

static void test_authzid_is_empty_or_equal(void **state)
{
    (void)state;
    /* app NUL app NUL pass; other NUL app NUL pass */
    SCRIPT(IN_TLS, "C: AUTH PLAIN YXBwAGFwcABwYXNz", "S: 235", "A: app");
    SCRIPT(IN_TLS, "C: AUTH PLAIN b3RoZXIAYXBwAHBhc3M=", "S: 535 5.7.8",
           "R: auth 535", "A: ", "C: MAIL FROM:<a@c.example>", "S: 530 5.7.0");
}

static void test_wrong_secret_is_535_and_five_close(void **state)
{
    (void)state;
    SCRIPT(IN_TLS, "C: AUTH PLAIN AGFwcAB3cm9uZw==", "S: 535 5.7.8",
           "C: MAIL FROM:<a@c.example>", "S: 530 5.7.0", "R: mail 530",
           "C: AUTH PLAIN AGFwcABwYXNz", "S: 235", "C: MAIL FROM:<a@c.example>",
           "S: 250");
    SCRIPT(IN_TLS, "C: AUTH PLAIN AGFwcAB3cm9uZw==", "S: 535",
           "C: AUTH PLAIN AGFwcAB3cm9uZw==", "S: 535",
           "C: AUTH PLAIN AGFwcAB3cm9uZw==", "S: 535",
           "C: AUTH PLAIN AGFwcAB3cm9uZw==", "S: 535", "S.",
           "C: AUTH PLAIN AGFwcAB3cm9uZw==", "S: 535", "S: 421 4.7.0",
           "R: auth 421", "X:");
}

static void test_temporary_fault_is_passed_on(void **state)
{
    (void)state;
    /* NUL tempuser NUL x */
    SCRIPT(IN_TLS, "C: AUTH PLAIN AHRlbXB1c2VyAHg=", "S: 454 4.7.0",
           "C: MAIL FROM:<a@c.example>", "S: 530");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_with_and_without_initial_response),
        cmocka_unit_test(test_cancel_and_malformed_responses),
        cmocka_unit_test(test_login_with_and_without_initial_response),
        cmocka_unit_test(test_login_cancelled_malformed_or_wrong),
        cmocka_unit_test(test_pause_grows_before_each_refusal),
        cmocka_unit_test(test_authzid_is_empty_or_equal),
        cmocka_unit_test(test_wrong_secret_is_535_and_five_close),
        cmocka_unit_test(test_temporary_fault_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
