/* Visits of the portal and what came by SMS, each dropped, doubled, altered. */
#include <string.h>

#include "checker/doubt_internal.h"
#include "checker/visit_view.h"
#include "engine/vocabulary_visit.h"

/* One visit with another list of actions; takes the list. */
static json_t *with_actions(const struct doubting *d, size_t visit,
                            json_t *actions)
{
    const json_t *visits = evidence_list(d->evidence, "visits");
    json_t *changed = json_copy(json_array_get(visits, visit));
    json_object_set_new(changed, "actions", actions);
    return doubt_with_list(d, "visits",
                           doubt_with_element(visits, visit, changed));
}

/* The last answer of an action says something else. */
static json_t *with_answer(const json_t *action, const char *key, json_t *value)
{
    const json_t *exchanges = evidence_list(action, "exchanges");
    size_t last = json_array_size(exchanges) - 1;
    json_t *changed = json_copy((json_t *)(uintptr_t)action);
    json_t *answer = json_copy(json_array_get(exchanges, last));
    json_object_set_new(answer, key, value);
    json_object_set_new(changed, "exchanges",
                        doubt_with_element(exchanges, last, answer));
    return changed;
}

static void try_answer(struct doubting *d, size_t visit, size_t i,
                       const char *key, json_t *value)
{
    const json_t *actions = evidence_list(
        json_array_get(evidence_list(d->evidence, "visits"), visit), "actions");
    json_t *changed = with_answer(json_array_get(actions, i), key, value);
    doubt_try(d,
              with_actions(d, visit, doubt_with_element(actions, i, changed)),
              arena_printf(d->arena, "visits[%zu]: action %zu: another %s",
                           visit, i, key));
}

static void try_action(struct doubting *d, size_t visit, size_t i)
{
    const json_t *actions = evidence_list(
        json_array_get(evidence_list(d->evidence, "visits"), visit), "actions");
    const json_t *action = json_array_get(actions, i);
    const char *name = evidence_text(action, "action");
    doubt_try(d, with_actions(d, visit, doubt_without(actions, i)),
              arena_printf(d->arena, "visits[%zu]: %s dropped", visit, name));
    doubt_try(d, with_actions(d, visit, doubt_doubled(actions, i)),
              arena_printf(d->arena, "visits[%zu]: %s doubled", visit, name));
    const json_t *exchanges = evidence_list(action, "exchanges");
    if (!json_array_size(exchanges))
        return;
    const json_t *last =
        json_array_get(exchanges, json_array_size(exchanges) - 1);
    bool is_error = strncmp(evidence_text(last, "target"), "/api/", 5) == 0 &&
                    evidence_number(last, "status", 0) >= 400;
    bool is_none = !evidence_number(last, "status", 0);
    if (!is_error && !is_none) /* whose words nobody is told */
        try_answer(d, visit, i, "body", json_string("something else"));
    if (!is_none)
        try_answer(d, visit, i, "headers", json_array());
    try_answer(d, visit, i, "tls", json_string("1.0"));
    try_answer(d, visit, i, "certificate", json_string("self-signed"));
    if (strcmp(name, "octets") == 0)
        try_answer(d, visit, i, "failure", json_string("still open"));
}

static void try_sms(struct doubting *d, size_t i)
{
    const json_t *list = evidence_list(d->evidence, "sms");
    static const char *const keys[] = {"to", "text"};
    const json_t *sms = json_array_get(list, i);
    doubt_try(d, doubt_with_list(d, "sms", doubt_without(list, i)),
              arena_printf(d->arena, "sms[%zu] dropped", i));
    doubt_try(d, doubt_with_list(d, "sms", doubt_doubled(list, i)),
              arena_printf(d->arena, "sms[%zu] doubled", i));
    for (size_t k = 0; k < 2 && evidence_yes(sms, "accepted"); k++) {
        json_t *changed = json_copy((json_t *)(uintptr_t)sms);
        json_object_set_new(changed, keys[k], json_string("+31600000000"));
        doubt_try(
            d, doubt_with_list(d, "sms", doubt_with_element(list, i, changed)),
            arena_printf(d->arena, "sms[%zu]: another %s", i, keys[k]));
    }
}

static void try_turn(struct doubting *d, const struct visit_turn *t)
{
    const struct node *sees = node_get(t->node, "sees");
    const struct node *shows = node_get(t->node, "shows");
    const struct node *answers = node_get(t->node, "answers");
    const struct node *n =
        sees && sees->kind == NODE_KIND_LIST ? sees->first : sees;
    for (; n; n = n == sees ? NULL : n->next) {
        for (const char *const *word = words_seen; *word; word++)
            doubt_cell(d, n, *word);
    }
    n = shows && shows->kind == NODE_KIND_LIST ? shows->first : shows;
    for (; n; n = n == shows ? NULL : n->next)
        doubt_cell(d, n, "what nobody wrote");
    n = answers && answers->kind == NODE_KIND_LIST ? answers->first : answers;
    for (; n; n = n == answers ? NULL : n->next)
        doubt_cell(d, n, "499");
}

void doubt_visits(struct doubting *d)
{
    const json_t *visits = evidence_list(d->evidence, "visits");
    for (const struct step *s = d->c->steps; s; s = s->next) {
        const struct visit_turn *t =
            s->kind == STEP_KIND_VISIT ? s->visit : NULL;
        for (; t; t = t->next)
            try_turn(d, t);
    }
    for (size_t v = 0; v < json_array_size(visits); v++) {
        size_t n = json_array_size(
            evidence_list(json_array_get(visits, v), "actions"));
        for (size_t i = 0; i < n; i++)
            try_action(d, v, i);
    }
    for (size_t i = 0; i < json_array_size(evidence_list(d->evidence, "sms"));
         i++)
        try_sms(d, i);
}
