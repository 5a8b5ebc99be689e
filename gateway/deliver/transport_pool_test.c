/* Which connections are opened, used again and closed: the log of the fake
 * transport behind the pool. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "deliver/transport_fake.h"
#include "deliver/transport_pool.h"
#include "net/loop.h"

enum { USERS = 64, TURNS = 1000 };

struct world {
    struct loop *loop;
    struct transport_fake *fake;
    struct transport *pool;
    size_t accepted, lost, unusable, most_open;
};

/* One who brings one message: opens, sends, quits. */
struct user {
    struct world *world;
    bool holds; /* does not quit */
    struct outbound *outbound;
    struct measure measure;
};
static struct user users[USERS];

static const char *const addresses[] = {"127.0.0.1"};
static const struct mail_host mx1 = {
    .name = "mx1", .addresses = addresses, .address_count = 1};
static const struct mail_host mx2 = {
    .name = "mx2", .addresses = addresses, .address_count = 1};

static void on_sent(struct outbound *outbound, const struct sent *sent,
                    void *ctx)
{
    struct user *user = ctx;
    struct world *world = user->world;
    *(sent->kind == SENT_ACCEPTED ? &world->accepted : &world->lost) += 1;
    if (!user->holds) {
        world->pool->quit(outbound);
    }
}

static void on_opened(struct outbound *outbound, const struct measure *measure,
                      void *ctx)
{
    static const struct transport_mail mail = {.reverse_path = "r",
                                               .recipient = "x",
                                               .content = {"c", 1},
                                               .notify = DSN_NOTIFY_FAILURE};
    struct user *user = ctx;
    struct world *world = user->world;
    user->measure = *measure;
    if (!measure->usable || measure->kind != MEASURE_MEASURED) {
        world->unusable++;
        world->pool->quit(outbound);
        return;
    }
    world->pool->send(outbound, &mail, on_sent, user);
}

static void use(struct world *world, size_t at, const struct mail_host *host,
                bool strict)
{
    struct transport_target target = {.host = host, .strict = strict};
    users[at] = (struct user){.world = world};
    users[at].outbound =
        world->pool->open(world->pool->self, &target, on_opened, &users[at]);
}

static void use_many(struct world *world, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        use(world, i, &mx1, false);
    }
}

static void run(struct world *world)
{
    const struct transport *inner = transport_fake_face(world->fake);
    for (int i = 0; i < TURNS; i++) {
        inner->on_closed(inner->on_closed_ctx); /* whether or not */
        loop_run_once(world->loop, 0);
        size_t open = world->pool->open_count(world->pool->self);
        if (open > world->most_open) {
            world->most_open = open;
        }
        if (transport_fake_run(world->fake) == 0 && i > 3) {
            return;
        }
    }
    fail_msg("it does not come to rest");
}

static void open_world(struct world *world,
                       const struct transport_fake_row *rows,
                       const struct transport_pool_settings *settings)
{
    *world = (struct world){.loop = loop_create(),
                            .fake = transport_fake_create(rows, 2)};
    world->pool = transport_pool_create(
        world->loop, transport_fake_face(world->fake), settings);
}

static void close_world(struct world *world)
{
    transport_pool_destroy(&world->pool);
    assert_int_equal(transport_fake_face(world->fake)
                         ->open_count(transport_fake_face(world->fake)->self),
                     0);
    transport_fake_destroy(&world->fake);
    loop_destroy(&world->loop);
}

static size_t count_in(const struct world *world, const char *what)
{
    size_t count = 0;
    for (const char *at = transport_fake_log(world->fake);
         (at = strstr(at, what)) != NULL; at++) {
        count++;
    }
    return count;
}

#define SERVER(name, ...)                                                      \
    {                                                                          \
        .host = name, .level = LEVEL_PKIX, .certificate = true,                \
        .sent = SENT_ACCEPTED, .sent_reply = "250 2.0.0 ok", __VA_ARGS__       \
    }
static const struct transport_fake_row good[] = {SERVER("mx1", .reply = NULL),
                                                 SERVER("mx2", .reply = NULL)};
static const struct transport_pool_settings usual = {.connections = 200,
                                                     .connections_per_host = 10,
                                                     .share = 10,
                                                     .uses = 50,
                                                     .failures = 4,
                                                     .idle_ms = 60000};

