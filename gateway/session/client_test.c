/* The client session, by dialogue, fed whole and octet by octet.
 *   "S: 220 x"   the server says a line; neighbours come together
 *   "C: EHLO x"  the next line said is exactly this
 *   "C."         nothing more was said
 *   "T"          the handshake is wanted, and done
 *   "B a b"      begin a transaction from a to b (<> for null), with DSN
 *                parameters, 8-bit content of 11 octets
 *   "D"          content is wanted: two pieces and the end
 *   "Q"          quit
 *   "L"          the connection is lost
 *   "= ready none greeting"  state, verdict and phase */
#include "session/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct play {
    struct client_session *client;
    struct client_settings settings;
    struct buf in, out;
    size_t piece;
    int replies;
};

static void on_reply(void *ctx, enum client_phase phase,
                     const struct reply *reply)
{
    struct play *play = ctx;
    play->replies++;
    assert_true(phase < CLIENT_PHASE_COUNT && reply->code >= 200);
}

static void take(struct play *play)
{
    buf_put(&play->out, client_session_take(play->client));
}

static void flush(struct play *play)
{
    struct slice in = buf_slice(&play->in);
    while (in.n) {
        size_t n = in.n < play->piece ? in.n : play->piece;
        client_session_feed(play->client, (struct slice){in.p, n});
        take(play);
        in = slice_from(in, n);
    }
    buf_reset(&play->in);
}

static void check_said(struct play *play, const char *want)
{
    struct slice out = buf_slice(&play->out);
    size_t end = slice_find(out, '\n');
    struct slice line = {out.p, end ? end - 1 : 0};
    if (end == out.n || !slice_is(line, want))
        fail_msg("said \"%.*s\", want \"%s\"", SLICE_ARG(line), want);
    buf_consume(&play->out, end + 1);
}

static void check_result(struct play *play, const char *want)
{
    static const char *const states[] = {"waiting", "starttls", "ready",
                                         "content", "over"};
    const struct client_result *result = client_session_result(play->client);
    char got[128];
    snprintf(
        got, sizeof got, "%s %s %s", states[client_session_state(play->client)],
        client_verdict_name(result->verdict), client_phase_name(result->phase));
    if (strncmp(got, want, strlen(want)) != 0)
        fail_msg("is \"%s\", want \"%s\"", got, want);
}

static void begin(struct play *play, const char *text)
{
    struct slice rest = slice_of(text);
    struct slice from = slice_word(&rest), to = slice_word(&rest);
    struct mail_params mail = {
        .ret = DSN_RET_HDRS, .has_envid = true, .envid = slice_of("e n")};
    struct rcpt_params rcpt = {DSN_NOTIFY_FAILURE, true, slice_of("rfc822"),
                               slice_of("o@x")};
    struct client_transaction t = {
        .reverse_path = slice_is(from, "<>") ? slice_of("") : from,
        .mail = &mail,
        .recipient = to,
        .rcpt = &rcpt,
        .content_bytes = 11,
        .content_8bit = true};
    client_session_begin(play->client, &t);
}

static void act(struct play *play, const char *line)
{
    switch (line[0]) {
    case 'T':
        assert_int_equal(client_session_state(play->client),
                         CLIENT_STATE_STARTTLS);
        client_session_tls_ready(play->client);
        break;
    case 'B':
        begin(play, line + 2);
        break;
    case 'D':
        assert_int_equal(client_session_state(play->client),
                         CLIENT_STATE_CONTENT);
        client_session_content(play->client, slice_of("a: b\r\n\r"));
        take(play);
        client_session_content(play->client, slice_of("\n.x"));
        take(play);
        client_session_content_end(play->client);
        break;
    case 'Q':
        client_session_quit(play->client);
        break;
    case 'L':
        client_session_lost(play->client);
        break;
    default:
        fail_msg("script line %s", line);
    }
    take(play);
}

