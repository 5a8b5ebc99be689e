#include "kit/console.h"
#include "kit/console_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Tells the events, ended by NULL, and compares all that is said. */
static void told(const char *const *events, const char *expected)
{
    char *said = NULL;
    size_t size;
    FILE *to = open_memstream(&said, &size);
    struct console *console = console_create(to, "gw.example");
    for (; *events; events++) {
        json_t *event = json_loads(*events, 0, NULL);
        assert_non_null(event);
        console_tell(console, event);
        json_decref(event);
    }
    console_destroy(&console);
    assert_null(console);
    fclose(to);
    assert_string_equal(said, expected);
    free(said);
}

#define TOLD(expected, ...)                                                    \
    told((const char *const[]){__VA_ARGS__, NULL}, expected)

static void
test_accepted_message_is_numbered_and_its_recipients_told(void **state)
{
    (void)state;
    TOLD(
        "message 1  accepted from a@c.example (clinic) for 2 recipients, "
        "<1@c>\n"
        "message 1  b@d.example: the message itself, delivered at mx.d.example "
        "over TLS 1.3 (pkix); direct-delivery (the server reaches the "
        "message's minimum)\n"
        "           not account: no account, nta7516: sender does not meet NTA "
        "7516\n"
        "message 1  e@d.example: a notification, sent at mx.d.example in plain "
        "text; email (verifies with a code by e-mail)\n"
        "message 2  accepted from a@c.example (clinic) for 0 recipients\n",
        "{\"event\":\"accepted\",\"message\":\"m1\",\"sender\":\"a@c.example\","
        "\"organization\":\"clinic\",\"message_id\":\"<1@c>\",\"recipients\":"
        "[{},{}]}",
        "{\"event\":\"decided\",\"message\":\"m1\",\"recipient\":"
        "\"b@d.example\",\"not\":[{\"method\":\"account\",\"why\":\"no "
        "account\"},{\"method\":\"nta7516\",\"why\":\"sender does not meet NTA "
        "7516\"}]}",
        "{\"event\":\"outcome\",\"message\":\"m1\",\"recipient\":"
        "\"b@d.example\",\"method\":\"direct-delivery\",\"delivery\":"
        "\"direct\",\"host\":\"mx.d.example\",\"tls\":\"1.3\",\"level\":"
        "\"pkix\"}",
        "{\"event\":\"outcome\",\"message\":\"m1\",\"recipient\":"
        "\"e@d.example\",\"method\":\"email\",\"delivery\":\"notification\","
        "\"host\":\"mx.d.example\"}",
        "{\"event\":\"settled\"}",
        "{\"event\":\"accepted\",\"message\":\"m2\",\"sender\":\"a@c.example\","
        "\"organization\":\"clinic\",\"recipients\":[]}");
}

static void test_failed_recipient_has_status_reply_and_report(void **state)
{
    (void)state;
    TOLD(
        "message 1  b@d.example: failed at mx.d.example; email (verifies with "
        "a code by e-mail)\n"
        "           status 5.1.1: 550 5.1.1 nobody, reported to the sender\n"
        "message 1  f@d.example: failed; none (no method applies)\n"
        "           status 5.7.10, no report (NOTIFY or null path)\n"
        "message 1  report to a@c.example: sent at mx.c.example over TLS 1.3\n",
        "{\"event\":\"outcome\",\"message\":\"m\",\"recipient\":"
        "\"b@d.example\",\"method\":\"email\",\"delivery\":\"failed\","
        "\"host\":\"mx.d.example\",\"tls\":\"1.3\",\"status\":\"5.1.1\","
        "\"reply\":\"550 5.1.1 nobody\",\"dsn\":true}",
        "{\"event\":\"outcome\",\"message\":\"m\",\"recipient\":"
        "\"f@d.example\",\"method\":\"none\",\"delivery\":\"failed\","
        "\"status\":\"5.7.10\",\"dsn\":false}",
        "{\"event\":\"dsn\",\"message\":\"m\",\"to\":\"a@c.example\","
        "\"outcome\":\"sent\",\"host\":\"mx.c.example\",\"tls\":\"1.3\"}");
}