static void test_pool_brings_all_over_one_connection(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, good, &usual);
    use_many(&world, 3);
    run(&world);
    assert_string_equal(transport_fake_log(world.fake),
                        "open mx1; send mx1 to x; send mx1 to x; "
                        "send mx1 to x; ");
    use(&world, 0, &mx1, false);
    run(&world);
    assert_int_equal(count_in(&world, "open mx1"), 1);
    assert_int_equal(world.accepted, 4);
    assert_int_equal(users[0].measure.level, LEVEL_PKIX);
    world.pool->trim(world.pool->self);
    assert_int_equal(count_in(&world, "quit mx1"), 1);
    close_world(&world);
}

static void test_pool_opens_more_for_many_but_not_too_many(void **state)
{
    (void)state;
    struct transport_pool_settings two = usual;
    two.connections_per_host = 2;
    static const struct {
        size_t users, opens;
        bool is_two;
    } rows[] = {{1, 1, false},  {11, 1, false}, {12, 2, false},
                {30, 3, false}, {60, 6, false}, {60, 2, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;
        open_world(&world, good, rows[i].is_two ? &two : &usual);
        use_many(&world, rows[i].users);
        run(&world);
        if (count_in(&world, "open mx1") != rows[i].opens) {
            fail_msg("row %zu: %zu connections", i,
                     count_in(&world, "open mx1"));
        }
        assert_int_equal(world.accepted, rows[i].users);
        close_world(&world);
    }
}

static void test_pool_shares_only_what_is_measured_alike(void **state)
{
    (void)state;
    struct world world;
    static const struct tls_tlsa tlsa = {.data = {"x", 1}};
    struct mail_host bound = mx1, elsewhere = mx1, named = mx1;
    static const char *const others[] = {"127.0.0.2"};
    bound.binding = (struct host_binding){
        .tls_mandatory = true, .tlsa = &tlsa, .tlsa_count = 1};
    elsewhere.addresses = others;
    named.sts = HOST_STS_NAMED;
    open_world(&world, good, &usual);
    use(&world, 0, &mx1, false);
    use(&world, 1, &mx1, true);
    use(&world, 2, &bound, false);
    use(&world, 3, &elsewhere, false);
    use(&world, 4, &named, false);
    use(&world, 5, &mx2, false);
    run(&world);
    assert_int_equal(count_in(&world, "open mx1"), 5);
    assert_int_equal(count_in(&world, "open mx2"), 1);
    assert_int_equal(world.accepted, 6);
    close_world(&world);
}

static void test_pool_replaces_what_the_server_gave_up(void **state)
{
    (void)state;
    static const struct transport_fake_row rows[] = {
        SERVER("mx1", .drops_after = 2), SERVER("mx2", .reply = NULL)};
    struct world world;
    open_world(&world, rows, &usual);
    use_many(&world, 5);
    run(&world);
    assert_string_equal(
        transport_fake_log(world.fake),
        "open mx1; send mx1 to x; send mx1 to x; send mx1 to x; quit mx1; "
        "open mx1; send mx1 to x; send mx1 to x; send mx1 to x; quit mx1; "
        "open mx1; send mx1 to x; ");
    assert_int_equal(world.accepted, 5);
    assert_int_equal(world.lost, 0);
    close_world(&world);
}

/* TRANSPORT-1: what proves less than was said gets nothing. */
static void test_pool_sends_nothing_over_a_weaker_replacement(void **state)
{
    (void)state;
    static const struct transport_fake_row rows[] = {
        SERVER("mx1", .drops_after = 1, .weak_later = true),
        SERVER("mx2", .reply = NULL)};
    struct world world;
    open_world(&world, rows, &usual);
    use_many(&world, 2);
    run(&world);
    assert_string_equal(transport_fake_log(world.fake),
                        "open mx1; send mx1 to x; send mx1 to x; quit mx1; "
                        "open mx1; ");
    assert_int_equal(world.accepted, 1);
    assert_int_equal(world.lost, 1);
    close_world(&world);
}

static void test_pool_reports_a_loss_on_a_fresh_connection(void **state)
{
    (void)state;
    static const struct transport_fake_row rows[] = {
        {.host = "mx1", .level = LEVEL_PKIX, .sent = SENT_LOST},
        SERVER("mx2", .reply = NULL)};
    struct world world;
    open_world(&world, rows, &usual);
    use(&world, 0, &mx1, false);
    run(&world);
    assert_int_equal(count_in(&world, "send mx1"), 1);
    assert_int_equal(world.lost, 1);
    close_world(&world);
}

static void test_pool_lets_nobody_wait_behind_a_useless_server(void **state)
{
    (void)state;
    static const struct transport_fake_row rows[] = {
        SERVER("mx1", .handshake_fails = true), SERVER("mx2", .reply = NULL)};
    struct world world;
    open_world(&world, rows, &usual);
    use_many(&world, 9);
    run(&world);
    assert_int_equal(count_in(&world, "open mx1"), 9);
    assert_int_equal(count_in(&world, "quit mx1"), 9);
    assert_int_equal(world.unusable, 9);
    assert_true(world.most_open > 2);
    close_world(&world);
}

static void test_pool_lets_few_find_out_that_a_server_is_down(void **state)
{
    (void)state;
    struct transport_pool_settings two = usual;
    two.connections_per_host = 2;
    static const struct transport_fake_row rows[] = {
        {.host = "mx1",
         .kind = MEASURE_UNKNOWN,
         .why = WHY_NO_CONNECTION,
         .handshake_fails = true},
        SERVER("mx2", .reply = NULL)};
    struct world world;
    open_world(&world, rows, &two);
    use_many(&world, 60);
    run(&world);
    assert_int_equal(world.unusable, 60);
    assert_in_range(count_in(&world, "open mx1"), 4, 5);
    use_many(&world, 1); /* afresh */
    run(&world);
    assert_in_range(count_in(&world, "open mx1"), 5, 6);
    close_world(&world);
}

/* A server that says why it takes nobody is asked by each. */
static void test_pool_asks_a_server_that_answers(void **state)
{
    (void)state;
    static const struct transport_fake_row rows[] = {
        {.host = "mx1",
         .kind = MEASURE_UNKNOWN,
         .why = WHY_NO_CONNECTION,
         .reply = "421 4.7.0 later",
         .handshake_fails = true},
        SERVER("mx2", .reply = NULL)};
    struct world world;
    open_world(&world, rows, &usual);
    use_many(&world, 20);
    run(&world);
    assert_int_equal(count_in(&world, "open mx1"), 20);
    close_world(&world);
}

static void test_pool_makes_room_for_another_host(void **state)
{
    (void)state;
    struct transport_pool_settings one = usual;
    one.connections = 1;
    struct world world;
    open_world(&world, good, &one);
    use(&world, 0, &mx1, false);
    run(&world);
    use(&world, 1, &mx2, false);
    run(&world);
    use(&world, 2, &mx1, true);
    run(&world);
    assert_int_equal(world.accepted, 3);
    assert_int_equal(world.most_open, 1);
    close_world(&world);
}

static void test_pool_uses_one_only_so_often(void **state)
{
    (void)state;
    struct transport_pool_settings thrice = usual;
    thrice.uses = 3;
    struct world world;
    open_world(&world, good, &thrice);
    use_many(&world, 7);
    run(&world);
    assert_int_equal(count_in(&world, "open mx1"), 3);
    assert_int_equal(world.accepted, 7);
    close_world(&world);
}

static void test_pool_forgets_who_waits_no_more(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, good, &usual);
    use_many(&world, 3);
    world.pool->quit(users[1].outbound);
    run(&world);
    assert_int_equal(world.accepted, 2);
    use(&world, 3, &mx2, false);
    loop_run_once(world.loop, 0); /* being opened */
    world.pool->quit(users[3].outbound);
    run(&world);
    assert_int_equal(world.accepted, 2);
    assert_int_equal(count_in(&world, "quit mx2"), 1);
    close_world(&world);
}

