#include "engine/engine_private.h"

#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/buf.h"
#include "engine/bounce.h"
#include "engine/evidence.h"
#include "engine/message.h"
#include "engine/message_sign.h"
#include "engine/read.h"
#include "engine/session_step.h"
#include "engine/visit.h"
#include "peer/submitter.h"

static const struct credential *find_credential(const struct world_spec *world,
                                                const char *user)
{
    for (const struct organization *o = world->organizations; o; o = o->next)
        for (const struct credential *c = o->credentials; c; c = c->next)
            if (strcmp(c->user, user) == 0)
                return c;
    return NULL;
}

static const struct credential *usual_credential(const struct world_spec *world,
                                                 const struct submit *submit)
{
    const struct organization *o =
        world_organization_of(world, address_domain(submit->from));
    if (!o || !o->credentials)
        o = world->sender;
    return o ? o->credentials : NULL;
}

static void fill_credential(struct submitter_settings *out,
                            const struct world_spec *world,
                            const struct submit *submit)
{
    if (submit->is_anonymous)
        return;
    const struct credential *c = submit->user
                                     ? find_credential(world, submit->user)
                                     : usual_credential(world, submit);
    out->user = submit->user ? submit->user : c ? c->user : NULL;
    out->password = submit->password ? submit->password : c ? c->password : "";
    if (submit->auth && strcmp(submit->auth, "plain") == 0)
        out->auth = SUBMITTER_AUTH_PLAIN;
    if (submit->auth && strcmp(submit->auth, "login") == 0)
        out->auth = SUBMITTER_AUTH_LOGIN;
}

/* Of two spellings of one address each has its own. */
static const char *by_address(const struct node *map, const char *address)
{
    const char *alike = NULL;
    for (const struct node *n = map ? map->first : NULL; n; n = n->next) {
        if (strcmp(n->key, address) == 0)
            return n->text;
        if (!alike && slice_is_nocase(slice_of(n->key), address))
            alike = n->text;
    }
    return alike;
}

static const char *joined(struct arena *arena, const char *a, const char *b)
{
    if (!a || !b)
        return a ? a : b;
    return arena_printf(arena, "%s %s", a, b);
}

static const char *parameter(struct arena *arena, const char *name,
                             const char *value)
{
    return value ? arena_printf(arena, "%s=%s", name, value) : NULL;
}

static void fill_envelope(struct stage *s, struct submitter_settings *out,
                          const struct submit *submit)
{
    size_t n = submit->envelope.count;
    struct submitter_recipient *recipients =
        arena_alloc(s->arena, n * sizeof *recipients);
    for (size_t i = 0; i < n; i++) {
        const char *address = submit->envelope.texts[i];
        recipients[i].address = address;
        recipients[i].parameters = joined(
            s->arena,
            parameter(s->arena, "NOTIFY", by_address(submit->notify, address)),
            parameter(s->arena, "ORCPT", by_address(submit->orcpt, address)));
    }
    out->recipients = recipients;
    out->recipient_count = n;
    out->reverse_path = submit->reverse_path;
    const char *const parameters[] = {
        parameter(s->arena, "SIZE", submit->size),
        parameter(s->arena, "BODY", submit->body),
        submit->smtputf8 ? "SMTPUTF8" : NULL,
        parameter(s->arena, "RET", submit->ret),
        parameter(s->arena, "ENVID", submit->envid)};
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        out->mail_parameters =
            joined(s->arena, out->mail_parameters, parameters[i]);
}

struct waiting {
    bool done;
};

static void on_submitted(void *ctx, const struct submitter_result *result)
{
    (void)result;
    ((struct waiting *)ctx)->done = true;
}

static bool is_done(void *ctx)
{
    return ((struct waiting *)ctx)->done;
}

static const char *case_title(const struct scenario_case *c)
{
    const char *slash = strrchr(c->file, '/');
    return *c->name ? c->name : slash ? slash + 1 : c->file;
}

