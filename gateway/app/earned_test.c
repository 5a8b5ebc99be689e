#include "app/earned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static const char *value(const struct earned *earned, const char *organization,
                         const char *recipient, const char *kind)
{
    const struct portal_share *share =
        earned_find(earned, organization, recipient, kind);
    return share ? share->value : "none";
}

static void add(struct earned *earned, const char *organization,
                const char *recipient, const char *kind, const char *text)
{
    struct portal_share share = {organization, recipient, kind, text, 1};
    earned_add(earned, &share);
}

static void test_earned_is_found_by_all_it_belongs_to(void **state)
{
    struct earned *earned = earned_create();
    (void)state;
    assert_string_equal(value(earned, "clinic", "b@x", "sms"), "none");
    add(earned, "clinic", "b@x", "sms", "1");
    add(earned, "clinic", "a@x", "sms", "2");
    add(earned, "umc", "b@x", "sms", "3");
    add(earned, "clinic", "b@x", "access-code", "4");
    assert_string_equal(value(earned, "clinic", "b@x", "sms"), "1");
    assert_string_equal(value(earned, "clinic", "a@x", "sms"), "2");
    assert_string_equal(value(earned, "umc", "b@x", "sms"), "3");
    assert_string_equal(value(earned, "clinic", "b@x", "access-code"), "4");
    assert_string_equal(value(earned, "umc", "a@x", "sms"), "none");
    assert_string_equal(value(earned, "umc", "b@x", "access-code"), "none");
    add(earned, "clinic", "b@x", "sms", "5");
    assert_string_equal(value(earned, "clinic", "b@x", "sms"), "5");
    earned_destroy(&earned);
    assert_null(earned);
}

static void test_earned_holds_many(void **state)
{
    struct earned *earned = earned_create();
    char recipient[16];
    (void)state;
    for (int i = 0; i < 500; i++) {
        snprintf(recipient, sizeof recipient, "%d@x", i * 7919 % 500);
        add(earned, "clinic", recipient, "sms", recipient);
    }
    for (int i = 0; i < 500; i++) {
        snprintf(recipient, sizeof recipient, "%d@x", i);
        assert_string_equal(value(earned, "clinic", recipient, "sms"),
                            recipient);
    }
    earned_destroy(&earned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_earned_is_found_by_all_it_belongs_to),
        cmocka_unit_test(test_earned_holds_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
