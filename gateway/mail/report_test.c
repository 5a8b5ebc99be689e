/* What came back, as it is written out there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mail/report.h"

#define REPORT(type, status)                                                   \
    "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\n"               \
    "MIME-Version: 1.0\r\nContent-Type: multipart/report;\r\n"                 \
    " report-type=delivery-status; boundary=\"b/1\"\r\n\r\n"                   \
    "--b/1\r\n\r\nSorry. Action: failed\r\n"                                   \
    "--b/1\r\n" type "\r\n" status "\r\n--b/1\r\n"                             \
    "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nAction: failed\r\n" \
    "--b/1--\r\n"
#define STATUS "Content-Type: message/delivery-status\r\n"

static const struct row {
    const char *content;
    const char *want; /* "action status|diagnostic|mta"; NULL: no report */
    bool has_path;    /* not the null reverse-path */
} rows[] = {
    /* Postfix */
    {.content = REPORT(
         STATUS, "Reporting-MTA: dns; mx.example\r\nX-Postfix-Queue-ID: 1\r\n"
                 "Arrival-Date: Mon, 2 Mar 2026 08:00:00 +0000\r\n\r\n"
                 "Final-Recipient: rfc822; bob@x.example\r\nAction: failed\r\n"
                 "Status: 5.1.1\r\nRemote-MTA: dns; in.example\r\n"
                 "Diagnostic-Code: smtp; 550 5.1.1 no\r\n such user\r\n"),
     "failed 5.1.1|550 5.1.1 no such user|in.example"},
    /* Whoever sends it. */
    {.content =
         REPORT(STATUS, "Reporting-MTA: dns;mx.example\r\n\r\n"
                        "Action: Failed\r\nStatus: 5.2.2 (mailbox full)\r\n"),
     "failed 5.2.2||mx.example",
     true},
    {.content = REPORT(STATUS, "Reporting-MTA: dns; mx.example\n\n\n"
                               "action:delayed\nstatus: 4.4.1\n"),
     "delayed 4.4.1||mx.example"},
    {.content = REPORT(
         "Content-Type: message/global-delivery-status\r\n"
         "Content-Transfer-Encoding: quoted-printable\r\n",
         "Reporting-MTA: dns; mx.example\r\n\r\nAction: deli=\r\nvered\r\n"
         "Status: 2.0=2E0\r\n"),
     "delivered 2.0.0||mx.example"},
    {.content = REPORT(STATUS "Content-Transfer-Encoding: base64\r\n",
                       "QWN0aW9uOiByZWxheWVkDQpTdGF0dXM6IDIuMC4wDQo="),
     "relayed 2.0.0||"},
    /* He became several: what is worst. */
    {.content = REPORT(STATUS, "Reporting-MTA: dns; mx.example\r\n\r\n"
                               "Action: delivered\r\nStatus: 2.0.0\r\n\r\n"
                               "Action: failed\r\nStatus: 5.1.1\r\n\r\n"
                               "Action: delayed\r\nStatus: 4.0.0\r\n"),
     "failed 5.1.1||mx.example"},
    {.content = REPORT(STATUS, "Reporting-MTA: dns; mx.example\r\n\r\n"
                               "Action: failed\r\nStatus: nonsense\r\n"),
     "failed 5.0.0||mx.example"},
    {.content = REPORT(STATUS, "Action: failed\r\nStatus: 5.9999999.1\r\n"),
     "failed 5.0.0||"},
    {.content = REPORT(STATUS, "Action: failed\r\nStatus: 5.1111.1\r\n"),
     "failed 5.0.0||"},
    {.content = REPORT(STATUS, "Action: failed\r\nStatus: 5..11example\r\n"),
     "failed 5.0.0||"},
    /* Nothing that tells of a delivery. */
    {.content = REPORT(STATUS, "Reporting-MTA: dns; mx.example\r\n"), NULL},
    {.content = REPORT(STATUS, "Action: vanished\r\n"), NULL},
    {.content = REPORT("Content-Type: text/plain\r\n", "Action: failed\r\n"),
     NULL},
    {.content =
         "From: postmaster@x.example\r\nContent-Type: multipart/report;"
         " report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n"
         "Content-Type: message/disposition-notification\r\n\r\n"
         "Disposition: manual-action; deleted\r\n--b--\r\n",
     NULL},
    {.content = "From: bob@x.example\r\nSubject: On holiday\r\n"
                "Auto-Submitted: auto-replied\r\n\r\nBack on Monday.\r\n",
     NULL},
    {.content = "From: bob@x.example\r\n\r\n", NULL},
    {.content = "", NULL},
    /* Older ways to say it, with a null reverse-path alone. */
    {.content =
         "From: Mailer-Daemon@x.example\r\nSubject: failure notice\r\n\r\n"
         "Hi. This is the qmail-send program.\r\n",
     "failed 5.0.0||"},
    {.content = "From: Mailer-Daemon@x.example\r\nSubject: failure "
                "notice\r\n\r\nHi.\r\n",
     NULL,
     true},
    {.content = "From: Mail System <postmaster@x.example>\r\n\r\nNo.\r\n",
     "failed 5.0.0||"},
    {.content = "From: Mailer-Daemon@x.example\r\n"
                "Subject: Warning: message 1abc delayed 24 hours\r\n\r\n.\r\n",
     NULL},
    {.content =
         "From: x@x.example\r\nX-Failed-Recipients: bob@x.example\r\n\r\n.\r\n",
     "failed 5.0.0||"},
};

