/* In what order hashes are computed. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "app/auth_queue.h"

enum { TURNS = 128 };

/* What waits, under a name. */
struct named {
    struct auth_turn turn;
    char name[8];
};
static struct named all[TURNS];

static struct named *put(struct auth_queue *queue, size_t at, const char *name,
                         const char *client, int64_t now_ms)
{
    snprintf(all[at].name, sizeof all[at].name, "%s", name);
    auth_queue_put(queue, &all[at].turn, client, now_ms);
    return &all[at];
}

static void expect(struct auth_queue *queue, const char *want)
{
    char got[256] = "";
    struct auth_turn *turn;
    while ((turn = auth_queue_take(queue)) != NULL) {
        size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%s ", ((struct named *)turn)->name);
        assert_null(turn->client);
    }
    assert_string_equal(got, want);
}

static void test_queue_takes_clients_by_turns(void **state)
{
    (void)state;
    struct auth_queue *queue = auth_queue_create();
    put(queue, 0, "a1", "a", 1);
    put(queue, 1, "a2", "a", 1);
    put(queue, 2, "a3", "a", 1);
    put(queue, 3, "b1", "b", 1);
    put(queue, 4, "b2", "b", 1);
    put(queue, 5, "c1", "c", 1);
    assert_int_equal(auth_queue_waiting(queue, "a"), 3);
    assert_int_equal(auth_queue_waiting(queue, "d"), 0);
    expect(queue, "a1 b1 c1 a2 b2 a3 ");
    assert_int_equal(auth_queue_waiting(queue, "a"), 0);
    auth_queue_destroy(&queue);
}

/* Behind any number that had turns lately a new client waits for two hashes at
 * most besides the one that runs. */
static void test_queue_new_clients_wait_for_few(void **state)
{
    (void)state;
    for (unsigned skip = 0; skip < 6; skip++) {
        struct auth_queue *queue = auth_queue_create();
        char client[16];
        for (size_t i = 0; i < 20; i++) {
            snprintf(client, sizeof client, "flood%zu", i);
            for (size_t k = 0; k < 4; k++)
                put(queue, 4 * i + k, "f", client, 1);
        }
        for (unsigned i = 0; i < 32 + skip; i++)
            assert_non_null(auth_queue_take(queue));
        put(queue, 100, "new", "new", 1);
        int before = 0;
        while (strcmp(((struct named *)auth_queue_take(queue))->name, "new"))
            before++;
        assert_in_range(before, 0, 1);
        auth_queue_destroy(&queue);
    }
}

/* One who comes back at once is no new client. */
static void test_queue_knows_who_had_a_turn_lately(void **state)
{
    (void)state;
    struct auth_queue *queue = auth_queue_create();
    put(queue, 0, "a", "a", 1000);
    expect(queue, "a ");
    put(queue, 0, "a", "a", 2000);
    put(queue, 1, "b", "b", 2000);
    expect(queue, "b a ");
    put(queue, 0, "a", "a", 70000); /* and is one again */
    put(queue, 1, "c", "c", 70000);
    expect(queue, "a c ");
    auth_queue_destroy(&queue);
}

static void test_queue_forgets_what_is_removed(void **state)
{
    (void)state;
    struct auth_queue *queue = auth_queue_create();
    put(queue, 0, "a1", "a", 1);
    struct named *middle = put(queue, 1, "a2", "a", 1);
    put(queue, 2, "a3", "a", 1);
    struct named *alone = put(queue, 3, "b", "b", 1);
    auth_queue_remove(queue, &middle->turn);
    auth_queue_remove(queue, &alone->turn);
    assert_int_equal(auth_queue_waiting(queue, "a"), 2);
    assert_int_equal(auth_queue_waiting(queue, "b"), 0);
    put(queue, 4, "a4", "a", 1);
    expect(queue, "a1 a3 a4 ");
    auth_queue_destroy(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue_takes_clients_by_turns),
        cmocka_unit_test(test_queue_new_clients_wait_for_few),
        cmocka_unit_test(test_queue_knows_who_had_a_turn_lately),
        cmocka_unit_test(test_queue_forgets_what_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
