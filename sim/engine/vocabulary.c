#include "engine/vocabulary.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAMES_MOST = 64 };

static bool met_bad(struct diagnostics *list, struct place place,
                    const char *expected)
{
    diagnostics_add(list, place, "expected %s", expected);
    return false;
}

bool duration_parse(const char *text, long long *out_s)
{
    static const struct {
        char unit;
        long long seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    size_t n = strlen(text);
    unsigned long count;
    if (n < 2 || !slice_number((struct slice){text, n - 1}, 100000000, &count))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].unit == text[n - 1]) {
            *out_s = (long long)count * units[i].seconds;
            return true;
        }
    return false;
}

static bool take_number(const char **p, size_t digits, unsigned long least,
                        unsigned long most, int *out)
{
    unsigned long value;
    if (strnlen(*p, digits) < digits ||
        !slice_number((struct slice){*p, digits}, most, &value) ||
        value < least)
        return false;
    *out = (int)value;
    *p += digits;
    return true;
}

static bool take_char(const char **p, const char *any)
{
    if (!**p || !strchr(any, **p))
        return false;
    ++*p;
    return true;
}

static bool take_zone(const char **p, long long *offset_s)
{
    *offset_s = 0;
    if (take_char(p, "Zz"))
        return true;
    int sign = **p == '-' ? -1 : 1, hours, minutes;
    if (!take_char(p, "+-") || !take_number(p, 2, 0, 23, &hours) ||
        !take_char(p, ":") || !take_number(p, 2, 0, 59, &minutes))
        return false;
    *offset_s = sign * (hours * 3600LL + minutes * 60LL);
    return true;
}

bool time_parse(const char *text, long long *out_s)
{
    struct tm tm = {0};
    long long offset_s;
    const char *p = text;
    if (!take_number(&p, 4, 1970, 9999, &tm.tm_year) || !take_char(&p, "-") ||
        !take_number(&p, 2, 1, 12, &tm.tm_mon) || !take_char(&p, "-") ||
        !take_number(&p, 2, 1, 31, &tm.tm_mday) || !take_char(&p, "Tt") ||
        !take_number(&p, 2, 0, 23, &tm.tm_hour) || !take_char(&p, ":") ||
        !take_number(&p, 2, 0, 59, &tm.tm_min) || !take_char(&p, ":") ||
        !take_number(&p, 2, 0, 59, &tm.tm_sec) || !take_zone(&p, &offset_s) ||
        *p)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    struct tm given = tm;
    long long utc = timegm(&tm);
    if (given.tm_mday != tm.tm_mday)
        return false;
    *out_s = utc - offset_s;
    return true;
}

static bool is_number(const char *text)
{
    unsigned long value;
    return slice_number(slice_of(text), 1000000000000UL, &value);
}

static bool is_address(const char *text)
{
    const char *at = strrchr(text, '@');
    return at && at != text && at[1] && !strpbrk(text, "\r\n");
}

static bool check_word(const struct node *node, const struct key *key,
                       struct diagnostics *list)
{
    char all[256] = "";
    for (const char *const *w = key->words; *w; w++) {
        if (strcmp(*w, node->text) == 0)
            return true;
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n, "%s%s", n ? ", " : "", *w);
    }
    diagnostics_add_near(list, node->place, node->text, key->words,
                         "`%s` is not one of: %s", node->text, all);
    return false;
}

static bool is_yes_no(const char *text)
{
    return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0;
}

static bool is_time(const char *text)
{
    long long s;
    return strcmp(text, "now") == 0 || time_parse(text, &s);
}

static bool is_duration(const char *text)
{
    long long s;
    return duration_parse(text, &s);
}

static bool is_reply(const char *text)
{
    if (strcmp(text, "drips") == 0) /* one that has no end */
        return true;
    return text[0] >= '2' && text[0] <= '5';
}

