/* Expectations against the tables, before anything is run. */
#include <string.h>
#include <strings.h>

#include "checker/predict_internal.h"

struct linting {
    const struct tables *tables;
    struct diagnostics *list;
    struct arena *arena;
};

static const char *basis(const struct table_row *row)
{
    return row->clause                                ? row->clause
           : strcmp(row->order, "default-order") == 0 ? "ORDER-1"
                                                      : "ORDER-2";
}

/* A cell against what is predicted; 1 where they differ. */
static unsigned lint_cell(struct linting *l, const struct expect_row *row,
                          const struct prediction *p, const char *key,
                          const char *predicted, bool against)
{
    const struct node *cell = node_get(row->node, key);
    if (!cell || !predicted || cell->kind != NODE_KIND_TEXT ||
        strcmp(cell->text, predicted) == 0)
        return 0;
    if (!against)
        diagnostics_add(l->list, cell->place,
                        "%s: %s is %s, but by the tables it is %s (row '%s' of "
                        "%s, %s; %s); if that is meant, say `against-table: "
                        "reason`",
                        row->address, key, cell->text, predicted, p->row->id,
                        p->row->order, basis(p->row),
                        facts_format(l->arena, l->tables, &p->facts));
    return 1;
}

static const struct prediction_not *not_of(const struct prediction *p,
                                           const char *method)
{
    for (unsigned i = 0; i < p->not_count; i++) {
        if (strcmp(p->not [i].method, method) == 0)
            return &p->not [i];
    }
    return NULL;
}

static unsigned lint_not(struct linting *l, const struct expect_row *row,
                         const struct prediction *p, bool against)
{
    const struct node *not = node_get(row->node, "not");
    unsigned differences = 0;
    if (strcmp(p->row->delivery, "deferred") == 0)
        return 0;
    for (const struct node *n = not ? not ->first : NULL; n; n = n->next) {
        const struct prediction_not *known = not_of(p, n->key);
        if (known && (!known->why || strcmp(known->why, n->text) == 0))
            continue;
        differences++;
        if (against)
            continue;
        if (known)
            diagnostics_add(l->list, n->place,
                            "%s: %s is not chosen because '%s', not '%s'",
                            row->address, n->key, known->why, n->text);
        else
            diagnostics_add(l->list, n->key_place,
                            "%s: %s is no rank above the chosen method %s",
                            row->address, n->key, p->method);
    }
    return differences;
}

static void lint_row(struct linting *l, const struct expect_row *row,
                     const struct prediction *p)
{
    const struct node *against = node_get(row->node, "against-table");
    char number[16];
    if (!p->certain)
        return;
    snprintf(number, sizeof number, "%u", p->conversation);
    unsigned differences =
        lint_cell(l, row, p, "method", p->method, against) +
        lint_cell(l, row, p, "delivery", p->delivery, against) +
        lint_cell(l, row, p, "status",
                  strcmp(p->delivery, "failed") == 0 ? p->status : NULL,
                  against) +
        lint_cell(l, row, p, "conversation", p->conversation ? number : NULL,
                  against) +
        lint_not(l, row, p, against);
    if (against && differences == 0)
        diagnostics_add(l->list, against->place,
                        "%s: the row agrees with the tables; `against-table` "
                        "has no effect",
                        row->address);
}

static bool has_session(const struct scenario_case *c)
{
    for (const struct step *s = c->steps; s; s = s->next) {
        if (s->kind == STEP_KIND_SESSION)
            return true;
    }
    return false;
}

static bool has_row(const struct expect *e, const char *address)
{
    for (const struct expect_row *r = e->rows; r; r = r->next) {
        if (strcasecmp(r->address, address) == 0)
            return true;
    }
    return false;
}

/* Rows and recipients, both ways complete. */
static void lint_completeness(struct linting *l, const struct scenario_case *c,
                              const struct step *step,
                              const struct prediction *all)
{
    unsigned latest = 0;
    for (const struct prediction *p = all; p; p = p->next)
        latest = p->submit_step;
    for (const struct expect_row *r = step->expect->rows; r; r = r->next) {
        if (!predict_find(all, r->address) && !has_session(c))
            diagnostics_add(l->list, r->node->key_place,
                            "%s is no recipient of any submission", r->address);
    }
    if (!step->expect->rows || step->expect->replies)
        return;
    for (const struct prediction *p = all; p; p = p->next) {
        if (p->submit_step == latest && !has_row(step->expect, p->address))
            diagnostics_add(l->list, step->place, "recipient %s has no row",
                            p->address);
    }
}

void predict_lint(const struct tables *tables, const struct scenario_case *c,
                  struct diagnostics *list)
{
    struct linting l = {tables, list, arena_create()};
    for (const struct step *s = c->steps; s; s = s->next) {
        if (s->kind != STEP_KIND_EXPECT)
            continue;
        const struct prediction *all = predict_at(l.arena, tables, c, s);
        lint_completeness(&l, c, s, all);
        for (const struct expect_row *r = s->expect->rows; r; r = r->next) {
            const struct prediction *p = predict_find(all, r->address);
            if (p)
                lint_row(&l, r, p);
        }
    }
    arena_destroy(&l.arena);
}

static void explain_one(const struct tables *tables, const struct prediction *p,
                        struct arena *arena, FILE *to)
{
    fprintf(to, "%s\n  facts: %s\n", p->address,
            facts_format(arena, tables, &p->facts));
    if (!p->certain)
        fprintf(to, "  not certain: %s\n", p->doubtful);
    for (unsigned i = 0; i < p->not_count; i++)
        fprintf(to, "  not %s: %s\n", p->not [i].method,
                p->not [i].why ? p->not [i].why : "(it depends)");
    if (!p->row)
        return;
    fprintf(to, "  row '%s' of %s, rank %u (%s)\n", p->row->id, p->row->order,
            p->row->rank, basis(p->row));
    if (p->row->source)
        fprintf(to, "    \"%s\"\n", p->row->source);
    fprintf(to, "  method: %s, delivery: %s%s%s", p->method, p->delivery,
            p->status ? ", status: " : "", p->status ? p->status : "");
    if (p->conversation)
        fprintf(to, ", conversation: %u", p->conversation);
    fprintf(to, "\n");
}

void predict_explain(const struct tables *tables, const struct scenario_case *c,
                     FILE *to)
{
    struct arena *arena = arena_create();
    for (const struct step *s = c->steps; s; s = s->next) {
        if (s->kind != STEP_KIND_EXPECT)
            continue;
        if (s->next || s->number > 1)
            fprintf(to, "at step %u (line %d):\n", s->number, s->place.line);
        const struct prediction *p = predict_at(arena, tables, c, s);
        for (; p; p = p->next)
            explain_one(tables, p, arena, to);
    }
    arena_destroy(&arena);
}
