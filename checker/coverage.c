#include "checker/coverage.h"

#include <string.h>
#include <strings.h>

#include "checker/visit_view.h"

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* -- what a step expects -------------------------------------------------- */

/* An expectation stands on the clause's other side, or it does not; a clause is
 * put to the test where a scenario holds both. */
enum side { SIDE_PLAIN = 1, SIDE_DENIED = 2, SIDE_BOTH = 3 };

static enum side side(bool denied)
{
    return denied ? SIDE_DENIED : SIDE_PLAIN;
}

static bool is_word(const char *word, const char *const *words)
{
    while (*words && !is(word, *words))
        words++;
    return *words != NULL;
}

static const char *const row_words[] = {"failed",       "deferred", "direct",
                                        "notification", "not",      "apart",
                                        "silent",       NULL};
static const char *const step_words[] = {"refused", "absent", "warned",
                                         "kept-out", NULL};

static bool row_denies(const struct expect_row *row, const char *const *words)
{
    const struct node *number = node_get(row->node, "conversation");
    return is_word(node_text(row->node, "delivery", "-"), words) ||
           (is_word("not", words) && node_get(row->node, "not")) ||
           (is_word("apart", words) && number && !node_is_text(number, "1")) ||
           (is_word("silent", words) &&
            is(node_text(row->node, "dsn", ""), "no"));
}

/* Of texts that begin as a reply does. */
static int reply_sides(const struct node *list, const char *const *words)
{
    int sides = 0;
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        if (n->kind == NODE_KIND_TEXT)
            sides |= side(is_word("refused", words) &&
                          strchr("45", n->text[0]) != NULL);
    }
    return sides;
}

static bool has_zero(const struct node *connections)
{
    const struct node *n = connections ? connections->first : NULL;
    while (n && !node_is_text(n, "0"))
        n = n->next;
    return n != NULL;
}

static int expect_sides(const struct step *s, const char *const *words)
{
    const struct expect *e = s->expect;
    int sides = reply_sides(e->replies, words);
    for (const struct expect_row *r = e->rows; r; r = r->next)
        sides |= side(row_denies(r, words));
    if ((e->absent && e->absent->count) || has_zero(e->connections) ||
        has_zero(e->policy_fetches))
        sides |= side(is_word("absent", words));
    if (e->warnings)
        sides |= side(is_word("warned", words) && e->warnings->count);
    return sides;
}

/* A dialogue in which the gateway refuses, closes, or is silent; and goes on.
 */
static int session_sides(const struct step *s, const char *const *words)
{
    static const char *const ends[] = {"closed", "nothing", "protocol-version",
                                       NULL};
    int sides = 0;
    for (const struct turn *t = s->session; t; t = t->next) {
        for (size_t i = 0; i < t->expect.count; i++) {
            const char *text = t->expect.texts[i];
            bool refuses = strchr("45", text[0]) || is_word(text, ends);
            sides |= side(refuses && is_word("refused", words));
        }
    }
    return sides;
}

/* A visitor who sees what he came for, and one who is kept out. */
static int visit_sides(const struct step *s, const char *const *words)
{
    int sides = 0;
    for (const struct visit_turn *t = s->visit; t; t = t->next) {
        for (size_t i = 0; i < t->sees.count; i++)
            sides |= side(is_word("kept-out", words) &&
                          visit_word_denies(t->sees.texts[i]));
    }
    return sides;
}

static int sides_of(const struct scenario_case *c, const char *const *words)
{
    int sides = 0;
    for (const struct step *s = c->steps; s; s = s->next) {
        if (s->kind == STEP_KIND_SESSION)
            sides |= session_sides(s, words);
        else if (s->kind == STEP_KIND_VISIT)
            sides |= visit_sides(s, words);
        else if (s->kind == STEP_KIND_EXPECT)
            sides |= expect_sides(s, words);
    }
    return sides;
}

bool coverage_knows(const char *word)
{
    return is_word(word, row_words) || is_word(word, step_words);
}

bool coverage_denies(const struct scenario_case *c, const char *const *words)
{
    return sides_of(c, words) & SIDE_DENIED;
}

static bool row_has(const struct step *s, const char *key)
{
    const struct expect_row *r = s->expect->rows;
    while (r && !node_get(r->node, key))
        r = r->next;
    return r != NULL;
}

static bool step_shows(const struct step *s, const char *what)
{
    if (s->kind == STEP_KIND_SESSION)
        return is(what, "session");
    if (s->kind == STEP_KIND_VISIT)
        return is(what, "visit");
    return s->kind == STEP_KIND_EXPECT &&
           (node_get(s->expect->node, what) || row_has(s, what));
}

bool coverage_shows(const struct scenario_case *c, const char *const *shows)
{
    for (const struct step *s = c->steps; s; s = s->next) {
        for (const char *const *what = shows; *what; what++) {
            if (step_shows(s, *what))
                return true;
        }
    }
    return false;
}

/* -- clauses -------------------------------------------------------------- */

static bool names(const struct scenario_case *c, const char *id)
{
    for (size_t i = 0; i < c->clauses.count; i++) {
        if (is(c->clauses.texts[i], id))
            return true;
    }
    return false;
}