static void play_lines(struct play *play, const char *const *lines)
{
    for (; *lines; lines++) {
        const char *line = *lines;
        if (line[0] == 'S') {
            buf_puts(&play->in, line + 3);
            buf_puts(&play->in, "\r\n");
            continue;
        }
        flush(play);
        if (strcmp(line, "C.") == 0)
            assert_int_equal(buf_slice(&play->out).n, 0);
        else if (line[0] == 'C')
            check_said(play, line + 3);
        else if (line[0] == '=')
            check_result(play, line + 2);
        else
            act(play, line);
    }
    flush(play);
    assert_int_equal(buf_slice(&play->out).n, 0);
}

static void run(bool use_tls, const char *const *lines)
{
    for (size_t piece = 1; piece < 2000; piece += 1500) {
        struct play play = {.settings = {.host_name = "gw.example",
                                         .use_tls = use_tls,
                                         .reply_timeout_ms = 1000,
                                         .on_reply = on_reply},
                            .piece = piece};
        play.settings.ctx = &play;
        buf_init(&play.in, 100000);
        buf_init(&play.out, 100000);
        play.client = client_session_create(&play.settings);
        play_lines(&play, lines);
        client_session_destroy(&play.client);
        buf_release(&play.in);
        buf_release(&play.out);
    }
}

#define PLAY(...) run(true, (const char *const[]){__VA_ARGS__, NULL})
#define PLAY_PLAIN(...) run(false, (const char *const[]){__VA_ARGS__, NULL})

#define UP                                                                     \
    "S: 220 mx ESMTP", "C: EHLO gw.example", "S: 250-mx", "S: 250 STARTTLS",   \
        "C: STARTTLS", "S: 220 go", "= starttls none", "T",                    \
        "C: EHLO gw.example", "C."
#define UP_ALL                                                                 \
    UP, "S: 250-mx", "S: 250-PIPELINING", "S: 250-8bitmime",                   \
        "S: 250-SIZE 1000", "S: 250 DSN", "C.", "= ready none"
#define MAIL_ALL "C: MAIL FROM:<a@c> SIZE=11 BODY=8BITMIME RET=HDRS ENVID=e+20n"
#define RCPT_ALL "C: RCPT TO:<b@d> NOTIFY=FAILURE ORCPT=rfc822;o@x"

static void test_pipelined_transaction_is_accepted_and_quits(void **state)
{
    (void)state;
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "C.", "S: 250 ok",
         "S: 250 ok", "S: 354 go", "= content none", "D", "C: a: b",
         "C: ", "C: ..x", "C: .", "C.", "= waiting none", "S: 250 2.0.0 queued",
         "= ready accepted content", "B <> b@d",
         "C: MAIL FROM:<> SIZE=11 BODY=8BITMIME RET=HDRS ENVID=e+20n", RCPT_ALL,
         "C: DATA", "S: 250 ok", "S: 250 ok", "S: 354 go", "D", "C: a: b",
         "C: ", "C: ..x", "C: .", "S: 250 ok", "= ready accepted", "Q",
         "C: QUIT", "= waiting", "S: 221 bye", "= over accepted");
}

static void test_without_pipelining_each_reply_is_awaited(void **state)
{
    (void)state;
    PLAY(UP, "S: 250 mx", "= ready", "B a@c b@d", "C: MAIL FROM:<a@c>", "C.",
         "S: 250 ok", "C: RCPT TO:<b@d>", "C.", "S: 251 ok", "C: DATA", "C.",
         "S: 354 go", "D", "C: a: b", "C: ", "C: ..x", "C: .", "S: 452 full",
         "= ready temporary content");
    PLAY(UP, "S: 250 mx", "B a@c b@d", "C: MAIL FROM:<a@c>", "S: 550 5.7.1 no",
         "C.", "= ready permanent mail", "B a@c b@d", "C: RSET", "C.",
         "S: 250 ok", "C: MAIL FROM:<a@c>", "S: 250 ok", "C: RCPT TO:<b@d>",
         "S: 450 later", "= ready temporary rcpt", "Q", "C: QUIT", "L",
         "= over temporary rcpt");
}