static bool check_text(const struct node *node, const struct key *key,
                       struct diagnostics *list)
{
    static const struct {
        bool (*is)(const char *text);
        const char *expected;
    } kinds[VALUE_COUNT] = {
        [VALUE_YES_NO] = {is_yes_no, "yes or no"},
        [VALUE_NUMBER] = {is_number, "a number"},
        [VALUE_DURATION] = {is_duration, "a duration such as 90s, 10m, 4h, 5d"},
        [VALUE_TIME] = {is_time,
                        "a time such as 2026-03-02T09:00:00+01:00, or now"},
        [VALUE_ADDRESS] = {is_address, "an address: local@domain"},
        [VALUE_REPLY] = {is_reply, "a reply such as 550 5.6.0, or drips"},
    };
    if (node->kind != NODE_KIND_TEXT)
        return met_bad(list, node->place, "a text");
    if (key->type == VALUE_WORD)
        return check_word(node, key, list);
    if (!kinds[key->type].is || kinds[key->type].is(node->text))
        return true;
    return met_bad(list, node->place, kinds[key->type].expected);
}

static bool check_value(const struct node *node, const struct key *key,
                        struct diagnostics *list);

static bool check_list(const struct node *node, const struct key *key,
                       struct diagnostics *list)
{
    if (node->kind != NODE_KIND_LIST) {
        if (key->one_or_list)
            return check_value(node, key->inner, list);
        return met_bad(list, node->place, "a list");
    }
    bool good = true;
    for (const struct node *child = node->first; child; child = child->next)
        good &= check_value(child, key->inner, list);
    return good;
}

static bool check_value(const struct node *node, const struct key *key,
                        struct diagnostics *list)
{
    switch (key->type) {
    case VALUE_MAP:
        return vocabulary_check(node, key->inner, list);
    case VALUE_MAP_OR_TEXT:
        return node->kind == NODE_KIND_TEXT ||
               vocabulary_check(node, key->inner, list);
    case VALUE_LIST:
        return check_list(node, key, list);
    case VALUE_ANY:
    case VALUE_COUNT:
        return true;
    case VALUE_TEXT:
    case VALUE_WORD:
    case VALUE_YES_NO:
    case VALUE_NUMBER:
    case VALUE_DURATION:
    case VALUE_TIME:
    case VALUE_ADDRESS:
    case VALUE_REPLY:
        return check_text(node, key, list);
    }
    return false;
}

static const struct key *find_key(const struct key *keys, const char *name)
{
    const struct key *k = keys;
    while (k->name && strcmp(k->name, name) != 0 && strcmp(k->name, "*") != 0 &&
           !(strcmp(k->name, "@") == 0 && strchr(name, '@')))
        k++;
    return k->name ? k : NULL;
}

static bool unknown_key(const struct node *node, const struct key *keys,
                        struct diagnostics *list)
{
    const char *names[NAMES_MOST + 1];
    size_t n = 0;
    for (const struct key *k = keys; k->name && n < NAMES_MOST; k++)
        names[n++] = k->name;
    names[n] = NULL;
    diagnostics_add_near(list, node->key_place, node->key, names,
                         "unknown key `%s`", node->key);
    return false;
}

/* What a cell `absent` took away must have been a key all the same; its value
 * was never there. */
static bool check_removed(const struct node *map, const struct key *keys,
                          struct diagnostics *list)
{
    bool good = true;
    for (const struct node *n = map->removed; n; n = n->next)
        if (n->key && !strchr(n->key, '$') && !find_key(keys, n->key))
            good = unknown_key(n, keys, list);
    return good;
}

bool vocabulary_check(const struct node *map, const struct key *keys,
                      struct diagnostics *list)
{
    if (map->kind != NODE_KIND_MAP)
        return met_bad(list, map->place, "a map");
    bool good = true;
    for (const struct node *child = map->first; child; child = child->next) {
        const struct key *key = find_key(keys, child->key);
        good &= key ? check_value(child, key, list)
                    : unknown_key(child, keys, list);
    }
    good &= check_removed(map, keys, list);
    for (const struct key *k = keys; k->name; k++) {
        if (!k->required || node_get(map, k->name))
            continue;
        diagnostics_add(list, map->place, "`%s` is missing: %s", k->name,
                        k->help);
        good = false;
    }
    return good;
}