static void test_report_of_each_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct mail_report r;
        const char *got = NULL;
        if (mail_report_read(arena, slice_of(rows[i].content),
                             !rows[i].has_path, &r))
            got = arena_printf(arena, "%s %s|%s|%s",
                               mail_dsn_action_name(r.action), r.status,
                               r.diagnostic ? r.diagnostic : "",
                               r.remote_mta ? r.remote_mta : "");
        const char *want = rows[i].want;
        if (!got != !want || (got && strcmp(got, want) != 0))
            fail_msg("row %zu: got %s, want %s", i, got ? got : "none",
                     want ? want : "none");
        arena_destroy(&arena);
    }
}

/* What the gateway writes itself it can read. */
static void test_report_of_our_own_notification(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    static const struct mail_dsn_recipient recipient = {
        .address = "bob@x.example",
        .status = "5.1.1",
        .remote_mta = "mx.x.example",
        .diagnostic = "550 5.1.1 no",
        .reason = "No."};
    struct slice dsn =
        mail_dsn(arena, &(struct mail_dsn){.host_name = "gw.example",
                                           .to = "a@b.example",
                                           .content = SLICE_LITERAL("\r\n"),
                                           .mail_id = "d-1",
                                           .recipients = &recipient,
                                           .recipient_count = 1});
    struct mail_report r;
    assert_true(mail_report_read(arena, dsn, true, &r));
    assert_int_equal(r.action, MAIL_DSN_ACTION_FAILED);
    assert_string_equal(r.status, "5.1.1");
    assert_string_equal(r.diagnostic, "550 5.1.1 no");
    assert_string_equal(r.remote_mta, "mx.x.example");
    arena_destroy(&arena);
}

static void test_report_cut_anywhere_is_survived(void **state)
{
    (void)state;
    struct slice whole = slice_of(rows[0].content);
    for (size_t n = 0; n < whole.n; n++) {
        struct arena *arena = arena_create();
        struct mail_report r;
        struct slice cut = {whole.p, n};
        if (mail_report_read(arena, cut, true, &r))
            assert_int_equal(r.action, MAIL_DSN_ACTION_FAILED);
        arena_destroy(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_of_each_kind),
        cmocka_unit_test(test_report_of_our_own_notification),
        cmocka_unit_test(test_report_cut_anywhere_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
