/* What a client may cost in a minute (CONN-10). The clock is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "app/quota.h"
#include "base/clock.h"

static int64_t now_s;

int64_t clock_wall_s(void)
{
    return now_s;
}

int64_t clock_wall_ms(void)
{
    return now_s * 1000;
}

int64_t clock_mono_ms(void)
{
    return 0;
}

struct fixture {
    struct loop *loop;
    struct quota *quota;
    unsigned lines; /* of rests */
    unsigned long count;
    char client[64];
    int64_t since_s;
};

static void on_rest(void *ctx, const char *client, unsigned long count,
                    int64_t since_s)
{
    struct fixture *f = ctx;
    f->lines++;
    f->count = count;
    f->since_s = since_s;
    snprintf(f->client, sizeof f->client, "%s", client);
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    now_s = 120 * 60 + 7;
    f.loop = loop_create();
    f.quota = quota_create(f.loop, on_rest, &f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    quota_destroy(&f->quota);
    loop_destroy(&f->loop);
    return 0;
}

static unsigned tell(const struct fixture *f, const char *client,
                     unsigned times)
{
    unsigned told = 0;
    for (unsigned i = 0; i < times; i++)
        told += quota_may_tell(f->quota, client);
    return told;
}

static void test_refusals_above_sixty_are_one_line(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(tell(f, "192.0.2.1", 100000), 60);
    assert_int_equal(tell(f, "192.0.2.2", 60), 60);
    now_s += 52;
    quota_poke(f->quota);
    assert_int_equal(f->lines, 0);
    now_s++;
    quota_poke(f->quota);
    assert_int_equal(f->lines, 1);
    assert_int_equal(f->count, 99940);
    assert_int_equal(f->since_s, 120 * 60);
    assert_string_equal(f->client, "192.0.2.1");
    quota_poke(f->quota);
    assert_int_equal(f->lines, 1);
}

static void test_a_new_minute_begins_anew(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(tell(f, "192.0.2.1", 61), 60);
    now_s += 60;
    assert_true(quota_may_tell(f->quota, "192.0.2.1"));
    assert_int_equal(f->lines, 1);
    assert_int_equal(f->count, 1);
    now_s -= 3600; /* a clock that goes back is another minute too */
    assert_true(quota_may_tell(f->quota, "192.0.2.1"));
    assert_int_equal(f->lines, 1);
}

static void test_what_is_left_is_told_at_the_end(void **state)
{
    struct fixture *f = *state;
    tell(f, "192.0.2.1", 70);
    quota_destroy(&f->quota);
    assert_int_equal(f->lines, 1);
    assert_int_equal(f->count, 10);
}

/* However many come: the memory is that of the table, and so are the lines. */
static void test_clients_beyond_the_table_share_a_row(void **state)
{
    struct fixture *f = *state;
    char client[32];
    unsigned told = 0;
    for (unsigned i = 0; i < 100000; i++) {
        snprintf(client, sizeof client, "2001:db8:%x:%x::/64", i >> 16,
                 i & 0xffff);
        told += tell(f, client, 1);
    }
    assert_int_equal(told, QUOTA_CLIENTS + QUOTA_REFUSALS);
    assert_int_equal(tell(f, "192.0.2.1", 1), 0);
    now_s += 60;
    quota_poke(f->quota);
    assert_int_equal(f->lines, 1);
    assert_string_equal(f->client, QUOTA_OTHERS);
    assert_int_equal(f->count, 100001 - told);
    assert_int_equal(tell(f, "192.0.2.1", 61), 60);
}

static void test_look_ups_are_bounded_and_come_back(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < QUOTA_LOOKUPS; i++)
        assert_true(quota_may_look_up(f->quota, "192.0.2.1"));
    assert_false(quota_may_look_up(f->quota, "192.0.2.1"));
    assert_true(quota_may_look_up(f->quota, "192.0.2.2"));
    quota_give_back(f->quota, "192.0.2.1", 1);
    assert_true(quota_may_look_up(f->quota, "192.0.2.1"));
    assert_false(quota_may_look_up(f->quota, "192.0.2.1"));
    now_s += 60;
    quota_give_back(f->quota, "192.0.2.1", 5);
    assert_true(quota_may_look_up(f->quota, "192.0.2.1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_refusals_above_sixty_are_one_line),
        TEST(test_a_new_minute_begins_anew),
        TEST(test_what_is_left_is_told_at_the_end),
        TEST(test_clients_beyond_the_table_share_a_row),
        TEST(test_look_ups_are_bounded_and_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