static const char *joined(struct arena *arena, const char *const *words)
{
    const char *text = "";
    for (; *words; words++)
        text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "", *words);
    return text;
}

/* One scenario sees both: what differs between its cases, rows or replies is
 * then the clause's doing. */
static bool sees_both(const struct coverage *v, const struct clause *one)
{
    const struct scenario *scenario = NULL;
    int sides = 0;
    for (size_t i = 0; i < v->case_count && sides != SIDE_BOTH; i++) {
        const struct scenario_case *c = v->cases[i];
        if (c->scenario != scenario)
            sides = 0;
        scenario = c->scenario;
        if (names(c, one->id) && !c->expected_fail)
            sides |= sides_of(c, one->denied);
    }
    return sides == SIDE_BOTH;
}

static bool is_shown(const struct coverage *v, const struct clause *one)
{
    for (size_t i = 0; i < v->case_count; i++) {
        const struct scenario_case *c = v->cases[i];
        if (names(c, one->id) && !c->expected_fail &&
            coverage_shows(c, one->shows))
            return true;
    }
    return false;
}

static size_t report_clause(const struct coverage *v, const struct clause *one,
                            struct arena *arena, FILE *to)
{
    size_t missing = 0;
    if (!is_shown(v, one)) {
        missing++;
        fprintf(to, "clause %s: no case decides it (%s)\n", one->id,
                joined(arena, one->shows));
    }
    if (!sees_both(v, one)) {
        missing++;
        fprintf(to, "clause %s: no scenario sees both its sides (%s)\n",
                one->id, joined(arena, one->denied));
    }
    if (v->broken && !is_word(one->id, v->broken)) {
        missing++;
        fprintf(to, "clause %s: no mutant breaks it\n", one->id);
    }
    return missing;
}

/* -- postures ------------------------------------------------------------- */

struct use {
    const char *name;
    bool with, without; /* zivver-direct-delivery */
};

static bool wishes_direct(const struct submit *s)
{
    for (const struct header_line *h = s->headers; h; h = h->next) {
        if (strcasecmp(h->name, "zivver-direct-delivery") == 0)
            return true;
    }
    return false;
}

static void use_posture(struct use *uses, const char *name, bool wish)
{
    for (; name && uses->name; uses++) {
        if (!is(uses->name, name))
            continue;
        uses->with |= wish;
        uses->without |= !wish;
    }
}

static void use_step(struct use *uses, const struct step *s)
{
    const struct submit *m = s->submit;
    bool wish = wishes_direct(m);
    for (size_t i = 0; i < m->envelope.count; i++) {
        const char *at = strrchr(m->envelope.texts[i], '@');
        const struct posture *p = world_posture(s->world, at ? at + 1 : "");
        if (!p)
            continue;
        use_posture(uses, p->name, wish);
        for (const struct posture_host *h = p->hosts; h; h = h->next)
            use_posture(uses, h->posture, wish);
    }
}

static size_t report_postures(const struct coverage *v, struct arena *arena,
                              FILE *to)
{
    size_t count = 0, missing = 0;
    while (v->postures[count])
        count++;
    struct use *uses = arena_alloc(arena, (count + 1) * sizeof *uses);
    for (size_t i = 0; i <= count; i++)
        uses[i] = (struct use){.name = v->postures[i]};
    for (size_t i = 0; i < v->case_count; i++) {
        for (const struct step *s = v->cases[i]->steps; s; s = s->next) {
            if (s->kind == STEP_KIND_SUBMIT && !v->cases[i]->expected_fail)
                use_step(uses, s);
        }
    }
    for (const struct use *u = uses; u->name; u++) {
        if (!u->with)
            fprintf(to, "posture %s: no case with zivver-direct-delivery\n",
                    u->name);
        if (!u->without)
            fprintf(to, "posture %s: no case without zivver-direct-delivery\n",
                    u->name);
        missing += !u->with + (size_t)!u->without;
    }
    return missing;
}

/* -- settings ------------------------------------------------------------- */

static size_t report_setting(const struct coverage *v,
                             const struct ambiguity *a, FILE *to)
{
    const struct clause *clause = clauses_find(v->clauses, a->clause);
    size_t missing = 0;
    if (!clause || !clause->built)
        return 0;
    for (const char *const *reading = a->readings; *reading; reading++) {
        bool found = false;
        for (size_t i = 0; i < v->case_count && !found; i++) {
            const struct scenario_case *c = v->cases[i];
            found = names(c, a->clause) && !c->expected_fail &&
                    is(world_setting(c->world, a->setting, a->readings[0]),
                       *reading);
        }
        if (!found)
            fprintf(to, "setting %s: no case of %s reads it as %s\n",
                    a->setting, a->clause, *reading);
        missing += !found;
    }
    return missing;
}

size_t coverage_report(const struct coverage *v, FILE *to)
{
    struct arena *arena = arena_create();
    size_t missing = 0;
    const struct clause *one = clauses_first(v->clauses);
    for (; one; one = one->next) {
        if (one->built)
            missing += report_clause(v, one, arena, to);
    }
    missing += report_postures(v, arena, to);
    const struct ambiguity *a = clauses_ambiguities(v->clauses);
    for (; a; a = a->next)
        missing += report_setting(v, a, to);
    arena_destroy(&arena);
    return missing;
}
