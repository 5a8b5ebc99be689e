#include "checker/judge_internal.h"

#include <string.h>
#include <strings.h>

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
    json_array_foreach(evidence_list(target, "long_turns"), i, text)
    {
        const char *what = json_string_value(text);
        fault(t, t->c->place, "CONN-11", "the gateway's log",
              "no turn of its loop that keeps others waiting",
              what ? what : "?");
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
