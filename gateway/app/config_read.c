#include "app/config_read.h"

#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 64 };

static const char *const kinds[] = {
    [YAML_TEXT] = "a text", [YAML_MAP] = "a map", [YAML_LIST] = "a list"};

static void fault_at(struct config_reader *reader, const struct yaml *node,
                     const char *expected)
{
    faults_add(reader->faults, node->line, node->column,
               "`%s` must be %s, not %s", node->key, expected,
               kinds[node->kind]);
}

static bool is_kind(struct config_reader *reader, const struct yaml *node,
                    enum yaml_kind kind)
{
    if (node->kind == kind)
        return true;
    fault_at(reader, node, kinds[kind]);
    return false;
}

static void read_boolean(struct config_reader *reader, const struct yaml *node,
                         bool *out)
{
    if (strcmp(node->text, "yes") == 0)
        *out = true;
    else if (strcmp(node->text, "no") == 0)
        *out = false;
    else
        faults_add(reader->faults, node->line, node->column,
                   "`%s` must be yes or no, not `%.60s`", node->key,
                   node->text);
}

static void read_number(struct config_reader *reader, const struct yaml *node,
                        const struct key *key, int64_t *out)
{
    unsigned long value;
    if (slice_number(slice_of(node->text), (unsigned long)key->most, &value) &&
        (int64_t)value >= key->least)
        *out = (int64_t)value;
    else
        faults_add(reader->faults, node->line, node->column,
                   "`%s` must be a number from %lld to %lld, not `%.60s`",
                   key->name, (long long)key->least, (long long)key->most,
                   node->text);
}

static void read_word(struct config_reader *reader, const struct yaml *node,
                      const struct key *key, int *out)
{
    char all[200] = "";
    for (int i = 0; key->words[i]; i++) {
        if (strcmp(key->words[i], node->text) == 0) {
            *out = i;
            return;
        }
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n, "%s%s", i ? ", " : "", key->words[i]);
    }
    faults_add(reader->faults, node->line, node->column,
               "`%s` must be one of %s, not `%.60s`", key->name, all,
               node->text);
}

static void read_endpoint(struct config_reader *reader, const struct yaml *node,
                          struct config_endpoint *out)
{
    const char *colon = strrchr(node->text, ':');
    unsigned long port = 0;
    const char *address = NULL;
    if (colon && slice_number(slice_of(colon + 1), 65535, &port)) {
        struct slice host = {node->text, (size_t)(colon - node->text)};
        if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
            host = (struct slice){host.p + 1, host.n - 2};
        address = arena_text(reader->arena, host);
    }
    struct yaml part = *node;
    part.text = address;
    if (!address)
        faults_add(reader->faults, node->line, node->column,
                   "`%s` must be address:port, not `%.60s`", node->key,
                   node->text);
    else if (config_read_text(reader, &part, KEY_ADDRESS, &out->address))
        out->port = (uint16_t)port;
}

static bool is_text_list(enum key_kind kind)
{
    return kind == KEY_DOMAINS || kind == KEY_BLOCKS;
}

static void read_list(struct config_reader *reader, const struct yaml *node,
                      const struct key *key, struct config_list *out)
{
    bool texts = is_text_list(key->kind);
    enum key_kind kind = key->kind == KEY_DOMAINS ? KEY_DOMAIN : KEY_BLOCK;
    size_t count = 0, size = texts ? sizeof(char *) : key->shape->size;
    for (const struct yaml *n = node->first; n; n = n->next)
        count++;
    out->items = arena_alloc(reader->arena, (count ? count : 1) * size);
    out->count = count;
    char *at = out->items;
    int nth = 0;
    for (const struct yaml *n = node->first; n; n = n->next, at += size) {
        struct yaml entry = *n;
        entry.key = arena_printf(reader->arena, "%s[%d]", key->name, ++nth);
        if (!is_kind(reader, &entry, texts ? YAML_TEXT : YAML_MAP))
            continue;
        if (texts)
            config_read_text(reader, &entry, kind, (const char **)(void *)at);
        else
            config_read_map(reader, n, key->shape, at);
    }
}

static void read_key(struct config_reader *reader, const struct yaml *node,
                     const struct key *key, void *out) /* table */
{
    void *field = (char *)out + key->offset;
    enum yaml_kind wanted = key->kind == KEY_MAP ? YAML_MAP
                            : key->kind == KEY_LIST || is_text_list(key->kind)
                                ? YAML_LIST
                                : YAML_TEXT;
    if (!is_kind(reader, node, wanted))
        return;
    switch (key->kind) {
    case KEY_BOOLEAN:
        read_boolean(reader, node, field);
        break;
    case KEY_NUMBER:
        read_number(reader, node, key, field);
        break;
    case KEY_WORD:
        read_word(reader, node, key, field);
        break;
    case KEY_TIME:
        if (!config_read_time(node->text, field))
            faults_add(reader->faults, node->line, node->column,
                       "`%s` must be a time such as 2026-01-05T10:00:00Z, not "
                       "`%.60s`",
                       key->name, node->text);
        break;
    case KEY_ENDPOINT:
        read_endpoint(reader, node, field);
        break;
    case KEY_MAP:
        config_read_map(reader, node, key->shape, field);
        break;
    case KEY_LIST:
    case KEY_DOMAINS:
    case KEY_BLOCKS:
        read_list(reader, node, key, field);
        break;
    case KEY_TEXT:
    case KEY_DOMAIN:
    case KEY_MAILBOX:
    case KEY_PATH:
    case KEY_FILE:
    case KEY_UUID:
    case KEY_URL:
    case KEY_HASH:
    case KEY_ZONE:
    case KEY_FIELD:
    case KEY_ADDRESS:
    case KEY_BLOCK:
    case KEY_RESOLVER:
    case KEY_PHONE:
    case KEY_CODE:
    case KEY_BASE32:
    case KEY_SECRET:
    case KEY_TARGET:
        config_read_text(reader, node, key->kind, field);
        break;
    }
}

static const struct key *find_key(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->count; i++)
        if (strcmp(shape->keys[i].name, name) == 0)
            return &shape->keys[i];
    return NULL;
}

static void unknown_key(struct config_reader *reader, const struct yaml *node,
                        const struct shape *shape)
{
    const char *names[KEYS_MAX];
    for (size_t i = 0; i < shape->count; i++)
        names[i] = shape->keys[i].name;
    const char *near = yaml_nearest(node->key, names, shape->count);
    faults_add(reader->faults, node->key_line, node->key_column,
               "unknown key `%.60s`%s%s%s", node->key,
               near ? "; did you mean `" : "", near ? near : "",
               near ? "`?" : "");
}

static const struct yaml *find_child(const struct yaml *map, const char *name)
{
    const struct yaml *n = map->first;
    while (n && strcmp(n->key, name) != 0)
        n = n->next;
    return n;
}

void config_read_map(struct config_reader *reader, const struct yaml *node,
                     const struct shape *shape, void *out)
{
    if (shape->count > KEYS_MAX)
        BUG("%zu keys", shape->count);
    for (const struct yaml *n = node->first; n; n = n->next) {
        const struct key *key = find_key(shape, n->key);
        if (key)
            read_key(reader, n, key, out);
        else
            unknown_key(reader, n, shape);
    }
    for (size_t i = 0; i < shape->count; i++) {
        const struct key *key = &shape->keys[i];
        if (key->required && !find_child(node, key->name))
            faults_add(reader->faults, node->key ? node->key_line : node->line,
                       node->key ? node->key_column : node->column,
                       "key `%s` is missing%s%s", key->name,
                       node->key ? " in " : "", node->key ? node->key : "");
    }
}
