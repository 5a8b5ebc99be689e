/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "deliver/measure.h"

enum { REPLIES = 10, TEXT_BYTES = 300 };

#define EHLO "250-mx.example\r\n250 STARTTLS\r\n"
#define PLAIN_EHLO "250 mx.example\r\n"
#define GOOD                                                                   \
    {                                                                          \
        .version = "1.3", .pkix = true, .rfc9325 = true                        \
    }
#define FAULT(f)                                                               \
    {                                                                          \
        .version = "1.2", .fault = (f)                                         \
    }

/* The server's replies in order; the handshake gives tls. want: "kind level why
 * tls [reply]", and for a transaction " -> sent [reply]". */
static const struct row {
    const char *title;
    const char *replies[REPLIES];
    struct tls_facts tls;
    const char *want;
} rows[] = {
    {"pkix",
     {"220 hi\r\n", EHLO, "220 go\r\n", EHLO},
     GOOD,
     "measured pkix no DANE 1.3 certificate"},
    {"self-signed",
     {"220 hi\r\n", EHLO, "220 go\r\n", EHLO},
     FAULT(TLS_FAULT_SELF_SIGNED),
     "measured tls self-signed 1.2"},
    {"expired",
     {"220 hi\r\n", EHLO, "220 go\r\n", EHLO},
     FAULT(TLS_FAULT_EXPIRED),
     "measured tls expired 1.2"},
    {"not yet valid",
     {"220 hi\r\n", EHLO, "220 go\r\n", EHLO},
     FAULT(TLS_FAULT_NOT_YET_VALID),
     "measured tls not yet valid 1.2"},
    {"wrong host",
     {"220 hi\r\n", EHLO, "220 go\r\n", EHLO},
     FAULT(TLS_FAULT_WRONG_HOST),
     "measured tls wrong host 1.2"},
    {"untrusted",
     {"220 hi\r\n", EHLO, "220 go\r\n", EHLO},
     FAULT(TLS_FAULT_UNTRUSTED),
     "measured tls untrusted issuer 1.2"},
    {"weak key",
     {"220 hi\r\n", EHLO, "220 go\r\n", EHLO},
     FAULT(TLS_FAULT_WEAK_KEY),
     "measured tls weak key 1.2"},
    {"no STARTTLS",
     {"220 hi\r\n", PLAIN_EHLO},
     {.pkix = false},
     "measured none no STARTTLS"},
    {"STARTTLS put off",
     {"220 hi\r\n", EHLO, "454 4.7.0 not now\r\n"},
     {.pkix = false},
     "measured none STARTTLS refused"},
    {"STARTTLS refused",
     {"220 hi\r\n", EHLO, "502 5.5.1 no\r\n"},
     {.pkix = false},
     "measured none STARTTLS refused"},
    {"octets behind STARTTLS's 220",
     {"220 hi\r\n", EHLO, "220 go\r\n250 injected\r\n"},
     {.pkix = false},
     "measured none handshake failed"},
    {"4xx greeting",
     {"421 4.3.2 full\r\n"},
     {.pkix = false},
     "unknown none no connection [421 4.3.2 full|4.3.2]"},
    {"5xx greeting",
     {"554 5.3.2 no\r\n"},
     {.pkix = false},
     "refused none refused by the server [554 5.3.2 no|5.3.2]"},
    {"5xx greeting without enhanced code",
     {"554 no\r\n"},
     {.pkix = false},
     "refused none refused by the server [554 no|5.0.0]"},
    {"4xx EHLO",
     {"220 hi\r\n", "451 4.3.0 later\r\n"},
     {.pkix = false},
     "unknown none no connection [451 4.3.0 later|4.3.0]"},
    {"4xx EHLO after TLS",
     {"220 hi\r\n", EHLO, "220 go\r\n", "451 4.3.0 later\r\n"},
     GOOD,
     "unknown none no connection [451 4.3.0 later|4.3.0]"},
    {"5xx EHLO after TLS",
     {"220 hi\r\n", EHLO, "220 go\r\n", "550 5.7.1 no\r\n", "550 5.7.1 no\r\n"},
     GOOD,
     "refused none refused by the server [550 5.7.1 no|5.7.1]"},
    {"closed before the greeting",
     {NULL},
     {.pkix = false},
     "unknown none no connection"},
    {"closed after EHLO",
     {"220 hi\r\n"},
     {.pkix = false},
     "unknown none no connection"},
    {"accepted",
     {"220 hi\r\n", PLAIN_EHLO, "250 ok\r\n", "250 ok\r\n", "354 go\r\n",
      "250 2.0.0 taken\r\n"},
     {.pkix = false},
     "measured none no STARTTLS -> accepted [250 2.0.0 taken|2.0.0]"},
    {"4xx to RCPT",
     {"220 hi\r\n", PLAIN_EHLO, "250 ok\r\n", "450 4.2.1 grey\r\n"},
     {.pkix = false},
     "measured none no STARTTLS -> temporary [450 4.2.1 grey|4.2.1]"},
    {"5xx to RCPT",
     {"220 hi\r\n", PLAIN_EHLO, "250 ok\r\n", "550-no\r\n550 5.1.1 user\r\n"},
     {.pkix = false},
     "measured none no STARTTLS -> permanent [550 5.1.1 user|5.1.1]"},
    {"5xx to the content",
     {"220 hi\r\n", PLAIN_EHLO, "250 ok\r\n", "250 ok\r\n", "354 go\r\n",
      "554 5.6.0 bad\r\n"},
     {.pkix = false},
     "measured none no STARTTLS -> permanent [554 5.6.0 bad|5.6.0]"},
    {"lost after the content",
     {"220 hi\r\n", PLAIN_EHLO, "250 ok\r\n", "250 ok\r\n", "354 go\r\n"},
     {.pkix = false},
     "measured none no STARTTLS -> lost"},
};

