/* What each visitor saw, turn by turn, against what the scenario expects. */
#include <string.h>
#include <strings.h>

#include "checker/judge_visit.h"

struct place visit_place(const struct trial *t, const struct visit_action *a)
{
    return a->turn ? a->turn->place : t->c->place;
}

const char *visit_describe(struct trial *t, const struct visit_action *a)
{
    return TEXT(t, "%s: %s %s", a->browser, evidence_text(a->json, "action"),
                evidence_text(a->json, "value"));
}

static const char *seen_words(struct trial *t, const struct visit_action *a)
{
    const char *text = evidence_text(a->json, "failure");
    for (size_t i = 0; i < a->word_count; i++)
        text = TEXT(t, "%s%s%s", text, *text ? ", " : "", a->words[i]);
    return *text                   ? text
           : a->last && !a->status ? evidence_text(a->last, "failure")
                                   : "nothing";
}

/* -- sees ----------------------------------------------------------------- */

static const char *wanted(const struct trial *t, const struct node *list,
                          size_t i)
{
    const struct node *n = list;
    if (n->kind == NODE_KIND_LIST)
        for (n = list->first; n && i > 0; i--)
            n = n->next;
    else if (i > 0)
        n = NULL;
    return n ? cell_text(t, n) : NULL;
}

static bool is_wanted(const struct trial *t, const struct node *list,
                      const char *word)
{
    const char *want;
    for (size_t i = 0; (want = wanted(t, list, i)); i++) {
        if (strcmp(want, word) == 0)
            return true;
    }
    return false;
}

static bool faulty(const struct visit_action *a)
{
    for (size_t i = 0; i < a->word_count; i++) {
        if (!visit_word_is_page(a->words[i]) &&
            !visit_word_is_notice(a->words[i]))
            return true;
    }
    return false;
}

/* Beside a fault it need not be said that a code still holds. */
static bool may_be_silent(const struct visit_action *a, const char *word)
{
    return visit_word_is_page(word) ||
           (visit_word_is_notice(word) && faulty(a));
}

/* The page, said or implied; every fault; the notices. */
static bool sees_right(const struct trial *t, const struct visit_action *a,
                       const struct node *list)
{
    const char *want, *page = NULL;
    for (size_t i = 0; (want = wanted(t, list, i)); i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(want, wanted(t, list, k)) == 0)
                return false;
        }
        if (!visit_sees(a, want) ||
            (page && visit_word_is_page(want) && strcmp(page, want) != 0))
            return false;
        page = visit_word_page(want);
        if (!visit_sees(a, page))
            return false;
    }
    for (size_t i = 0; i < a->word_count; i++) {
        const char *word = a->words[i];
        if (!may_be_silent(a, word) && !is_wanted(t, list, word))
            return false;
    }
    return page != NULL;
}

static const char *want_words(struct trial *t, const struct node *list)
{
    const char *text = "", *want;
    for (size_t i = 0; (want = wanted(t, list, i)); i++)
        text = TEXT(t, "%s%s%s", text, *text ? ", " : "", want);
    return text;
}

static void judge_sees(struct trial *t, const struct visit_action *a)
{
    const struct node *sees = node_get(a->turn->node, "sees");
    if (sees && !sees_right(t, a, sees))
        fault(t, sees->place, clause_shown_by(t, "visit"),
              TEXT(t, "%s: sees", visit_describe(t, a)), want_words(t, sees),
              seen_words(t, a));
}

/* -- shows and hides ------------------------------------------------------ */

static bool holds(struct trial *t, const struct visit_action *a,
                  const char *text)
{
    const char *shown = a->is_html
                            ? html_text(t->arena, &a->page, a->page.count)
                            : arena_text(t->arena, a->body);
    return strcasestr(shown, text) != NULL;
}

