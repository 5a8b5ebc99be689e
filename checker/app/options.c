#include "kit/options.h"

#include <string.h>

#include "engine/diagnostic.h"

struct parse {
    struct arena *arena;
    const struct option_row *rows;
    int argc, at;
    char **argv;
    struct err *err;
};

static const struct option_row *find_name(const struct option_row *rows,
                                          struct slice name)
{
    for (; rows->name; rows++)
        if (slice_is(name, rows->name))
            return rows;
    return NULL;
}

static const struct option_row *find_letter(const struct option_row *rows,
                                            char letter)
{
    for (; rows->name; rows++)
        if (rows->letter && rows->letter == letter)
            return rows;
    return NULL;
}

static enum status unknown(struct parse *p, const char *name)
{
    struct texts names = {0};
    for (const struct option_row *row = p->rows; row->name; row++)
        texts_add(p->arena, &names, row->name);
    texts_add(p->arena, &names, "help");
    const char **words = arena_alloc(p->arena, (names.n + 1) * sizeof(*words));
    memcpy(words, names.v, names.n * sizeof(*words));
    const char *near = near_miss(name, words);
    if (near)
        return err_set(p->err, ST_INVAL,
                       "unknown option --%s; did you mean --%s?", name, near);
    return err_set(p->err, ST_INVAL, "unknown option --%s", name);
}

static enum status take_value(struct parse *p, const struct option_row *row,
                              const char *value)
{
    unsigned long number;
    switch (row->kind) {
    case OPTION_TEXT:
    case OPTION_TEXT_OPTIONAL:
        *(const char **)row->out = value;
        return ST_OK;
    case OPTION_TEXTS:
        texts_add(p->arena, row->out, value);
        return ST_OK;
    case OPTION_NUMBER:
        if (!slice_number(slice_of(value), 1000000000, &number))
            return err_set(p->err, ST_INVAL,
                           "--%s %s: expected a number, digits alone",
                           row->name, value);
        *(unsigned *)row->out = (unsigned)number;
        return ST_OK;
    case OPTION_FLAG:
    case OPTION_KIND_COUNT:
        break;
    }
    BUG("option %s", row->name);
}

/* attached: what stood behind = or behind the letter; NULL: nothing did. */
static enum status take(struct parse *p, const struct option_row *row,
                        const char *attached)
{
    if (row->kind == OPTION_FLAG) {
        if (attached)
            return err_set(p->err, ST_INVAL, "--%s takes no value", row->name);
        *(bool *)row->out = true;
        return ST_OK;
    }
    if (!attached && row->kind == OPTION_TEXT_OPTIONAL)
        attached = "-";
    if (!attached && p->at < p->argc)
        attached = p->argv[p->at++];
    if (!attached)
        return err_set(p->err, ST_INVAL, "--%s: expected %s behind it",
                       row->name, row->value);
    return take_value(p, row, attached);
}

static enum status take_long(struct parse *p, const char *arg, bool *help_out)
{
    const char *equals = strchr(arg, '=');
    struct slice name = {arg, equals ? (size_t)(equals - arg) : strlen(arg)};
    if (slice_is(name, "help")) {
        *help_out = true;
        return ST_OK;
    }
    const struct option_row *row = find_name(p->rows, name);
    if (!row)
        return unknown(p, arena_text(p->arena, name));
    return take(p, row, equals ? equals + 1 : NULL);
}

/* "-v", "-vk WORD", "-j4": flags may be joined, the last may have a value. */
static enum status take_short(struct parse *p, const char *letters,
                              bool *help_out)
{
    for (; *letters; letters++) {
        if (*letters == 'h') {
            *help_out = true;
            continue;
        }
        const struct option_row *row = find_letter(p->rows, *letters);
        if (!row)
            return err_set(p->err, ST_INVAL, "unknown option -%c", *letters);
        if (row->kind != OPTION_FLAG)
            return take(p, row, letters[1] ? letters + 1 : NULL);
        *(bool *)row->out = true;
    }
    return ST_OK;
}

enum status options_parse(struct arena *arena, const struct option_row *rows,
                          int argc, char **argv, struct texts *rest_out,
                          bool *help_out, struct err *err)
{
    struct parse p = {arena, rows, argc, 1, argv, err};
    bool ended = false;
    while (p.at < argc) {
        const char *arg = argv[p.at++];
        enum status status = ST_OK;
        if (ended || arg[0] != '-' || !arg[1])
            texts_add(arena, rest_out, arg);
        else if (strcmp(arg, "--") == 0)
            ended = true;
        else if (arg[1] == '-')
            status = take_long(&p, arg + 2, help_out);
        else
            status = take_short(&p, arg + 1, help_out);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

void options_help(FILE *to, const struct option_row *rows)
{
    for (; rows->name; rows++) {
        char left[64];
        const char *value = rows->value ? rows->value : "";
        const char *join = rows->kind == OPTION_TEXT_OPTIONAL ? "[=" : " ";
        const char *close = rows->kind == OPTION_TEXT_OPTIONAL ? "]" : "";
        snprintf(left, sizeof(left), "%c%c%s --%s%s%s%s",
                 rows->letter ? '-' : ' ', rows->letter ? rows->letter : ' ',
                 rows->letter ? "," : " ", rows->name, *value ? join : "",
                 value, close);
        fprintf(to, "  %-26s %s\n", left, rows->help);
    }
    fprintf(to, "  %-26s %s\n", "-h, --help", "this text");
}
