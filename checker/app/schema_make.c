#include "kit/schema_make.h"

#include <stdlib.h>
#include <string.h>

enum { TABLES_MAX = 64 };

/* Each table becomes one definition, however often it is used, and tables may
 * hold themselves. */
struct schema {
    const struct key *tables[TABLES_MAX];
    size_t count;
    json_t *defs;
};

static json_t *type_schema(struct schema *s, const struct key *key);

/* -- scalars ------------------------------------------------------------- */

static json_t *any_scalar(void)
{
    return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
}

static json_t *pattern(const char *text)
{
    json_t *schema = any_scalar();
    json_object_set_new(schema, "pattern", json_string(text));
    return schema;
}

/* What a reader makes of a word that is no string to it: 1.2, yes. */
static void add_word(json_t *words, const char *word)
{
    json_array_append_new(words, json_string(word));
    if (strcmp(word, "yes") == 0 || strcmp(word, "no") == 0) {
        json_array_append_new(words, json_boolean(word[0] == 'y'));
        return;
    }
    char *end;
    double number = strtod(word, &end);
    if (*word && !*end)
        json_array_append_new(words, json_real(number));
}

static json_t *words_schema(const char *const *words)
{
    json_t *list = json_array();
    for (; words && *words; words++)
        add_word(list, *words);
    return json_pack("{s:o}", "enum", list);
}

static json_t *yes_no(void)
{
    static const char *const words[] = {"yes", "no", NULL};
    return words_schema(words);
}

/* -- maps ---------------------------------------------------------------- */

static json_t *described(json_t *schema, const struct key *key)
{
    if (key->help)
        json_object_set_new(schema, "description", json_string(key->help));
    if (key->example)
        json_object_set_new(schema, "examples", json_pack("[s]", key->example));
    return schema;
}

/* A value, or the column that it comes from. */
static json_t *cell_schema(struct schema *s, const struct key *key)
{
    json_t *column = json_pack("{s:s}", "$ref", "#/$defs/column");
    json_t *either =
        json_pack("{s:[o,o]}", "anyOf", type_schema(s, key), column);
    return described(either, key);
}

/* What cases_expand() asks for; no table says it. */
static json_t *cases_schema(const struct key *key)
{
    json_t *columns =
        json_pack("{s:s, s:s, s:i, s:b, s:{s:s, s:s}}", "description",
                  "the names of the cells below", "type", "array", "minItems",
                  1, "uniqueItems", 1, "items", "type", "string", "pattern",
                  "^[a-z]([a-z0-9-]*[a-z0-9])?$");
    json_t *cases = json_pack("{s:s, s:i, s:{s:o}, s:[s], s:{s:s}}", "type",
                              "object", "minProperties", 2, "properties",
                              "columns", columns, "required", "columns",
                              "additionalProperties", "type", "array");
    return described(cases, key);
}

static void add_key(struct schema *s, const struct key *key, json_t *map)
{
    if (strcmp(key->name, "*") == 0) {
        json_object_set_new(map, "additionalProperties", cell_schema(s, key));
        return;
    }
    bool is_address = strcmp(key->name, "@") == 0; /* or a cell of its own */
    const char *name = is_address ? "@|^\\$[a-z]" : key->name;
    const char *group = is_address ? "patternProperties" : "properties";
    bool is_cases = key->type == VALUE_ANY && strcmp(key->name, "cases") == 0;
    json_object_set_new(json_object_get(map, group), name,
                        is_cases ? cases_schema(key) : cell_schema(s, key));
    if (key->required)
        json_array_append_new(json_object_get(map, "required"),
                              json_string(key->name));
}

static json_t *map_schema(struct schema *s, const struct key *keys)
{
    json_t *map = json_pack("{s:s, s:{}, s:{}, s:[], s:b}", "type", "object",
                            "properties", "patternProperties", "required",
                            "additionalProperties", 0);
    for (; keys && keys->name; keys++)
        add_key(s, keys, map);
    json_t *patterns = json_object_get(map, "patternProperties");
    if (json_is_false(json_object_get(map, "additionalProperties")) &&
        json_object_size(patterns) == 0) /* a key may be a cell */
        json_object_set_new(patterns, "^\\$[a-z]", json_object());
    return map;
}

static json_t *table_ref(struct schema *s, const struct key *keys)
{
    char name[24];
    size_t i = 0;
    while (i < s->count && s->tables[i] != keys)
        i++;
    snprintf(name, sizeof name, "table%zu", i);
    if (i == s->count) {
        if (i == TABLES_MAX)
            BUG("more than %d tables", TABLES_MAX);
        s->tables[s->count++] = keys; /* before its own keys ask for it */
        json_object_set_new(s->defs, name, map_schema(s, keys));
    }
    return json_pack("{s:o}", "$ref", json_sprintf("#/$defs/%s", name));
}

/* -- all types ------------------------------------------------------------ */

static json_t *list_schema(struct schema *s, const struct key *key)
{
    json_t *list = json_pack("{s:s, s:o}", "type", "array", "items",
                             cell_schema(s, &key->inner[0]));
    if (!key->one_or_list)
        return list;
    return json_pack("{s:[o,o]}", "anyOf", list,
                     cell_schema(s, &key->inner[0]));
}

static json_t *type_schema(struct schema *s, const struct key *key)
{
    switch (key->type) {
    case VALUE_TEXT:
        return any_scalar();
    case VALUE_WORD:
        return words_schema(key->words);
    case VALUE_YES_NO:
        return yes_no();
    case VALUE_NUMBER:
        return pattern("^[0-9]+$");
    case VALUE_DURATION:
        return pattern("^[0-9]+[smhd]$");
    case VALUE_TIME:
        return pattern("^(now|[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].*)$");
    case VALUE_ADDRESS:
        return pattern("@");
    case VALUE_REPLY:
        return pattern("^[2-5]");
    case VALUE_MAP:
        return table_ref(s, key->inner);
    case VALUE_LIST:
        return list_schema(s, key);
    case VALUE_MAP_OR_TEXT:
        return json_pack("{s:[o,o]}", "anyOf", table_ref(s, key->inner),
                         any_scalar());
    case VALUE_ANY:
        return json_object();
    case VALUE_COUNT:
        break;
    }
    BUG("value type %d", (int)key->type);
}

json_t *schema_make(const struct key *keys, const char *title)
{
    struct schema s = {.defs = json_object()};
    json_object_set_new(s.defs, "column",
                        json_pack("{s:s, s:s, s:s}", "type", "string",
                                  "pattern", "\\$[a-z]", "description",
                                  "a column of `cases`, whole or within"));
    json_t *root = table_ref(&s, keys);
    json_object_set_new(
        root, "$schema",
        json_string("https://json-schema.org/draft/2020-12/schema"));
    if (title)
        json_object_set_new(root, "title", json_string(title));
    json_object_set_new(root, "$defs", s.defs);
    return root;
}

json_t *tree_json(const struct node *node)
{
    json_t *value;
    switch (node->kind) {
    case NODE_KIND_TEXT:
        return json_string(node->text);
    case NODE_KIND_LIST:
        value = json_array();
        for (const struct node *n = node->first; n; n = n->next)
            json_array_append_new(value, tree_json(n));
        return value;
    case NODE_KIND_MAP:
        value = json_object();
        for (const struct node *n = node->first; n; n = n->next)
            json_object_set_new(value, n->key, tree_json(n));
        return value;
    }
    BUG("node kind %d", (int)node->kind);
}
