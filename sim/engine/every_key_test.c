/* Every key of every shipped scenario, posture and organization is renamed,
 * given a value of another type, and deleted in turn: the loader must name that
 * very line. What the tables allow (an open name, an optional key) they say
 * themselves. The gateway's own configuration: gateway/app/config_test.c. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/tryout.h"
#include "engine/read.h"
#include "engine/vocabulary.h"

struct kind {
    const struct key *keys;
    void (*load)(const char *path, struct slice text, struct diagnostics *list);
};

struct file {
    const struct kind *kind;
    const char *path, *text;
};

/* No child for each of thousands of files that differ by one word; node_test.c
 * tries it. */
enum tryout_end tryout_run(void (*fn)(void *ctx), void *ctx, unsigned cpu_s)
{
    (void)fn;
    (void)ctx;
    (void)cpu_s;
    return TRYOUT_END_WELL;
}

static struct arena *arena;   /* of the whole test */
static struct arena *scratch; /* of one file */
static struct fixtures *fixtures;
static unsigned long changes, told;

/* -- loaders ----------------------------------------------------------------
 */

static void load_scenario(const char *path, struct slice text,
                          struct diagnostics *list)
{
    struct scenario *s = NULL;
    if (scenario_parse(fixtures, path, text, list, &s) == ST_OK)
        assert_int_equal(diagnostics_count(list), 0);
    scenario_destroy(&s);
}

static const struct node *load_node(const char *path, struct slice text,
                                    const struct key *keys,
                                    struct diagnostics *list)
{
    struct node *root;
    if (node_parse(scratch, path, text, list, &root) != ST_OK ||
        !vocabulary_check(root, keys, list))
        return NULL;
    return root;
}

static void load_posture(const char *path, struct slice text,
                         struct diagnostics *list)
{
    struct reading r = {.arena = scratch, .fixtures = fixtures, .list = list};
    const struct node *root = load_node(path, text, vocabulary_posture, list);
    if (root)
        read_posture(&r, root, "changed", false);
}

static void load_organization(const char *path, struct slice text,
                              struct diagnostics *list)
{
    load_node(path, text, vocabulary_organization, list);
}

static const struct kind scenario_kind = {vocabulary_scenario, load_scenario};
static const struct kind posture_kind = {vocabulary_posture, load_posture};
static const struct kind organization_kind = {vocabulary_organization,
                                              load_organization};

/* -- where things stand in a text --------------------------------------------
 */

static size_t offset_of(const char *text, struct place place)
{
    const char *p = text;
    for (int line = 1; line < place.line; line++)
        p = strchr(p, '\n') + 1;
    for (int column = 1; column < place.column; column++) /* of UTF-8 */
        for (p++; (*p & 0xc0) == 0x80;)
            p++;
    return (size_t)(p - text);
}

static size_t column_at(const char *text, size_t at)
{
    size_t from = at;
    while (from && text[from - 1] != '\n')
        from--;
    return at - from;
}

static size_t quoted_end(const char *text, size_t at)
{
    char quote = text[at++];
    while (text[at] && text[at] != quote)
        at += text[at] == '\\' && quote == '"' ? 2 : 1;
    return at + 1;
}

static size_t brackets_end(const char *text, size_t at)
{
    int depth = 0;
    do {
        if (text[at] == '"' || text[at] == '\'') {
            at = quoted_end(text, at);
            continue;
        }
        depth += text[at] == '{' || text[at] == '[';
        depth -= text[at] == '}' || text[at] == ']';
        at++;
    } while (depth && text[at]);
    return at;
}

/* Of a block: up to the first line that is not deeper than its key; a list may
 * stand at the key's own depth. */
static size_t block_end(const char *text, size_t at, size_t column)
{
    size_t end = at + strcspn(text + at, "\n");
    for (size_t line = end; text[line];) {
        size_t first = line + 1 + strspn(text + line + 1, " ");
        size_t next = first + strcspn(text + first, "\n");
        size_t depth = first - line - 1;
        bool item = depth == column && strncmp(text + first, "- ", 2) == 0;
        if (next > first && depth <= column && !item)
            break;
        if (next > first)
            end = next;
        line = next;
    }
    return end;
}

struct extent {
    size_t key, value, end;
};

