/* What is kept of MTA-STS outlives the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/test_folder.h"
#include "store/policy.h"

static void post(void *loop, void (*fn)(void *), void *arg)
{
    (void)loop;
    fn(arg); /* nobody waits for an answer here */
}

static struct store *open_store(const char *folder)
{
    struct err err;
    struct store *store;
    struct store_settings settings = {.directory = folder, .post = post};
    if (store_open(&settings, &store, &err) != ST_OK)
        fail_msg("%s", err.text);
    return store;
}

static void each(void *ctx, const struct store_policy *p)
{
    buf_printf(ctx, "%s %s %lld %lld %.*s|", p->domain, p->id,
               (long long)p->fetched_s, (long long)p->until_s,
               SLICE_ARG(p->text));
}

static void check(struct store *store, int64_t now_s, const char *want)
{
    struct err err;
    struct buf got;
    buf_init(&got, 1000);
    assert_int_equal(store_policies(store, now_s, each, &got, &err), ST_OK);
    if (!slice_is(buf_slice(&got), want))
        fail_msg("got \"%.*s\"", SLICE_ARG(buf_slice(&got)));
    buf_release(&got);
}

static void test_store_policy_is_there_after_a_restart(void **state)
{
    char folder[64];
    (void)state;
    assert_true(test_folder_make(folder, "policy"));
    struct store *store = open_store(folder);
    check(store, 0, "");
    store_policy_keep(store, &(struct store_policy){"a.example", "1", 10, 20,
                                                    SLICE_LITERAL("first")});
    store_policy_keep(store, &(struct store_policy){"a.example", "2", 11, 21,
                                                    SLICE_LITERAL("second")});
    store_policy_keep(store, &(struct store_policy){"b.example", "1", 10, 50,
                                                    SLICE_LITERAL("x")});
    store_close(&store);
    store = open_store(folder);
    check(store, 20, "a.example 2 11 21 second|b.example 1 10 50 x|");
    check(store, 21, "b.example 1 10 50 x|");
    store_close(&store);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store_policy_is_there_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