static void put_reply(struct buf *out, const struct transport_reply *reply)
{
    if (reply->line[0] != '\0') {
        buf_printf(out, " [%s|%s]", reply->line, reply->status);
    }
}

static void put_measure(struct buf *out, const struct measure *measure)
{
    static const char *const kinds[] = {"measured", "unknown", "refused"};
    buf_printf(out, "%s %s %s", kinds[measure->kind],
               level_name(measure->level), why_name(measure->why));
    if (measure->tls[0] != '\0') {
        buf_printf(out, " %s", measure->tls);
    }
    if (measure->certificate) {
        buf_puts(out, " certificate");
    }
    put_reply(out, &measure->reply);
}

/* Feeds up to the next stop; returns what was used. */
static size_t feed(struct client_session *session, const char *const *replies)
{
    size_t used = 0;
    for (; used < REPLIES && replies[used] != NULL; used++) {
        enum client_state state = client_session_state(session);
        if (state != CLIENT_STATE_WAITING) {
            return used;
        }
        client_session_feed(session, slice_of(replies[used]));
        client_session_take(session);
        if (client_session_state(session) == CLIENT_STATE_STARTTLS) {
            client_session_tls_ready(session);
            client_session_take(session);
        }
    }
    if (client_session_state(session) == CLIENT_STATE_WAITING) {
        client_session_lost(session);
    }
    return used;
}

static void transact(struct client_session *session, const char *const *replies,
                     struct buf *out)
{
    static const char *const sents[] = {"accepted", "temporary", "permanent",
                                        "lost"};
    const struct client_transaction transaction = {
        .reverse_path = slice_of("a@b.example"),
        .recipient = slice_of("c@d.example"),
        .content_bytes = 4};
    client_session_begin(session, &transaction);
    client_session_take(session);
    size_t used = feed(session, replies);
    if (client_session_state(session) == CLIENT_STATE_CONTENT) {
        client_session_content(session, SLICE_LITERAL("x\r\n"));
        client_session_content_end(session);
        client_session_take(session);
        feed(session, replies + used);
    }
    struct sent sent = measure_sent(session);
    buf_printf(out, " -> %s", sents[sent.kind]);
    put_reply(out, &sent.reply);
}