static void test_deferred_recipient_is_told_with_its_time(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    TOLD("message 1  b@d.example waits (no connection), tried again at "
         "00:01:00\n"
         "message 1  report to a@c.example waits (refused by the server; 451 "
         "no), tried again at 00:02:00\n",
         "{\"event\":\"deferred\",\"message\":\"m\",\"recipient\":"
         "\"b@d.example\",\"why\":\"no connection\",\"until\":60}",
         "{\"event\":\"deferred\",\"message\":\"m\",\"dsn\":true,\"to\":"
         "\"a@c.example\",\"why\":\"refused by the server\",\"reply\":\"451 "
         "no\",\"until\":120}");
}

static void test_refusals_are_explained(void **state)
{
    (void)state;
    TOLD("refused    127.0.0.1 at AUTH: 535 5.7.8 no\n"
         "           user name or password is wrong, or the credential was "
         "revoked\n"
         "refused    127.0.0.1 in the TLS handshake (offers TLS 1.0 at most): "
         "too old\n"
         "           the client speaks no TLS 1.2 or 1.3: update it, or lift "
         "its limit (name: gw.example)\n"
         "message 1  warning about x@y.example: a zivver-access-right names "
         "somebody who is no recipient; ignored\n"
         "{\"event\":\"new\"}\n",
         "{\"event\":\"refused\",\"stage\":\"auth\",\"client\":\"127.0.0.1\","
         "\"reply\":\"535 5.7.8 no\"}",
         "{\"event\":\"handshake-refused\",\"client\":\"127.0.0.1\","
         "\"version\":\"1.0\",\"reason\":\"too old\"}",
         "{\"event\":\"warning\",\"message\":\"m\",\"recipient\":"
         "\"x@y.example\",\"word\":\"access-right-for-no-recipient\"}",
         "{\"event\":\"new\"}");
}

static void test_words_distinguish_stage_and_reply(void **state)
{
    (void)state;
    static const struct {
        const char *stage, *reply, *has;
    } rows[] = {
        {"auth", "530 5.7.0 Must issue a STARTTLS command first", "never"},
        {"mail", "530 5.7.0 Must issue a STARTTLS command first", "mandatory"},
        {"mail", "530 5.7.0 Authentication required", "log in"},
        {"mail", "550 5.7.1 x", "MAIL FROM"},
        {"data", "550 5.7.1 x", "From must be an active account"},
        {"data", "550 5.6.0 zivver-access-right: x", "malformed"},
        {"data", "550 5.6.0 From must be", "one field"},
        {"data", "550 5.5.2 Bare", "CRLF"},
        {"rcpt", "452 4.5.3 Too many", "too many recipients"},
        {"session", "421 4.4.2 x", "nothing was heard"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *says = console_refusal(rows[i].stage, rows[i].reply);
        if (!says || !strstr(says, rows[i].has))
            fail_msg("%s %s: %s", rows[i].stage, rows[i].reply,
                     says ? says : "nothing");
    }
    assert_null(console_refusal("rcpt", "550 5.9.9 other"));
    assert_non_null(strstr(console_handshake("1.3", "alert unknown ca"), "CA"));
    assert_non_null(
        strstr(console_handshake("1.3", "bad certificate"), "name"));
    assert_non_null(strstr(console_handshake("1.2", "eof"), "failed"));
    assert_null(console_warning("new"));
    assert_string_equal(console_stage("data"), "the end of the data");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_accepted_message_is_numbered_and_its_recipients_told),
        cmocka_unit_test(test_failed_recipient_has_status_reply_and_report),
        cmocka_unit_test(test_deferred_recipient_is_told_with_its_time),
        cmocka_unit_test(test_refusals_are_explained),
        cmocka_unit_test(test_words_distinguish_stage_and_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
