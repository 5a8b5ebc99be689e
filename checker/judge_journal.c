/* Expected and absent events, warnings, and connections of hosts. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"

static bool is_before(const json_t *object, unsigned last)
{
    return evidence_number(object, "step", STEP_END) <= (long long)last;
}

/* A value of an event as a scenario writes it. */
static bool value_is(json_t *value, const char *text)
{
    char number[32];
    size_t i;
    const char *key;
    json_t *one;
    if (json_is_string(value))
        return strcmp(json_string_value(value), text) == 0;
    if (json_is_boolean(value))
        return strcmp(json_is_true(value) ? "yes" : "no", text) == 0;
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%lld",
                 (long long)json_integer_value(value));
        return strcmp(number, text) == 0;
    }
    json_array_foreach(value, i, one)
    {
        if (value_is(one, text))
            return true;
    }
    json_object_foreach(value, key, one)
    {
        if (value_is(one, text))
            return true;
    }
    return false;
}

static bool event_is(const struct trial *t, const json_t *event,
                     const struct node *map)
{
    for (const struct node *n = map->first; n; n = n->next) {
        const char *text = cell_text(t, n);
        json_t *value = json_object_get(event, n->key);
        if (!text || !value || !value_is(value, text))
            return false;
    }
    return true;
}

static const json_t *find_event(const struct trial *t, const struct node *map,
                                unsigned last)
{
    size_t i;
    const json_t *e;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        if (is_before(e, last) && event_is(t, e, map))
            return e;
    }
    return NULL;
}

static const char *describe(struct trial *t, const struct node *map)
{
    const char *text = "";
    for (const struct node *n = map->first; n; n = n->next)
        text = TEXT(t, "%s%s%s: %s", text, *text ? ", " : "", n->key,
                    cell_text(t, n) ? cell_text(t, n) : "");
    return text;
}

static void judge_events(struct trial *t, const struct step *s)
{
    const struct node *n =
        s->expect->journal ? s->expect->journal->first : NULL;
    for (; n; n = n->next) {
        if (!find_event(t, n, s->number))
            fault(t, n->place, "KEEP-2", "journal", describe(t, n),
                  "no such event");
    }
    n = s->expect->absent ? s->expect->absent->first : NULL;
    for (; n; n = n->next) {
        const json_t *found = find_event(t, n, s->number);
        if (found)
            fault(t, n->place, "CONN-8", "journal",
                  TEXT(t, "no event %s", describe(t, n)),
                  TEXT(t, "%s in step %lld", evidence_text(found, "event"),
                       evidence_number(found, "step", 0)));
    }
}

static const char *clause_of_warning(const char *word)
{
    return strncmp(word, "direct", 6) == 0 ? "DIRECT-2" : "RIGHT-4";
}

/* Both ways: each expected word stands in the journal, and no other. */
static void judge_warnings(struct trial *t, const struct step *s)
{
    const struct node *list = s->expect->warnings, *n;
    size_t i;
    const json_t *e;
    bool found;
    if (!list)
        return;
    for (n = list->first; n; n = n->next) {
        const char *want = cell_text(t, n);
        found = false;
        json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
        {
            found |= is_before(e, s->number) &&
                     strcmp(evidence_text(e, "event"), "warning") == 0 &&
                     strcmp(evidence_text(e, "word"), want) == 0;
        }
        if (!found)
            fault(t, n->place, clause_of_warning(want), "warning", want,
                  "no such warning");
    }
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        const char *word = evidence_text(e, "word");
        if (!is_before(e, s->number) ||
            strcmp(evidence_text(e, "event"), "warning") != 0)
            continue;
        found = false;
        for (n = list->first; n; n = n->next)
            found |= strcmp(cell_text(t, n), word) == 0;
        if (!found)
            fault(t, list->place, clause_of_warning(word), "warning",
                  "only those expected", word);
    }
}

static void judge_connections(struct trial *t, const struct step *s)
{
    const struct node *n =
        s->expect->connections ? s->expect->connections->first : NULL;
    for (; n; n = n->next) {
        unsigned count = 0;
        size_t i;
        const json_t *c;
        json_array_foreach(evidence_list(t->evidence, "connections"), i, c)
        {
            count += is_before(c, s->number) &&
                     strcasecmp(evidence_text(c, "host"), n->key) == 0;
        }
        const char *want = cell_text(t, n);
        if (strtoul(want, NULL, 10) != count)
            fault(t, n->place, "TRANSPORT-4",
                  TEXT(t, "connections of %s", n->key), want,
                  TEXT(t, "%u", count));
    }
}

static void judge_policy_fetches(struct trial *t, const struct step *s)
{
    const struct node *n =
        s->expect->policy_fetches ? s->expect->policy_fetches->first : NULL;
    for (; n; n = n->next) {
        unsigned count = 0;
        size_t i;
        const json_t *f;
        json_array_foreach(evidence_list(t->evidence, "policy_fetches"), i, f)
        {
            count += is_before(f, s->number) &&
                     strcasecmp(evidence_text(f, "domain"), n->key) == 0;
        }
        const char *want = cell_text(t, n);
        if (strtoul(want, NULL, 10) != count)
            fault(t, n->place, "TRANSPORT-6",
                  TEXT(t, "policy fetches of %s", n->key), want,
                  TEXT(t, "%u", count));
    }
}

void judge_journal(struct trial *t)
{
    for (const struct step *s = t->c->steps; s; s = s->next) {
        if (s->kind != STEP_KIND_EXPECT)
            continue;
        judge_events(t, s);
        judge_warnings(t, s);
        judge_connections(t, s);
        judge_policy_fetches(t, s);
    }
}
