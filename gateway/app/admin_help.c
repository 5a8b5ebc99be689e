/* What several actions need: finding, lists, passwords, tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "app/admin.h"
#include "app/password.h"
#include "base/random.h"

enum { PASSWORD_CHARACTERS = 24, LINE_BYTES = 1024, COLUMNS_MAX = 12 };

/* --- organizations -------------------------------------------------------- */

static bool claims(const struct config_organization *o, const char *domain)
{
    const char *const *domains = o->domains.items;
    for (size_t i = 0; i < o->domains.count; i++)
        if (strcasecmp(domains[i], domain) == 0)
            return true;
    return false;
}

typedef bool match_fn(const struct config_organization *o, const char *text);

static bool is_named(const struct config_organization *o, const char *name)
{
    return strcasecmp(o->name, name) == 0;
}

static struct config_organization *find(const struct config_list *list,
                                        match_fn *is_it, const char *text)
{
    struct config_organization *all = list->items;
    for (size_t i = 0; i < list->count; i++)
        if (is_it(&all[i], text))
            return &all[i];
    return NULL;
}

static struct config_organization *find_made(struct admin *admin,
                                             match_fn *is_it, const char *kind,
                                             const char *text)
{
    struct config_organization *o = find(&admin->made, is_it, text);
    if (o)
        return o;
    if (find(&admin->config->organizations, is_it, text))
        admin_refuse("%s `%s` is the configuration file's: change it there",
                     kind, text);
    else
        admin_refuse("there is no %s `%s`", kind, text);
    return NULL;
}

struct config_organization *admin_organization(struct admin *admin,
                                               const char *name)
{
    return find_made(admin, is_named, "organization", name);
}

struct config_organization *admin_owner(struct admin *admin, const char *domain)
{
    return find_made(admin, claims, "domain", domain);
}

const char *admin_domain(struct admin *admin, const char *text)
{
    const char *domain = config_domain(admin->arena, text);
    if (!domain)
        admin_refuse("`%s` is no domain name", text);
    return domain;
}

bool admin_is_other(const struct admin *admin,
                    const struct config_organization *o)
{
    return admin->organization && !is_named(o, admin->organization);
}

bool admin_has_asked(const struct admin *admin)
{
    const char *name = admin->organization;
    if (!name || find(&admin->made, is_named, name) ||
        find(&admin->config->organizations, is_named, name))
        return true;
    admin_refuse("there is no organization `%s`", name);
    return false;
}

/* --- lists ---------------------------------------------------------------- */

void *admin_list_add(struct admin *admin, struct config_list *list,
                     size_t item_bytes)
{
    char *items = arena_alloc(admin->arena, (list->count + 1) * item_bytes);
    if (list->count)
        memcpy(items, list->items, list->count * item_bytes);
    list->items = items;
    return items + list->count++ * item_bytes;
}

void admin_list_remove(struct config_list *list, size_t item_bytes,
                       const void *item)
{
    char *items = list->items;
    size_t at = (size_t)((const char *)item - items) / item_bytes;
    memmove(items + at * item_bytes, items + (at + 1) * item_bytes,
            (list->count - at - 1) * item_bytes);
    list->count--;
}

/* --- passwords ------------------------------------------------------------ */

char *admin_password(struct arena *arena)
{
    /* Without those that look alike; 8 times as many fit into an octet. */
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    char *password = arena_alloc(arena, PASSWORD_CHARACTERS + 1);
    unsigned char octets[PASSWORD_CHARACTERS];
    _Static_assert(256 % (sizeof letters - 1) == 0, "no letter is likelier");
    random_bytes(octets, sizeof octets);
    for (size_t i = 0; i < sizeof octets; i++)
        password[i] = letters[octets[i] % (sizeof letters - 1)];
    explicit_bzero(octets, sizeof octets);
    return password;
}

const char *admin_password_hash(struct admin *admin)
{
    char line[LINE_BYTES];
    struct secret password;
    if (!admin->from_stdin) {
        snprintf(line, sizeof line, "%s", admin_password(admin->arena));
        admin_show(admin, "password: %s", line);
    } else if (!password_read(stdin, line, sizeof line)) {
        admin_refuse("standard input must give a password in a line of at "
                     "most %d octets",
                     LINE_BYTES - 2);
        return NULL;
    }
    secret_init(&password, slice_of(line));
    explicit_bzero(line, sizeof line);
    const char *hash =
        password_hash_make(admin->arena, &password, PASSWORD_COST);
    secret_release(&password);
    return hash;
}

/* --- tables --------------------------------------------------------------- */

json_t *admin_text(const char *text)
{
    json_t *value = text ? json_string(text) : json_null();
    return value ? value : json_string("?"); /* not UTF-8 */
}

json_t *admin_time(int64_t time_ms)
{
    struct tm tm;
    char text[40];
    time_t at = (time_t)(time_ms / 1000);
    if (time_ms == 0 || !gmtime_r(&at, &tm))
        return json_null();
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return json_string(text);
}

/* Characters of UTF-8 text: octets that begin one. */
static size_t width_of(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* Those of C1, in UTF-8, move a terminal too. */
static bool is_control(const char *p)
{
    unsigned char c = (unsigned char)p[0], next = (unsigned char)p[1];
    return c < ' ' || c == 127 || (c == 0xc2 && next >= 0x80 && next < 0xa0);
}

/* One line without control characters; "-" where there is nothing. */
static const char *cell(struct arena *arena, const json_t *value)
{
    const char *text = "-";
    if (json_is_string(value))
        text = json_string_value(value);
    else if (json_is_boolean(value))
        text = json_is_true(value) ? "yes" : "no";
    else if (json_is_integer(value))
        text =
            arena_printf(arena, "%lld", (long long)json_integer_value(value));
    else if (json_is_array(value) && json_array_size(value) > 0) {
        text = "";
        for (size_t i = 0; i < json_array_size(value); i++)
            text = arena_printf(arena, "%s%s%s", text, i ? "," : "",
                                cell(arena, json_array_get(value, i)));
    }
    char *safe = arena_strdup(arena, *text ? text : "-");
    for (char *p = safe; *p; p++)
        if (is_control(p)) {
            p[(unsigned char)*p == 0xc2] = '?';
            *p = '?';
        }
    return safe;
}

static void print_table(struct arena *arena, const json_t *rows,
                        const char *const *columns)
{
    size_t widths[COLUMNS_MAX] = {0}, count = 0;
    for (; columns[count] && count < COLUMNS_MAX; count++)
        widths[count] = strlen(columns[count]);
    for (size_t r = 0; r < json_array_size(rows); r++)
        for (size_t c = 0; c < count; c++) {
            size_t n = width_of(cell(
                arena, json_object_get(json_array_get(rows, r), columns[c])));
            widths[c] = n > widths[c] ? n : widths[c];
        }
    for (size_t r = 0; r <= json_array_size(rows); r++) {
        const json_t *row = r ? json_array_get(rows, r - 1) : NULL;
        for (size_t c = 0; c < count; c++) {
            const char *text =
                row ? cell(arena, json_object_get(row, columns[c]))
                    : columns[c];
            if (c + 1 < count)
                printf("%s%*s  ", text, (int)(widths[c] - width_of(text)), "");
            else
                puts(text);
        }
    }
}

int admin_print(const struct admin *admin, json_t *rows,
                const char *const *columns)
{
    if (admin->json) {
        json_dumpf(rows, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        print_table(admin->arena, rows, columns);
    }
    json_decref(rows);
    return ADMIN_DONE;
}
