/* BOUNCE-1: what came back to the gateway. It takes mail for live return paths
 * alone, journals each failure as `bounced`, and nothing else. */
#include <string.h>

#include "checker/judge_bounces.h"

const struct claim *bounce_claim(const struct trial *t, const json_t *bounce)
{
    const char *to = evidence_text(bounce, "to");
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        if (copy->kind != COPY_KIND_DSN && copy->claim &&
            address_same(copy->reverse_path, to))
            return copy->claim;
    }
    return NULL;
}

static bool is_form(const json_t *bounce, const char *form)
{
    return strcmp(evidence_text(bounce, "form"), form) == 0;
}

const char *bounce_action(const json_t *bounce)
{
    return !evidence_yes(bounce, "accepted") ? ""
           : is_form(bounce, "report")       ? evidence_text(bounce, "action")
           : is_form(bounce, "plain")        ? "failed"
                                             : "";
}

const json_t *bounce_find(const struct trial *t, const struct claim *claim,
                          const char *action)
{
    const json_t *b, *found = NULL;
    size_t i;
    json_array_foreach(evidence_list(t->evidence, "bounces"), i, b)
    {
        if (bounce_claim(t, b) == claim &&
            strcmp(bounce_action(b), action) == 0)
            found = b;
    }
    return found;
}

/* The class of a status is its first digit; of mail without a report no more is
 * known. */
static bool status_agrees(const json_t *bounce, const json_t *event)
{
    const char *said = evidence_text(event, "status");
    return is_form(bounce, "plain")
               ? said[0] == '5'
               : strcmp(said, evidence_text(bounce, "status")) == 0;
}

static bool tells_of(const json_t *event, const json_t *bounce,
                     const struct claim *claim)
{
    return strcmp(evidence_text(event, "event"), "bounced") == 0 &&
           evidence_number(event, "step", -1) ==
               evidence_number(bounce, "step", -2) &&
           strcmp(evidence_text(event, "message"), claim->letter->id) == 0 &&
           address_same(evidence_text(event, "recipient"), claim->address) &&
           status_agrees(bounce, event);
}

static unsigned event_count(const struct trial *t, const json_t *bounce,
                            const struct claim *claim)
{
    const json_t *e;
    size_t i;
    unsigned count = 0;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        count += claim && tells_of(e, bounce, claim);
    }
    return count;
}

static void bounce_fault(struct trial *t, struct place place, const char *what,
                         const char *expected, const char *got)
{
    fault(t, place, "BOUNCE-1", what, expected, got);
}

static void judge_bounce(struct trial *t, const json_t *bounce)
{
    const struct step *step =
        witness_step(&t->w, (unsigned)evidence_number(bounce, "step", 0));
    const struct claim *claim = bounce_claim(t, bounce);
    const char *reply = evidence_text(bounce, "reply");
    const struct node *cell = step ? node_get(step->node, "expect") : NULL;
    const char *want = cell ? cell_text(t, cell) : "250";
    struct place place = step ? step->place : t->c->place;
    const char *what = TEXT(t, "bounce to %s", evidence_text(bounce, "to"));
    if (!claim && strncmp(reply, "550 5.1.1", 9) != 0)
        bounce_fault(t, place, what, "550 5.1.1 for what nobody was given",
                     reply);
    if (strncmp(reply, want, strlen(want)) != 0 ||
        evidence_yes(bounce, "accepted") != (reply[0] == '2'))
        bounce_fault(t, place, what, want, reply);
    unsigned owed = strcmp(bounce_action(bounce), "failed") == 0;
    unsigned told = event_count(t, bounce, claim);
    if (owed != told)
        bounce_fault(t, place, what,
                     owed ? "one event 'bounced' that says so"
                          : "no event 'bounced'",
                     TEXT(t, "%u", told));
}

/* Each step's bounce was sent; each event has its bounce. */
static void judge_counts(struct trial *t)
{
    const json_t *bounces = evidence_list(t->evidence, "bounces"), *e, *b;
    size_t i, k;
    unsigned steps = 0;
    for (const struct step *s = t->c->steps; s; s = s->next)
        steps += s->kind == STEP_KIND_BOUNCE;
    if (steps != json_array_size(bounces))
        bounce_fault(t, t->c->place, "bounces", TEXT(t, "%u", steps),
                     TEXT(t, "%zu", json_array_size(bounces)));
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        bool found = strcmp(evidence_text(e, "event"), "bounced") != 0;
        json_array_foreach(bounces, k, b)
        {
            const struct claim *claim = bounce_claim(t, b);
            found |= claim && tells_of(e, b, claim);
        }
        if (!found)
            bounce_fault(t, t->c->place, "event 'bounced'",
                         "something that came back", "none");
    }
}

void judge_bounces(struct trial *t)
{
    const json_t *b;
    size_t i;
    json_array_foreach(evidence_list(t->evidence, "bounces"), i, b)
    {
        judge_bounce(t, b);
    }
    judge_counts(t);
}
