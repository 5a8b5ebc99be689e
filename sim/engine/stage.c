#include "engine/engine_private.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "engine/evidence.h"
#include "engine/folder.h"
#include "engine/session_step.h"
#include "engine/visit.h"

const char engine_gateway_host[] = "gateway.lasthop.example";
const char engine_portal_host[] = "portal.gateway.lasthop.example";

enum {
    STOP_LIMIT_MS = 10000,
    CLOSE_LIMIT_MS = 3000,
    REAL_CLOCK_OFF_S = 60, /* a slow start */
    LONG_TURNS_MOST = 16,  /* that are told; one fails a case */
    LOG_BYTES = 65536,
    DEATHS_MOST = 3, /* planted ones */
    DEATH_LIMIT_MS = 2000
};

int64_t stage_left_ms(const struct stage *stage)
{
    int64_t left = stage->deadline_ms - clock_mono_ms();
    return left > 0 ? left : 0;
}

enum status stage_set_clock(struct stage *stage, int64_t now_s, struct err *err)
{
    struct clock_value *value = ARENA_NEW(stage->arena, struct clock_value);
    value->s = stage->now_s = now_s;
    value->before = stage->clocks;
    stage->clocks = value;
    return target_set_clock(stage->target, now_s, err);
}

static void note_wrong_clock(struct stage *s, const char *event, int64_t said)
{
    s->clock_wrong = true;
    recorder_fault(s->recorder,
                   "the gateway's clock says %lld in `%s`, expected %lld",
                   (long long)said, event, (long long)s->now_s);
}

/* A line may have been written before a kill: what the clock ever said will do.
 * The real clock is held against that of `listening` alone. */
static bool clock_agrees(const struct stage *s, int64_t said)
{
    const struct clock_value *value = s->clocks;
    if (s->scenario_case->clock_is_now)
        return llabs((long long)(said - clock_wall_s())) < REAL_CLOCK_OFF_S;
    while (value && value->s != said)
        value = value->before;
    return value;
}

static void check_clock(struct stage *s, const json_t *event)
{
    const char *name = evidence_text(event, "event");
    int64_t said = evidence_number(event, "time", -1);
    bool starts = strcmp(name, "listening") == 0;
    s->clock_seen |= starts && said >= 0;
    if (s->clock_wrong || said < 0 ||
        (s->scenario_case->clock_is_now && !starts))
        return;
    if (!clock_agrees(s, said))
        note_wrong_clock(s, name, said);
}

static void on_event(void *ctx, struct json_t *event)
{
    struct stage *s = ctx;
    if (s->engine->settings.verbose) {
        char *text = json_dumps(event, JSON_COMPACT);
        fprintf(s->engine->settings.log, "journal: %s\n", text);
        free(text);
    }
    check_clock(s, event);
    recorder_event(s->recorder, event);
}

static enum status write_text(struct stage *s, const char *name,
                              const char *text, struct err *err)
{
    return folder_write(
        arena_printf(s->arena, "%s/%s", s->engine->case_dir, name),
        slice_of(text), err);
}

static enum pki_kind gateway_kind(const struct world_spec *world)
{
    enum pki_kind kind = PKI_KIND_VALID;
    const char *word = world->gateway_certificate;
    if (word && strcmp(word, "good") != 0 && !pki_kind_parse(word, &kind))
        BUG("certificate %s", word);
    return kind;
}

static enum status write_portal_keys(struct stage *s, struct err *err)
{
    struct pki_request request = {
        .name = engine_portal_host, .kind = PKI_KIND_VALID, .now_s = s->now_s};
    const struct pki_chain *chain = pki_chain_find(s->engine->pki, &request);
    enum status status = write_text(s, "portal.pem", pki_chain_pem(chain), err);
    return status == ST_OK
               ? write_text(s, "portal-key.pem", pki_chain_key_pem(chain), err)
               : status;
}

static enum status write_keys(struct stage *s, struct err *err)
{
    struct pki *pki = s->engine->pki;
    struct pki_request request = {.name = engine_gateway_host,
                                  .kind = gateway_kind(s->scenario_case->world),
                                  .now_s = s->now_s};
    const struct pki_chain *chain = pki_chain_find(pki, &request);
    enum status status =
        write_text(s, "certificate.pem", pki_chain_pem(chain), err);
    if (status == ST_OK)
        status = write_text(s, "key.pem", pki_chain_key_pem(chain), err);
    if (status == ST_OK)
        status = write_text(s, "roots.pem", pki_root_pem(pki), err);
    if (status == ST_OK)
        status = write_portal_keys(s, err);
    if (status == ST_OK)
        status = write_text(
            s, "anchor.ds",
            arena_printf(s->arena, "%s\n", world_trust_anchor(s->world)), err);
    return status;
}