static struct extent extent_of(const char *text, const struct node *n,
                               bool in_flow)
{
    struct extent e = {.key = offset_of(text, n->key_place)};
    bool quoted = text[e.key] == '"' || text[e.key] == '\'';
    e.value = quoted ? quoted_end(text, e.key) : e.key + strlen(n->key);
    if (!quoted && strncmp(text + e.key, n->key, strlen(n->key)) != 0)
        fail_msg("%s:%d:%d: key %s does not stand there", n->key_place.file,
                 n->key_place.line, n->key_place.column, n->key);
    e.value += strspn(text + e.value, " ");
    assert_int_equal(text[e.value], ':');
    e.value++;
    e.value += strspn(text + e.value, " ");
    char c = text[e.value];
    if (c == '{' || c == '[')
        e.end = brackets_end(text, e.value);
    else if (c == '"' || c == '\'')
        e.end = quoted_end(text, e.value);
    else if (in_flow)
        e.end = e.value + strcspn(text + e.value, ",}]\n");
    else
        e.end = block_end(text, e.value, column_at(text, e.key));
    return e;
}

/* -- changes ------------------------------------------------------------------
 */

/* The lines stay where they are. */
static void blank(char *text, size_t from, size_t to)
{
    for (; from < to; from++)
        if (text[from] != '\n')
            text[from] = ' ';
}

static char *spliced(const char *text, size_t from, size_t to, const char *with)
{
    char *rest = arena_strdup(scratch, text + to);
    size_t lines = 0;
    for (size_t i = from; i < to; i++)
        lines += text[i] == '\n';
    char *out = arena_printf(scratch, "%.*s%s", (int)from, text, with);
    for (; lines; lines--)
        out = arena_printf(scratch, "%s\n", out);
    return arena_printf(scratch, "%s%s", out, rest);
}

static char *without(const char *text, struct extent e, bool in_flow)
{
    char *out = arena_strdup(scratch, text);
    size_t to = e.end;
    if (in_flow && text[to] == ',')
        to++;
    blank(out, e.key, to);
    return out;
}

enum change { CHANGE_RENAMED, CHANGE_RETYPED, CHANGE_DELETED };
static const char *const change_names[] = {"renamed", "retyped", "deleted"};

/* line 0: whatever is said is right; -1: something must be said. */
static void expect_told(const struct file *f, const char *text, int line,
                        const struct node *n, enum change change)
{
    struct diagnostics *list = diagnostics_create();
    f->kind->load(f->path, slice_of(text), list);
    bool met = line == 0 || (line < 0 && diagnostics_count(list));
    for (size_t i = 0; i < diagnostics_count(list) && !met; i++)
        met = diagnostics_at(list, i)->place.line == line;
    if (!met) {
        diagnostics_print(list, stderr);
        fail_msg("%s:%d: `%s` %s: nothing is said of line %d", f->path,
                 n->key_place.line, n->key, change_names[change], line);
    }
    changes++;
    told += line != 0;
    diagnostics_destroy(&list);
}

static const struct key *key_of(const struct key *keys, const char *name)
{
    while (keys->name && strcmp(keys->name, name) != 0 &&
           strcmp(keys->name, "*") != 0 &&
           !(strcmp(keys->name, "@") == 0 && strchr(name, '@')))
        keys++;
    return keys->name ? keys : NULL;
}

/* A missing key is told where its map begins. */
static int map_line(const struct node *map, const struct node *without_it,
                    bool in_flow)
{
    if (in_flow)
        return map->place.line;
    const struct node *first = map->first;
    if (first == without_it)
        first = first->next;
    return first ? first->key_place.line : 0;
}

static bool may_be_anything(const struct key *key, const struct node *n)
{
    if (key->type == VALUE_ANY)
        return true;
    bool open = key->inner && strcmp(key->inner->name, "*") == 0;
    if (n->kind == NODE_KIND_TEXT) /* a column becomes {zz: zz} */
        return key->type == VALUE_MAP && open;
    return key->one_or_list;
}

static void change_key(const struct file *f, const struct node *map,
                       const struct node *n, const struct key *keys,
                       const struct key *key, bool in_flow)
{
    struct extent e = extent_of(f->text, n, in_flow);
    bool quoted = f->text[e.key] == '"' || f->text[e.key] == '\'';
    size_t at = e.key + quoted;
    const char *name = arena_printf(scratch, "zz%s", n->key);
    int missing = key->required ? map_line(map, n, in_flow) : 0;
    int line = n->key_place.line;
    expect_told(f, without(f->text, e, in_flow), missing, n, CHANGE_DELETED);
    if (strchr("*@", *key->name))
        line = 0; /* any name */
    else if (key_of(keys, name))
        line = key->required ? map->place.line : 0;
    expect_told(f, spliced(f->text, at, at, "zz"), line, n, CHANGE_RENAMED);
    line = may_be_anything(key, n) ? 0 : n->key_place.line;
    const char *other = n->kind == NODE_KIND_TEXT ? " {zz: zz}" : " retyped";
    expect_told(f, spliced(f->text, e.value, e.end, other), line, n,
                CHANGE_RETYPED);
}

