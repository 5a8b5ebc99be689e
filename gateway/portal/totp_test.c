#include "portal/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* "12345678901234567890", RFC 6238 appendix B. */
static const char secret[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

static void test_totp_gives_the_codes_of_rfc_6238(void **state)
{
    static const struct {
        int64_t at_s;
        const char *code; /* the last six of its eight digits */
    } rows[] = {{59, "287082"},         {1111111109, "081804"},
                {1111111111, "050471"}, {1234567890, "005924"},
                {2000000000, "279037"}, {20000000000, "353130"}};
    char code[TOTP_DIGITS + 1];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(totp_code(secret, rows[i].at_s / TOTP_PERIOD_S, code));
        assert_string_equal(code, rows[i].code);
        assert_int_equal(totp_check(secret, rows[i].code, rows[i].at_s),
                         rows[i].at_s / TOTP_PERIOD_S);
    }
}

static void test_totp_window_is_one_step_each_way(void **state)
{
    (void)state;
    assert_int_equal(totp_check(secret, "081804", 1111111109 + 30), 37037036);
    assert_int_equal(totp_check(secret, "081804", 1111111109 - 30), 37037036);
    assert_int_equal(totp_check(secret, "081804", 1111111109 + 61), 0);
    assert_int_equal(totp_check(secret, "081804", 1111111109 - 60), 0);
}

static void test_totp_refuses_what_is_no_code(void **state)
{
    (void)state;
    assert_int_equal(totp_check(secret, "", 59), 0);
    assert_int_equal(totp_check(secret, "28708", 59), 0);
    assert_int_equal(totp_check(secret, "2870820", 59), 0);
    assert_int_equal(totp_check(secret, "287083", 59), 0);
    assert_int_equal(totp_check("no base32", "287082", 59), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totp_gives_the_codes_of_rfc_6238),
        cmocka_unit_test(test_totp_window_is_one_step_each_way),
        cmocka_unit_test(test_totp_refuses_what_is_no_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
