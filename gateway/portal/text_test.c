#include "portal/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_text_is_there_in_every_language(void **state)
{
    (void)state;
    for (int t = 0; t < TEXT_COUNT; t++)
        for (int l = 0; l < LANGUAGE_COUNT; l++)
            if (!text_of((enum language)l, (enum text)t))
                fail_msg("text %d in language %d", t, l);
}

static void test_language_follows_the_browser(void **state)
{
    static const struct {
        const char *accept;
        enum language language;
    } rows[] = {
        {NULL, LANGUAGE_ENGLISH},
        {"", LANGUAGE_ENGLISH},
        {"nl", LANGUAGE_DUTCH},
        {"nl-BE,en;q=0.9", LANGUAGE_DUTCH},
        {"en-GB,en;q=0.9,nl;q=0.8", LANGUAGE_ENGLISH},
        {"de, nl;q=0.5, en;q=0.3", LANGUAGE_DUTCH},
        {"en;q=0.25, NL;q=0.251", LANGUAGE_DUTCH},
        {"nl;q=0, en;q=0.1", LANGUAGE_ENGLISH},
        {"fr, *", LANGUAGE_ENGLISH},
        {";;,,=", LANGUAGE_ENGLISH},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (language_choose(rows[i].accept) != rows[i].language)
            fail_msg("%s", rows[i].accept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_there_in_every_language),
        cmocka_unit_test(test_language_follows_the_browser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