static void judge_texts(struct trial *t, const struct visit_action *a,
                        const char *key, bool should)
{
    const struct node *list = node_get(a->turn->node, key);
    const char *want;
    for (size_t i = 0; list && (want = wanted(t, list, i)); i++) {
        if (holds(t, a, want) != should)
            fault(t, list->place, clause_shown_by(t, "visit"),
                  TEXT(t, "%s: %s", visit_describe(t, a), key),
                  TEXT(t, should ? "%s" : "not %s", want),
                  should ? "not there" : "there");
    }
}

/* -- answers to octets ------------------------------------------------------
 */

static const char *statuses(struct trial *t, const struct visit_action *a)
{
    const char *text = "";
    size_t i;
    const json_t *one;
    json_array_foreach(evidence_list(a->json, "exchanges"), i, one)
    {
        text = TEXT(t, "%s%s%lld", text, *text ? ", " : "",
                    evidence_number(one, "status", 0));
    }
    return text;
}

/* As many as are expected, and then the end: a request more in the same octets
 * is one that somebody hid in them. */
static void judge_answers(struct trial *t, const struct visit_action *a)
{
    const struct node *list = node_get(a->turn->node, "answers");
    if (!list)
        return;
    const char *want = want_words(t, list), *got = statuses(t, a);
    const char *failure = a->last ? evidence_text(a->last, "failure") : "";
    if (strcmp(want, got) != 0 || *failure)
        fault(t, list->place, clause_shown_by(t, "visit"),
              TEXT(t, "%s: answers", visit_describe(t, a)), want,
              *failure ? TEXT(t, "%s, and %s", got, failure) : got);
}

/* -- completeness --------------------------------------------------------- */

/* Each redirect leads to the next exchange, and the last is none. */
static void judge_chain(struct trial *t, const struct visit_action *a)
{
    const json_t *list = evidence_list(a->json, "exchanges");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const json_t *next = json_array_get(list, i + 1);
        long long status = evidence_number(one, "status", 0);
        const char *to = visit_header(one, "Location");
        const char *target = next ? evidence_text(next, "target") : "";
        size_t n = strlen(target), whole = strlen(to);
        bool leads = status / 100 == 3 && n && whole >= n &&
                     strcmp(to + whole - n, target) == 0;
        if (next ? !leads : status / 100 == 3)
            fault(t, visit_place(t, a), "PORTAL-1", visit_describe(t, a),
                  "each redirect followed, and nothing else asked for",
                  TEXT(t, "status %lld, Location %s, then %s", status, to,
                       *target ? target : "nothing"));
    }
}

static unsigned count_of(const struct visit_action *all, unsigned step,
                         const struct visit_turn *turn)
{
    unsigned count = 0;
    for (; all; all = all->next)
        count += all->step == step && all->turn == turn;
    return count;
}

static void judge_complete(struct trial *t, const struct visit_action *all)
{
    for (const struct step *s = t->c->steps; s; s = s->next) {
        const struct visit_turn *turn =
            s->kind == STEP_KIND_VISIT ? s->visit : NULL;
        for (; turn; turn = turn->next) {
            unsigned want = turn->act == VISIT_ACT_BROWSER ? 0 : turn->times;
            unsigned got = count_of(all, s->number, turn);
            if (got != want)
                fault(t, turn->place, clause_shown_by(t, "visit"),
                      TEXT(t, "visit: %s", visit_act_name(turn->act)),
                      TEXT(t, "done %u times", want), TEXT(t, "%u", got));
        }
    }
}

void judge_visits(struct trial *t)
{
    struct visit_action *all = visit_actions(t->arena, &t->w);
    judge_complete(t, all);
    for (const struct visit_action *a = all; a; a = a->next) {
        if (!a->turn || strcmp(visit_act_name(a->turn->act),
                               evidence_text(a->json, "action")) != 0) {
            fault(t, t->c->place, NULL, visit_describe(t, a),
                  "a turn of the scenario", "none");
            continue;
        }
        judge_sees(t, a);
        judge_texts(t, a, "shows", true);
        judge_texts(t, a, "hides", false);
        judge_answers(t, a);
        if (a->turn->act != VISIT_ACT_OCTETS)
            judge_chain(t, a);
    }
    judge_pages(t, all);
    judge_access(t, all);
}
