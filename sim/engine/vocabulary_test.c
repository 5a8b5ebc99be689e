#include "engine/vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_duration_parse(void **state)
{
    static const struct {
        const char *text;
        long long want; /* -1: refused */
    } rows[] = {{"90s", 90}, {"10m", 600}, {"4h", 14400}, {"5d", 432000},
                {"0s", 0},   {"", -1},     {"s", -1},     {"5", -1},
                {"5w", -1},  {"-5m", -1},  {"5 m", -1},   {"5m ", -1},
                {"1.5h", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        long long got = -1;
        if (!duration_parse(rows[i].text, &got))
            got = -1;
        if (got != rows[i].want)
            fail_msg("`%s`: got %lld, want %lld", rows[i].text, got,
                     rows[i].want);
    }
}

static void test_time_parse(void **state)
{
    static const struct {
        const char *text;
        long long want;
    } rows[] = {{"1970-01-01T00:00:00Z", 0},
                {"2026-03-02T09:00:00+01:00", 1772438400},
                {"2026-03-02T08:00:00Z", 1772438400},
                {"2024-02-29T00:00:00Z", 1709164800},
                {"2026-02-29T00:00:00Z", -1},
                {"2026-04-31T00:00:00Z", -1},
                {"2026-03-02T09:00:00", -1},
                {"2026-03-02 09:00:00Z", -1},
                {"2026-03-02T24:00:00Z", -1},
                {"2026-03-02T09:00:00+1:00", -1},
                {"2026-3-2T09:00:00Z", -1},
                {"2026-03-02T09:00:00Zx", -1},
                {"now", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        long long got = -1;
        if (!time_parse(rows[i].text, &got))
            got = -1;
        if (got != rows[i].want)
            fail_msg("`%s`: got %lld, want %lld", rows[i].text, got,
                     rows[i].want);
    }
}

/* Every key of the tables says what it is, and its type has what it needs. */
static void check_table(const struct key *keys, unsigned depth)
{
    assert_true(depth < 12);
    for (const struct key *k = keys; k->name; k++) {
        bool nests = k->type == VALUE_MAP || k->type == VALUE_LIST ||
                     k->type == VALUE_MAP_OR_TEXT;
        if (!k->help || !*k->help)
            fail_msg("`%s` has no help", k->name);
        if ((k->type == VALUE_WORD) != (k->words != NULL))
            fail_msg("`%s`: words", k->name);
        if (nests != (k->inner != NULL))
            fail_msg("`%s`: inner", k->name);
        if (k->inner)
            check_table(k->inner, depth + 1);
    }
}

static void test_vocabulary_tables_are_whole(void **state)
{
    (void)state;
    check_table(vocabulary_scenario, 0);
    check_table(vocabulary_posture, 0);
    check_table(vocabulary_organization, 0);
}

static void test_near_miss(void **state)
{
    static const char *const words[] = {"tls12", "tls13", "self-signed",
                                        "expired", NULL};
    (void)state;
    assert_string_equal(near_miss("self-sined", words), "self-signed");
    assert_string_equal(near_miss("epxired", words), "expired");
    assert_string_equal(near_miss("tls1.3", words), "tls13");
    assert_null(near_miss("greylisting", words));
    assert_null(near_miss("x", words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration_parse),
        cmocka_unit_test(test_time_parse),
        cmocka_unit_test(test_vocabulary_tables_are_whole),
        cmocka_unit_test(test_near_miss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
