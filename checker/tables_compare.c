/* One pass over the gateway's lines. A line starts with the same axes in the
 * same order as ours; most differ from the line before in the last axis alone,
 * so that each value is tried first where the line before had it. */
#include "checker/tables_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { GROUPS_MAX = 64, SHOWN = 3, LINE_SHOWN = 200 };

/* Differences of one kind: one row, one answer of the gateway. */
struct group {
    const struct table_row *row;
    char got[96];
    unsigned long count;
    struct facts first[SHOWN];
};

struct comparing {
    const struct tables *tables;
    FILE *report;
    struct tables_difference *d;
    uint8_t *seen;                    /* a bit a combination */
    uint64_t values[TABLES_AXES_MAX]; /* values met, a bit each */
    struct group groups[GROUPS_MAX];
    size_t group_count;
    bool *decision_met;
};

/* The value at p, which ends with a space; its length, or 0. */
static size_t read_value(const struct axis *axis, const char *p, uint8_t *value)
{
    for (unsigned i = 0; i < axis->count; i++) {
        unsigned v = (*value + i) % axis->count;
        size_t n = strlen(axis->values[v]);
        if (strncmp(p, axis->values[v], n) == 0 && p[n] == ' ') {
            *value = (uint8_t)v;
            return n;
        }
    }
    return 0;
}

/* Reads the axes; NULL where the line has another axis or value, which is then
 * said in `report` (the first few times). */
static const char *read_facts(struct comparing *c, const char *line,
                              struct facts *facts)
{
    const char *p = line;
    for (unsigned i = 0; i < c->tables->axis_count; i++) {
        const struct axis *axis = &c->tables->axes[i];
        size_t name = strlen(axis->name), n = 0;
        if (strncmp(p, axis->name, name) == 0 && p[name] == '=')
            n = read_value(axis, p + name + 1, &facts->value[i]);
        if (n == 0) {
            if (c->d->unreadable++ < SHOWN)
                fprintf(c->report,
                        "line %lu: expected axis %s and a value of it at "
                        "'%.60s'\n",
                        c->d->lines, axis->name, p);
            return NULL;
        }
        p += name + 1 + n + 1;
    }
    if (strncmp(p, "-> ", 3) == 0)
        return p + 3;
    if (c->d->unreadable++ < SHOWN)
        fprintf(c->report, "line %lu: expected '-> ' at '%.60s'\n", c->d->lines,
                p);
    return NULL;
}

static void format_gives(char *out, size_t size, const char *method,
                         const char *delivery, const char *status)
{
    snprintf(out, size, "method=%s delivery=%s%s%s", method, delivery,
             status ? " status=" : "", status ? status : "");
}

static void add_difference(struct comparing *c, const struct table_row *row,
                           const char *got, const struct facts *facts)
{
    struct group *g = NULL;
    c->d->different++;
    for (size_t i = 0; i < c->group_count && !g; i++) {
        if (c->groups[i].row == row &&
            strncmp(c->groups[i].got, got, sizeof g->got - 1) == 0)
            g = &c->groups[i];
    }
    if (!g && c->group_count < GROUPS_MAX) {
        g = &c->groups[c->group_count++];
        g->row = row;
        snprintf(g->got, sizeof g->got, "%s", got);
    }
    if (!g)
        return; /* counted all the same */
    if (g->count < SHOWN)
        g->first[g->count] = *facts;
    g->count++;
}

static void check_hand_made(struct comparing *c, const struct facts *facts,
                            const char *got)
{
    const struct tables *t = c->tables;
    for (size_t i = 0; i < t->decision_count; i++) {
        const struct hand_decision *d = &t->decisions[i];
        if (memcmp(&d->facts, facts, sizeof *facts) != 0)
            continue;
        char want[128];
        format_gives(want, sizeof want, d->method, d->delivery, d->status);
        c->decision_met[i] = true;
        if (strcmp(want, got) == 0)
            continue;
        c->d->decisions++;
        fprintf(c->report, "%s:%d: decision '%s' expects %s, got %s\n",
                d->place.file, d->place.line, d->name, want, got);
    }
}

