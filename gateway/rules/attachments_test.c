#include "rules/attachments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_attachment_around_the_limit(void **state)
{
    static const struct {
        size_t octets;
        bool is_text, at_limit, is_link;
    } rows[] = {
        {9999999, false, false, false}, {10000000, false, false, false},
        {10000001, false, false, true}, {9999999, false, true, false},
        {10000000, false, true, true},  {10000001, false, true, true},
        {10000000, true, true, false},  {SIZE_MAX, true, false, false},
        {SIZE_MAX, false, false, true}, {0, false, true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct attachment_settings settings = {10000000, rows[i].at_limit};
        if (attachment_is_link(&settings, rows[i].is_text, rows[i].octets) !=
            rows[i].is_link)
            fail_msg("row %zu: got %d", i, !rows[i].is_link);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attachment_around_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
