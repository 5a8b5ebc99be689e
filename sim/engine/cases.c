#include "engine/cases.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

struct expansion {
    struct arena *arena;
    struct diagnostics *list;
    const struct node *columns; /* a list of texts, or NULL */
    const struct node *row;     /* a list as long, or NULL */
    bool *used;                 /* one a column, over all cases */
    const char **names;         /* of the columns, ended by NULL */
    bool bad;
};

static bool is_name(char c)
{
    return islower((unsigned char)c) || isdigit((unsigned char)c) || c == '-';
}

/* The name behind a dollar sign; empty where none follows. */
static struct slice name_at(const char *p)
{
    size_t n = 0;
    if (islower((unsigned char)*p))
        while (is_name(p[n]))
            n++;
    while (n > 0 && p[n - 1] == '-')
        n--;
    return (struct slice){p, n};
}

static const struct node *find_cell(struct expansion *x, struct slice name,
                                    struct place place)
{
    size_t i = 0;
    const struct node *column = x->columns ? x->columns->first : NULL;
    const struct node *cell = x->row ? x->row->first : NULL;
    for (; column && cell; column = column->next, cell = cell->next, i++) {
        if (!slice_is(name, column->text))
            continue;
        x->used[i] = true;
        return cell;
    }
    char *met = arena_text(x->arena, name);
    diagnostics_add_near(x->list, place, met, x->names,
                         "`$%s` is no column of `cases`", met);
    x->bad = true;
    return NULL;
}

static bool is_absent(const struct node *cell)
{
    return node_is_text(cell, "absent");
}

struct filled {
    const char *text;   /* NULL: a cell said absent */
    const char *column; /* the last one that was put in, or NULL */
    struct place place; /* of that cell, else of the template */
};

static bool put_cell(struct expansion *x, struct buf *buf, struct slice name,
                     struct place place, struct filled *out)
{
    const struct node *cell = find_cell(x, name, place);
    if (!cell)
        return true;
    out->column = arena_text(x->arena, name);
    out->place = cell->place;
    if (is_absent(cell)) {
        out->text = NULL;
        return false;
    }
    if (cell->kind == NODE_KIND_TEXT) {
        buf_puts(buf, cell->text);
        return true;
    }
    diagnostics_add(x->list, cell->place,
                    "a text was expected: `$%s` stands within a text",
                    out->column);
    x->bad = true;
    return true;
}

/* A text or a key with its cells put in. */
static struct filled fill(struct expansion *x, const char *text,
                          struct place place)
{
    struct filled out = {.text = text, .place = place};
    if (!strchr(text, '$'))
        return out;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    buf_puts(&buf, "");
    bool present = true;
    for (const char *p = text; *p && present;) {
        struct slice name = {NULL, 0};
        if (*p == '$')
            name = name_at(p + 1);
        if (name.n) {
            present = put_cell(x, &buf, name, place, &out);
            p += 1 + name.n;
            continue;
        }
        buf_put(&buf, (struct slice){p, 1});
        p += *p == '$' && p[1] == '$' ? 2 : 1;
    }
    if (present)
        out.text = arena_text(x->arena, buf_slice(&buf));
    buf_release(&buf);
    return out;
}

/* The cell that stands for a text as a whole; NULL where it does not. */
static const struct node *whole_cell(struct expansion *x,
                                     const struct node *node)
{
    if (node->text[0] != '$')
        return NULL;
    struct slice name = name_at(node->text + 1);
    if (!name.n || node->text[1 + name.n])
        return NULL;
    return find_cell(x, name, node->place);
}

static struct node *expand(struct expansion *x, const struct node *node);

static struct node *expand_text(struct expansion *x, const struct node *node)
{
    const struct node *cell = whole_cell(x, node);
    if (cell && is_absent(cell))
        return NULL;
    if (cell) {
        struct node *copy = node_copy(x->arena, cell);
        copy->key = node->key;
        copy->key_place = node->key_place;
        copy->column = node->text + 1;
        return copy;
    }
    struct filled filled = fill(x, node->text, node->place);
    if (!filled.text)
        return NULL;
    struct node *copy = node_copy(x->arena, node);
    copy->text = filled.text;
    copy->column = filled.column;
    copy->place = filled.place;
    return copy;
}

static struct node *expand_collection(struct expansion *x,
                                      const struct node *node)
{
    struct node *copy = ARENA_NEW(x->arena, struct node);
    *copy = *node;
    copy->first = copy->next = copy->removed = NULL;
    copy->count = 0;
    struct node **end = &copy->first, **removed = &copy->removed;
    for (const struct node *child = node->first; child; child = child->next) {
        struct node *kept = expand(x, child);
        struct node ***to = kept ? &end : &removed;
        **to = kept ? kept : node_copy(x->arena, child);
        *to = &(**to)->next;
        copy->count += kept != NULL;
    }
    return node->count && !copy->count ? NULL : copy;
}