static void test_refused_recipient_gets_no_content(void **state)
{
    (void)state;
    /* DATA is refused too */
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 250 ok",
         "S: 550 5.1.1 nobody", "S: 554 none", "C.", "= ready permanent rcpt",
         "B a@c b@d", "C: RSET", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 250 ok",
         "S: 250 ok", "S: 250 ok", "S: 354 go", "= content none");
    /* DATA is not: the lone dot, whatever it is answered with */
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 250 ok",
         "S: 550 5.1.1 nobody", "S: 354 go", "C: .", "C.", "= waiting",
         "S: 250 hm", "= ready permanent rcpt", "B a@c b@d", MAIL_ALL, RCPT_ALL,
         "C: DATA");
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 450 wait",
         "S: 503 x", "S: 503 x", "= ready temporary mail");
    /* the refusal stands even when the connection then goes */
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 250 ok",
         "S: 550 5.1.1 nobody", "L", "= over permanent rcpt");
}

static void test_greeting_and_hello_are_classified(void **state)
{
    (void)state;
    PLAY("S: 421 busy", "= over temporary greeting", "C.");
    PLAY("S: 554 no", "= over permanent greeting", "C.");
    PLAY("S: 250 odd", "= over protocol greeting");
    PLAY("S: SSH-2.0-x", "= over protocol greeting");
    PLAY("L", "= over lost greeting");
    PLAY("S: 220 mx", "C: EHLO gw.example", "S: 450 x",
         "= over temporary ehlo");
    PLAY("S: 220 mx", "C: EHLO gw.example", "S: 550 x",
         "= over permanent ehlo");
    PLAY("S: 220 mx", "C: EHLO gw.example", "L", "= over lost ehlo");
    PLAY("S: 220 mx", "C: EHLO gw.example", "S: 502 x", "C: HELO gw.example",
         "S: 250 mx", "= ready none", "B a@c b@d", "C: MAIL FROM:<a@c>");
    PLAY("S: 220 mx", "C: EHLO gw.example", "S: 500 x", "C: HELO gw.example",
         "S: 500 x", "= over permanent ehlo");
    PLAY(UP, "S: 451 x", "= over temporary ehlo-tls");
    PLAY(UP, "S: 500 x", "= over permanent ehlo-tls");
}

static void test_starttls_refused_or_absent_stays_plain(void **state)
{
    (void)state;
    PLAY("S: 220 mx", "C: EHLO gw.example", "S: 250-mx", "S: 250 STARTTLS",
         "C: STARTTLS", "S: 454 no", "= ready none", "B a@c b@d",
         "C: MAIL FROM:<a@c>");
    PLAY("S: 220 mx", "C: EHLO gw.example", "S: 250 mx", "= ready none");
    PLAY_PLAIN("S: 220 mx", "C: EHLO gw.example", "S: 250-mx",
               "S: 250 STARTTLS", "C.", "= ready none");
}

static void test_octets_behind_starttls_are_a_failed_handshake(void **state)
{
    (void)state;
    PLAY("S: 220 mx", "C: EHLO gw.example", "S: 250-mx", "S: 250 STARTTLS",
         "C: STARTTLS", "S: 220 go", "S: 250-injected", "S: 250 SIZE 1",
         "= over protocol starttls", "C.");
    PLAY("S: 220 mx", "C: EHLO gw.example", "S: 250-mx", "S: 250 STARTTLS",
         "C: STARTTLS", "S: 220 go", "= starttls none", "S: 250 late",
         "= over protocol starttls", "C.");
    PLAY("S: 220 mx", "C: EHLO gw.example", "S: 250-mx", "S: 250 STARTTLS",
         "C: STARTTLS", "S: 250 odd", "= over protocol starttls");
}

static void test_421_and_unasked_replies_end_the_session(void **state)
{
    (void)state;
    PLAY(UP_ALL, "S: 421 4.3.2 bye", "= over temporary ehlo-tls");
    PLAY(UP_ALL, "S: 250 what", "= over protocol");
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 250 ok",
         "S: 421 bye", "= over temporary rcpt");
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 250 ok",
         "S: 250 ok", "S: 354 go", "= content", "S: 552 5.3.4 too big",
         "= over permanent content", "C.");
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 250 ok",
         "S: 250 ok", "S: 354 go", "L", "= over lost content");
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 250 ok",
         "S: 250 ok", "S: 354 go", "D", "C: a: b", "C: ", "C: ..x", "C: .", "L",
         "= over lost content");
    PLAY(UP_ALL, "B a@c b@d", MAIL_ALL, RCPT_ALL, "C: DATA", "S: 250 ok",
         "S: 250 ok", "S: 250 hm", "= ready protocol data");
}

