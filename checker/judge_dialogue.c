/* Raw dialogues with the gateway, turn by turn. */
#include <string.h>

#include "checker/judge_internal.h"

static unsigned step_of(const json_t *object)
{
    return (unsigned)evidence_number(object, "step", STEP_END);
}

static const char *text_at(const json_t *list, size_t i)
{
    const char *text = json_string_value(json_array_get(list, i));
    return text ? text : "";
}

static bool turn_is_right(const json_t *turn)
{
    const json_t *expected = evidence_list(turn, "expected");
    const char *got = evidence_text(turn, "got");
    size_t n = json_array_size(expected);
    bool right = n == 0 || json_object_get(turn, "tls");
    for (size_t i = 0; i < n; i++) {
        const char *want = text_at(expected, i);
        right |= strncmp(got, want, strlen(want)) == 0;
    }
    return right && evidence_yes(turn, "ok");
}

static const char *expected_text(struct trial *t, const json_t *turn)
{
    const json_t *expected = evidence_list(turn, "expected");
    const char *text = text_at(expected, 0);
    for (size_t i = 1; i < json_array_size(expected); i++)
        text = TEXT(t, "%s or %s", text, text_at(expected, i));
    return *text ? text : "success";
}

/* Each turn of the scenario's dialogue was taken. */
static void judge_turns(struct trial *t, const json_t *session)
{
    const struct step *s = witness_step(&t->w, step_of(session));
    size_t want = 0, got = json_array_size(evidence_list(session, "dialogue"));
    for (const struct turn *turn = s ? s->session : NULL; turn;
         turn = turn->next)
        want++;
    if (s && got != want)
        fault(t, s->place, clause_shown_by(t, "session"), "session",
              TEXT(t, "%zu turns", want), TEXT(t, "%zu", got));
}

static void judge_dialogue(struct trial *t, const json_t *session)
{
    size_t i;
    const json_t *turn;
    const char *sent = "the connection";
    /* Who comes there is no submitter, and no submission is refused. */
    bool at_bounces =
        strcmp(evidence_text(session, "listener"), "bounces") == 0;
    judge_turns(t, session);
    json_array_foreach(evidence_list(session, "dialogue"), i, turn)
    {
        if (json_object_get(turn, "sent"))
            sent = evidence_text(turn, "sent");
        const char *reply = evidence_text(turn, "got");
        if ((reply[0] == '4' || reply[0] == '5') && !at_bounces)
            judge_refusal(t, step_of(session), sent, reply);
        if (turn_is_right(turn))
            continue;
        struct place place = {t->c->file, (int)evidence_number(turn, "line", 0),
                              1};
        const char *got = evidence_text(turn, "got");
        const char *failure = evidence_text(session, "failure");
        fault(t, place, clause_shown_by(t, "session"),
              TEXT(t, "session, after %s", sent), expected_text(t, turn),
              *got ? got : failure);
        return; /* what follows was not reached */
    }
}

/* As many dialogues as the scenario wants, where a step came to its end: what
 * real programs say, nobody counts. */
static void judge_count(struct trial *t, const json_t *step)
{
    const struct step *s = witness_step(&t->w, step_of(step));
    if (!s || s->kind != STEP_KIND_SESSION || !evidence_yes(step, "settled"))
        return;
    size_t want = s->held ? s->held : s->hold ? s->hold : 1, got = 0, i;
    const json_t *one;
    json_array_foreach(evidence_list(t->evidence, "sessions"), i, one)
    {
        got += step_of(one) == s->number;
    }
    if (got != want)
        fault(t, s->place, clause_shown_by(t, "session"), "session",
              TEXT(t, "%zu dialogues", want), TEXT(t, "%zu", got));
}

void judge_dialogues(struct trial *t)
{
    size_t i;
    const json_t *one;
    json_array_foreach(evidence_list(t->evidence, "sessions"), i, one)
    {
        judge_dialogue(t, one);
    }
    json_array_foreach(evidence_list(t->evidence, "steps"), i, one)
    {
        judge_count(t, one);
    }
}
