/* Places and who gives way, counted; timers are fired by hand. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdlib.h>

#include "base/alloc.h"
#include "deliver/places.h"
#include "net/loop.h"

struct loop_timer {
    loop_fn *fn;
    void *ctx;
    bool is_started;
};
static struct loop_timer *look;

struct loop_timer *loop_timer_create_as(struct loop *loop, const char *source,
                                        loop_fn *fn, void *ctx)
{
    (void)loop;
    (void)source;
    look = xcalloc(1, sizeof *look);
    *look = (struct loop_timer){fn, ctx, false};
    return look;
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms)
{
    assert_in_range(delay_ms, 1, 500 - 1);
    timer->is_started = true;
}

void loop_timer_stop(struct loop_timer *timer)
{
    timer->is_started = false;
}

void loop_timer_destroy(struct loop_timer **timer)
{
    free(*timer);
    *timer = NULL;
}

/* What is said to the transport, and to the runner. */
static struct {
    size_t is_short_of, silent; /* of the transport */
    size_t hurried, ended;
} fake;

static size_t short_of(void *self)
{
    (void)self;
    return fake.is_short_of;
}

static size_t hurry(void *self, size_t most, int64_t least_ms)
{
    (void)self;
    assert_int_equal(least_ms, PLACES_PATIENCE_MS);
    size_t count = most < fake.silent ? most : fake.silent;
    fake.silent -= count;
    fake.hurried += count;
    return count;
}

static void end_look_ups(void *ctx, size_t most)
{
    (void)ctx;
    fake.ended += most;
}

static const struct transport transport = {.short_of = short_of,
                                           .hurry = hurry};

static struct places *open_places(size_t taken)
{
    const struct places_world world = {.transport = &transport,
                                       .end_look_ups = end_look_ups};
    struct places *places = places_create(&world);
    fake.is_short_of = fake.silent = fake.hurried = fake.ended = 0;
    for (size_t i = 0; i < taken; i++) {
        places_take(places);
    }
    return places;
}

static void fire(void)
{
    assert_true(look->is_started);
    look->is_started = false;
    look->fn(look->ctx);
}

/* The last ones are for who has none, and beyond them it is asked whether there
 * is one. */
static void test_places_keep_some_for_who_has_none(void **state)
{
    (void)state;
    static const struct {
        size_t taken, limit;
        bool idle_only;
    } rows[] = {{0, 64, false},  {320, 64, false}, {383, 1, false},
                {384, 64, true}, {448, 64, true},  {500, 12, true},
                {512, 0, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct places *places = open_places(rows[i].taken);
        struct places_wish wish = places_wish(places);
        if (wish.limit != rows[i].limit || wish.idle_only != rows[i].idle_only)
            fail_msg("row %zu: %zu %d", i, wish.limit, (int)wish.idle_only);
        assert_int_equal(places_taken(places), rows[i].taken);
        places_destroy(&places);
    }
}

static void test_places_nobody_gives_way_while_there_is_room(void **state)
{
    (void)state;
    struct places *places = open_places(PLACES_MOST - 1);
    fake.silent = 300;
    assert_true(places_more(places, true));
    fire();
    assert_int_equal(fake.hurried + fake.ended, 0);
    places_take(places);
    assert_false(places_more(places, false));
    fire();
    assert_int_equal(fake.hurried + fake.ended, 0);
    places_destroy(&places);
}

static void test_places_who_waits_gives_way_to_who_has_none(void **state)
{
    (void)state;
    struct places *places = open_places(PLACES_MOST);
    fake.silent = 20;
    assert_false(places_more(places, true));
    fire();
    assert_int_equal(fake.hurried, 16);
    fire(); /* until the store says that there is none */
    assert_int_equal(fake.hurried, 20);
    assert_int_equal(fake.ended, 12);
    assert_false(places_more(places, false));
    fake.silent = 20;
    fire();
    assert_int_equal(fake.hurried, 20);
    places_destroy(&places);
}

static void test_places_of_connections_are_as_many_as_wanted(void **state)
{
    (void)state;
    struct places *places = open_places(3);
    fake.silent = 300;
    fake.is_short_of = 2;
    fire();
    assert_int_equal(fake.hurried, 2);
    fake.is_short_of = 100;
    fire();
    assert_int_equal(fake.hurried, 2 + 16);
    assert_int_equal(fake.ended, 0); /* they have no connection */
    places_destroy(&places);
}

static void test_places_look_while_something_is_in_hand(void **state)
{
    (void)state;
    struct places *places = open_places(0);
    assert_false(look->is_started);
    places_take(places);
    places_take(places);
    assert_true(look->is_started);
    places_give(places);
    assert_true(look->is_started);
    places_give(places);
    assert_false(look->is_started);
    places_destroy(&places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_keep_some_for_who_has_none),
        cmocka_unit_test(test_places_nobody_gives_way_while_there_is_room),
        cmocka_unit_test(test_places_who_waits_gives_way_to_who_has_none),
        cmocka_unit_test(test_places_of_connections_are_as_many_as_wanted),
        cmocka_unit_test(test_places_look_while_something_is_in_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
