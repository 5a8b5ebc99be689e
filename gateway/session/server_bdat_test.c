/* BDAT: RFC 3030 2, CONN-5, CONN-7, by dialogue. */
#include "session/server_script.h"

#define IN_RCPT                                                                \
    LOGGED_IN, "C: MAIL FROM:<a@c.example>", "C: RCPT TO:<b@d.example>",       \
        "S: 250 2.1.0", "S: 250 2.1.5"

static void test_chunks_are_stored_as_they_are(void **state)
{
    (void)state;
    SCRIPT(IN_RCPT, "C| BDAT 14\r\nSubject: x\r\n\r\n", "S: 250 2.0.0",
           "C| BDAT 3\r\n.\r\n", "S: 250 2.0.0", "C| BDAT 5 last\r\n..a\r\n",
           "S: 250 2.0.0", "D: Subject: x||.|..a|",
           "M: a@c.example>b@d.example", "C: BDAT 0 LAST", "S: 503 5.5.1");
    SCRIPT(IN_RCPT, "C| BDAT 3\r\na\r\n", "S: 250", "C: BDAT 0 LAST",
           "S: 250 2.0.0", "D: a|");
    /* A line that is not ended is. */
    SCRIPT(IN_RCPT, "C| BDAT 1 LAST\r\na", "S: 250 2.0.0", "D: a|");
}

static void test_pipelined_chunks_have_a_reply_each(void **state)
{
    (void)state;
    SCRIPT(IN_RCPT,
           "C| BDAT 3\r\na\r\nBDAT 3\r\nb\r\nBDAT 3 LAST\r\nc\r\nNOOP\r\n",
           "S: 250 2.0.0", "S: 250 2.0.0", "S: 250 2.0.0", "S: 250 2.0.0", "S.",
           "D: a|b|c|");
}

/* CONN-5 */
static void test_line_ends_are_judged_across_chunks(void **state)
{
    (void)state;
    SCRIPT(IN_RCPT, "C| BDAT 2\r\na\r", "S: 250 2.0.0", "C| BDAT 2 LAST\r\n\nb",
           "S: 250 2.0.0", "D: a|b|");
    SCRIPT(IN_RCPT, "C| BDAT 2\r\na\r", "S: 250 2.0.0", "C| BDAT 1 LAST\r\nb",
           "S: 550 5.5.2", "R: data 421", "S: 421 4.7.0", "M: none", "X:");
    SCRIPT(IN_RCPT, "C| BDAT 2\r\na\r", "S: 250", "C: BDAT 0 LAST",
           "S: 550 5.5.2", "S: 421 4.7.0", "M: none", "X:");
    SCRIPT(IN_RCPT, "C| BDAT 4\r\na\nb\n", "S: 550 5.5.2", "S: 421 4.7.0",
           "M: none", "X:");
    SCRIPT(IN_RCPT, "C| BDAT 2 LAST\r\na\r", "S: 550 5.5.2", "S: 421 4.7.0",
           "M: none", "X:");
    SCRIPT(IN_RCPT, "C| BDAT 1\r\na", "S: 250", "C| BDAT 2 LAST\r\n\nb",
           "S: 550 5.5.2", "S: 421 4.7.0", "M: none", "X:");
    SCRIPT(IN_RCPT, "C| BDAT 9\r\na\nb", "S.", "I:", "S: 550 5.5.2",
           "S: 421 4.7.0", "M: none", "X:");
}

static void test_refused_chunks_consume_their_octets(void **state)
{
    (void)state;
    SCRIPT(LOGGED_IN, "C| BDAT 6\r\nQUIT\r\nNOOP\r\n", "S: 503 5.5.1",
           "R: data 503", "S: 250 2.0.0", "S.");
    SCRIPT(LOGGED_IN, "C: MAIL FROM:<a@c.example>", "S: 250",
           "C| BDAT 6 LAST\r\nQUIT\r\n", "S: 503 5.5.1",
           "C: RCPT TO:<b@d.example>", "S: 250");
    SCRIPT(IN_RCPT, "C: BDAT x", "S: 501 5.5.4", "S: 421 4.7.0", "X:");
    SCRIPT(IN_RCPT, "C: BDAT 3 FIRST", "S: 501 5.5.4", "S: 421 4.7.0", "X:");
    SCRIPT(IN_RCPT, "C: BDAT", "S: 501 5.5.4", "S: 421 4.7.0", "X:");
    SCRIPT(IN_RCPT, "C: BDAT 99999999999999999999999", "S: 501 5.5.4",
           "S: 421 4.7.0", "X:");
}

static void test_data_and_chunks_do_not_mix(void **state)
{
    (void)state;
    SCRIPT(IN_RCPT, "C| BDAT 3\r\na\r\n", "S: 250", "C: DATA", "S: 503 5.5.1",
           "C: RCPT TO:<c@d.example>", "S: 503 5.5.1",
           "C: MAIL FROM:<a@c.example>", "S: 503 5.5.1",
           "C| BDAT 3 LAST\r\nb\r\n", "S: 250", "D: a|b|");
    SCRIPT(IN_RCPT, "C| BDAT 3\r\na\r\n", "S: 250", "C: RSET", "S: 250",
           "C| BDAT 3 LAST\r\nb\r\n", "S: 503 5.5.1", "M: none",
           "C: MAIL FROM:<a@c.example>", "S: 250", "C: RCPT TO:<b@d.example>",
           "S: 250", "C: DATA", "S: 354", "C: x", "C: .", "S: 250", "D: x|");
}

/* CONN-6 */
static void test_a_message_above_the_limit_ends_its_transaction(void **state)
{
    (void)state;
    char chunk[128] = "C| BDAT 101\r\n";
    memset(chunk + strlen(chunk), 'x', 101);
    SCRIPT(IN_RCPT, chunk, "S: 552 5.3.4", "C| BDAT 3 LAST\r\na\r\n",
           "S: 503 5.5.1", "M: none");
    chunk[10] = '0';
    chunk[9] = '0';
    chunk[strlen(chunk) - 1] = '\0';
    SCRIPT(IN_RCPT, chunk, "S: 250", "C| BDAT 1 LAST\r\nb", "S: 552 5.3.4",
           "M: none");
    /* Its line end was not counted by the sender, but it counts. */
    SCRIPT(IN_RCPT, chunk, "S: 250", "C: BDAT 0 LAST", "S: 552 5.3.4",
           "M: none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_are_stored_as_they_are),
        cmocka_unit_test(test_pipelined_chunks_have_a_reply_each),
        cmocka_unit_test(test_line_ends_are_judged_across_chunks),
        cmocka_unit_test(test_refused_chunks_consume_their_octets),
        cmocka_unit_test(test_data_and_chunks_do_not_mix),
        cmocka_unit_test(test_a_message_above_the_limit_ends_its_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
