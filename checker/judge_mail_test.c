/* What the handmade case's hosts received, and each fault of a direct copy, a
 * notification or a DSN that the judge must notice. */
#include "checker/test_bench.h"

static void test_judge_direct_copy_is_the_senders_message(void **state)
{
    static const char content[] = "received/0/content";
    static const struct row rows[] = {
        {{content, "Subject: Appointment", "Subject: Meeting"},
         "MAIL-1",
         "header"},
        {{content, "Cc: dora@weak.example\r\n", ""}, "MAIL-1", "header"},
        {{content, "\r\n\r\nDear", "\r\nX-New: 1\r\n\r\nDear"},
         "MAIL-1",
         "X-New"},
        {{content, "Dear all,", "Dear all"}, "MAIL-1", "body"},
        {{content, "X-Zivver-Transport: direct\r\n", ""},
         "CONN-9",
         "X-Zivver-Transport"},
        {{content, "Transport: direct", "Transport: idd"}, "MAIL-1", "idd"},
        {{content, "Received: by gateway.lasthop.example", "X-R: by g"},
         "MAIL-1",
         "Received"},
        {{content, "Subject:", "zivver-x: 1\r\nSubject:"},
         "RIGHT-5",
         "zivver-*"},
        {{content, "Subject:", "Bcc: eve@hospital.example\r\nSubject:"},
         "CONV-3",
         "eve@hospital.example"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_notification_is_the_gateways_own(void **state)
{
    static const char content[] = "received/1/content";
    static const struct row rows[] = {
        {{content, "no-reply@gateway.lasthop.example", "a@clinic.example"},
         "MAIL-3",
         "From"},
        {{content, "To: carl@lab.example", "To: bob@hospital.example"},
         "MAIL-3",
         "To"},
        {{content, "auto-generated", "no"}, "MAIL-3", "Auto-Submitted"},
        {{content, "multipart/alternative", "multipart/mixed"},
         "MAIL-3",
         "Content-Type"},
        {{content, "https://", "http://"}, "MAIL-3", "link"},
        {{content, "jansen@clinic.example", "somebody"}, "MAIL-3", "who wrote"},
        {{content, "bericht", "brief"}, "MAIL-3", "Dutch"},
        {{content, "antwoord", "answer"}, "MAIL-3", "in Dutch"},
        {{content, "text/html", "text/calendar"}, "MAIL-3", "alternatives"},
        {{content, "Message-ID: <n1", "X-ID: <n1"}, "MAIL-3", "Message-ID"},
        {{content, "Subject: Appointment", "Subject: News"},
         "MAIL-3",
         "Subject"},
        {{content, "conversation-1", "conversation-2"},
         "KEEP-2",
         "without a claim"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_dsn_has_its_form(void **state)
{
    static const char content[] = "received/3/content";
    static const struct row rows[] = {
        {{content, "multipart/report", "multipart/mixed"},
         "DSN-1",
         "Content-Type"},
        {{content, "report-type=delivery-status", "report-type=x"},
         "DSN-1",
         "report-type"},
        {{content, "message/delivery-status", "text/plain"}, "DSN-1", "parts"},
        {{content, "text/rfc822-headers", "message/rfc822"}, "DSN-1", "parts"},
        {{content, "Reporting-MTA", "X-MTA"}, "DSN-1", "Reporting-MTA"},
        {{content, "Action: failed", "Action: delayed"},
         "DSN-2",
         "reports that it is delayed"},
        {{content, "Action: failed", "Action: lost"}, "DSN-1", "Action"},
        {{content, "dns;gateway.", "dns;other."}, "DSN-1", "Reporting-MTA"},
        {{content, "auto-replied", "no"}, "DSN-1", "Auto-Submitted"},
        {{content, "dora@weak.example: it", "It"}, "DSN-1", "text"},
        {{content, "it failed.", "5.7.10 at 12:00"}, "DSN-1", "reason"},
        {{content, "Status: 5.7.10", "Status: 5.0.0"}, "DSN-1", "Status"},
        {{content, "rfc822;dora@weak.example", "rfc822;bob@hospital.example"},
         "DSN-1",
         "reports that it was failed"},
        {{content, "Subject: Appointment", "Bcc: x@y.example"},
         "DSN-1",
         "returned header"},
        {{content, "Subject: Appointment", "zivver-x: y"},
         "RIGHT-5",
         "zivver-*"},
        {{content, "it failed.", MARK}, "DSN-1", "content"},
        {{"submissions/0/reverse_path", NULL, "\"\""}, "DSN-1", "not made"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_uses_what_the_host_offers(void **state)
{
    static const char capability[] = "connections/0/replies/6";
    static const struct row rows[] = {
        /* a parameter that was not offered */
        {{capability, "8BITMIME", "HELP"}, "TRANSPORT-2", "BODY without"},
        {{"connections/0/replies/5", "DSN", "X"},
         "TRANSPORT-2",
         "NOTIFY without"},
        {{"connections/0/replies/7", "SIZE", "X"}, "TRANSPORT-2", "SIZE"},
        {{"received/0/parameters/mail", NULL, "\"SMTPUTF8\""},
         "TRANSPORT-2",
         "SMTPUTF8"},
        /* offered before TLS alone */
        {{"connections/0/commands/2", "EHLO", "NOOP"}, "TRANSPORT-2", "SIZE"},
        {{"connections/0/replies/7", "9000", "40"}, "DSN-3", "at most 40"},
        {{"received/0/content", "Dear",
          "D\xc3\xa9"
          "ar"},
         "MAIL-1",
         "body"},
        {{"received/0/content", "Subject: A",
          "Subject: \xc3\xa9"
          "A"},
         "DSN-3",
         "SMTPUTF8"},
        {{"connections/0/commands/4", "TO:<r>", "TO:<31612345678>"},
         "RIGHT-5",
         "command to a host"},
    };
    EXPECT_NOTICED(*state, rows);
}

#define EIGHT "Dear \xc3\xa9ve,\r\n" MARK "\r\n"
#define QUOTED "Dear =C3=A9ve,=\r\n\r\n" MARK "\r\n"
#define CODING "Content-Transfer-Encoding: "

static void test_judge_converted_copy_has_the_same_parts(void **state)
{
    struct bench *f = *state;
    static const char sent[] = "submissions/0/content";
    static const char got[] = "received/0/content";
    static const char other[] = "received/2/content";
    static const struct change changes[] = {
        {sent, "\r\nDear all,\r\n" MARK "\r\n",
         "MIME-Version: 1.0\r\n" CODING "8bit\r\n\r\n" EIGHT},
        {got, "\r\nDear all,\r\n" MARK "\r\n",
         "MIME-Version: 1.0\r\n" CODING "quoted-printable\r\n\r\n" QUOTED},
        {other, "\r\nDear all,\r\n" MARK "\r\n",
         "MIME-Version: 1.0\r\n" CODING "8bit\r\n\r\n" EIGHT},
        {"connections/0/replies/6", "8BITMIME", "HELP"},
        {"received/0/parameters/mail", NULL, "\"SIZE=400\""},
    };
    static const struct row rows[] = {
        {{got, "=C3=A9", "=C3=A8"}, "MAIL-1", "other octets"},
        {{got, "Dear =C3=A9ve", "Dear \xc3\xa9ve"},
         "MAIL-1",
         "converted to 7 bits"},
        {{got, "quoted-printable", "7bit"}, "MAIL-1", "other octets"},
        {{got, "Subject: A", "Subject: B"}, "MAIL-1", "header"},
        {{got, "MIME-Version: 1.0", "Content-Type: text/html"},
         "MAIL-1",
         "header"},
        /* not where the host takes eight bits */
        {{"connections/0/replies/6", "HELP", "8BITMIME"}, "MAIL-1", "header"},
    };
    json_t *before =
        bench_begin_with(f, changes, sizeof changes / sizeof *changes);
    EXPECT_NOTICED(f, rows);
    bench_restore(f, before);
}

static void test_judge_dsn_for_an_address_beyond_ascii(void **state)
{
    struct bench *f = *state;
    static const char content[] = "received/3/content";
    static const struct change changes[] = {
        {content, "message/delivery-status", "message/global-delivery-status"},
        {content, "text/rfc822-headers", "message/global-headers"},
        {content, "rfc822;dora", "utf-8;d\\x{6F}ra"},
    };
    static const struct row rows[] = {
        {{content, "\\x{6F}", "\\x{F6}"},
         "DSN-1",
         "reports that it was failed"},
        {{content, "utf-8;", "x400;"}, "DSN-1", "reports that it was failed"},
        {{content, "message/global-headers", "message/global"},
         "DSN-1",
         "parts"},
    };
    json_t *before =
        bench_begin_with(f, changes, sizeof changes / sizeof *changes);
    EXPECT_NOTICED(f, rows);
    bench_restore(f, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_direct_copy_is_the_senders_message),
        cmocka_unit_test(test_judge_notification_is_the_gateways_own),
        cmocka_unit_test(test_judge_dsn_has_its_form),
        cmocka_unit_test(test_judge_uses_what_the_host_offers),
        cmocka_unit_test(test_judge_converted_copy_has_the_same_parts),
        cmocka_unit_test(test_judge_dsn_for_an_address_beyond_ascii),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