static enum status write_mail_key(struct stage *s, const char *domain,
                                  enum mailkey_kind kind, struct err *err)
{
    return write_text(s,
                      arena_printf(s->arena, "dkim-%s-%s.pem",
                                   mailkey_selector(kind),
                                   mailkey_owner(kind, domain)),
                      mailkey_pem(s->engine->keys, kind, domain), err);
}

/* The keys that config_format() names. */
static enum status write_mail_keys(struct stage *s,
                                   const struct world_spec *world,
                                   struct err *err)
{
    enum status status = ST_OK;
    for (unsigned kind = 0; kind < MAILKEY_KIND_COUNT && status == ST_OK;
         kind++) {
        status = write_mail_key(s, engine_gateway_host, kind, err);
        for (const struct organization *o = world->organizations;
             o && status == ST_OK; o = o->next)
            for (const char *const *d = o->domains; *d && status == ST_OK; d++)
                status = write_mail_key(s, *d, kind, err);
    }
    return status;
}

enum status stage_write_config(struct stage *s, const struct world_spec *world,
                               struct err *err)
{
    struct engine *e = s->engine;
    struct config_settings settings = {.world = world,
                                       .hashes = e->hashes,
                                       .dir = e->case_dir,
                                       .host = engine_gateway_host,
                                       .address = e->gateway_address,
                                       .resolver = e->resolver_address,
                                       .block = &e->block,
                                       .port = e->block.port,
                                       .now_s = s->now_s};
    return write_text(s, "gateway.yaml", config_format(s->arena, &settings),
                      err);
}

static enum status raise_world(struct stage *s, struct err *err)
{
    struct engine *e = s->engine;
    struct world_settings settings = {.loop = e->loop,
                                      .pki = e->pki,
                                      .block = &e->block,
                                      .keys = e->keys,
                                      .gateway_host = engine_gateway_host,
                                      .recorder = s->recorder,
                                      .now_s = s->now_s,
                                      .clock_runs =
                                          s->scenario_case->clock_is_now};
    return world_create(&settings, s->scenario_case->world, &s->world, err);
}

static enum status start_gateway(struct stage *s, struct err *err)
{
    struct engine *e = s->engine;
    bool real = s->scenario_case->clock_is_now;
    struct target_settings settings = {
        .loop = e->loop,
        .program = e->settings.gateway,
        .interposer = real ? NULL : e->interposer,
        .sanitizer = e->sanitizer,
        .warm = real ? NULL : &e->warm,
        .dies = s->scenario_case->world->gateway_dies,
        .dir = e->case_dir,
        .on_event = on_event,
        .ctx = s};
    if (!real && !e->interposer)
        return err_set(err, ST_TEMP, "libfaketime was not found");
    s->target = target_create(&settings);
    enum status status = stage_set_clock(s, s->now_s, err);
    if (status == ST_OK)
        status = target_start(s->target, stage_left_ms(s), err);
    if (status == ST_OK && !s->clock_seen && !s->clock_wrong)
        note_wrong_clock(s, "listening", -1);
    return status;
}

static enum status make_folder(struct engine *e, struct err *err)
{
    free(e->case_dir);
    e->case_dir = xasprintf("%s/%u", e->work_dir, ++e->case_count);
    if (mkdir(e->case_dir, 0700) != 0)
        return err_set(err, ST_TEMP, "%s cannot be made", e->case_dir);
    char *state = xasprintf("%s/state", e->case_dir);
    bool good = mkdir(state, 0700) == 0;
    free(state);
    return good ? ST_OK
                : err_set(err, ST_TEMP, "%s/state cannot be made", e->case_dir);
}

enum status stage_create(struct engine *engine, const struct scenario_case *c,
                         struct stage **out, struct err *err)
{
    struct stage *s = xcalloc(1, sizeof *s);
    s->engine = engine;
    s->arena = arena_create();
    s->scenario_case = c;
    s->now_s = c->clock_is_now ? clock_wall_s() : c->clock_s;
    s->deadline_ms = clock_mono_ms() + engine->settings.time_limit_ms;
    s->recorder =
        recorder_create(c, engine_gateway_host,
                        engine->settings.verbose ? engine->settings.log : NULL);
    *out = s;
    enum status status = make_folder(engine, err);
    if (status == ST_OK)
        status = raise_world(s, err);
    if (status == ST_OK)
        status = write_keys(s, err);
    if (status == ST_OK)
        status = write_mail_keys(s, c->world, err);
    if (status == ST_OK)
        status = stage_write_config(s, c->world, err);
    if (status == ST_OK)
        status = start_gateway(s, err);
    return status;
}

static bool is_closed(void *ctx)
{
    return world_is_idle(ctx);
}

static bool has_settled(void *ctx)
{
    const struct target *t = ctx;
    return target_is_settled(t) || !target_is_running(t);
}

static bool has_ended(void *ctx)
{
    return !target_is_running(ctx);
}

/* Its connections end before it does. */
static bool has_died(struct stage *s)
{
    return s->scenario_case->world->gateway_dies &&
           loop_run_until(s->engine->loop, has_ended, s->target,
                          DEATH_LIMIT_MS);
}

