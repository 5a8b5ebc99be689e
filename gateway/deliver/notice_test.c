/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "deliver/notice.h"
#include "deliver/test_item.h"

static const struct deliver_settings settings = {.host_name =
                                                     "gateway.example"};
enum {
    NEVER = STORE_NOTIFY_NEVER,
    SUCCESS = STORE_NOTIFY_SUCCESS,
    FAILURE = STORE_NOTIFY_FAILURE,
    DELAY = STORE_NOTIFY_DELAY,
    FAILED = MAIL_DSN_ACTION_FAILED,
    DELAYED = MAIL_DSN_ACTION_DELAYED,
    RELAYED = MAIL_DSN_ACTION_RELAYED
};

static void test_notice_is_wanted_by_notify_path_and_once(void **state)
{
    (void)state;
    static const struct {
        unsigned notify;
        int action;
        bool want;
        bool delay_default;
        unsigned reported;
        bool is_null;
    } rows[] = {
        {0, FAILED, .want = true},
        {FAILURE, FAILED, .want = true},
        {FAILURE | DELAY, FAILED, .want = true},
        {SUCCESS, FAILED, .want = false},
        {DELAY, FAILED, .want = false},
        {NEVER, FAILED, .want = false},
        {0, FAILED, .want = false, .is_null = true},
        {FAILURE, FAILED, .want = false, .is_null = true},
        {FAILURE, FAILED, .want = false, .reported = FAILURE},
        {FAILURE, FAILED, .want = true, .reported = DELAY | SUCCESS},
        {0, DELAYED, .want = false},
        {0, DELAYED, .want = true, .delay_default = true},
        {FAILURE, DELAYED, .want = false, .delay_default = true},
        {NEVER, DELAYED, .want = false, .delay_default = true},
        {DELAY, DELAYED, .want = true},
        {DELAY, DELAYED, .want = false, .reported = DELAY},
        {DELAY, DELAYED, .want = false, .is_null = true},
        {0, RELAYED, .want = false, .delay_default = true},
        {SUCCESS, RELAYED, .want = true},
        {FAILURE | DELAY, RELAYED, .want = false},
        {SUCCESS, MAIL_DSN_ACTION_DELIVERED, .want = false,
         .reported = SUCCESS},
        {SUCCESS, MAIL_DSN_ACTION_EXPANDED, .want = true, .reported = DELAY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        open_fixture(&f);
        f.recipient.notify = rows[i].notify;
        f.recipient.reported = rows[i].reported;
        f.message.reverse_path = rows[i].is_null ? "" : "a@b.example";
        if (notice_is_wanted(&f.item, (enum mail_dsn_action)rows[i].action,
                             rows[i].delay_default) != rows[i].want) {
            fail_msg("row %zu: want %d", i, (int)rows[i].want);
        }
        arena_destroy(&f.arena);
    }
}

static const struct row {
    int action;
    struct attempt_report report;
    const char *wanted[4];
    const char *unwanted;
    const char *name;
    unsigned reports;
} rows[] = {
    {FAILED,
     {.status = "5.7.10", .host = "mx.hospital.example"},
     {"Status: 5.7.10", "minimum", "Action: failed",
      "Diagnostic-Code: x-lasthop;"},
     "Remote-MTA",
     "failed",
     FAILURE},
    {FAILED,
     {.status = "5.1.2"},
     {"Status: 5.1.2", "does not exist"},
     "Diagnostic-Code: smtp",
     "failed",
     FAILURE},
    {FAILED,
     {.status = "4.4.7"},
     {"Status: 4.4.7", "in time"},
     "Remote-MTA",
     "failed",
     FAILURE},
    {FAILED,
     {.reply = NULL},
     {"Status: 5.0.0"},
     "Remote-MTA",
     "failed",
     FAILURE},
    {FAILED,
     {.status = "5.1.1",
      .reply = "550 5.1.1 unknown user",
      .host = "mx.hospital.example"},
     {"Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 unknown user",
      "Remote-MTA: dns; mx.hospital.example"},
     "could not be reached",
     "failed",
     FAILURE},
    {DELAYED,
     {.status = "4.2.0", .reply = "450 4.2.0 wait", .host = "mx.example"},
     {"Action: delayed", "Status: 4.2.0", "does not take it now",
      "Will-Retry-Until: Mon, 12 Jan 1970"},
     "Undelivered",
     "delayed",
     DELAY},
    {DELAYED,
     {.reply = NULL},
     {"Status: 4.4.1"},
     "Remote-MTA",
     "delayed",
     DELAY},
    {RELAYED,
     {.reply = "250 2.0.0 queued", .host = "mx.example"},
     {"Action: relayed", "Status: 2.0.0", "accepted it", "mx.example"},
     "Will-Retry-Until",
     "relayed",
     SUCCESS},
};

static void check_row(size_t i, const struct row *row)
{
    struct fixture f;
    open_fixture(&f);
    struct notice notice =
        notice_of(&row->report, (enum mail_dsn_action)row->action, 1000000);
    notice.will_retry_until_ms = row->action == DELAYED ? 1000000000 : 0;
    struct store_dsn dsn = notice_compose(f.arena, &settings, &f.item, &notice);
    assert_string_equal(dsn.to, "jansen@clinic.example");
    assert_string_equal(dsn.recipients, "bob@hospital.example");
    assert_string_equal(dsn.action, row->name);
    assert_int_equal(dsn.reports, row->reports);
    for (size_t k = 0; k < 4 && row->wanted[k] != NULL; k++) {
        if (!has(dsn.content, row->wanted[k])) {
            fail_msg("row %zu lacks \"%s\"", i, row->wanted[k]);
        }
    }
    if (has(dsn.content, row->unwanted)) {
        fail_msg("row %zu has \"%s\"", i, row->unwanted);
    }
    assert_true(has(dsn.content, "QQ314159"));
    assert_true(has(dsn.content, "rfc822;bob@old.example"));
    assert_true(has(dsn.content, "Subject: Appointment"));
    assert_true(has(dsn.content, "Last-Attempt-Date: Thu, 01 Jan 1970"));
    assert_false(has(dsn.content, "secret body"));
    assert_false(has(dsn.content, "hidden@clinic.example"));
    assert_false(has(dsn.content, "+31612345678"));
    arena_destroy(&f.arena);
}

static void test_notice_says_action_and_status_and_never_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(i, &rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notice_is_wanted_by_notify_path_and_once),
        cmocka_unit_test(test_notice_says_action_and_status_and_never_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
