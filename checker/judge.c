#include "checker/judge_internal.h"

#include <string.h>
#include <strings.h>

#include "checker/visit_view.h"

struct mismatch *fault(struct trial *t, struct place place, const char *clause,
                       const char *what, const char *expected, const char *got)
{
    struct mismatch *m = case_result_mismatch(t->result, what, place);
    m->expected = expected ? arena_strdup(t->arena, expected) : NULL;
    m->got = got ? arena_strdup(t->arena, got) : NULL;
    m->clause = clause;
    m->clause_text =
        t->judge->clauses ? clauses_text(t->judge->clauses, clause) : NULL;
    return m;
}

const char *cell_text(const struct trial *t, const struct node *cell)
{
    if (!cell || cell->kind != NODE_KIND_TEXT)
        return NULL;
    return cell == t->change.cell ? t->change.instead : cell->text;
}

const char *row_cell(const struct trial *t, const struct expect_row *row,
                     const char *key)
{
    return cell_text(t, node_get(row->node, key));
}

struct place place_for(const struct trial *t, const char *address)
{
    struct place place = t->c->place;
    for (const struct step *s = t->c->steps; s; s = s->next) {
        if (s->kind != STEP_KIND_EXPECT)
            continue;
        for (const struct expect_row *r = s->expect->rows; r; r = r->next) {
            if (strcasecmp(r->address, address) == 0)
                place = r->node->key_place;
        }
    }
    return place;
}

/* -- transcripts ---------------------------------------------------------- */

static void add_lines(struct trial *t, struct transcript *to,
                      const json_t *lines)
{
    size_t i;
    const json_t *line;
    json_array_foreach(lines, i, line)
    {
        if (json_is_string(line))
            texts_add(t->arena, &to->lines,
                      arena_strdup(t->arena, json_string_value(line)));
    }
}

/* Without bodies, and without the rest of a link: it is a secret. */
static void add_visit(struct trial *t, const json_t *visit)
{
    struct transcript *to = case_result_transcript(t->result, "visitor");
    const json_t *action, *one;
    size_t i, k;
    json_array_foreach(evidence_list(visit, "actions"), i, action)
    {
        texts_addf(
            t->arena, &to->lines, "%s: %s %s", evidence_text(action, "browser"),
            evidence_text(action, "action"), evidence_text(action, "failure"));
        json_array_foreach(evidence_list(action, "exchanges"), k, one)
        {
            const char *target = evidence_text(one, "target");
            struct slice token = visit_token(target);
            int shown = (int)(token.p - target) + (token.n > 6 ? 6 : 0);
            texts_addf(t->arena, &to->lines, "  %s %.*s%s%s -> %lld",
                       evidence_text(one, "method"), shown, target,
                       token.n > 6 ? "..." : "", token.p + token.n,
                       evidence_number(one, "status", 0));
        }
    }
}

/* What the gateway warned of. Below that its log is searched, not shown. */
static void add_log(struct trial *t)
{
    struct slice log = slice_of(
        evidence_text(json_object_get(t->evidence, "target"), "stderr_tail"));
    while (log.n) {
        struct slice line = slice_cut(&log, '\n');
        if (!line.n || slice_starts_nocase(line, "debug ") ||
            slice_starts_nocase(line, "info "))
            continue;
        struct transcript *to = case_result_transcript(t->result, "gateway");
        texts_add(t->arena, &to->lines, arena_text(t->arena, line));
    }
}

static void add_transcripts(struct trial *t)
{
    static const char *const lists[] = {"submissions", "sessions", "bounces"};
    size_t i;
    const json_t *one;
    for (size_t k = 0; k < 3; k++) {
        json_array_foreach(evidence_list(t->evidence, lists[k]), i, one)
        {
            struct transcript *to =
                case_result_transcript(t->result, "submitter");
            add_lines(t, to, evidence_list(one, "transcript"));
        }
    }
    json_array_foreach(evidence_list(t->evidence, "visits"), i, one)
    {
        add_visit(t, one);
    }
    json_array_foreach(evidence_list(t->evidence, "connections"), i, one)
    {
        struct transcript *to =
            case_result_transcript(t->result, evidence_text(one, "host"));
        const char *tls = json_string_value(json_object_get(one, "tls"));
        texts_addf(t->arena, &to->lines, "(TLS %s)", tls ? tls : "none");
        add_lines(t, to, evidence_list(one, "transcript"));
    }
    add_log(t);
}

/* -- the whole ------------------------------------------------------------ */

static void judge_target(struct trial *t)
{
    const json_t *target = json_object_get(t->evidence, "target");
    const json_t *signal = json_object_get(target, "signal");
    const json_t *clock = json_object_get(target, "clock_ok");
    size_t i;
    const json_t *text;
    json_array_foreach(evidence_list(t->evidence, "faults"), i, text)
    {
        const char *what = json_string_value(text);
        fault(t, t->c->place, NULL, "the run", "no fault", what ? what : "?");
    }
    if (signal && !json_is_null(signal))
        fault(t, t->c->place, "KEEP-1", "the gateway's end", "an orderly stop",
              TEXT(t, "signal %lld", evidence_number(target, "signal", 0)));
    else if (evidence_number(target, "exit", 0) != 0)
        fault(t, t->c->place, "KEEP-1", "the gateway's end", "exit status 0",
              TEXT(t, "%lld", evidence_number(target, "exit", 0)));
    if (clock && !json_is_true(clock))
        fault(t, t->c->place, NULL, "the gateway's clock",
              "the scenario's clock", "another time");
}

void judge_trial(struct trial *t)
{
    witness_init(&t->w, t->arena, t->c, t->evidence);
    judge_rows(t);
    judge_submitter(t);
    judge_journal(t);
    judge_claims(t);
    judge_copies(t);
    judge_dsns(t);
    judge_visits(t);
    judge_bounces(t);
    judge_invariants(t);
    judge_sts(t);
    judge_traces(t);
    judge_target(t);
}

void judge_case(const struct judge *judge, const struct scenario_case *c,
                const json_t *evidence, struct case_result *result)
{
    struct trial t = {.judge = judge,
                      .c = c,
                      .evidence = evidence,
                      .result = result,
                      .arena = result->arena};
    size_t before = result->mismatch_count;
    judge_trial(&t);
    if (result->mismatch_count > before)
        add_transcripts(&t);
}
