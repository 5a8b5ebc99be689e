#include "checker/clauses.h"

#include <string.h>

#include "checker/coverage.h"

struct clauses {
    struct arena *arena;
    struct clause *first;
    const struct ambiguity *ambiguities;
};

void clauses_destroy(struct clauses **clauses)
{
    if (!*clauses)
        return;
    struct arena *arena = (*clauses)->arena;
    *clauses = NULL;
    arena_destroy(&arena);
}

static const char *text_of(const struct node *map, const char *key,
                           struct diagnostics *list)
{
    const char *text = node_text(map, key, NULL);
    if (!text)
        diagnostics_add(list, map->place, "a clause without text under '%s'",
                        key);
    return text ? text : "";
}

static const char *const *texts_of(struct arena *arena, const struct node *list)
{
    size_t count = list ? list->count : 0, n = 0;
    const char **texts = arena_alloc(arena, (count + 1) * sizeof *texts);
    for (const struct node *i = list ? list->first : NULL; i; i = i->next) {
        if (i->kind == NODE_KIND_TEXT)
            texts[n++] = i->text;
    }
    return texts;
}

static struct clause *read_clause(struct clauses *c, const struct node *map,
                                  struct diagnostics *list)
{
    struct clause *clause = ARENA_NEW(c->arena, struct clause);
    const char *const *basis = texts_of(c->arena, node_get(map, "basis"));
    const char *built = text_of(map, "built", list);
    clause->place = map->place;
    clause->id = text_of(map, "id", list);
    clause->text = text_of(map, "text", list);
    clause->basis = "";
    for (; *basis; basis++)
        clause->basis = arena_printf(c->arena, "%s%s%s", clause->basis,
                                     *clause->basis ? "," : "", *basis);
    clause->built = strcmp(built, "yes") == 0;
    clause->shows = texts_of(c->arena, node_get(map, "shows"));
    clause->denied = texts_of(c->arena, node_get(map, "denied"));
    if (!clause->built && strcmp(built, "no") != 0)
        diagnostics_add(list, map->place, "'built' is yes or no");
    if (!clause->shows[0])
        diagnostics_add(list, map->place, "clause %s says not what shows it",
                        clause->id);
    for (const char *const *word = clause->denied; *word; word++) {
        if (!coverage_knows(*word))
            diagnostics_add(list, map->place, "clause %s: no word '%s'",
                            clause->id, *word);
    }
    if (clause->built && !clause->denied[0])
        diagnostics_add(list, map->place,
                        "clause %s says not what its other side is",
                        clause->id);
    if (clauses_find(c, clause->id))
        diagnostics_add(list, map->place, "clause %s stands here twice",
                        clause->id);
    return clause;
}

static void read_ambiguities(struct clauses *c, const struct node *all,
                             struct diagnostics *list)
{
    const struct ambiguity **end = &c->ambiguities;
    for (const struct node *n = all ? all->first : NULL; n; n = n->next) {
        struct ambiguity *a = ARENA_NEW(c->arena, struct ambiguity);
        a->setting = text_of(n, "setting", list);
        a->clause = text_of(n, "clause", list);
        a->readings = texts_of(c->arena, node_get(n, "readings"));
        if (!clauses_find(c, a->clause))
            diagnostics_add(list, n->place, "no clause '%s'", a->clause);
        *end = a;
        end = &a->next;
    }
}

enum status clauses_load(const char *fixtures_dir, struct diagnostics *list,
                         struct clauses **out, struct err *err)
{
    struct arena *arena = arena_create();
    struct clauses *c = ARENA_NEW(arena, struct clauses);
    struct node *root = NULL;
    size_t before = diagnostics_count(list);
    char *path = arena_printf(arena, "%s/clauses.yaml", fixtures_dir);
    *out = NULL;
    c->arena = arena;
    if (node_read(arena, path, list, &root) == ST_OK) {
        const struct node *all = node_get(root, "clauses");
        struct clause *last = NULL;
        for (const struct node *n = all ? all->first : NULL; n; n = n->next) {
            struct clause *one = read_clause(c, n, list);
            if (last)
                last->next = one;
            else
                c->first = one;
            last = one;
        }
        read_ambiguities(c, node_get(root, "settings"), list);
        if (!c->first)
            diagnostics_add(list, root->place, "no list 'clauses'");
    }
    if (diagnostics_count(list) > before) {
        clauses_destroy(&c);
        return err_set(err, ST_INVAL, "%s is not valid", "clauses.yaml");
    }
    *out = c;
    return ST_OK;
}

const struct clause *clauses_first(const struct clauses *clauses)
{
    return clauses->first;
}

const struct ambiguity *clauses_ambiguities(const struct clauses *clauses)
{
    return clauses->ambiguities;
}

const struct clause *clauses_find(const struct clauses *clauses, const char *id)
{
    const struct clause *c = clauses->first;
    while (c && strcmp(c->id, id) != 0)
        c = c->next;
    return c;
}

const char *clauses_text(const struct clauses *clauses, const char *id)
{
    const struct clause *c = id ? clauses_find(clauses, id) : NULL;
    return c ? c->text : NULL;
}

/* -- lint ----------------------------------------------------------------- */

static bool step_shows(const struct step *step, const char *what)
{
    if (step->kind == STEP_KIND_SESSION)
        return strcmp(what, "session") == 0;
    if (step->kind == STEP_KIND_VISIT)
        return strcmp(what, "visit") == 0;
    if (step->kind != STEP_KIND_EXPECT)
        return false;
    if (node_get(step->expect->node, what))
        return true;
    for (const struct expect_row *r = step->expect->rows; r; r = r->next) {
        if (node_get(r->node, what))
            return true;
    }
    return false;
}

static bool shown(const struct clause *clause, const struct scenario *scenario)
{
    const struct scenario_case *c = scenario_cases(scenario);
    for (; c; c = c->next) {
        for (const struct step *s = c->steps; s; s = s->next) {
            for (const char *const *what = clause->shows; *what; what++) {
                if (step_shows(s, *what))
                    return true;
            }
        }
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

/* The place of the id within `clauses:`, or of the case. */
static struct place place_of(const struct scenario_case *c, const char *id)
{
    const struct node *list = node_get(c->root, "clauses");
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        if (node_is_text(n, id))
            return n->place;
    }
    return c->place;
}

void clauses_lint(const struct clauses *clauses,
                  const struct scenario *scenario, struct diagnostics *list)
{
    const struct scenario_case *c = scenario_cases(scenario);
    struct arena *arena = arena_create();
    for (size_t i = 0; c && i < c->clauses.count; i++) {
        const char *id = c->clauses.texts[i];
        const struct clause *clause = clauses_find(clauses, id);
        if (!clause)
            diagnostics_add(list, place_of(c, id), "no clause '%s'", id);
        else if (!shown(clause, scenario))
            diagnostics_add(list, place_of(c, id),
                            "no case expects what shows %s: %s", id,
                            joined(arena, clause->shows));
    }
    arena_destroy(&arena);
}