static enum status build(struct stage *s, const struct submit *submit,
                         const char *mark, struct slice *out, struct err *err)
{
    struct message_settings settings = {
        .submit = submit,
        .mark = mark,
        .title = case_title(s->scenario_case),
        .now_s = s->now_s,
        .messages_dir =
            arena_printf(s->arena, "%s/messages",
                         fixtures_dir(s->engine->settings.fixtures))};
    enum status status = message_build(s->arena, &settings, out, err);
    if (status == ST_OK && submit->dkim)
        *out = message_sign(s->arena, s->engine->keys, submit, *out);
    return status;
}

static struct submitter_settings
submission(struct stage *s, const struct step *step, struct slice content)
{
    struct engine *e = s->engine;
    const struct submit *submit = step->submit;
    struct submitter_settings out = {
        .local_address =
            submit->is_other ? e->other_address : e->submitter_address,
        .address = e->gateway_address,
        .port = (uint16_t)e->block.port,
        .helo = submit->helo ? submit->helo : "submitter.example",
        .server_name = engine_gateway_host,
        .pki = e->pki,
        .now_s = s->now_s,
        .content = content,
        .chunk_bytes = submit->chunk_bytes,
        .limit_ms = stage_left_ms(s)};
    if (submit->tls && !tls_range_parse(submit->tls, &out.tls))
        BUG("TLS version %s", submit->tls);
    fill_credential(&out, step->world, submit);
    fill_envelope(s, &out, submit);
    return out;
}

struct acceptance {
    struct stage *stage;
    unsigned before;
};

static bool is_journalled(void *ctx)
{
    const struct acceptance *a = ctx;
    return target_accepted_count(a->stage->target) > a->before ||
           !target_is_running(a->stage->target);
}

/* Whether a recipient of the step has his outcome, or was put off. */
static bool has_outcome(const struct stage *s, unsigned step,
                        const char *recipient)
{
    size_t i;
    const json_t *e;
    json_array_foreach(recorder_list(s->recorder, "journal"), i, e)
    {
        const char *event = evidence_text(e, "event");
        if ((strcmp(event, "outcome") == 0 || strcmp(event, "deferred") == 0) &&
            strcasecmp(evidence_text(e, "recipient"), recipient) == 0 &&
            evidence_number(e, "step", -1) == (long long)step)
            return true;
    }
    return false;
}

struct recipients {
    struct stage *stage;
    const struct step *step;
};

static bool have_outcomes(void *ctx)
{
    const struct recipients *r = ctx;
    bool is_whole = true;
    for (size_t i = 0; i < r->step->submit->envelope.count; i++)
        is_whole &= has_outcome(r->stage, r->step->number,
                                r->step->submit->envelope.texts[i]);
    return is_whole || !target_is_running(r->stage->target);
}

/* Whatever else the gateway has to do. */
static enum status await_recipients(struct stage *s, const struct step *step,
                                    struct err *err)
{
    struct recipients r = {s, step};
    if (loop_run_until(s->engine->loop, have_outcomes, &r, stage_left_ms(s)))
        return ST_OK;
    return err_set(err, ST_TEMP,
                   "no outcome of this message within the time limit");
}

/* After a 2xx the journal must say `accepted`, then `settled`; a refusal is
 * followed by a poke, so that what it left in the journal has been read. */
static enum status await_outcome(struct stage *s, const struct step *step,
                                 bool accepted, unsigned before,
                                 struct err *err)
{
    const struct submit *submit = step->submit;
    struct acceptance a = {s, before};
    if (accepted && submit->until_outcome)
        return await_recipients(s, step, err);
    if (!submit->settle)
        return ST_OK;
    if (!accepted)
        return stage_flush(s, err);
    loop_run_until(s->engine->loop, is_journalled, &a, stage_left_ms(s));
    if (target_accepted_count(s->target) == before)
        return err_set(err, ST_TEMP,
                       "the message got its 250, the journal says no "
                       "`accepted` within the time limit");
    return stage_wait_settled(s, err);
}

