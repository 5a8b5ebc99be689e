/* What the world's MTA-STS asks of the handmade case. */
#include "checker/test_bench.h"

static bool finds(const struct bench *b, const char *posture,
                  const json_t *evidence, const char *says)
{
    return bench_finds(b, "tls13", posture, evidence, "TRANSPORT-6", says);
}

/* The handmade evidence with one fetch of the hospital's policy. */
static json_t *with_fetch(bool is_policy)
{
    json_t *evidence = handmade_evidence();
    json_t *fetch = json_pack(
        "{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:b}", "step", 0, "host",
        "mta-sts.hospital.example", "domain", "hospital.example", "tls", "1.3",
        "sni", "mta-sts.hospital.example", "request",
        "GET /.well-known/mta-sts.txt HTTP/1.1", "request_host",
        "mta-sts.hospital.example", "status", 200, "policy", (int)is_policy);
    assert_non_null(fetch);
    json_object_set_new(evidence, "policy_fetches", json_array());
    json_array_append_new(json_object_get(evidence, "policy_fetches"), fetch);
    return evidence;
}

static void test_judge_policy_in_force_names_the_host(void **state)
{
    static const char says[] = "does not name";
    json_t *evidence = with_fetch(true);
    assert_false(finds(*state, "mta-sts-enforce", evidence, says));
    assert_true(finds(*state, "mta-sts-mismatch", evidence, says));
    assert_false(finds(*state, "mta-sts-testing", evidence, says));
    assert_false(finds(*state, "tls13", evidence, says));
    json_decref(evidence);
    evidence = with_fetch(false); /* it was never served: none is in force */
    assert_false(finds(*state, "mta-sts-mismatch", evidence, says));
    json_decref(evidence);
}

static void test_judge_policy_in_force_asks_for_pkix(void **state)
{
    json_t *evidence = with_fetch(true);
    json_t *first = json_array_get(json_object_get(evidence, "connections"), 0);
    assert_false(finds(*state, "mta-sts-enforce", evidence, "below pkix"));
    assert_true(finds(*state, "mta-sts-weak", evidence, "below pkix"));
    assert_false(finds(*state, "mta-sts-testing", evidence, "below pkix"));
    json_object_set_new(first, "tls", json_null());
    assert_true(finds(*state, "mta-sts-enforce", evidence, "TLS, which"));
    assert_false(finds(*state, "mta-sts-testing", evidence, "TLS, which"));
    json_decref(evidence);
}

static void test_judge_policy_is_fetched_as_the_rfc_says(void **state)
{
    static const struct {
        const char *key, *value, *says;
    } rows[] = {
        {"request", "GET /elsewhere.txt HTTP/1.1", "GET /.well-known"},
        {"request_host", "hospital.example", "mta-sts.hospital.example"},
        {"sni", "", "mta-sts.hospital.example"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *evidence = with_fetch(true);
        json_t *fetch =
            json_array_get(json_object_get(evidence, "policy_fetches"), 0);
        assert_false(finds(*state, "mta-sts-enforce", evidence, rows[i].says));
        json_object_set_new(fetch, rows[i].key, json_string(rows[i].value));
        assert_true(finds(*state, "mta-sts-enforce", evidence, rows[i].says));
        json_decref(evidence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_policy_in_force_names_the_host),
        cmocka_unit_test(test_judge_policy_in_force_asks_for_pkix),
        cmocka_unit_test(test_judge_policy_is_fetched_as_the_rfc_says),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
