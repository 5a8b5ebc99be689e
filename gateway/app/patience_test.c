#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/patience.h"

enum { IDLE_MS = 300000 };

static int64_t left(struct patience *p, uint64_t progress, uint64_t octets,
                    int64_t now_ms)
{
    return patience_left_ms(p, &(struct patience_facts){.progress = progress,
                                                        .limit_ms = IDLE_MS,
                                                        .octets = octets,
                                                        .octets_per_s = 1000,
                                                        .now_ms = now_ms});
}

static void test_patience_with_a_command_ends_as_a_whole(void **state)
{
    struct patience p = {0};
    (void)state;
    assert_int_equal(left(&p, 1, 0, 1000), IDLE_MS);
    assert_int_equal(left(&p, 1, 0, 101000), IDLE_MS - 100000); /* an octet */
    assert_int_equal(left(&p, 1, 0, 300999), 1);
    assert_int_equal(left(&p, 1, 0, 999999), 1);
    assert_int_equal(left(&p, 2, 0, 999999), IDLE_MS); /* the next command */
}

static void test_patience_with_a_message_grows_with_its_octets(void **state)
{
    struct patience p = {0};
    (void)state;
    assert_int_equal(left(&p, 1, 0, 1000), IDLE_MS);
    /* At the slowest it is never short, however large it is. */
    for (int64_t s = 1; s < 100000; s += 100)
        assert_int_equal(left(&p, 1, (uint64_t)s * 1000, 1000 + s * 1000),
                         IDLE_MS);
    /* One octet in four minutes is. */
    p = (struct patience){0};
    assert_int_equal(left(&p, 1, 0, 1000), IDLE_MS);
    assert_int_equal(left(&p, 1, 1, 241000), 60001);
    assert_int_equal(left(&p, 1, 1, 301000), 1);
}

static void test_patience_follows_another_limit(void **state)
{
    struct patience p = {0};
    struct patience_facts facts = {
        .limit_ms = IDLE_MS, .octets_per_s = 1, .now_ms = 1000};
    (void)state;
    assert_int_equal(patience_left_ms(&p, &facts), IDLE_MS);
    facts.now_ms = 200000;
    facts.limit_ms = 5000; /* the rest of what is void */
    assert_int_equal(patience_left_ms(&p, &facts), 5000);
    facts.now_ms = 204000;
    assert_int_equal(patience_left_ms(&p, &facts), 1000);
    facts.limit_ms = 0;
    assert_int_equal(patience_left_ms(&p, &facts), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patience_with_a_command_ends_as_a_whole),
        cmocka_unit_test(test_patience_with_a_message_grows_with_its_octets),
        cmocka_unit_test(test_patience_follows_another_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