static void test_offers_are_those_of_the_latest_ehlo(void **state)
{
    (void)state;
    struct client_settings settings = {.host_name = "gw", .use_tls = true};
    struct client_session *c = client_session_create(&settings);
    client_session_feed(c, slice_of("220 x\r\n250-x\r\n250-DSN\r\n"
                                    "250 STARTTLS\r\n220 go\r\n"));
    assert_true(client_session_offers(c)->dsn);
    client_session_tls_ready(c);
    client_session_feed(c, slice_of("250-x\r\n250-SIZE 1000000\r\n"
                                    "250-SMTPUTF8\r\n250 SIZEX\r\n"));
    const struct client_offers *offers = client_session_offers(c);
    assert_true(offers->esmtp && offers->size && offers->smtputf8);
    assert_false(offers->dsn || offers->starttls || offers->pipelining);
    assert_int_equal(offers->size_bytes, 1000000);
    assert_true(client_session_is_tls(c));
    client_session_destroy(&c);
}

/* CONN-11: the deadline begins anew with whole replies alone. */
static void test_progress_is_a_whole_reply(void **state)
{
    (void)state;
    struct client_settings settings = {.host_name = "gw"};
    struct client_session *c = client_session_create(&settings);
    unsigned before = client_session_progress(c);
    for (const char *p = "220-mx\r\n220-mx\r\n220 mx\r"; *p; p++) {
        client_session_feed(c, (struct slice){p, 1});
        assert_int_equal(client_session_progress(c), before);
    }
    client_session_feed(c, SLICE_LITERAL("\n"));
    assert_int_not_equal(client_session_progress(c), before);
    client_session_feed(c, SLICE_LITERAL("250 mx\r\n"));
    client_session_begin(c, &(struct client_transaction){
                                .reverse_path = SLICE_LITERAL("a@b.example"),
                                .recipient = SLICE_LITERAL("c@d.example")});
    before = client_session_progress(c);
    client_session_feed(c, SLICE_LITERAL("25"));
    assert_int_equal(client_session_progress(c), before);
    client_session_feed(c, SLICE_LITERAL("0 ok\r\n250 ok\r\n354 go\r\n"));
    assert_int_equal(client_session_state(c), CLIENT_STATE_CONTENT);
    before = client_session_progress(c);
    client_session_content(c, SLICE_LITERAL("x\r\n"));
    assert_int_not_equal(client_session_progress(c), before);
    client_session_destroy(&c);
}

static void test_address_with_line_end_is_never_sent(void **state)
{
    (void)state;
    struct client_settings settings = {.host_name = "gw"};
    struct client_session *c = client_session_create(&settings);
    client_session_feed(c, slice_of("220 x\r\n250 x\r\n"));
    client_session_take(c);
    struct client_transaction t = {.reverse_path = slice_of("a@c"),
                                   .recipient = slice_of("b@d>\r\nDATA")};
    client_session_begin(c, &t);
    assert_int_equal(client_session_take(c).n, 0);
    assert_int_equal(client_session_state(c), CLIENT_STATE_READY);
    assert_int_equal(client_session_result(c)->verdict,
                     CLIENT_VERDICT_PERMANENT);
    client_session_destroy(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelined_transaction_is_accepted_and_quits),
        cmocka_unit_test(test_without_pipelining_each_reply_is_awaited),
        cmocka_unit_test(test_refused_recipient_gets_no_content),
        cmocka_unit_test(test_greeting_and_hello_are_classified),
        cmocka_unit_test(test_starttls_refused_or_absent_stays_plain),
        cmocka_unit_test(test_octets_behind_starttls_are_a_failed_handshake),
        cmocka_unit_test(test_421_and_unasked_replies_end_the_session),
        cmocka_unit_test(test_offers_are_those_of_the_latest_ehlo),
        cmocka_unit_test(test_progress_is_a_whole_reply),
        cmocka_unit_test(test_address_with_line_end_is_never_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
