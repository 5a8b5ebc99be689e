/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "rules/sending.h"

#define NO TRI_NO
#define YES TRI_YES
#define WHO_KNOWS TRI_UNKNOWN
#define ALIGNED SENDER_DNS_ALIGNED
#define MISSING SENDER_DNS_MISSING
#define UNKNOWN SENDER_DNS_UNKNOWN

/* Every combination. */
static const struct row {
    enum tri key, bounce, path_apart;
    enum sender_dns want;
    bool needs_dmarc;
} rows[] = {
    {YES, YES, NO, ALIGNED, false},
    {YES, YES, YES, ALIGNED, false},
    {YES, YES, WHO_KNOWS, ALIGNED, false},
    {YES, NO, NO, ALIGNED, false},
    {YES, NO, YES, ALIGNED, false},
    {YES, NO, WHO_KNOWS, ALIGNED, false},
    {YES, WHO_KNOWS, NO, ALIGNED, false},
    {YES, WHO_KNOWS, YES, ALIGNED, false},
    {YES, WHO_KNOWS, WHO_KNOWS, ALIGNED, false},
    {NO, YES, NO, ALIGNED, true},
    {NO, YES, YES, MISSING, true},
    {NO, YES, WHO_KNOWS, UNKNOWN, true},
    {NO, NO, NO, MISSING, false},
    {NO, NO, YES, MISSING, false},
    {NO, NO, WHO_KNOWS, MISSING, false},
    {NO, WHO_KNOWS, NO, UNKNOWN, false},
    {NO, WHO_KNOWS, YES, UNKNOWN, false},
    {NO, WHO_KNOWS, WHO_KNOWS, UNKNOWN, false},
    {WHO_KNOWS, YES, NO, ALIGNED, true},
    {WHO_KNOWS, YES, YES, UNKNOWN, true},
    {WHO_KNOWS, YES, WHO_KNOWS, UNKNOWN, true},
    {WHO_KNOWS, NO, NO, UNKNOWN, false},
    {WHO_KNOWS, NO, YES, UNKNOWN, false},
    {WHO_KNOWS, NO, WHO_KNOWS, UNKNOWN, false},
    {WHO_KNOWS, WHO_KNOWS, NO, UNKNOWN, false},
    {WHO_KNOWS, WHO_KNOWS, YES, UNKNOWN, false},
    {WHO_KNOWS, WHO_KNOWS, WHO_KNOWS, UNKNOWN, false},
};

static void test_alignment_of_every_combination(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        const struct sending sending = {r->key, r->bounce, r->path_apart};
        if (sending_alignment(&sending) != r->want ||
            sending_needs_dmarc(&sending) != r->needs_dmarc)
            fail_msg("row %zu: got %d", i, (int)sending_alignment(&sending));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alignment_of_every_combination),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
