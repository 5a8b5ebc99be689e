/* The session of the return-path listener (BOUNCE-1): open to anybody, for the
 * recipients that the shell knows. */
#include "session/server_script.h"

static void play(const char *const *lines)
{
    struct script_run run = script_defaults();
    run.settings.is_open = true;
    script_with(run, lines);
}

#define OPEN(...) play((const char *const[]){__VA_ARGS__, NULL})
#define HELLO                                                                  \
    "S: 220 gw.example ESMTP", "C: EHLO a.example", "S: 250-gw.example",       \
        "S: 250-STARTTLS", "S: 250-SIZE 100", "S: 250-8BITMIME",               \
        "S: 250-PIPELINING", "S: 250-ENHANCEDSTATUSCODES", "S: 250-SMTPUTF8",  \
        "S: 250 CHUNKING"

static void test_open_takes_mail_in_plain_for_the_known_alone(void **state)
{
    (void)state;
    OPEN(HELLO, "C: MAIL FROM:<>", "S: 250 2.1.0",
         "C: RCPT TO:<other@gw.example>", "S: 550 5.1.1", "R: rcpt 550 5.1.1",
         "C: DATA", "S: 503 5.5.1", "C: RCPT TO:<known@gw.example>",
         "S: 250 2.1.5", "C: DATA", "S: 354", "C: x", "C: .", "S: 250",
         "M: >known@gw.example", "D: x|");
    OPEN(HELLO, "C: MAIL FROM:<>", "C: RCPT TO:<known@gw.example>",
         "C: RCPT TO:<other@gw.example>", "C: DATA", "S: 250 2.1.0",
         "S: 250 2.1.5", "S: 550 5.1.1", "S: 354", "C: .", "S: 250",
         "M: >known@gw.example");
    OPEN(HELLO, "C: MAIL FROM:<>",
         "C| RCPT TO:<known@gw.example>\r\nBDAT 3 "
         "LAST\r\nx\r\n",
         "S: 250 2.1.0", "S: 250 2.1.5", "S: 250", "M: >known@gw.example");
}

static void test_open_takes_mail_over_tls_too(void **state)
{
    (void)state;
    OPEN(HELLO, "C: STARTTLS", "S: 220 2.0.0", "T: 1.3", "C: EHLO a.example",
         "S: 250-gw.example", "S: 250-SIZE 100", "S: 250-8BITMIME",
         "S: 250-PIPELINING", "S: 250-ENHANCEDSTATUSCODES", "S: 250-SMTPUTF8",
         "S: 250 CHUNKING", "C: MAIL FROM:<a@b.example>",
         "C: RCPT TO:<known@gw.example>", "S: 250 2.1.0", "S: 250 2.1.5");
}

static void test_open_knows_no_authentication(void **state)
{
    (void)state;
    OPEN(HELLO, "C: AUTH PLAIN AGFwcABwYXNz", "S: 502 5.5.1");
}

#define FIVE(line, reply)                                                      \
    line, reply, line, reply, line, reply, line, reply, line, reply

/* CONN-10: a recipient that is one does not make him known. */
static void test_open_knows_only_strangers(void **state)
{
    (void)state;
    OPEN(HELLO, "C: MAIL FROM:<>", "S: 250", "C: RCPT TO:<known@gw.example>",
         "S: 250", FIVE("C: RCPT TO:<x@gw.example>", "S: 550 5.1.1"),
         FIVE("C: RCPT TO:<x@gw.example>", "S: 550 5.1.1"),
         FIVE("C: RCPT TO:<x@gw.example>", "S: 550 5.1.1"),
         FIVE("C: RCPT TO:<x@gw.example>", "S: 550 5.1.1"), "S: 421 4.7.0",
         "M: none", "X:");
}

static void test_closed_asks_for_no_recipient(void **state)
{
    (void)state;
    SCRIPT(LOGGED_IN, "C: MAIL FROM:<a@c.example>",
           "C: RCPT TO:<other@gw.example>", "S: 250 2.1.0", "S: 250 2.1.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_takes_mail_in_plain_for_the_known_alone),
        cmocka_unit_test(test_open_takes_mail_over_tls_too),
        cmocka_unit_test(test_open_knows_no_authentication),
        cmocka_unit_test(test_open_knows_only_strangers),
        cmocka_unit_test(test_closed_asks_for_no_recipient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
