#include "engine/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cases.h"
#include "engine/read.h"
#include "engine/vocabulary.h"

/* Where a scenario starts that does not say it: a Monday morning. */
static const long long usual_clock_s = 1772438400; /* 2026-03-02T08:00:00Z */

struct scenario {
    struct arena *arena;
    const char *file, *text;
    struct scenario_case *cases;
};

static void check_clauses(struct reading *r, const struct node *list)
{
    const char *const *known = fixtures_clauses(r->fixtures);
    for (const struct node *n = list ? list->first : NULL; n && known[0];
         n = n->next) {
        const char *const *k = known;
        while (*k && strcmp(*k, n->text) != 0)
            k++;
        if (*k)
            continue;
        diagnostics_add_near(r->list, n->place, n->text, known,
                             "no clause `%s` in fixtures/clauses.yaml",
                             n->text);
        r->bad = true;
    }
}

static void read_clock(struct scenario_case *c, const struct node *root)
{
    const char *clock = node_text(root, "clock", NULL);
    long long s = usual_clock_s;
    c->clock_is_now = clock && strcmp(clock, "now") == 0;
    if (clock && !c->clock_is_now && !time_parse(clock, &s))
        BUG("clock %s passed the vocabulary", clock);
    c->clock_s = s;
}

static struct scenario_case *read_case(struct reading *r, struct scenario *s,
                                       const struct case_tree *tree)
{
    const struct node *root = tree->root;
    struct scenario_case *c = ARENA_NEW(r->arena, struct scenario_case);
    c->scenario = s;
    c->file = s->file;
    c->name = tree->name;
    c->id =
        *c->name ? arena_printf(r->arena, "%s:%s", c->file, c->name) : c->file;
    c->place = tree->place;
    c->root = root;
    c->title = node_text(root, "title", "");
    c->clauses = read_texts(r->arena, node_get(root, "clauses"));
    c->tags = read_texts(r->arena, node_get(root, "tags"));
    c->expected_fail = node_text(root, "expected-fail", NULL);
    c->seed = strtoull(node_text(root, "seed", "0"), NULL, 10);
    read_clock(c, root);
    check_clauses(r, node_get(root, "clauses"));
    c->world = read_world(r, node_get(root, "world"));
    c->steps = read_steps(r, root, c->world);
    return c;
}

/* All errors at once: names are looked up though something else is wrong. */
static void check_names(struct reading *r, const struct node *root)
{
    const struct node *clauses = node_get(root, "clauses");
    const struct node *world = node_get(root, "world");
    const struct key *key = vocabulary_scenario;
    while (key->name && strcmp(key->name, "world") != 0)
        key++;
    bool all_text = clauses && clauses->kind == NODE_KIND_LIST;
    for (const struct node *n = all_text ? clauses->first : NULL; n;
         n = n->next)
        all_text &= n->kind == NODE_KIND_TEXT;
    if (all_text)
        check_clauses(r, clauses);
    struct diagnostics *known = diagnostics_create();
    if (world && key->name && vocabulary_check(world, key->inner, known))
        read_world(r, world);
    diagnostics_destroy(&known);
}

/* A tree that the vocabulary refuses makes no case. */
static void read_trees(struct reading *r, struct scenario *s,
                       const struct case_tree *tree)
{
    struct scenario_case **end = &s->cases;
    for (; tree; tree = tree->next) {
        if (!vocabulary_check(tree->root, vocabulary_scenario, r->list)) {
            r->bad = true;
            check_names(r, tree->root);
            continue;
        }
        *end = read_case(r, s, tree);
        end = &(*end)->next;
    }
}

static enum status read_root(struct reading *r, struct scenario *s,
                             const struct node *root)
{
    struct case_tree *trees;
    if (root->kind != NODE_KIND_MAP) {
        diagnostics_add(r->list, root->place, "a scenario is a map");
        return ST_INVAL;
    }
    if (cases_expand(r->arena, root, r->list, &trees) != ST_OK) {
        r->bad = true;
        diagnostics_seal(r->list); // what an unknown $x left there is no text
    }
    read_trees(r, s, trees);
    return r->bad ? ST_INVAL : ST_OK;
}

static enum status read_parsed(const struct fixtures *fixtures,
                               struct scenario *s, struct slice text,
                               struct diagnostics *list)
{
    struct reading r = {.arena = s->arena, .fixtures = fixtures, .list = list};
    struct node *root;
    s->text = text.p;
    enum status status = node_parse(s->arena, s->file, text, list, &root);
    return status == ST_OK ? read_root(&r, s, root) : status;
}

static struct scenario *scenario_create(const char *path)
{
    struct scenario *s = xcalloc(1, sizeof *s);
    s->arena = arena_create();
    s->file = arena_strdup(s->arena, path);
    s->text = "";
    return s;
}

enum status scenario_load(const struct fixtures *fixtures, const char *path,
                          struct diagnostics *list, struct scenario **out)
{
    struct scenario *s = scenario_create(path);
    struct slice text;
    enum status status = node_load(s->arena, path, list, &text);
    if (status == ST_OK)
        status = read_parsed(fixtures, s, text, list);
    *out = s;
    return status;
}

enum status scenario_parse(const struct fixtures *fixtures, const char *path,
                           struct slice text, struct diagnostics *list,
                           struct scenario **out)
{
    struct scenario *s = scenario_create(path);
    *out = s;
    return read_parsed(fixtures, s, arena_slice(s->arena, text), list);
}

void scenario_destroy(struct scenario **scenario)
{
    if (!*scenario)
        return;
    arena_destroy(&(*scenario)->arena);
    free(*scenario);
    *scenario = NULL;
}

const char *scenario_file(const struct scenario *scenario)
{
    return scenario->file;
}

const struct scenario_case *scenario_cases(const struct scenario *scenario)
{
    return scenario->cases;
}

const char *scenario_text(const struct scenario *scenario)
{
    return scenario->text;
}

const char *scenario_case_id(const struct scenario_case *c)
{
    return c->id;
}
