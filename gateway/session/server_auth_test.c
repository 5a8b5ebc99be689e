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
           "A: ", "C: AUTH", "S: 501 5.5.4", "C: AUTH LOGIN", "S: 504 5.5.4",
           "C: AUTH CRAM-MD5", "S: 504 5.5.4", "C: AUTH PLAIN AGFwcABwYXNz",
           "S: 235");
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
        cmocka_unit_test(test_authzid_is_empty_or_equal),
        cmocka_unit_test(test_wrong_secret_is_535_and_five_close),
        cmocka_unit_test(test_temporary_fault_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
