#include "checker/tables_internal.h"

#include <string.h>

#include "base/buf.h"

void tables_destroy(struct tables **tables)
{
    if (!*tables)
        return;
    struct arena *arena = (*tables)->arena;
    *tables = NULL;
    arena_destroy(&arena);
}

unsigned tables_axis_count(const struct tables *tables)
{
    return tables->axis_count;
}

const char *tables_axis(const struct tables *tables, unsigned axis)
{
    return tables->axes[axis].name;
}

unsigned tables_value_count(const struct tables *tables, unsigned axis)
{
    return tables->axes[axis].count;
}

const char *tables_value(const struct tables *tables, unsigned axis,
                         unsigned value)
{
    return tables->axes[axis].values[value];
}

struct facts facts_default(const struct tables *tables)
{
    return tables->defaults;
}

bool facts_set(const struct tables *tables, struct facts *facts,
               const char *axis, const char *value)
{
    for (unsigned i = 0; i < tables->axis_count; i++) {
        const struct axis *a = &tables->axes[i];
        if (strcmp(a->name, axis) != 0)
            continue;
        for (unsigned v = 0; v < a->count; v++) {
            if (strcmp(a->values[v], value) == 0) {
                facts->value[i] = (uint8_t)v;
                return true;
            }
        }
        return false;
    }
    return false;
}

const char *facts_get(const struct tables *tables, const struct facts *facts,
                      const char *axis)
{
    for (unsigned i = 0; i < tables->axis_count; i++) {
        if (strcmp(tables->axes[i].name, axis) == 0)
            return tables->axes[i].values[facts->value[i]];
    }
    return NULL;
}

char *facts_format(struct arena *arena, const struct tables *tables,
                   const struct facts *facts)
{
    struct buf text;
    buf_init(&text, 4096);
    for (unsigned i = 0; i < tables->axis_count; i++)
        buf_printf(&text, "%s%s=%s", i ? " " : "", tables->axes[i].name,
                   tables->axes[i].values[facts->value[i]]);
    char *copy = arena_text(arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

static bool holds(const struct tables *tables, const uint64_t *when,
                  const struct facts *facts)
{
    for (unsigned i = 0; i < tables->axis_count; i++) {
        if (!(when[i] >> facts->value[i] & 1))
            return false;
    }
    return true;
}

const struct order *tables_order(const struct tables *tables,
                                 const struct facts *facts)
{
    for (size_t i = 0; i < ORDER_COUNT; i++) {
        if (holds(tables, tables->orders[i].applies, facts))
            return &tables->orders[i];
    }
    return NULL;
}

const struct table_row *tables_decide(const struct tables *tables,
                                      const struct facts *facts)
{
    const struct order *order = tables_order(tables, facts);
    for (size_t i = 0; order && i < order->row_count; i++) {
        if (holds(tables, order->rows[i].when, facts))
            return &order->rows[i];
    }
    return NULL;
}

const char *tables_rank(const struct tables *tables, const struct facts *facts,
                        unsigned rank)
{
    const struct order *order = tables_order(tables, facts);
    if (!order || rank == 0 || rank > order->rank_count)
        return NULL;
    return order->ranks[rank - 1];
}

unsigned long tables_combinations(const struct tables *tables)
{
    unsigned long n = 1;
    for (unsigned i = 0; i < tables->axis_count; i++)
        n *= tables->axes[i].count;
    return n;
}

unsigned long tables_number(const struct tables *tables,
                            const struct facts *facts)
{
    unsigned long n = 0;
    for (unsigned i = 0; i < tables->axis_count; i++)
        n = n * tables->axes[i].count + facts->value[i];
    return n;
}

bool tables_next(const struct tables *tables, struct facts *facts)
{
    for (unsigned i = tables->axis_count; i-- > 0;) {
        if (++facts->value[i] < tables->axes[i].count)
            return true;
        facts->value[i] = 0;
    }
    return false;
}

bool tables_same(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    return strcmp(a, b) == 0;
}
