#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "store/portal_words.h"

static struct portal_link one;

static void begin(void)
{
    one = (struct portal_link){.recipient = 7,
                               .message = {.id = "m1",
                                           .kind = "mail",
                                           .organization = "clinic",
                                           .sender = "jansen@clinic.example"},
                               .address = "bob@hospital.example",
                               .conversation = "c1",
                               .method = "access-right",
                               .right = "sms",
                               .right_value = "+31612345678"};
}

/* A word that nobody knows, above all one that would open. */
static void test_portal_words_open_nothing_unknown(void **state)
{
    const char **const words[] = {&one.message.kind, &one.method,
                                  &one.delivery,     &one.right,
                                  &one.code_kind,    &one.granted};
    static const char *const names[] = {
        "message.kind",    "recipient.method", "recipient.delivery",
        "recipient.right", "portal_code.kind", "portal_grant.method"};
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        begin();
        assert_int_equal(portal_words_check(&one, &err), ST_OK);
        *words[i] = "quux";
        assert_int_equal(portal_words_check(&one, &err), ST_TEMP);
        if (!strstr(err.text, names[i]) || !strstr(err.text, "\"quux\""))
            fail_msg("%s: %s", names[i], err.text);
    }
    begin();
    one.delivery = "notification";
    one.code_kind = one.granted = "sms";
    assert_int_equal(portal_words_check(&one, &err), ST_OK);
}

static void test_portal_texts_are_there_and_short(void **state)
{
    static char huge[2000];
    struct err err;
    (void)state;
    memset(huge, '1', sizeof huge - 1);
    begin();
    one.right_value = huge;
    assert_int_equal(portal_words_check(&one, &err), ST_TEMP);
    assert_null(strstr(err.text, "11")); /* it is a secret */
    begin();
    one.address = NULL;
    assert_int_equal(portal_words_check(&one, &err), ST_TEMP);
    begin();
    one.message.sender = huge;
    assert_int_equal(portal_words_check(&one, &err), ST_TEMP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portal_words_open_nothing_unknown),
        cmocka_unit_test(test_portal_texts_are_there_and_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
