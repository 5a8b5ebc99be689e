/* What the world's DANE and settings ask of the handmade case. */
#include "checker/test_bench.h"

#define HOSPITAL "  domains:\n    hospital.example: "

static bool finds(const struct bench *b, const char *posture,
                  const json_t *evidence, const char *clause, const char *says)
{
    return bench_finds(b, "tls13", posture, evidence, clause, says);
}

/* The same where the certificate itself must pass. */
static bool finds_strictly(const struct bench *b, const char *posture,
                           const json_t *evidence, const char *says)
{
    char *world = xasprintf(
        "  gateway: {dane_satisfies_certificate_validation: no}\n" HOSPITAL
        "%s",
        posture);
    bool found =
        bench_finds(b, HOSPITAL "tls13", world, evidence, "DIRECT-3", says);
    free(world);
    return found;
}

static void test_judge_barred_host_gets_no_transaction(void **state)
{
    json_t *evidence = handmade_evidence();
    assert_false(
        finds(*state, "tls13", evidence, "TRANSPORT-3", "barred host"));
    assert_true(
        finds(*state, "dane-mismatch", evidence, "TRANSPORT-3", "barred host"));
    assert_true(
        finds(*state, "dane-bogus", evidence, "TRANSPORT-3", "barred host"));
    json_decref(evidence);
}

static void test_judge_bound_host_is_never_spoken_to_in_plain(void **state)
{
    static const char says[] = "TLSA records make mandatory";
    json_t *evidence = handmade_evidence();
    json_t *first = json_array_get(json_object_get(evidence, "connections"), 0);
    assert_false(finds(*state, "dane-ee", evidence, "TRANSPORT-3", says));
    json_object_set_new(first, "tls", json_null());
    assert_true(finds(*state, "dane-ee", evidence, "TRANSPORT-3", says));
    assert_true(finds(*state, "dane-unusable", evidence, "TRANSPORT-3", says));
    /* no record, or none that is proven */
    assert_false(finds(*state, "tls13", evidence, "TRANSPORT-3", says));
    assert_false(
        finds(*state, "nta7516-insecure", evidence, "TRANSPORT-3", says));
    json_decref(evidence);
}

static void test_judge_setting_asks_for_the_certificate_itself(void **state)
{
    json_t *evidence = handmade_evidence();
    assert_false(
        finds(*state, "dane-self-signed", evidence, "DIRECT-3", "itself"));
    assert_true(finds_strictly(*state, "dane-self-signed", evidence, "itself"));
    assert_false(finds_strictly(*state, "dane-ee", evidence, "itself"));
    json_decref(evidence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_barred_host_gets_no_transaction),
        cmocka_unit_test(test_judge_bound_host_is_never_spoken_to_in_plain),
        cmocka_unit_test(test_judge_setting_asks_for_the_certificate_itself),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
