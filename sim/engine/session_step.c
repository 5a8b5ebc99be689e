#include "engine/session_step.h"

#include <stdlib.h>
#include <string.h>

#include "peer/dialogue.h"
#include "peer/submitter.h"

enum { TURN_LIMIT_MS = 8000 };

struct held_session {
    struct dialogue *dialogue;
    bool is_at_bounces;
    struct held_session *next; /* was held later */
};

/* How many dialogues of a step have come to their end. */
struct running {
    size_t done, count;
};

void sessions_release(struct held_session **held)
{
    while (*held) {
        struct held_session *h = *held;
        *held = h->next;
        dialogue_destroy(&h->dialogue);
        free(h);
    }
}

static void on_dialogue_done(void *ctx, const struct dialogue_result *result)
{
    (void)result;
    ((struct running *)ctx)->done++;
}

static bool are_done(void *ctx)
{
    const struct running *running = ctx;
    return running->done == running->count;
}

static const struct credential *find_credential(const struct world_spec *world,
                                                const char *user)
{
    for (const struct organization *o = world->organizations; o; o = o->next)
        for (const struct credential *c = o->credentials; c; c = c->next)
            if (strcmp(c->user, user) == 0)
                return c;
    return NULL;
}

static void fill_expect(struct dialogue_step *out, const struct turn *turn)
{
    const char *first = turn->expect.count ? turn->expect.texts[0] : "";
    out->kind = DIALOGUE_KIND_EXPECT;
    out->prefixes = turn->expect.texts;
    if (strcmp(first, "closed") == 0)
        out->kind = DIALOGUE_KIND_CLOSED;
    if (strcmp(first, "nothing") == 0)
        out->kind = DIALOGUE_KIND_NOTHING;
}

static struct slice auth_line(struct stage *s, const struct turn *turn,
                              const struct world_spec *world)
{
    const struct credential *c = find_credential(world, turn->text);
    if (!c)
        BUG("credential %s passed the parser", turn->text);
    return slice_of(
        arena_printf(s->arena, "AUTH PLAIN %s\r\n",
                     submitter_plain_token(s->arena, c->user, c->password)));
}

static struct dialogue_step dialogue_step(struct stage *s,
                                          const struct turn *turn,
                                          const struct world_spec *world)
{
    struct dialogue_step out = {.kind = DIALOGUE_KIND_SEND};
    switch (turn->kind) {
    case TURN_KIND_EXPECT:
        fill_expect(&out, turn);
        break;
    case TURN_KIND_SEND:
        out.octets = slice_of(arena_printf(s->arena, "%s\r\n", turn->text));
        break;
    case TURN_KIND_OCTETS:
        out.octets = (struct slice){turn->text, turn->octets};
        break;
    case TURN_KIND_AUTH:
        out.octets = auth_line(s, turn, world);
        break;
    case TURN_KIND_TLS:
        out.kind = DIALOGUE_KIND_TLS;
        out.alert = turn->expect.count ? turn->expect.texts[0] : NULL;
        if (!tls_range_parse(turn->text, &out.tls))
            BUG("TLS version %s passed the parser", turn->text);
        break;
    case TURN_KIND_COUNT:
        break;
    }
    return out;
}

static const struct dialogue_step *
all_steps(struct stage *s, const struct step *step, size_t *count_out)
{
    size_t count = 0;
    for (const struct turn *t = step->session; t; t = t->next)
        count++;
    struct dialogue_step *steps =
        arena_alloc(s->arena, (count + 1) * sizeof *steps);
    *count_out = 0;
    for (const struct turn *t = step->session; t; t = t->next)
        steps[(*count_out)++] = dialogue_step(s, t, step->world);
    return steps;
}

static struct held_session *make(struct stage *s, const struct step *step,
                                 const struct dialogue_settings *settings,
                                 struct running *running)
{
    struct held_session *one = xcalloc(1, sizeof *one);
    one->is_at_bounces = step->is_at_bounces;
    one->dialogue =
        dialogue_start(s->engine->loop, settings, on_dialogue_done, running);
    return one;
}

static struct held_session *take_held(struct stage *s,
                                      const struct dialogue_settings *settings,
                                      struct running *running)
{
    struct held_session *one = s->held;
    s->held = one->next;
    one->next = NULL;
    dialogue_go_on(one->dialogue, settings, on_dialogue_done, running);
    return one;
}

/* What has ended is evidence; what shall stay open is kept, behind the others.
 */
static void conclude(struct stage *s, const struct step *step,
                     struct held_session *one)
{
    const struct dialogue_result *result = dialogue_result(one->dialogue);
    if (result)
        recorder_session(s->recorder, step, one->is_at_bounces, result);
    struct held_session **end = &s->held;
    while (*end)
        end = &(*end)->next;
    *end = one;
    if (!step->hold)
        sessions_release(end);
}

static struct dialogue_settings settings_of(struct stage *s,
                                            const struct step *step)
{
    struct dialogue_settings settings = {
        .local_address = step->is_other ? s->engine->other_address
                                        : s->engine->submitter_address,
        .address = step->is_at_bounces ? s->engine->bounces_address
                                       : s->engine->gateway_address,
        .port = (uint16_t)s->engine->block.port,
        .server_name = engine_gateway_host,
        .step_limit_ms = TURN_LIMIT_MS,
        .stays_open = step->hold > 0};
    settings.steps = all_steps(s, step, &settings.step_count);
    return settings;
}

enum status session_run(struct stage *s, const struct step *step,
                        struct err *err)
{
    struct running running = {.count = step->held   ? step->held
                                       : step->hold ? step->hold
                                                    : 1};
    /* `listening` is about submission; who answers a poke has come further. */
    if (step->is_at_bounces && stage_flush(s, err) != ST_OK)
        return ST_TEMP;
    struct dialogue_settings settings = settings_of(s, step);
    struct held_session **all =
        arena_alloc(s->arena, running.count * sizeof(struct held_session *));
    for (size_t i = 0; i < running.count; i++)
        all[i] = step->held ? take_held(s, &settings, &running)
                            : make(s, step, &settings, &running);
    bool done =
        loop_run_until(s->engine->loop, are_done, &running, stage_left_ms(s));
    for (size_t i = 0; i < running.count; i++)
        conclude(s, step, all[i]);
    if (!done)
        return err_set(err, ST_TEMP, "the dialogue did not come to its end");
    return stage_flush(s, err);
}