static void read_line(struct comparing *c, const char *line,
                      struct facts *facts)
{
    const char *got = read_facts(c, line, facts);
    if (!got)
        return;
    unsigned long number = tables_number(c->tables, facts);
    uint8_t bit = (uint8_t)(1U << (number & 7));
    if (c->seen[number >> 3] & bit) {
        if (c->d->repeated++ < SHOWN)
            fprintf(c->report, "line %lu: once more: %.*s\n", c->d->lines,
                    LINE_SHOWN, line);
        return;
    }
    c->seen[number >> 3] |= bit;
    for (unsigned i = 0; i < c->tables->axis_count; i++)
        c->values[i] |= UINT64_C(1) << facts->value[i];
    const struct table_row *row = tables_decide(c->tables, facts);
    char want[128] = "nothing";
    if (row)
        format_gives(want, sizeof want, row->method, row->delivery,
                     row->status);
    if (strcmp(want, got) != 0)
        add_difference(c, row, got, facts);
    check_hand_made(c, facts, got);
}

static void report_groups(struct comparing *c)
{
    struct arena *arena = arena_create();
    for (size_t i = 0; i < c->group_count; i++) {
        const struct group *g = &c->groups[i];
        const struct table_row *row = g->row;
        char want[128] = "no decision";
        if (row)
            format_gives(want, sizeof want, row->method, row->delivery,
                         row->status);
        fprintf(c->report, "%s: row '%s' of %s (%s)\n",
                row ? row->place.file : "tables", row ? row->id : "none",
                row ? row->order : "any order",
                row && row->clause ? row->clause
                : row              ? row->source
                                   : "a gap");
        fprintf(c->report, "  expected %s\n  got      %s\n", want, g->got);
        for (size_t k = 0; k < SHOWN && k < g->count; k++)
            fprintf(c->report, "  at %s\n",
                    facts_format(arena, c->tables, &g->first[k]));
        fprintf(c->report, "  %lu combination%s\n", g->count,
                g->count == 1 ? "" : "s");
    }
    arena_destroy(&arena);
}

static void report_missing(struct comparing *c)
{
    struct arena *arena = arena_create();
    struct facts facts = {{0}};
    unsigned long number = 0;
    do {
        if (!(c->seen[number >> 3] >> (number & 7) & 1) &&
            c->d->missing++ < SHOWN)
            fprintf(c->report, "no line for %s\n",
                    facts_format(arena, c->tables, &facts));
        number++;
    } while (tables_next(c->tables, &facts));
    for (unsigned i = 0; i < c->tables->axis_count; i++) {
        const struct axis *axis = &c->tables->axes[i];
        for (unsigned v = 0; v < axis->count; v++) {
            if (c->values[i] >> v & 1)
                continue;
            c->d->unused++;
            fprintf(c->report, "axis %s: value %s stands in the tables alone\n",
                    axis->name, axis->values[v]);
        }
    }
    arena_destroy(&arena);
}

static void report_all(struct comparing *c)
{
    struct tables_difference *d = c->d;
    report_groups(c);
    report_missing(c);
    for (size_t i = 0; i < c->tables->decision_count; i++) {
        if (!c->decision_met[i]) {
            d->decisions++;
            fprintf(c->report, "decision '%s': no line has its facts\n",
                    c->tables->decisions[i].name);
        }
    }
    fprintf(c->report,
            "%lu combinations, %lu lines: %lu unreadable, %lu repeated, %lu "
            "missing, %lu decided otherwise; %zu decisions by hand, %lu "
            "contradicted\n",
            d->combinations, d->lines, d->unreadable, d->repeated, d->missing,
            d->different, c->tables->decision_count, d->decisions);
}

enum status tables_compare(const struct tables *tables, FILE *decide_all,
                           FILE *report, struct tables_difference *out,
                           struct err *err)
{
    struct comparing *c = xcalloc(1, sizeof *c);
    struct facts facts = {{0}};
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    *out =
        (struct tables_difference){.combinations = tables_combinations(tables)};
    c->tables = tables;
    c->report = report;
    c->d = out;
    c->seen = xcalloc(out->combinations / 8 + 1, 1);
    c->decision_met = xcalloc(tables->decision_count + 1, sizeof(bool));
    while ((n = getline(&line, &size, decide_all)) >= 0) {
        if (n > 0 && line[n - 1] == '\n')
            line[n - 1] = '\0';
        out->lines++;
        read_line(c, line, &facts);
    }
    report_all(c);
    free(line);
    free(c->decision_met);
    free(c->seen);
    free(c);
    if (out->unreadable || out->repeated || out->missing || out->different ||
        out->decisions || out->unused)
        return err_set(err, ST_INVAL,
                       "the gateway's decisions differ from the tables");
    return ST_OK;
}
