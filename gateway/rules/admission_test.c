#include "rules/admission.h"
#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define COUNT(rows) (sizeof rows / sizeof *rows)

static enum standing find_account(void *ctx, const struct mailbox *address)
{
    static const struct {
        const char *key;
        enum standing standing;
    } rows[] = {
        {"jansen@clinic.example", STANDING_ACTIVE},
        {"old@clinic.example", STANDING_SUSPENDED},
        {"bob@hospital.example", STANDING_FOREIGN},
    };
    size_t *calls = ctx;
    ++*calls;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(mailbox_key(arena, address), rows[i].key) == 0)
            return rows[i].standing;
    return STANDING_NO_ACCOUNT;
}

static bool owns_domain(void *ctx, struct slice domain)
{
    (void)ctx;
    return slice_is(domain, "clinic.example");
}

static size_t admit_by(bool is_by_spf, const char *message,
                       struct admission *out)
{
    static const char *const envelope[] = {"bob@x.nl", "eve@x.nl", "Bob@x.nl"};
    static const struct wishes_settings settings = {0};
    struct mailbox recipients[COUNT(envelope)];
    struct err err;
    size_t calls = 0;
    for (size_t i = 0; i < COUNT(envelope); i++)
        assert_int_equal(
            mailbox_parse(arena, slice_of(envelope[i]), &recipients[i], &err),
            ST_OK);
    struct admission_request request = {.message = slice_of(message),
                                        .envelope = recipients,
                                        .envelope_count = COUNT(envelope),
                                        .settings = &settings,
                                        .find_account = find_account,
                                        .owns_domain =
                                            is_by_spf ? owns_domain : NULL,
                                        .ctx = &calls};
    admission_check(arena, &request, out);
    return calls;
}

static size_t admit(const char *message, struct admission *out)
{
    return admit_by(false, message, out);
}

#define GOOD_FROM "From: Jan <Jansen@clinic.example>\r\n"
#define BAD_RIGHT "zivver-access-right: bob@x.nl sms 12345\r\n"

static void test_refusals_in_their_order(void **state)
{
    (void)state;
    static const struct {
        const char *message, *want;
    } rows[] = {
        {"no header\r\n", "550 5.6.0 octet 0"},
        {"X-Zivver-Transport: x\r\n" BAD_RIGHT "\r\n", "554 5.4.6"},
        {GOOD_FROM "x-zivver-transport:\r\n\r\n", "554 5.4.6"},
        {BAD_RIGHT "\r\n", "550 5.6.0 From must be one mailbox: there is no"},
        {GOOD_FROM GOOD_FROM "\r\n", "550 5.6.0 From must"},
        {"From: g: jansen@clinic.example;\r\n\r\n", "550 5.6.0 From must"},
        {"From: who@clinic.example\r\n" BAD_RIGHT "\r\n",
         "550 5.7.1 From address <who@clinic.example> has no account"},
        {"From: old@clinic.example\r\n\r\n",
         "550 5.7.1 From address <old@clinic.example> has a suspended"},
        {"From: bob@hospital.example\r\n\r\n",
         "550 5.7.1 From address <bob@hospital.example> is an account of"},
        {"From: \"jansen@clinic.example\" <who@clinic.example>\r\n\r\n",
         "550 5.7.1 From address <who@clinic.example>"},
        {GOOD_FROM BAD_RIGHT "\r\n",
         "550 5.6.0 zivver-access-right for <bob@x.nl>"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct admission a;
        admit(rows[i].message, &a);
        if (!a.refusal ||
            strncmp(a.refusal, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: got %s, want %s", i,
                     a.refusal ? a.refusal : "acceptance", rows[i].want);
    }
}

/* AUTH-4 */
static void test_domain_counts_where_spf_authorised(void **state)
{
    (void)state;
    static const struct {
        const char *message, *want;
    } rows[] = {
        {BAD_RIGHT "\r\n", "550 5.6.0 From must"},
        {"From: eve@stranger.example\r\n" BAD_RIGHT "\r\n",
         "550 5.7.1 From domain of <eve@stranger.example> is not"},
        {"From: who@clinic.example\r\n\r\n",
         "550 5.7.1 From address <who@clinic.example> has no account"},
    };
    struct admission a;
    for (size_t i = 0; i < COUNT(rows); i++) {
        admit_by(true, rows[i].message, &a);
        assert_non_null(a.refusal);
        assert_memory_equal(a.refusal, rows[i].want, strlen(rows[i].want));
    }
    admit_by(true, GOOD_FROM "\r\n", &a);
    assert_null(a.refusal);
}

static void test_account_is_not_looked_up_before_from_is_right(void **state)
{
    (void)state;
    struct admission a;
    assert_int_equal(admit("From: a@\r\n\r\n", &a), 0);
    assert_int_equal(admit(GOOD_FROM "\r\n", &a), 1);
}

static void test_accepted_message_has_all_its_parts(void **state)
{
    (void)state;
    struct admission a;
    admit(GOOD_FROM "Cc: eve@x.nl\r\n"
                    "zivver-access-right: bob@x.nl sms +1234567\r\n"
                    "zivver-direct-delivery:\r\n"
                    "zivver-minimum-recipient-verification: "
                    "email-verification\r\n\r\nbody\r\n",
          &a);
    assert_null(a.refusal);
    assert_true(slice_is(a.sender.display, "Jan"));
    assert_string_equal(mailbox_format(arena, &a.sender.mailbox),
                        "Jansen@clinic.example");
    assert_int_equal(a.conversations.count, 2);
    assert_true(a.conversations.participants[0].is_bcc);
    assert_int_equal(a.conversations.participants[0].conversation, 2);
    assert_int_equal(a.conversations.participants[1].conversation, 1);
    assert_int_equal(a.wishes.wishes[0].right, RIGHT_SMS);
    assert_int_equal(a.wishes.wishes[1].right, RIGHT_NONE);
    assert_true(a.wishes.direct_delivery && a.wishes.email_permitted);
    assert_int_equal(a.wishes.warning_count, 1);
    assert_int_equal(a.header.count, 5);
}

static void test_bcc_field_makes_nobody_visible(void **state)
{
    (void)state;
    struct admission a;
    admit(GOOD_FROM "Bcc: eve@x.nl\r\nTo: bob@x.nl\r\n\r\n", &a);
    assert_null(a.refusal);
    assert_false(a.conversations.participants[0].is_bcc);
    assert_true(a.conversations.participants[1].is_bcc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals_in_their_order),
        cmocka_unit_test(test_domain_counts_where_spf_authorised),
        cmocka_unit_test(test_account_is_not_looked_up_before_from_is_right),
        cmocka_unit_test(test_accepted_message_has_all_its_parts),
        cmocka_unit_test(test_bcc_field_makes_nobody_visible),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
