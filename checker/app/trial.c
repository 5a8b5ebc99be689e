#include "kit/trial.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "checker/doubt.h"
#include "engine/evidence.h"
#include "kit/artifacts.h"

enum { SECRET_BYTES_MIN = 4 };

static void add_secret(struct arena *arena, struct texts *secrets,
                       const char *text)
{
    if (text && strlen(text) >= SECRET_BYTES_MIN)
        texts_add(arena, secrets, text);
}

/* "bob@hospital.example sms +31612345678": the last word is the secret. */
static void add_right_secret(struct arena *arena, struct texts *secrets,
                             const struct header_line *header)
{
    if (strcasecmp(header->name, "zivver-access-right") != 0)
        return;
    struct slice rest = slice_of(header->value), last = {0}, word;
    while ((word = slice_word(&rest)).n)
        last = word;
    if (last.n && !memchr(last.p, '@', last.n))
        add_secret(arena, secrets, arena_text(arena, last));
}

static void world_secrets(struct arena *arena, const struct world_spec *world,
                          struct texts *secrets)
{
    for (const struct organization *o = world->organizations; o; o = o->next)
        for (const struct credential *c = o->credentials; c; c = c->next)
            add_secret(arena, secrets, c->password);
    for (const struct share *s = world->shares; s; s = s->next) {
        add_secret(arena, secrets, s->sms);
        add_secret(arena, secrets, s->access_code);
    }
}

static struct texts secrets_of(struct arena *arena,
                               const struct scenario_case *c)
{
    struct texts secrets = {0};
    world_secrets(arena, c->world, &secrets);
    for (const struct step *s = c->steps; s; s = s->next) {
        if (s->world && s->world != c->world)
            world_secrets(arena, s->world, &secrets);
        if (!s->submit)
            continue;
        add_secret(arena, &secrets, s->submit->password);
        for (const struct header_line *h = s->submit->headers; h; h = h->next)
            add_right_secret(arena, &secrets, h);
    }
    return secrets;
}

static void copy_lines(struct case_result *r, const char *name,
                       const json_t *lines)
{
    if (!json_array_size(lines))
        return;
    struct transcript *t = case_result_transcript(r, name);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const char *line = json_string_value(json_array_get(lines, i));
        if (line)
            texts_add(r->arena, &t->lines, line);
    }
}

static void copy_journal(struct case_result *r, const json_t *journal)
{
    if (!json_array_size(journal))
        return;
    struct transcript *t = case_result_transcript(r, "journal");
    for (size_t i = 0; i < json_array_size(journal); i++) {
        char *line = json_dumps(json_array_get(journal, i), JSON_COMPACT);
        if (line)
            texts_add(r->arena, &t->lines, line);
        free(line);
    }
}

/* Who said what, where the judge told nothing of it. */
static void copy_transcripts(struct case_result *r, const json_t *evidence)
{
    static const char *const sides[] = {"submissions", "sessions"};
    for (size_t s = 0; s < 2; s++) {
        const json_t *list = evidence_list(evidence, sides[s]);
        for (size_t i = 0; i < json_array_size(list); i++)
            copy_lines(r, "submitter",
                       evidence_list(json_array_get(list, i), "transcript"));
    }
    const json_t *list = evidence_list(evidence, "connections");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        copy_lines(r, evidence_text(one, "host"),
                   evidence_list(one, "transcript"));
    }
}

static void doubt(const struct trial *trial, const struct scenario_case *c,
                  const json_t *evidence, struct case_result *r)
{
    struct doubt_report report = {0};
    doubt_case(&trial->judge, c, evidence, r->arena, &report);
    r->doubts = report.changes;
    r->survivors = report.survivors.n;
    for (size_t i = 0; i < report.survivors.n; i++) {
        struct mismatch *m = case_result_mismatch(
            r, "doubt: a change that nothing notices", c->place);
        m->expected = "a failure";
        m->got =
            arena_printf(r->arena, "a pass with %s", report.survivors.v[i]);
    }
}

void trial_begin(const struct scenario_case *c, struct arena *arena,
                 struct case_result *result)
{
    case_result_init(result, arena, c->file, *c->name ? c->name : NULL);
    result->title = c->title;
    const char *program = getenv("LASTHOP_PROGRAM"); /* as it was typed */
    result->rerun =
        arena_printf(arena, "%s run -v %s",
                     program && *program ? program : "lasthop", result->name);
    for (size_t i = 0; i < c->clauses.count; i++)
        texts_add(arena, &result->clauses, c->clauses.texts[i]);
}

void trial_judge(const struct trial *trial, const struct scenario_case *c,
                 const json_t *evidence, struct case_result *result)
{
    judge_case(&trial->judge, c, evidence, result);
    if (trial->doubt && result->verdict == VERDICT_PASS)
        doubt(trial, c, evidence, result);
    bool tell = trial->verbose || verdict_is_bad(result->verdict);
    if (tell && !result->transcript_count)
        copy_transcripts(result, evidence);
    if (tell)
        copy_journal(result, evidence_list(evidence, "journal"));
    if (c->expected_fail && result->verdict != VERDICT_EXPECTED_FAIL &&
        result->verdict != VERDICT_UNEXPECTED_PASS)
        case_result_expected_fail(result, c->expected_fail);
    struct texts secrets = secrets_of(result->arena, c);
    case_result_redact(result, &secrets);
}

void trial_run(const struct trial *trial, const struct scenario_case *c,
               struct arena *arena, struct case_result *result)
{
    trial_begin(c, arena, result);
    int64_t from = clock_mono_ms();
    json_t *evidence = NULL;
    struct err err = {0};
    if (engine_run(trial->engine, c, &evidence, &err) != ST_OK)
        case_result_error(result, "%s", err.text);
    if (evidence && result->verdict != VERDICT_ERROR)
        trial_judge(trial, c, evidence, result);
    result->duration_ms = clock_mono_ms() - from;
    const char *folder = engine_work_dir(trial->engine);
    if (trial->keep && folder && *folder)
        result->kept = arena_strdup(arena, folder);
    struct texts secrets = secrets_of(arena, c);
    if (artifacts_write(trial->artifacts, result, evidence, &secrets, &err) !=
        ST_OK)
        fprintf(stderr, "lasthop: %s\n", err.text);
    json_decref(evidence);
}

void scenario_lint(const struct judge *judge, const struct scenario *scenario,
                   struct diagnostics *list)
{
    clauses_lint(judge->clauses, scenario, list);
    for (const struct scenario_case *c = scenario_cases(scenario); c;
         c = c->next)
        predict_lint(judge->tables, c, list);
}