static struct node *expand(struct expansion *x, const struct node *node)
{
    struct node *copy = node->kind == NODE_KIND_TEXT
                            ? expand_text(x, node)
                            : expand_collection(x, node);
    if (!copy || !copy->key || !strchr(copy->key, '$'))
        return copy;
    copy->key = fill(x, copy->key, copy->key_place).text;
    return copy->key ? copy : NULL;
}

static struct node *without_cases(struct arena *arena, const struct node *root)
{
    struct node *copy = ARENA_NEW(arena, struct node);
    *copy = *root;
    copy->first = NULL;
    copy->count = 0;
    struct node **end = &copy->first;
    for (const struct node *child = root->first; child; child = child->next) {
        if (strcmp(child->key, "cases") == 0)
            continue;
        *end = node_copy(arena, child);
        end = &(*end)->next;
        copy->count++;
    }
    return copy;
}

static void bad_at(struct expansion *x, struct place place, const char *what)
{
    diagnostics_add(x->list, place, "%s", what);
    x->bad = true;
}

static bool is_column_name(const char *text)
{
    return name_at(text).n == strlen(text) && *text;
}

/* The columns must be there, named, and different. */
static bool check_columns(struct expansion *x, const struct node *cases)
{
    x->columns = node_get(cases, "columns");
    if (!x->columns || x->columns->kind != NODE_KIND_LIST) {
        bad_at(x, x->columns ? x->columns->place : cases->place,
               "`cases` needs `columns`, a list of names");
        return false;
    }
    x->names = arena_alloc(x->arena, (x->columns->count + 1) * sizeof(char *));
    x->used = arena_alloc(x->arena, x->columns->count + 1);
    size_t n = 0;
    for (const struct node *c = x->columns->first; c; c = c->next) {
        if (c->kind != NODE_KIND_TEXT || !is_column_name(c->text)) {
            bad_at(x, c->place,
                   "a column's name is lower-case letters, digits and hyphens");
            return false;
        }
        for (size_t i = 0; i < n; i++)
            if (strcmp(x->names[i], c->text) == 0)
                bad_at(x, c->place, "this column stands there twice");
        x->names[n++] = c->text;
    }
    return true;
}

static bool check_row(struct expansion *x, const struct node *row)
{
    if (row->kind == NODE_KIND_LIST && row->count == x->columns->count)
        return true;
    diagnostics_add(x->list, row->key_place,
                    "case `%s` has %zu cells, expected %zu as in `columns`",
                    row->key, row->kind == NODE_KIND_LIST ? row->count : 1,
                    x->columns->count);
    x->bad = true;
    return false;
}

static struct case_tree *add_case(struct expansion *x, struct case_tree ***end,
                                  const struct node *template)
{
    struct node *root = expand(x, template);
    if (!root)
        return NULL;
    struct case_tree *c = ARENA_NEW(x->arena, struct case_tree);
    c->root = root;
    **end = c;
    *end = &c->next;
    return c;
}

static void report_unused(struct expansion *x)
{
    size_t i = 0;
    for (const struct node *c = x->columns->first; c; c = c->next, i++) {
        if (x->used[i])
            continue;
        diagnostics_add(x->list, c->place,
                        "column `%s` is used nowhere as `$%s`", c->text,
                        c->text);
        x->bad = true;
    }
}

static void expand_rows(struct expansion *x, const struct node *cases,
                        const struct node *template, struct case_tree ***end)
{
    size_t rows = 0;
    for (const struct node *row = cases->first; row; row = row->next) {
        if (strcmp(row->key, "columns") == 0 || !check_row(x, row))
            continue;
        rows++;
        x->row = row;
        struct case_tree *c = add_case(x, end, template);
        if (c) {
            c->name = row->key;
            c->place = row->key_place;
        }
    }
    if (!rows && !x->bad)
        bad_at(x, cases->place, "`cases` holds no case");
    else if (rows)
        report_unused(x);
}

enum status cases_expand(struct arena *arena, const struct node *root,
                         struct diagnostics *list, struct case_tree **out)
{
    struct expansion x = {.arena = arena, .list = list};
    struct case_tree **end = out;
    *out = NULL;
    const struct node *cases = node_get(root, "cases");
    const struct node *template = without_cases(arena, root);
    if (!cases) {
        struct case_tree *c = add_case(&x, &end, template);
        if (c) {
            c->name = "";
            c->place = root->place;
        }
    } else if (cases->kind != NODE_KIND_MAP) {
        bad_at(&x, cases->place, "`cases` is a map of columns and named rows");
    } else if (check_columns(&x, cases)) {
        expand_rows(&x, cases, template, &end);
    }
    return x.bad ? ST_INVAL : ST_OK;
}