/* TRANSPORT-8: all connections are taken by silent servers. */
static void test_pool_gives_up_who_waits_longest(void **state)
{
    (void)state;
    struct transport_pool_settings two = usual;
    two.connections = 2;
    static const struct transport_fake_row rows[] = {
        SERVER("mx1", .silent = true), SERVER("mx2", .reply = NULL)};
    struct world world;
    open_world(&world, rows, &two);
    struct transport *pool = world.pool;
    use(&world, 0, &mx1, false);
    use(&world, 1, &mx1, true);
    run(&world);
    assert_int_equal(pool->short_of(pool->self), 0);
    use(&world, 2, &mx2, false);
    use(&world, 3, &mx2, false);
    run(&world);
    assert_int_equal(pool->short_of(pool->self), 1); /* one line */
    assert_int_equal(pool->hurry(pool->self, 1, 2000000), 0);
    assert_int_equal(pool->hurry(pool->self, 1, 500), 1);
    assert_int_equal(world.unusable, 1);
    /* The latest was opened first. */
    assert_int_equal(users[1].measure.why, WHY_NO_CONNECTION);
    assert_int_equal(users[1].measure.kind, MEASURE_UNKNOWN);
    run(&world);
    assert_int_equal(world.accepted, 2);
    assert_int_equal(pool->short_of(pool->self), 0);
    assert_int_equal(pool->hurry(pool->self, 9, 500), 1);
    assert_int_equal(world.unusable, 2);
    close_world(&world);
}

