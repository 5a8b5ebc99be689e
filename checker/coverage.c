#include "checker/coverage.h"

#include <string.h>
#include <strings.h>

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* -- what a step expects -------------------------------------------------- */

static bool row_has(const struct step *s, const char *key, const char *value)
{
    for (const struct expect_row *r = s->expect->rows; r; r = r->next) {
        const struct node *cell = node_get(r->node, key);
        if (cell && (!value || node_is_text(cell, value)))
            return true;
    }
    return false;
}

static bool any_prefix(const struct node *list, const char *first_digits)
{
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        if (n->kind == NODE_KIND_TEXT && strchr(first_digits, n->text[0]))
            return true;
    }
    return false;
}

/* A dialogue in which the gateway refuses, closes, or is silent. */
static bool session_refuses(const struct step *s)
{
    for (const struct turn *t = s->session; t; t = t->next) {
        for (size_t i = 0; i < t->expect.count; i++) {
            const char *text = t->expect.texts[i];
            if (text[0] == '4' || text[0] == '5' || is(text, "closed") ||
                is(text, "nothing") || is(text, "protocol-version"))
                return true;
        }
    }
    return false;
}

static bool sees_apart(const struct step *s)
{
    for (const struct expect_row *r = s->expect->rows; r; r = r->next) {
        const char *number = node_text(r->node, "conversation", "1");
        if (strcmp(number, "1") != 0)
            return true;
    }
    return false;
}

static bool sees_refused(const struct step *s)
{
    return any_prefix(s->expect->replies, "45");
}

static bool sees_absent(const struct step *s)
{
    return (s->expect->absent && s->expect->absent->count) ||
           any_prefix(s->expect->connections, "0");
}

static bool sees_silent(const struct step *s)
{
    return row_has(s, "dsn", "no");
}

static bool sees_not(const struct step *s)
{
    return row_has(s, "not", NULL);
}

static bool sees_warned(const struct step *s)
{
    return s->expect->warnings && s->expect->warnings->count;
}

static const struct {
    const char *word;
    bool (*sees)(const struct step *s); /* NULL: that delivery */
} denials[] = {
    {"failed", NULL},          {"deferred", NULL},      {"direct", NULL},
    {"notification", NULL},    {"not", sees_not},       {"warned", sees_warned},
    {"refused", sees_refused}, {"absent", sees_absent}, {"apart", sees_apart},
    {"silent", sees_silent},
};
enum { DENIAL_COUNT = sizeof denials / sizeof *denials };

bool coverage_knows(const char *word)
{
    for (size_t i = 0; i < DENIAL_COUNT; i++) {
        if (is(denials[i].word, word))
            return true;
    }
    return false;
}

static bool step_denies(const struct step *s, const char *word)
{
    if (s->kind == STEP_KIND_SESSION)
        return is(word, "refused") && session_refuses(s);
    if (s->kind != STEP_KIND_EXPECT)
        return false;
    for (size_t i = 0; i < DENIAL_COUNT; i++) {
        if (is(denials[i].word, word))
            return denials[i].sees ? denials[i].sees(s)
                                   : row_has(s, "delivery", word);
    }
    return false;
}

bool coverage_denies(const struct scenario_case *c, const char *const *words)
{
    for (const struct step *s = c->steps; s; s = s->next) {
        for (const char *const *word = words; *word; word++) {
            if (step_denies(s, *word))
                return true;
        }
    }
    return false;
}

static bool step_shows(const struct step *s, const char *what)
{
    if (s->kind == STEP_KIND_SESSION)
        return is(what, "session");
    return s->kind == STEP_KIND_EXPECT &&
           (node_get(s->expect->node, what) || row_has(s, what, NULL));
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

static size_t report_clause(const struct coverage *v, const struct clause *one,
                            struct arena *arena, FILE *to)
{
    bool shown = false, denied = false;
    for (size_t i = 0; i < v->case_count; i++) {
        const struct scenario_case *c = v->cases[i];
        if (!names(c, one->id) || c->expected_fail)
            continue;
        bool shows = coverage_shows(c, one->shows);
        shown |= shows;
        denied |= shows && coverage_denies(c, one->denied);
    }
    if (!shown)
        fprintf(to, "clause %s: no case decides it (%s)\n", one->id,
                joined(arena, one->shows));
    if (!denied)
        fprintf(to, "clause %s: no case sees its other side (%s)\n", one->id,
                joined(arena, one->denied));
    return !shown + (size_t)!denied;
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