static enum status step_submit(struct stage *s, const struct step *step,
                               struct err *err)
{
    char mark[MESSAGE_MARK_BYTES];
    struct slice content;
    struct waiting waiting = {false};
    message_mark(mark);
    enum status status = build(s, step->submit, mark, &content, err);
    if (status != ST_OK)
        return status;
    unsigned before = target_accepted_count(s->target);
    struct submitter_settings settings = submission(s, step, content);
    struct submitter *submitter =
        submitter_start(s->engine->loop, &settings, on_submitted, &waiting);
    bool done = loop_run_until(s->engine->loop, is_done, &waiting,
                               stage_left_ms(s) + 1000);
    const struct submitter_result *result = submitter_result(submitter);
    bool accepted = done && result && result->is_accepted;
    if (done && result)
        recorder_submission(s->recorder, step->submit, mark, content, result);
    submitter_destroy(&submitter);
    if (!done)
        return err_set(err, ST_TEMP, "the submitter did not come to its end");
    return await_outcome(s, step, accepted, before, err);
}

static enum status step_advance(struct stage *s, const struct step *step,
                                struct err *err)
{
    enum status status = stage_flush(s, err);
    if (status != ST_OK)
        return status;
    status = stage_set_clock(s, s->now_s + step->advance_s, err);
    world_set_clock(s->world, s->now_s);
    return status == ST_OK ? stage_flush(s, err) : status;
}

static enum status step_restart(struct stage *s, const struct step *step,
                                struct err *err)
{
    enum status status =
        target_stop(s->target, step->kill, stage_left_ms(s), err);
    if (status == ST_OK && !step->kill && target_exit(s->target) != 0)
        recorder_fault(s->recorder, "stopped in order, exit %d, signal %d",
                       target_exit(s->target), target_signal(s->target));
    if (status == ST_OK)
        status = target_start(s->target, stage_left_ms(s), err);
    return status == ST_OK ? stage_flush(s, err) : status;
}

/* Names and hosts at once; the configuration holds from the next start. */
static enum status step_change(struct stage *s, const struct step *step,
                               struct err *err)
{
    enum status status = world_change(s->world, step->world, err);
    return status == ST_OK ? stage_write_config(s, step->world, err) : status;
}

static enum status run_step(struct stage *s, const struct step *step,
                            struct err *err)
{
    switch (step->kind) {
    case STEP_KIND_SUBMIT:
        return step_submit(s, step, err);
    case STEP_KIND_SESSION:
        return session_run(s, step, err);
    case STEP_KIND_VISIT:
        return visit_run(s, step, err);
    case STEP_KIND_BOUNCE:
        return bounce_run(s, step, err);
    case STEP_KIND_ADVANCE:
        return step_advance(s, step, err);
    case STEP_KIND_CHANGE:
        return step_change(s, step, err);
    case STEP_KIND_RESTART:
        return step_restart(s, step, err);
    case STEP_KIND_DISK:
        return target_set_disk(s->target, step->disk, err);
    case STEP_KIND_EXPECT:
    case STEP_KIND_COUNT:
        break;
    }
    return ST_OK;
}

/* What arrives while nothing was asked for belongs to the step before. */
static void look_for_late(struct stage *s)
{
    recorder_set_quiet(s->recorder);
    loop_run_ready(s->engine->loop);
}

void run_steps(struct stage *stage)
{
    struct err err;
    for (const struct step *step = stage->scenario_case->steps; step;
         step = step->next) {
        if (step != stage->scenario_case->steps &&
            target_is_settled(stage->target))
            look_for_late(stage);
        recorder_begin_step(stage->recorder, step, stage->now_s);
        if (run_step(stage, step, &err) != ST_OK) {
            recorder_fault(stage->recorder, "step %u (%s): %s", step->number,
                           step_kind_name(step->kind), err.text);
            return;
        }
        recorder_end_step(stage->recorder, target_is_settled(stage->target));
    }
    if (!target_is_settled(stage->target) &&
        stage_wait_settled(stage, &err) != ST_OK)
        recorder_fault(stage->recorder, "at the end: %s", err.text);
}
