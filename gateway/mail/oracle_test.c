/* Parts and links held against GMime, which knows nothing of our code: random
 * messages are read by both; then some attachments become links, and what GMime
 * reads in the copy is what it read before, less these, with the links in the
 * texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/test_gmime.h"

enum { MESSAGES = 600 };

static void test_oracle_reads_the_same(void **state)
{
    (void)state;
    g_mime_init();
    for (unsigned i = 0; i < MESSAGES; i++) {
        struct maker m = {.arena = arena_create(), .prng = {7516 + i}};
        make_message(&m);
        const char *wrong = check_message(&m);
        if (wrong)
            fail_msg("%s", wrong);
        buf_release(&m.out);
        arena_destroy(&m.arena);
    }
    g_mime_shutdown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle_reads_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