/* Who has a connection already does not count as one who has none. */
static void test_pool_is_short_of_nothing_for_who_has_one(void **state)
{
    (void)state;
    struct transport_pool_settings one = usual;
    one.connections = 1;
    static const struct transport_fake_row rows[] = {
        SERVER("mx1", .silent = true), SERVER("mx2", .reply = NULL)};
    struct world world;
    open_world(&world, rows, &one);
    use_many(&world, 30);
    run(&world);
    assert_int_equal(count_in(&world, "open mx1"), 1);
    assert_int_equal(world.pool->short_of(world.pool->self), 0);
    for (size_t i = 0; i < 30; i++) {
        world.pool->quit(users[i].outbound);
    }
    run(&world);
    close_world(&world);
}

/* A server that says nothing to MAIL: the message is lost, and put off. */
static void test_pool_gives_up_a_transaction_that_waits(void **state)
{
    (void)state;
    static struct transport_fake_row rows[] = {SERVER("mx1", .silent = false),
                                               SERVER("mx2", .reply = NULL)};
    struct world world;
    open_world(&world, rows, &usual);
    use(&world, 0, &mx1, false);
    loop_run_once(world.loop, 0);
    const struct transport *inner = transport_fake_face(world.fake);
    assert_int_equal(inner->open_count(inner->self), 1);
    users[0].holds = true;
    transport_fake_run_once(world.fake); /* opened, and MAIL is said */
    rows[0].silent = true;
    assert_int_equal(world.pool->hurry(world.pool->self, 9, 500), 1);
    assert_int_equal(world.lost, 1);
    assert_int_equal(inner->open_count(inner->self), 0);
    rows[0].silent = false;
    world.pool->quit(users[0].outbound);
    run(&world);
    close_world(&world);
}

/* Nobody waits for ever, and the latest not for all before him. */
static void test_pool_serves_the_latest_and_the_longest_by_turns(void **state)
{
    (void)state;
    struct transport_pool_settings one = usual;
    one.connections = 1;
    static const struct transport_fake_row rows[] = {
        SERVER("mx1", .silent = true), SERVER("mx2", .silent = true)};
    struct mail_host named1 = mx1, named2 = mx2;
    named1.sts = named2.sts = HOST_STS_NAMED;
    const struct mail_host *const hosts[] = {&mx1, &mx2, &named1, &mx1,
                                             &named2};
    struct world world;
    open_world(&world, rows, &one);
    for (size_t i = 0; i < 5; i++) {
        use(&world, i, hosts[i], i == 3);
    }
    for (size_t i = 0; i < 5; i++) {
        run(&world);
        assert_int_equal(world.pool->hurry(world.pool->self, 1, 1), 1);
    }
    assert_string_equal(transport_fake_log(world.fake),
                        "open mx2; quit mx2; " /* the latest: named2 */
                        "open mx1; quit mx1; " /* the longest: mx1 */
                        "open mx1 strict; quit mx1; "
                        "open mx2; quit mx2; "
                        "open mx1; quit mx1; ");
    run(&world);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_brings_all_over_one_connection),
        cmocka_unit_test(test_pool_opens_more_for_many_but_not_too_many),
        cmocka_unit_test(test_pool_shares_only_what_is_measured_alike),
        cmocka_unit_test(test_pool_replaces_what_the_server_gave_up),
        cmocka_unit_test(test_pool_sends_nothing_over_a_weaker_replacement),
        cmocka_unit_test(test_pool_reports_a_loss_on_a_fresh_connection),
        cmocka_unit_test(test_pool_lets_nobody_wait_behind_a_useless_server),
        cmocka_unit_test(test_pool_lets_few_find_out_that_a_server_is_down),
        cmocka_unit_test(test_pool_asks_a_server_that_answers),
        cmocka_unit_test(test_pool_makes_room_for_another_host),
        cmocka_unit_test(test_pool_uses_one_only_so_often),
        cmocka_unit_test(test_pool_forgets_who_waits_no_more),
        cmocka_unit_test(test_pool_gives_up_who_waits_longest),
        cmocka_unit_test(test_pool_is_short_of_nothing_for_who_has_one),
        cmocka_unit_test(test_pool_gives_up_a_transaction_that_waits),
        cmocka_unit_test(test_pool_serves_the_latest_and_the_longest_by_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