static void run_row(const struct row *row, struct buf *out)
{
    const struct client_settings settings = {.host_name = "gateway.example",
                                             .use_tls = true,
                                             .reply_timeout_ms = 1000};
    struct client_session *session = client_session_create(&settings);
    size_t used = feed(session, row->replies);
    bool is_up = client_session_state(session) == CLIENT_STATE_READY;
    struct measure measure = is_up ? measure_session(session, &row->tls)
                                   : measure_failure(session, &row->tls);
    put_measure(out, &measure);
    if (is_up && row->replies[used] != NULL) {
        transact(session, row->replies + used, out);
    }
    client_session_destroy(&session);
}

static void test_measure_every_dialogue_as_in_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf got;
        buf_init(&got, TEXT_BYTES);
        run_row(&rows[i], &got);
        if (!slice_is(buf_slice(&got), rows[i].want)) {
            fail_msg("%s: got \"%.*s\", want \"%s\"", rows[i].title,
                     SLICE_ARG(buf_slice(&got)), rows[i].want);
        }
        buf_release(&got);
    }
}

static void test_measure_handshake_failed_tells_the_version(void **state)
{
    (void)state;
    const struct tls_facts old = {.version_refused = true};
    const struct tls_facts alert = {.error = "tlsv1 alert protocol version"};
    const struct tls_facts other = {.error = "alert"};
    assert_int_equal(measure_handshake_failed(&old).why, WHY_TLS_BELOW_1_2);
    assert_int_equal(measure_handshake_failed(&alert).why, WHY_TLS_BELOW_1_2);
    assert_int_equal(measure_handshake_failed(&other).why,
                     WHY_HANDSHAKE_FAILED);
    assert_int_equal(measure_handshake_failed(NULL).why, WHY_HANDSHAKE_FAILED);
    assert_false(measure_handshake_failed(&old).usable);
    assert_int_equal(measure_handshake_failed(&old).kind, MEASURE_MEASURED);
}

/* TRANSPORT-6: an enforced policy bars what is below pkix, after DANE has
 * spoken. */
static void test_measure_bound_by_a_policy(void **state)
{
    static const struct {
        enum host_sts sts;
        bool has_tlsa;
        enum tls_dane dane;
        const char *tls;
        enum level level;
        enum measure_kind kind;
        enum level want;
    } table[] = {
        {HOST_STS_NAMED, false, TLS_DANE_NONE, "1.3", LEVEL_PKIX,
         MEASURE_MEASURED, LEVEL_PKIX},
        {HOST_STS_NAMED, false, TLS_DANE_NONE, "1.3", LEVEL_TLS,
         MEASURE_UNKNOWN, LEVEL_NONE},
        {HOST_STS_NAMED, false, TLS_DANE_NONE, "", LEVEL_NONE, MEASURE_UNKNOWN,
         LEVEL_NONE},
        {HOST_STS_NONE, false, TLS_DANE_NONE, "", LEVEL_NONE, MEASURE_MEASURED,
         LEVEL_NONE},
        {HOST_STS_NAMED, true, TLS_DANE_MATCH, "1.3", LEVEL_TLS,
         MEASURE_MEASURED, LEVEL_DANE},
        {HOST_STS_NAMED, true, TLS_DANE_MISMATCH, "1.3", LEVEL_PKIX,
         MEASURE_UNKNOWN, LEVEL_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct mail_host host = {.is_named_securely = true,
                                 .sts = table[i].sts};
        struct tls_facts tls = {.dane = table[i].dane, .rfc9325 = true};
        struct measure measure = {.kind = MEASURE_MEASURED,
                                  .level = table[i].level};
        host.binding.tls_mandatory = table[i].has_tlsa;
        snprintf(tls.version, sizeof tls.version, "%s", table[i].tls);
        snprintf(measure.tls, sizeof measure.tls, "%s", table[i].tls);
        measure = measure_bound(measure, &host, &tls);
        if (measure.kind != table[i].kind || measure.level != table[i].want)
            fail_msg("row %zu: got %d %s", i, (int)measure.kind,
                     level_name(measure.level));
        if (measure.kind == MEASURE_UNKNOWN)
            assert_int_equal(measure.why, WHY_BARRED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measure_every_dialogue_as_in_the_table),
        cmocka_unit_test(test_measure_handshake_failed_tells_the_version),
        cmocka_unit_test(test_measure_bound_by_a_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
