/* Reads axes.yaml first, then the two orders, then the hand-made decisions:
 * each names axes and values of the first. */
#include "checker/tables_internal.h"

#include <string.h>

#include "engine/node.h"

struct loading {
    struct tables *tables;
    struct diagnostics *list;
    const struct node *groups; /* of axes.yaml; may be NULL */
    const char *dir;
};

static const struct node empty = {.kind = NODE_KIND_MAP};

/* The child under a key if it has the kind; else a diagnostic and the empty
 * node. */
static const struct node *need(struct loading *l, const struct node *map,
                               const char *key, enum node_kind kind)
{
    static const char *const kinds[] = {"a text", "a list", "a map"};
    const struct node *found = node_get(map, key);
    if (found && found->kind == kind)
        return found;
    diagnostics_add(l->list, found ? found->place : map->place,
                    "'%s' is %s, expected %s", key,
                    found ? kinds[found->kind] : "missing", kinds[kind]);
    return &empty;
}

static int axis_index(const struct tables *tables, const char *name)
{
    for (unsigned i = 0; i < tables->axis_count; i++) {
        if (strcmp(tables->axes[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static int value_index(const struct axis *axis, const char *value)
{
    for (unsigned i = 0; i < axis->count; i++) {
        if (strcmp(axis->values[i], value) == 0)
            return (int)i;
    }
    return -1;
}

static const struct node *read_file(struct loading *l, const char *name)
{
    char *path =
        arena_printf(l->tables->arena, "%s/tables/%s.yaml", l->dir, name);
    struct node *root = NULL;
    if (node_read(l->tables->arena, path, l->list, &root) != ST_OK)
        return &empty;
    if (!node_is_text(node_get(root, "lasthop-tables"), "1"))
        diagnostics_add(l->list, root->place,
                        "no 'lasthop-tables: 1', the only version there is");
    return root;
}

static void load_axis(struct loading *l, const struct node *values)
{
    struct tables *t = l->tables;
    if (t->axis_count == TABLES_AXES_MAX || values->kind != NODE_KIND_LIST ||
        values->count == 0 || values->count > TABLES_VALUES_MAX) {
        diagnostics_add(l->list, values->place,
                        "axis '%s' is no list of 1 to %d values, or there are "
                        "more than %d axes",
                        values->key, TABLES_VALUES_MAX, TABLES_AXES_MAX);
        return;
    }
    struct axis *axis = &t->axes[t->axis_count++];
    axis->name = values->key;
    for (const struct node *v = values->first; v; v = v->next) {
        if (v->kind != NODE_KIND_TEXT || value_index(axis, v->text) >= 0)
            diagnostics_add(l->list, v->place,
                            "expected a value that axis '%s' has not yet",
                            axis->name);
        else
            axis->values[axis->count++] = v->text;
    }
}

/* The values that a word means: one value, or a group of them; 0 and a
 * diagnostic where it is neither. */
static uint64_t word_bits(struct loading *l, unsigned axis,
                          const struct node *word)
{
    const struct axis *a = &l->tables->axes[axis];
    const char *text = word->kind == NODE_KIND_TEXT ? word->text : "";
    int v = value_index(a, text);
    if (v >= 0)
        return UINT64_C(1) << v;
    const struct node *groups = l->groups ? node_get(l->groups, a->name) : NULL;
    const struct node *group = groups ? node_get(groups, text) : NULL;
    uint64_t bits = 0;
    for (const struct node *m = group ? group->first : NULL; m; m = m->next) {
        v = m->kind == NODE_KIND_TEXT ? value_index(a, m->text) : -1;
        if (v < 0)
            diagnostics_add(l->list, m->place, "no value of axis '%s'",
                            a->name);
        else
            bits |= UINT64_C(1) << v;
    }
    if (!bits)
        diagnostics_add(l->list, word->place,
                        "'%s' is neither a value nor a group of axis '%s'",
                        text, a->name);
    return bits;
}

/* A condition: a map of axis to values; axes that it does not name are free. */
static void load_condition(struct loading *l, const struct node *map,
                           uint64_t *when)
{
    for (unsigned i = 0; i < TABLES_AXES_MAX; i++)
        when[i] = UINT64_MAX;
    for (const struct node *n = map->first; n; n = n->next) {
        int axis = axis_index(l->tables, n->key);
        if (axis < 0 || n->kind != NODE_KIND_LIST) {
            diagnostics_add(l->list, n->key_place,
                            "'%s' is no axis with a list of values", n->key);
            continue;
        }
        when[axis] = 0;
        for (const struct node *v = n->first; v; v = v->next)
            when[axis] |= word_bits(l, (unsigned)axis, v);
    }
}

static void load_gives(struct loading *l, const struct node *map,
                       const char **method, const char **delivery,
                       const char **status)
{
    const struct node *gives = need(l, map, "gives", NODE_KIND_MAP);
    *method = need(l, gives, "method", NODE_KIND_TEXT)->text;
    *delivery = need(l, gives, "delivery", NODE_KIND_TEXT)->text;
    *status = node_text(gives, "status", NULL);
}

static void load_row(struct loading *l, const struct node *map,
                     struct order *order)
{
    struct table_row *row = &order->rows[order->row_count++];
    row->place = map->place;
    row->order = order->name;
    row->id = need(l, map, "id", NODE_KIND_TEXT)->text;
    row->of = need(l, map, "of", NODE_KIND_TEXT)->text;
    const char *rank = need(l, map, "rank", NODE_KIND_TEXT)->text;
    unsigned long n = 0;
    if (!slice_number(slice_of(rank), order->rank_count, &n) ||
        (n > 0 && !tables_same(order->ranks[n - 1], row->of)))
        diagnostics_add(l->list, map->place,
                        "'rank: %s, of: %s' is no rank of this order",
                        rank ? rank : "", row->of ? row->of : "");
    row->rank = (unsigned)n;
    row->source = node_text(map, "source", NULL);
    row->clause = node_text(map, "clause", NULL);
    if (!row->source == !row->clause)
        diagnostics_add(l->list, map->place,
                        "a row rests either on a source or on a clause");
    load_condition(l, need(l, map, "when", NODE_KIND_MAP), row->when);
    load_gives(l, map, &row->method, &row->delivery, &row->status);
}

static void load_order(struct loading *l, const char *name, struct order *order)
{
    const struct node *root = read_file(l, name);
    order->name = name;
    load_condition(l, need(l, root, "applies", NODE_KIND_MAP), order->applies);
    const struct node *ranks = need(l, root, "ranks", NODE_KIND_LIST);
    for (const struct node *r = ranks->first; r; r = r->next) {
        if (r->kind == NODE_KIND_TEXT && order->rank_count < TABLES_AXES_MAX)
            order->ranks[order->rank_count++] = r->text;
    }
    const struct node *rows = need(l, root, "rows", NODE_KIND_LIST);
    order->rows =
        arena_alloc(l->tables->arena, (rows->count + 1) * sizeof *order->rows);
    for (const struct node *r = rows->first; r; r = r->next) {
        if (r->kind == NODE_KIND_MAP && order->row_count < ROWS_MAX)
            load_row(l, r, order);
    }
}

static void load_decision(struct loading *l, const struct node *map,
                          struct hand_decision *d)
{
    d->place = map->place;
    d->name = need(l, map, "name", NODE_KIND_TEXT)->text;
    (void)need(l, map, "because", NODE_KIND_TEXT);
    d->facts = l->tables->defaults;
    const struct node *facts = need(l, map, "facts", NODE_KIND_MAP);
    for (const struct node *n = facts->first; n; n = n->next) {
        if (n->kind != NODE_KIND_TEXT ||
            !facts_set(l->tables, &d->facts, n->key, n->text))
            diagnostics_add(l->list, n->place,
                            "'%s' has no such value, or is no axis", n->key);
    }
    load_gives(l, map, &d->method, &d->delivery, &d->status);
}

static void load_decisions(struct loading *l)
{
    struct tables *t = l->tables;
    const struct node *list =
        need(l, read_file(l, "decisions"), "decisions", NODE_KIND_LIST);
    t->decisions =
        arena_alloc(t->arena, (list->count + 1) * sizeof *t->decisions);
    for (const struct node *n = list->first; n; n = n->next) {
        if (n->kind == NODE_KIND_MAP)
            load_decision(l, n, &t->decisions[t->decision_count++]);
    }
}

static void load_axes(struct loading *l)
{
    const struct node *root = read_file(l, "axes");
    const struct node *axes = need(l, root, "axes", NODE_KIND_MAP);
    for (const struct node *a = axes->first; a; a = a->next)
        load_axis(l, a);
    l->groups = node_get(root, "groups");
    const struct node *defaults = node_get(root, "defaults");
    for (const struct node *n = defaults ? defaults->first : NULL; n;
         n = n->next) {
        if (n->kind != NODE_KIND_TEXT ||
            !facts_set(l->tables, &l->tables->defaults, n->key, n->text))
            diagnostics_add(l->list, n->place, "'%s': no such axis or value",
                            n->key);
    }
}

enum status tables_load(const char *fixtures_dir, struct diagnostics *list,
                        struct tables **out, struct err *err)
{
    static const char *const orders[ORDER_COUNT] = {"default-order",
                                                    "direct-delivery-order"};
    struct arena *arena = arena_create();
    struct tables *t = ARENA_NEW(arena, struct tables);
    t->arena = arena;
    struct loading l = {.tables = t, .list = list, .dir = fixtures_dir};
    size_t before = diagnostics_count(list);
    *out = NULL;
    load_axes(&l);
    for (size_t i = 0; i < ORDER_COUNT; i++)
        load_order(&l, orders[i], &t->orders[i]);
    load_decisions(&l);
    size_t faults = diagnostics_count(list) - before;
    if (faults) {
        tables_destroy(&t);
        return err_set(err, ST_INVAL, "the tables have %zu faults", faults);
    }
    *out = t;
    return ST_OK;
}
