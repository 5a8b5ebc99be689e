/* What was refused, in the journal: line by line, or counted (CONN-10). */
#include <string.h>

#include "checker/judge_internal.h"

enum { MINUTE_S = 60, LINES_A_MINUTE = 60 };

static unsigned step_of(const json_t *object)
{
    return (unsigned)evidence_number(object, "step", STEP_END);
}

static bool is_event(const json_t *event, const char *name)
{
    return strcmp(evidence_text(event, "event"), name) == 0;
}

bool judge_same_reply(const char *a, const char *b)
{
    enum { CODES = 9 }; /* "550 5.7.1" */
    return strncmp(a, b, strlen(a) < CODES || strlen(b) < CODES ? 3 : CODES) ==
           0;
}

/* reply NULL: whatever refuses. */
static bool is_such(const char *got, const char *reply)
{
    return reply ? judge_same_reply(got, reply)
                 : got[0] == '4' || got[0] == '5';
}

/* How often the journal says so in a step; STEP_END: in any. */
static unsigned count_refused(const struct trial *t, unsigned step,
                              const char *reply)
{
    unsigned n = 0;
    size_t i;
    const json_t *e;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        n += is_event(e, "refused") &&
             (step == STEP_END || step_of(e) == step) &&
             is_such(evidence_text(e, "reply"), reply);
    }
    return n;
}

static unsigned count_in(const json_t *list, const char *key, const char *reply)
{
    unsigned n = 0;
    size_t i;
    const json_t *r;
    json_array_foreach(list, i, r)
    {
        n += is_such(evidence_text(r, key), reply);
    }
    return n;
}

/* How often the submitters of a step were told so; STEP_END: of any. */
static unsigned count_told(const struct trial *t, unsigned step,
                           const char *reply)
{
    unsigned n = 0;
    size_t i;
    const json_t *one;
    json_array_foreach(evidence_list(t->evidence, "submissions"), i, one)
    {
        if (step == STEP_END || step_of(one) == step)
            n += count_in(evidence_list(one, "replies"), "reply", reply);
    }
    json_array_foreach(evidence_list(t->evidence, "sessions"), i, one)
    {
        if (step == STEP_END || step_of(one) == step)
            n += count_in(evidence_list(one, "dialogue"), "got", reply);
    }
    return n;
}

/* Told at the return-path listener: no submission, and not journalled. */
static unsigned count_at_bounces(const struct trial *t)
{
    unsigned n = 0;
    size_t i;
    const json_t *one;
    json_array_foreach(evidence_list(t->evidence, "sessions"), i, one)
    {
        if (strcmp(evidence_text(one, "listener"), "bounces") == 0)
            n += count_in(evidence_list(one, "dialogue"), "got", NULL);
    }
    return n;
}

/* So many more were refused in that step or before, says the journal later. */
static unsigned count_counted(const struct trial *t, unsigned step)
{
    unsigned n = 0;
    size_t i;
    const json_t *e;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        if (is_event(e, "refusals") &&
            (step == STEP_END || step_of(e) >= step || step_of(e) == STEP_END))
            n += (unsigned)evidence_number(e, "count", 0);
    }
    return n;
}

void judge_refusal(struct trial *t, unsigned step, const char *command,
                   const char *reply)
{
    unsigned told = count_told(t, step, reply);
    unsigned claimed = count_refused(t, step, reply);
    if (claimed + count_counted(t, step) < told)
        fault(t, t->c->place, "CONN-7", TEXT(t, "reply to %s", command),
              TEXT(t, "%u events 'refused' that say %s", told, reply),
              TEXT(t, "%u", claimed));
}

static bool is_same_minute(const json_t *a, const json_t *b)
{
    return evidence_number(a, "time", 0) / MINUTE_S ==
               evidence_number(b, "time", 0) / MINUTE_S &&
           strcmp(evidence_text(a, "client"), evidence_text(b, "client")) == 0;
}

static bool is_line(const json_t *event)
{
    return is_event(event, "refused") || is_event(event, "handshake-refused");
}

/* Each line against those of its client and minute before it. */
static void judge_lines(struct trial *t)
{
    const json_t *list = evidence_list(t->evidence, "journal"), *e;
    size_t i;
    json_array_foreach(list, i, e)
    {
        unsigned n = is_line(e);
        for (size_t k = 0; k < i && n; k++) {
            const json_t *other = json_array_get(list, k);
            n += is_line(other) && is_same_minute(other, e);
        }
        if (n != LINES_A_MINUTE + 1)
            continue;
        fault(t, t->c->place, "CONN-10", "lines of one client's refusals",
              "60 a minute", "more");
    }
}

void judge_refusals(struct trial *t)
{
    unsigned told = count_told(t, STEP_END, NULL) - count_at_bounces(t);
    unsigned claimed = count_refused(t, STEP_END, NULL);
    unsigned counted = count_counted(t, STEP_END);
    judge_lines(t);
    if (!t->w.kills && counted && claimed + counted < told)
        fault(t, t->c->place, "CONN-10", "refusals in the journal",
              TEXT(t, "%u, one by one and counted", told),
              TEXT(t, "%u", claimed + counted));
}
