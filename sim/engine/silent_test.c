/* TRANSPORT-8: however many mails wait for servers that say nothing, in the
 * real gateway one for another domain is brought long before their time-outs
 * end. */
#include "engine/test_gateway.h"

#include "base/clock.h"

enum {
    TIME_OUT_MS = 3600000, /* that of the gateway, which nobody waits for */
    LIMIT_MS = 60000,
    RECIPIENTS = 1000
};

/* Of silent domains, and how many recipients each has. */
struct row {
    unsigned domains, each, connections;
};

static struct submitter_recipient recipients[RECIPIENTS];

static const char *world_of(struct arena *arena, const struct row *row)
{
    const char *text = arena_printf(
        arena,
        "  sender: {organization: clinic, transport-security: pkix}\n"
        "  gateway: {smtp_timeout_ms: %d, connections: %u}\n"
        "  domains:\n    hospital.example: tls13\n",
        (int)TIME_OUT_MS, row->connections);
    for (unsigned i = 0; i < row->domains; i++)
        text = arena_printf(arena,
                            "%s    silent%u.example: {smtp: {delay-ms: %d}, "
                            "reaches: unreachable}\n",
                            text, i, (int)TIME_OUT_MS);
    return text;
}

/* All in one message. */
static void submit_to_silent_ones(struct test_gateway *g, const struct row *row)
{
    size_t count = 0;
    const char *content = test_gateway_header(g->arena, "silent");
    struct submitter_settings settings =
        test_gateway_submission(g, slice_of(content));
    for (unsigned n = 0; n < row->each; n++)
        for (unsigned i = 0; i < row->domains; i++)
            recipients[count++].address =
                arena_printf(g->arena, "r%u@silent%u.example", n, i);
    settings.recipients = recipients;
    settings.recipient_count = count;
    const char *reply = test_gateway_run(g, &settings);
    if (strncmp(reply, "250", 3) != 0)
        fail_msg("%zu recipients: %s", count, reply);
}

static size_t count_events(const struct test_gateway *g, const char *event)
{
    size_t i, count = 0;
    const json_t *e;
    json_array_foreach(recorder_list(g->stage->recorder, "journal"), i, e)
    {
        count += strcmp(evidence_text(e, "event"), event) == 0;
    }
    return count;
}

static bool has_outcome(void *ctx)
{
    return count_events(ctx, "outcome") > 0;
}

static void test_silent_servers_hold_up_nobody_else(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {1, 600, 200}, {12, 80, 200}, {12, 80, 20}, {40, 2, 8}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_gateway g;
        struct arena *arena = arena_create();
        test_gateway_start(&g, world_of(arena, &rows[i]), NULL);
        submit_to_silent_ones(&g, &rows[i]);
        const char *other = test_gateway_header(g.arena, "other");
        int64_t begin_ms = clock_mono_ms();
        const char *reply = test_gateway_submit(&g, slice_of(other), 0);
        assert_memory_equal(reply, "250", 3);
        if (!loop_run_until(g.engine->loop, has_outcome, &g, LIMIT_MS))
            fail_msg("row %zu: it waits for the others", i);
        print_message("%u domains, %u each, %u connections: %lld ms, "
                      "%zu gave way\n",
                      rows[i].domains, rows[i].each, rows[i].connections,
                      (long long)(clock_mono_ms() - begin_ms),
                      count_events(&g, "deferred"));
        json_decref(test_gateway_finish(&g));
        arena_destroy(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_servers_hold_up_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
