/* ATTACH-1, ATTACH-2: direct copies of the handmade case's message, which has
 * an attachment above the limit. */
#include "checker/test_bench.h"

#define PORTAL "https://portal.gateway.lasthop.example/d/"
#define BOBS "7f3a90c1d5e82b4660fd31c9b2e74a08a7c01f93e2b84d561123cd89ab45ef67"
#define EVES "19b4e7d2c8053f6ae1907bd43c5f82a6d40e9b17f3c6825a7e01bd94c3f6285d"
#define BIG                                                                    \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefgh"
#define BODY "\r\nDear all,\r\n" MARK "\r\n"
#define MIXED                                                                  \
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n"   \
    "--z\r\n" BODY
#define SMALL                                                                  \
    "--z\r\nContent-Type: application/pdf\r\n\r\nsmall octets\r\n--z--\r\n"
#define SENT                                                                   \
    MIXED "--z\r\nContent-Type: application/octet-stream\r\n"                  \
          "Content-Disposition: attachment; filename=big.bin\r\n\r\n" BIG      \
          "\r\n" SMALL
#define LINKED(token) MIXED "big.bin: " PORTAL token "/1\r\n" SMALL

static const char sent[] = "submissions/0/content";
static const char got[] = "received/0/content";
static const char other[] = "received/2/content";

/* A world with these settings, and copies in which the one is linked. */
static json_t *begin(struct bench *b, const char *settings,
                     struct scenario **before)
{
    static const struct change changes[] = {{sent, BODY, SENT},
                                            {got, BODY, LINKED(BOBS)},
                                            {other, BODY, LINKED(EVES)}};
    char *world = xasprintf("world:\n  gateway: {%s}\n", settings);
    *before = b->scenario;
    b->scenario = bench_varied(b, "world:\n", world);
    free(world);
    return bench_begin_with(b, changes, sizeof changes / sizeof *changes);
}

static void end(struct bench *b, json_t *evidence, struct scenario *before)
{
    bench_restore(b, evidence);
    scenario_destroy(&b->scenario);
    b->scenario = before;
}

static void test_judge_links_each_fault_of_a_copy(void **state)
{
    struct bench *b = *state;
    static const struct row rows[] = {
        {{got, PORTAL, "https://elsewhere.example/d/"}, "ATTACH-1", "links in"},
        {{got, "/1\r\n", "/\r\n"}, "ATTACH-1", "links in"},
        {{got, "/d/7f", "/d/7"}, "ATTACH-1", "links in"},
        {{got, "/1\r\n", "/1 " PORTAL BOBS "/2\r\n"}, "ATTACH-1", "links in"},
        {{got, "Dear all", "Dear ell"}, "ATTACH-1", "another text"},
        {{got, "big.bin: ", BIG " "}, "ATTACH-1", "they are there"},
        {{got, "small octets", "other octets"}, "ATTACH-1", "octet by octet"},
        {{got, SMALL, "--z--\r\n"}, "ATTACH-1", "parts"},
    };
    struct scenario *before;
    json_t *evidence = begin(b, "attachment_link_above: 60", &before);
    EXPECT_NOTICED(b, rows);
    end(b, evidence, before);
}

static void test_judge_links_at_the_limit(void **state)
{
    const struct bench *b = *state;
    static const struct {
        const char *settings;
        bool is_linked;
    } rows[] = {
        {"attachment_link_above: 69", true},
        {"attachment_link_above: 70", false},
        {"attachment_link_above: 70, attachment_link_at_limit: yes", true},
        {"attachment_link_above: 71, attachment_link_at_limit: yes", false},
        {"attachment_link_at_limit: no", false},
    };
    assert_int_equal(strlen(BIG), 70);
    struct scenario *before;
    json_t *evidence = begin(*state, rows[0].settings, &before);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *world = xasprintf("world:\n  gateway: {%s}\n", rows[i].settings);
        struct arena *arena = arena_create();
        struct scenario *s = bench_varied(b, "world:\n", world);
        struct case_result r = bench_judged(b, s, b->evidence, arena);
        if ((r.mismatch_count == 0) != rows[i].is_linked) {
            bench_print(&r);
            fail_msg("row %zu: %s", i, rows[i].settings);
        }
        scenario_destroy(&s);
        arena_destroy(&arena);
        free(world);
    }
    end(*state, evidence, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_links_each_fault_of_a_copy),
        cmocka_unit_test(test_judge_links_at_the_limit),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