/* columns, and rows by whatever name. */
static void change_cases(const struct file *f, const struct node *cases)
{
    for (const struct node *n = cases->first; n; n = n->next) {
        struct extent e = extent_of(f->text, n, false);
        int line = n->key_place.line;
        expect_told(f, spliced(f->text, e.value, e.end, " retyped"), line, n,
                    CHANGE_RETYPED);
        if (strcmp(n->key, "columns") != 0)
            line = 0;
        expect_told(f, spliced(f->text, e.key, e.key, "zz"), line ? -1 : 0, n,
                    CHANGE_RENAMED);
    }
}

static void walk(const struct file *f, const struct node *map,
                 const struct key *keys, bool in_flow);

static void walk_value(const struct file *f, const struct node *n,
                       const struct key *key, bool in_flow)
{
    in_flow |= strchr("{[", f->text[offset_of(f->text, n->place)]) != NULL;
    bool has_map = key->type == VALUE_MAP || key->type == VALUE_MAP_OR_TEXT;
    if (n->kind == NODE_KIND_MAP && has_map)
        walk(f, n, key->inner, in_flow);
    if (n->kind != NODE_KIND_LIST || key->type != VALUE_LIST)
        return;
    for (const struct node *each = n->first; each; each = each->next)
        walk_value(f, each, key->inner, in_flow);
}

static void walk(const struct file *f, const struct node *map,
                 const struct key *keys, bool in_flow)
{
    for (const struct node *n = map->first; n; n = n->next) {
        const struct key *key = key_of(keys, n->key);
        if (!key) /* a column stands for the key */
            continue;
        if (keys == vocabulary_scenario && strcmp(n->key, "cases") == 0) {
            change_cases(f, n);
            continue;
        }
        change_key(f, map, n, keys, key, in_flow);
        walk_value(f, n, key, in_flow);
    }
}

/* -- files --------------------------------------------------------------------
 */

static void change_file(const struct kind *kind, const char *path)
{
    struct diagnostics *list = diagnostics_create();
    scratch = arena_create();
    struct slice text;
    struct node *root;
    assert_int_equal(node_load(scratch, path, list, &text), ST_OK);
    kind->load(path, text, list);
    diagnostics_print(list, stderr);
    assert_int_equal(diagnostics_count(list), 0);
    assert_int_equal(node_parse(scratch, path, text, list, &root), ST_OK);
    struct file f = {kind, path, text.p};
    walk(&f, root, kind->keys, false);
    diagnostics_destroy(&list);
    arena_destroy(&scratch);
}

static void change_folder(const struct kind *kind, const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        const char *name = entry->d_name;
        size_t n = strlen(name);
        const char *below = arena_printf(arena, "%s/%s", path, name);
        if (n > 5 && strcmp(name + n - 5, ".yaml") == 0)
            change_file(kind, below);
        else if (*name != '.' && kind == &scenario_kind && !strchr(name, '.'))
            change_folder(kind, below);
    }
    closedir(dir);
}

static void changed(const struct kind *kind, const char *folder)
{
    changes = told = 0;
    change_folder(kind, arena_printf(arena, "%s/%s", SOURCE_DIR, folder));
    print_message("%s: %lu changes, %lu of them errors of that line\n", folder,
                  changes, told);
    assert_true(told > 0);
}

static void test_every_key_of_scenarios_is_checked(void **state)
{
    (void)state;
    changed(&scenario_kind, "scenarios");
    changed(&scenario_kind, "fixtures/kinds");
}

static void test_every_key_of_postures_is_checked(void **state)
{
    (void)state;
    changed(&posture_kind, "fixtures/postures");
}

static void test_every_key_of_organizations_is_checked(void **state)
{
    (void)state;
    changed(&organization_kind, "fixtures/organizations");
}

static int setup(void **state)
{
    (void)state;
    struct diagnostics *list = diagnostics_create();
    struct err err;
    arena = arena_create();
    enum status status =
        fixtures_load(SOURCE_DIR "/fixtures", list, &fixtures, &err);
    diagnostics_destroy(&list);
    return status == ST_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fixtures_destroy(&fixtures);
    arena_destroy(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_of_scenarios_is_checked),
        cmocka_unit_test(test_every_key_of_postures_is_checked),
        cmocka_unit_test(test_every_key_of_organizations_is_checked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
