#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "deliver/stored.h"

static struct store_message message;
static struct store_recipient recipient;
static struct store_dsn dsn;
static struct store_item item;

/* As the gateway writes it. */
static void begin(enum store_kind kind)
{
    message = (struct store_message){.id = "m1",
                                     .kind = "mail",
                                     .accepted_ms = 1772439000000,
                                     .organization = "clinic",
                                     .sender = "jansen@clinic.example",
                                     .reverse_path = "",
                                     .content = SLICE_LITERAL("A: b\r\n")};
    recipient = (struct store_recipient){.address = "bob@[192.0.2.1]",
                                         .conversation = "c1",
                                         .right = "sms",
                                         .right_value = "+31612345678",
                                         .return_path = "b-1@g.example",
                                         .link_token = "t1",
                                         .mail_id = "n-1"};
    dsn = (struct store_dsn){.to = "\"a b\"@clinic.example",
                             .recipients = "bob@hospital.example",
                             .action = "failed",
                             .content = SLICE_LITERAL("A: b\r\n")};
    item = (struct store_item){.kind = kind,
                               .id = 7,
                               .created_ms = 1772439000000,
                               .method = "none",
                               .message = &message};
    if (kind == STORE_KIND_DSN)
        item.dsn = &dsn;
    else
        item.recipient = &recipient;
}

static void expect_right(void)
{
    struct err err;
    if (stored_check(&item, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static void expect_fault(const char *words)
{
    struct err err = {.text = ""};
    if (stored_check(&item, &err) != ST_INVAL || !strstr(err.text, words))
        fail_msg("%s: got \"%s\"", words, err.text);
}

static void test_stored_what_the_gateway_writes_is_right(void **state)
{
    (void)state;
    begin(STORE_KIND_RECIPIENT);
    expect_right();
    message.kind = NULL;
    message.envid = "";
    message.reverse_path = "b\xc3\xb8"
                           "b@clinic.example";
    recipient.orcpt = "rfc822;bob@hospital.example";
    recipient.right = "none";
    recipient.right_value = NULL;
    expect_right();
    begin(STORE_KIND_DSN);
    expect_right();
    dsn.conversation = "c1";
    dsn.until_ms = 1772439000000;
    expect_right();
}

static const char *huge(void)
{
    static char text[200000];
    memset(text, 'x', sizeof text - 1);
    return text;
}

static void test_stored_texts_that_nobody_wrote_are_told(void **state)
{
    const char **const texts[] = {&message.id,
                                  &message.organization,
                                  &message.sender,
                                  &recipient.address,
                                  &recipient.conversation,
                                  &recipient.right,
                                  &recipient.return_path,
                                  &recipient.mail_id,
                                  &item.method};
    static const char *const bad[] = {NULL, "", "a\r\nb"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
            begin(STORE_KIND_RECIPIENT);
            *texts[i] = bad[k];
            expect_fault("recipient 7: ");
        }
        begin(STORE_KIND_RECIPIENT);
        *texts[i] = huge();
        expect_fault("recipient 7: ");
    }
}

static void
test_stored_words_and_numbers_are_told_with_what_is_expected(void **state)
{
    (void)state;
    begin(STORE_KIND_RECIPIENT);
    recipient.right = "quux";
    expect_fault("recipient.right: met \"quux\", expected none, sms or");
    begin(STORE_KIND_RECIPIENT);
    recipient.right_value = huge();
    expect_fault("recipient.right_value: met \"?\", expected");
    begin(STORE_KIND_RECIPIENT);
    message.kind = "quux";
    expect_fault("message.kind: met \"quux\", expected mail or reply");
    begin(STORE_KIND_RECIPIENT);
    message.accepted_ms = INT64_MAX;
    expect_fault("message.accepted_ms: met 9223372036854775807, expected 0");
    message.accepted_ms = -1;
    expect_fault("message.accepted_ms: met -1, expected 0");
    begin(STORE_KIND_RECIPIENT);
    recipient.notify = 16;
    expect_fault("recipient.notify: met 16, expected 0 to 15");
    begin(STORE_KIND_RECIPIENT);
    item.attempts = (unsigned)-1;
    expect_fault("recipient.attempts");
    begin(STORE_KIND_DSN);
    dsn.content.n = 0;
    expect_fault("status notification 7: dsn.content: met nothing");
    begin(STORE_KIND_DSN);
    dsn.to = "nobody";
    expect_fault("dsn.goes_to: met \"nobody\", expected an address");
}

static void test_stored_report_needs_its_addresses_alone(void **state)
{
    (void)state;
    begin(STORE_KIND_RECIPIENT);
    recipient.right = NULL;
    assert_true(stored_can_tell(&item));
    recipient.address = "bob@";
    assert_false(stored_can_tell(&item));
    begin(STORE_KIND_RECIPIENT);
    message.reverse_path = NULL;
    assert_false(stored_can_tell(&item));
    begin(STORE_KIND_RECIPIENT);
    recipient.orcpt = huge();
    assert_false(stored_can_tell(&item));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_what_the_gateway_writes_is_right),
        cmocka_unit_test(test_stored_texts_that_nobody_wrote_are_told),
        cmocka_unit_test(
            test_stored_words_and_numbers_are_told_with_what_is_expected),
        cmocka_unit_test(test_stored_report_needs_its_addresses_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
