#include "engine/bounce.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "engine/evidence.h"
#include "peer/submitter.h"

/* What it is about: the last message that a host accepted for the recipient. */
struct subject {
    const char *host, *reverse_path;
    struct slice content;
};

static bool is_for(const json_t *received, const char *address)
{
    const char *first = json_string_value(
        json_array_get(evidence_list(received, "recipients"), 0));
    return first && strcasecmp(first, address) == 0 &&
           evidence_yes(received, "accepted");
}

static bool find_subject(struct stage *s, const char *of, struct subject *out)
{
    json_t *evidence = recorder_take(s->recorder);
    const json_t *list = evidence_list(evidence, "received"), *m;
    const json_t *found = NULL;
    size_t i;
    json_array_foreach(list, i, m)
    {
        if (is_for(m, of))
            found = m;
    }
    if (found) {
        out->host = arena_strdup(s->arena, evidence_text(found, "host"));
        out->reverse_path =
            arena_strdup(s->arena, evidence_text(found, "reverse_path"));
        out->content = evidence_octets(s->arena, found, "content");
    }
    json_decref(evidence);
    return found != NULL;
}

/* A path of the same shape that was never given out: each digit of it is
 * another one. */
static const char *guessed(struct arena *arena, const char *path)
{
    static const char digits[] = "0123456789abcdef";
    char *copy = arena_strdup(arena, path);
    for (char *p = copy; *p && *p != '@'; p++) {
        const char *at = strchr(digits, *p);
        if (at)
            *p = digits[(at - digits + 1) % 16];
    }
    return copy;
}

static const char *target_of(struct stage *s, const struct bounce *b,
                             const struct subject *subject)
{
    if (!b->to)
        return subject->reverse_path;
    if (strcmp(b->to, "guessed") == 0)
        return guessed(s->arena, subject->reverse_path);
    if (strncmp(b->to, "{path}@", 7) != 0)
        return b->to;
    int local = (int)strcspn(subject->reverse_path, "@");
    return arena_printf(s->arena, "%.*s%s", local, subject->reverse_path,
                        b->to + 6);
}

static void on_done(void *ctx, const struct submitter_result *result)
{
    (void)result;
    *(bool *)ctx = true;
}

static bool is_done(void *ctx)
{
    return *(bool *)ctx;
}

static struct submitter_settings settings_of(struct stage *s,
                                             const struct bounce *b,
                                             const struct subject *subject)
{
    struct engine *e = s->engine;
    return (struct submitter_settings){
        .local_address = world_host_address(s->world, subject->host),
        .address = e->bounces_address,
        .port = (uint16_t)e->block.port,
        .helo = subject->host,
        .is_plain = b->is_plain,
        .server_name = engine_gateway_host, /* whose certificate it shows */
        .pki = e->pki,
        .now_s = s->now_s,
        .reverse_path = b->from,
        .limit_ms = stage_left_ms(s)};
}

enum status bounce_run(struct stage *s, const struct step *step,
                       struct err *err)
{
    const struct bounce *b = step->bounce;
    struct subject subject;
    bool done = false;
    if (!find_subject(s, b->of, &subject))
        return err_set(err, ST_TEMP, "no host accepted a message for %s",
                       b->of);
    struct submitter_recipient to = {.address = target_of(s, b, &subject)};
    struct bounce_settings format = {.bounce = b,
                                     .host = subject.host,
                                     .to = to.address,
                                     .now_s = s->now_s,
                                     .original = subject.content};
    struct submitter_settings settings = settings_of(s, b, &subject);
    settings.recipients = &to;
    settings.recipient_count = 1;
    settings.content = bounce_format(s->arena, &format);
    struct submitter *submitter =
        submitter_start(s->engine->loop, &settings, on_done, &done);
    loop_run_until(s->engine->loop, is_done, &done, stage_left_ms(s) + 1000);
    if (done)
        recorder_bounce(s->recorder, b, subject.host, to.address,
                        submitter_result(submitter));
    submitter_destroy(&submitter);
    return done ? stage_flush(s, err)
                : err_set(err, ST_TEMP, "the bounce did not come to its end");
}
