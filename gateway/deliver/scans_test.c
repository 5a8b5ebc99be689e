/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "deliver/scans.h"

enum { SHARES = 10, WAIT_MS = 5000 };

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define PDF "--b\r\nContent-Type: application/pdf; name=x.pdf\r\n\r\nx\r\n"

static const char text[] = MIXED PDF PDF "--b--\r\n";

struct asker {
    struct scan_share share;
    struct store_message message;
    unsigned told;
    size_t parts;
    bool releases; /* when it is told */
    struct asker *releases_too;
};

static void on_found(void *ctx)
{
    struct asker *asker = ctx;
    asker->told++;
    asker->parts = scans_found(&asker->share)->parts.count;
    if (asker->releases_too) {
        scans_release(&asker->releases_too->share);
    }
    if (asker->releases) {
        scans_release(&asker->share);
    }
}

static struct asker asker_of(const char *id)
{
    return (struct asker){
        .message = {.id = id, .content = SLICE_LITERAL(text)}};
}

static void ask(struct scans *scans, struct asker *asker)
{
    scans_ask(scans, &asker->message, &asker->share, on_found, asker);
}

static void run_until_told(struct loop *loop, const struct asker *asker)
{
    for (int i = 0; i < 100 && asker->told == 0; i++) {
        loop_run_once(loop, WAIT_MS);
    }
    assert_int_equal(asker->told, 1);
}

/* However many recipients, and however often: once a message. */
static void test_scans_one_pass_serves_all(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct workers *workers = workers_create(loop);
    struct scans *scans = scans_create(workers);
    struct asker askers[SHARES], late = asker_of("m1"), other = asker_of("m2");
    for (size_t i = 0; i < SHARES; i++) {
        askers[i] = asker_of("m1");
        ask(scans, &askers[i]);
        assert_int_equal(askers[i].told, 0);
    }
    for (size_t i = 0; i < SHARES; i++) {
        run_until_told(loop, &askers[i]);
        assert_int_equal(askers[i].parts, 2);
    }
    ask(scans, &late);
    assert_int_equal(late.told, 1);
    assert_int_equal(scans_count(scans), 1);
    ask(scans, &other);
    run_until_told(loop, &other);
    assert_int_equal(scans_count(scans), 2);
    for (size_t i = 0; i < SHARES; i++) {
        scans_release(&askers[i].share);
    }
    scans_release(&late.share);
    scans_release(&other.share);
    scans_release(&other.share); /* once more is nothing */
    scans_destroy(&scans);
    workers_destroy(&workers);
    loop_destroy(&loop);
}

/* Whose copy is read may go; the others are served from another's. */
static void test_scans_first_may_go_while_others_wait(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct workers *workers = workers_create(loop);
    struct scans *scans = scans_create(workers);
    struct asker first = asker_of("m1"), second = asker_of("m1"),
                 third = asker_of("m1");
    ask(scans, &first);
    ask(scans, &second);
    ask(scans, &third);
    scans_release(&first.share);
    scans_release(&third.share);
    run_until_told(loop, &second);
    assert_int_equal(second.parts, 2);
    assert_int_equal(first.told + third.told, 0);
    scans_release(&second.share);
    scans_destroy(&scans);
    workers_destroy(&workers);
    loop_destroy(&loop);
}

static void test_scans_may_be_released_while_they_are_told(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct workers *workers = workers_create(loop);
    struct scans *scans = scans_create(workers);
    struct asker first = asker_of("m1"), second = asker_of("m1");
    first.releases = second.releases = true;
    first.releases_too = &second;
    second.releases_too = &first;
    ask(scans, &first);
    ask(scans, &second);
    for (int i = 0; i < 100 && first.told + second.told == 0; i++) {
        loop_run_once(loop, WAIT_MS);
    }
    assert_int_equal(first.told + second.told, 1);
    scans_destroy(&scans); /* nothing is left of it */
    workers_destroy(&workers);
    loop_destroy(&loop);
}

static void test_scans_without_workers_are_there_at_once(void **state)
{
    (void)state;
    struct scans *scans = scans_create(NULL);
    struct asker asker = asker_of("m1");
    ask(scans, &asker);
    assert_int_equal(asker.told, 1);
    assert_int_equal(asker.parts, 2);
    scans_release(&asker.share);
    scans_destroy(&scans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scans_one_pass_serves_all),
        cmocka_unit_test(test_scans_first_may_go_while_others_wait),
        cmocka_unit_test(test_scans_may_be_released_while_they_are_told),
        cmocka_unit_test(test_scans_without_workers_are_there_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