/* A planted death: it is started again, as whoever looks after it would do. */
static enum status revive(struct stage *s, struct err *err)
{
    enum status status = ST_OK;
    while (s->scenario_case->world->gateway_dies &&
           !target_is_running(s->target)) {
        if (s->deaths++ == DEATHS_MOST)
            return err_set(err, ST_TEMP, "the gateway died more than %d times",
                           (int)DEATHS_MOST);
        status = target_stop(s->target, true, STOP_LIMIT_MS, err); /* reads */
        if (status == ST_OK)
            status = target_start(s->target, stage_left_ms(s), err);
        if (status != ST_OK && target_is_running(s->target))
            return status;
    }
    return status;
}

enum status stage_wait_settled(struct stage *stage, struct err *err)
{
    struct loop *loop = stage->engine->loop;
    do {
        if (revive(stage, err) != ST_OK)
            return ST_TEMP;
        loop_run_until(loop, has_settled, stage->target, stage_left_ms(stage));
    } while (!target_is_settled(stage->target) && has_died(stage));
    if (!target_is_running(stage->target))
        return err_set(err, ST_TEMP, "the gateway ended: exit %d, signal %d",
                       target_exit(stage->target),
                       target_signal(stage->target));
    if (!target_is_settled(stage->target))
        return err_set(err, ST_TEMP, "no `settled` within the time limit");
    int64_t left = stage_left_ms(stage);
    if (loop_run_until(loop, is_closed, stage->world,
                       left < CLOSE_LIMIT_MS ? left : CLOSE_LIMIT_MS))
        return ST_OK;
    return err_set(err, ST_TEMP,
                   "`settled`, but a connection to a mail host is open");
}

enum status stage_flush(struct stage *stage, struct err *err)
{
    int64_t now_s;
    enum status status;
    do {
        if (revive(stage, err) != ST_OK)
            return ST_TEMP;
        status = target_poke(stage->target, stage_left_ms(stage), &now_s, err);
    } while (status != ST_OK && has_died(stage));
    if (status != ST_OK)
        return status;
    if (now_s != stage->now_s && !stage->scenario_case->clock_is_now)
        return err_set(err, ST_TEMP,
                       "poked, the gateway's clock says %lld, expected %lld",
                       (long long)now_s, (long long)stage->now_s);
    return stage_wait_settled(stage, err);
}

static void stop_gateway(struct stage *s)
{
    struct err err;
    bool was_running = s->target && target_is_running(s->target);
    recorder_set_quiet(s->recorder);
    loop_run_ready(s->engine->loop);
    if (was_running &&
        target_stop(s->target, false, STOP_LIMIT_MS, &err) != ST_OK)
        recorder_fault(s->recorder, "%s", err.text);
    if (s->world)
        loop_run_until(s->engine->loop, is_closed, s->world, CLOSE_LIMIT_MS);
    loop_run_ready(s->engine->loop);
}

static void record_target(struct stage *s)
{
    char *tail = arena_alloc(s->arena, LOG_BYTES);
    folder_tail(target_log(s->target), tail, LOG_BYTES);
    const char *turns[LONG_TURNS_MOST];
    size_t turn_count =
        folder_lines(s->arena, target_log(s->target), "warn loop: long turn ",
                     turns, LONG_TURNS_MOST);
    struct recorder_target t = {.exit = target_exit(s->target),
                                .signal = target_signal(s->target),
                                .stderr_tail = tail,
                                .long_turns = turns,
                                .long_turn_count = turn_count,
                                .clock_ok = s->clock_seen && !s->clock_wrong};
    recorder_target(s->recorder, &t);
    const char *bad = target_bad_line(s->target);
    if (bad)
        recorder_fault(s->recorder, "a journal line is no JSON object: %.200s",
                       bad);
}

static void keep_evidence(struct stage *s, const json_t *evidence)
{
    const char *path =
        arena_printf(s->arena, "%s/evidence.json", s->engine->case_dir);
    if (json_dump_file(evidence, path, JSON_INDENT(1)) != 0)
        fprintf(stderr, "%s cannot be written\n", path);
}

struct json_t *stage_finish(struct stage **stage)
{
    struct stage *s = *stage;
    struct engine *e = s->engine;
    sessions_release(&s->held);
    stop_gateway(s);
    if (s->target)
        record_target(s);
    recorder_set_clock(s->recorder, s->now_s);
    target_destroy(&s->target);
    visits_destroy(&s->visits);
    world_destroy(&s->world);
    json_t *evidence = recorder_take(s->recorder);
    if (e->settings.keep)
        keep_evidence(s, evidence);
    else if (e->case_dir)
        folder_remove(e->case_dir);
    recorder_destroy(&s->recorder);
    arena_destroy(&s->arena);
    free(s);
    *stage = NULL;
    return evidence;
}
