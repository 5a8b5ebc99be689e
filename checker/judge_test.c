/* One whole case made by hand, which passes; then each lie and loss of the
 * journal, the submitter and the world that the judge must notice, one at a
 * time. */
#include "checker/test_bench.h"

static void test_judge_case_as_it_should_be_passes(void **state)
{
    bench_expect_pass(*state);
}

static void test_judge_claims_need_evidence(void **state)
{
    static const struct row rows[] = {
        {{"journal/2/tls", NULL, "\"1.2\""}, "TRANSPORT-1", "TLS"},
        {{"journal/2/level", NULL, "\"dane\""}, "TRANSPORT-1", "level"},
        {{"journal/2/host", NULL, "\"mx2.hospital.example\""}, NULL, "host"},
        {{"journal/2/method", NULL, "\"transport-security\""}, NULL, "method"},
        {{"journal/2/delivery", NULL, "\"notification\""},
         "MAIL-1",
         "X-Zivver-Transport"},
        {{"journal/2/delivery", NULL, "\"lost\""}, "KEEP-2", "outcome"},
        {{"journal/2", NULL, NULL}, "KEEP-2", "outcome"},
        {{"journal/2/conversation", NULL, "\"other\""}, "CONV-1", "other"},
        {{"journal/0", NULL, NULL}, "KEEP-1", "accepted message"},
        {{"journal/0/recipients/1", NULL, NULL}, "KEEP-1", "accepted"},
        {{"journal/0/recipients/0/recipient", NULL, "\"x@hospital.example\""},
         "CONV-2",
         "x@hospital.example"},
        {{"journal/0/recipients/3/conversation", NULL, "\"conversation-1\""},
         "CONV-1",
         "conversation"},
        {{"journal/0/recipients/1/conversation", NULL, "\"conversation-3\""},
         "CONV-1",
         "one conversation"},
        {{"journal/9", NULL, NULL}, "DSN-1", "an event 'dsn'"},
        {{"journal/9/host", NULL, "\"mx.lab.example\""}, "DSN-1", "host"},
        {{"journal/6/dsn", NULL, "false"}, "DSN-1", "claim"},
        {{"journal/6/status", NULL, "\"5.1.1\""}, "DSN-1", "Status"},
        {{"journal/6/delivery", NULL, "\"notification\""},
         "KEEP-2",
         "received messages"},
        {{"journal/6/reply", NULL, "\"550 5.1.1 no\""}, "DSN-3", "no host"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_evidence_needs_claims(void **state)
{
    static const struct row rows[] = {
        {{"received/0", NULL, NULL}, "KEEP-2", "received messages"},
        {{"received/1", NULL, NULL}, "KEEP-2", "carl@lab.example"},
        {{"received/3", NULL, NULL}, "DSN-1", "reports that it was failed"},
        {{"received/0/recipients", NULL, "[\"zoe@hospital.example\"]"},
         "KEEP-2",
         "without a claim"},
        {{"received/0/recipients", NULL,
          "[\"bob@hospital.example\",\"eve@hospital.example\"]"},
         "MAIL-1",
         "one RCPT"},
        {{"received/0/late", NULL, "true"}, "KEEP-2", "late"},
        {{"received/0/tls", NULL, "\"1.2\""}, "TRANSPORT-1", "TLS"},
        {{"received/0/host", NULL, "\"mx.lab.example\""}, NULL, "host"},
        {{"received/0/reverse_path", NULL,
          "\"3e5d90b7c1248fa6d03b7e95c26af18d@zivverbounce.clinic.example\""},
         "MAIL-2",
         "one of its own"},
        {{"received/0/reverse_path", NULL,
          "\"b1@zivverbounce.clinic.example\""},
         "MAIL-2",
         "nobody can guess"},
        {{"received/0/reverse_path", NULL,
          "\"b-00000000000000000000a7c01f93e2@zivverbounce.clinic.example\""},
         "MAIL-2",
         "nobody can guess"},
        {{"received/1/reverse_path", NULL,
          "\"1123456789abcdef0123456789abcdff@bounce.gateway.lasthop.example"
          "\""},
         "MAIL-2",
         "does not tell"},
        {{"received/1/reverse_path", NULL,
          "\"3e5d90b7c1248fa6d03b7e95c26af18d@zivverbounce.clinic.example\""},
         "MAIL-2",
         "bounce.gateway.lasthop.example"},
        {{"received/0/dkim/1/result", NULL, "\"fail\""},
         "MAIL-1",
         "one that verifies"},
        {{"received/0/dkim/0", NULL, NULL}, "MAIL-1", "lasthop1"},
        {{"received/0/dkim/0/domain", NULL, "\"gateway.lasthop.example\""},
         "MAIL-1",
         "of clinic.example"},
        {{"received/2/dkim/1/algorithm", NULL, "\"rsa-sha1\""},
         "MAIL-1",
         "rsa-sha256"},
        {{"received/1/dkim/0/domain", NULL, "\"clinic.example\""},
         "MAIL-1",
         "of gateway.lasthop.example"},
        {{"received/3/spf/result", NULL, "\"softfail\""}, "MAIL-2", "SPF"},
        {{"received/0/dmarc/result", NULL, "\"fail\""}, "MAIL-2", "RFC 7489"},
        {{"received/1/dmarc_walk/result", NULL, "\"fail\""},
         "MAIL-2",
         "RFC 9989"},
        {{"received/0/reverse_path", NULL, "\"jansen@clinic.example\""},
         "MAIL-2",
         "an address at"},
        {{"received/3/reverse_path", NULL, "\"b@gateway.lasthop.example\""},
         "DSN-1",
         "reverse-path"},
        {{"target/exit", NULL, "1"}, "KEEP-1", "exit"},
        {{"target/signal", NULL, "11"}, "KEEP-1", "signal"},
        {{"target/long_turns", NULL, "[\"warn loop: long turn cpu_ms=900\"]"},
         "CONN-11",
         "cpu_ms=900"},
        {{"target/clock_ok", NULL, "false"}, NULL, "clock"},
        {{"faults", NULL, "[\"did not settle\"]"}, NULL, "did not settle"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_submitter_and_expectations(void **state)
{
    static const struct row rows[] = {
        {{"submissions/0/replies/11/reply", NULL, "\"554 5.0.0 no\""},
         NULL,
         "reply to data"},
        {{"submissions/0/replies/7", NULL, NULL}, "CONN-7", "RCPT"},
        {{"submissions/0/tls", NULL, "\"1.1\""}, "CONN-1", "TLS"},
        {{"submissions/0/certificate_verified", NULL, "false"},
         "CONN-1",
         "certificate"},
        {{"submissions/0/accepted", NULL, "false"}, "CONN-8", "250"},
        {{"journal/1/not/0/why", NULL, "\"account suspended\""},
         "ORDER-3",
         "no account"},
        {{"journal/1/not/1", NULL, NULL}, "ORDER-3", "nta7516"},
        {{"journal/3/not/2/why", NULL, "\"expired\""},
         "ORDER-3",
         "self-signed"},
        {{"journal/9", NULL,
          "{\"step\":0,\"event\":\"warning\",\"word\":\"access-right-"
          "ignored\"}"},
         "RIGHT-4",
         "access-right-ignored"},
        {{"journal/9", NULL,
          "{\"event\":\"refused\",\"step\":0,\"reply\":\"550 5.7.1 no\"}"},
         "CONN-7",
         "refused"},
        {{"connections/0/tls", NULL, "\"1.1\""}, "TRANSPORT-7", "connection"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_outcome_is_what_was_decided(void **state)
{
    static const struct row rows[] = {
        {{"journal/3/delivery", NULL, "\"direct\""}, "ORDER-3", "direct"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_refused_message_leaves_no_trace(void **state)
{
    static const struct row rows[] = {
        {{"journal/2/message", NULL, "\"m2\""}, "CONN-8", "m2"},
        {{"journal/0/message", NULL, "\"m2\""}, "CONN-8", "m1"},
        {{"journal/0", NULL, NULL}, "CONN-8", "none"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_reports_what_is_needed_to_understand(void **state)
{
    struct bench *f = *state;
    struct arena *arena = arena_create();
    struct change change = {"journal/4/method", NULL, "\"email\""};
    json_t *evidence = bench_changed(f->evidence, &change);
    struct case_result r = bench_judged(f, f->scenario, evidence, arena);
    bool found = false;
    for (size_t i = 0; i < r.mismatch_count; i++) {
        const struct mismatch *m = &r.mismatches[i];
        if (strcmp(m->what, "carl@lab.example: method") != 0)
            continue;
        found = true;
        assert_string_equal(m->expected, "access-right");
        assert_string_equal(m->got, "email");
        assert_int_equal(m->place.line, 20);
        assert_string_equal(m->clause, "ORDER-2");
        assert_non_null(m->clause_text);
        assert_true(m->facts.n > 2);
        assert_string_equal(m->row,
                            "carl@lab.example: {method: email, delivery: "
                            "notification, conversation: 1, not: "
                            "{direct-delivery: self-signed}}");
    }
    assert_true(found);
    assert_true(r.transcript_count > 0);
    json_decref(evidence);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_case_as_it_should_be_passes),
        cmocka_unit_test(test_judge_claims_need_evidence),
        cmocka_unit_test(test_judge_evidence_needs_claims),
        cmocka_unit_test(test_judge_submitter_and_expectations),
        cmocka_unit_test(test_judge_outcome_is_what_was_decided),
        cmocka_unit_test(test_judge_refused_message_leaves_no_trace),
        cmocka_unit_test(test_judge_reports_what_is_needed_to_understand),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
