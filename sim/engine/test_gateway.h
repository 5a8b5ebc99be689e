/* test_gateway - for tests of whole durability: the real gateway in a world
 * that a scenario's text describes, and messages made by hand. */
#ifndef ENGINE_TEST_GATEWAY_H
#define ENGINE_TEST_GATEWAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "engine/engine_private.h"
#include "engine/evidence.h"
#include "engine/fixtures.h"
#include "peer/submitter.h"

struct test_gateway {
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct fixtures *fixtures;
    struct scenario *scenario;
    struct engine *engine;
    struct stage *stage;
};

static inline const char *test_gateway_program(struct arena *arena)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    return arena_printf(arena, "%s/../bin/lasthop-gateway", dirname(self));
}

/* world: the text behind `world:`. work_root: NULL or a folder. */
static inline void test_gateway_start(struct test_gateway *g, const char *world,
                                      const char *work_root)
{
    struct err err;
    signal(SIGPIPE, SIG_IGN); /* as in `lasthop` */
    g->arena = arena_create();
    g->diagnostics = diagnostics_create();
    assert_int_equal(fixtures_load(SOURCE_DIR "/fixtures", g->diagnostics,
                                   &g->fixtures, &err),
                     ST_OK);
    const char *text = arena_printf(
        g->arena,
        "lasthop: 1\ntitle: t\nclauses: [KEEP-1]\n"
        "submit: {from: jansen@clinic.example, to: [bob@hospital.example]}\n"
        "expect: {bob@hospital.example: {method: email, delivery: "
        "direct}}\nworld:\n%s",
        world);
    if (scenario_parse(g->fixtures, "test.yaml", slice_of(text), g->diagnostics,
                       &g->scenario) != ST_OK) {
        diagnostics_print(g->diagnostics, stderr);
        fail_msg("the scenario is not understood");
    }
    struct engine_settings settings = {
        .fixtures = g->fixtures,
        .gateway = test_gateway_program(g->arena),
        .work_root = work_root,
        .keep = getenv("LASTHOP_TEST_KEEP") != NULL,
        .time_limit_ms = 120000};
    if (engine_create(&settings, &g->engine, &err) != ST_OK)
        fail_msg("%s", err.text);
    if (stage_create(g->engine, scenario_cases(g->scenario), &g->stage, &err) !=
        ST_OK)
        fail_msg("%s", err.text);
}

/* The evidence; everything else is gone. */
static inline json_t *test_gateway_finish(struct test_gateway *g)
{
    json_t *evidence = stage_finish(&g->stage);
    engine_destroy(&g->engine);
    scenario_destroy(&g->scenario);
    fixtures_destroy(&g->fixtures);
    diagnostics_destroy(&g->diagnostics);
    arena_destroy(&g->arena);
    return evidence;
}

/* From and To as the fixture organization allows, the subject as its mark. */
static inline const char *test_gateway_header(struct arena *arena,
                                              const char *subject)
{
    return arena_printf(arena,
                        "From: jansen@clinic.example\r\n"
                        "To: bob@hospital.example\r\n"
                        "Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n"
                        "Message-ID: <%s@clinic.example>\r\n"
                        "Subject: %s\r\n\r\n",
                        subject, subject);
}

static inline struct submitter_settings
test_gateway_submission(const struct test_gateway *g, struct slice content)
{
    static const struct submitter_recipient bob = {"bob@hospital.example",
                                                   NULL};
    const struct engine *e = g->engine;
    const struct credential *c =
        scenario_cases(g->scenario)->world->sender->credentials;
    return (struct submitter_settings){.local_address = e->submitter_address,
                                       .address = e->gateway_address,
                                       .port = (uint16_t)e->block.port,
                                       .helo = "submitter.example",
                                       .server_name = engine_gateway_host,
                                       .pki = e->pki,
                                       .now_s = g->stage->now_s,
                                       .user = c->user,
                                       .password = c->password,
                                       .reverse_path = "jansen@clinic.example",
                                       .recipients = &bob,
                                       .recipient_count = 1,
                                       .content = content,
                                       .limit_ms = 60000};
}

static inline void test_gateway_done(void *ctx,
                                     const struct submitter_result *result)
{
    (void)result;
    *(bool *)ctx = true;
}

static inline bool test_gateway_is_true(void *ctx)
{
    return *(bool *)ctx;
}

/* Submits, and waits for the end of the session: the last reply of stage
 * "content", or what stood in its way; in the arena. */
static inline const char *
test_gateway_run(struct test_gateway *g,
                 const struct submitter_settings *settings)
{
    bool is_done = false;
    struct submitter *s =
        submitter_start(g->engine->loop, settings, test_gateway_done, &is_done);
    if (!loop_run_until(g->engine->loop, test_gateway_is_true, &is_done, 90000))
        fail_msg("the submitter did not come to its end");
    const struct submitter_result *r = submitter_result(s);
    const char *reply = r->failure ? r->failure : "";
    for (size_t i = 0; i < r->reply_count; i++)
        if (strcmp(r->replies[i].stage, "content") == 0 ||
            (r->replies[i].code >= 400 && !*reply))
            reply = r->replies[i].reply;
    reply = arena_strdup(g->arena, reply);
    submitter_destroy(&s);
    return reply;
}

static inline const char *test_gateway_submit(struct test_gateway *g,
                                              struct slice content,
                                              size_t chunk_bytes)
{
    struct submitter_settings settings = test_gateway_submission(g, content);
    settings.chunk_bytes = chunk_bytes;
    return test_gateway_run(g, &settings);
}

static inline void test_gateway_settle(struct test_gateway *g)
{
    struct err err;
    if (stage_wait_settled(g->stage, &err) != ST_OK)
        fail_msg("%s", err.text);
}

#endif
