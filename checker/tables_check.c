#include "checker/tables_internal.h"

/* Gaps shown before the rest is only counted. */
enum { GAPS_SHOWN = 3 };

static void check_combinations(const struct tables *tables, bool *used,
                               struct arena *arena, struct diagnostics *list)
{
    struct facts facts = {{0}};
    unsigned long gaps = 0;
    do {
        const struct table_row *row = tables_decide(tables, &facts);
        if (row) {
            for (size_t i = 0; i < ORDER_COUNT; i++) {
                const struct order *o = &tables->orders[i];
                if (row >= o->rows && row < o->rows + o->row_count)
                    used[i * ROWS_MAX + (size_t)(row - o->rows)] = true;
            }
        } else if (gaps++ < GAPS_SHOWN) {
            diagnostics_add(list, (struct place){"tables", 0, 0},
                            "no row decides %s",
                            facts_format(arena, tables, &facts));
        }
    } while (tables_next(tables, &facts));
    if (gaps > GAPS_SHOWN)
        diagnostics_add(list, (struct place){"tables", 0, 0},
                        "no row decides %lu combinations in all", gaps);
}

static void check_decisions(const struct tables *tables,
                            struct diagnostics *list)
{
    for (size_t i = 0; i < tables->decision_count; i++) {
        const struct hand_decision *d = &tables->decisions[i];
        const struct table_row *row = tables_decide(tables, &d->facts);
        if (!row)
            continue;
        if (!tables_same(row->method, d->method) ||
            !tables_same(row->delivery, d->delivery) ||
            !tables_same(row->status, d->status))
            diagnostics_add(list, d->place,
                            "'%s' says %s/%s/%s, row '%s' of %s gives "
                            "%s/%s/%s",
                            d->name, d->method, d->delivery,
                            d->status ? d->status : "-", row->id, row->order,
                            row->method, row->delivery,
                            row->status ? row->status : "-");
    }
}

enum status tables_check(const struct tables *tables, struct diagnostics *list,
                         struct err *err)
{
    struct arena *arena = arena_create();
    bool *used = arena_alloc(arena, ORDER_COUNT * ROWS_MAX);
    size_t before = diagnostics_count(list);
    check_combinations(tables, used, arena, list);
    for (size_t i = 0; i < ORDER_COUNT; i++) {
        const struct order *o = &tables->orders[i];
        for (size_t r = 0; r < o->row_count; r++) {
            if (!used[i * ROWS_MAX + r])
                diagnostics_add(list, o->rows[r].place,
                                "row '%s' decides no combination: rows above "
                                "it take all of them",
                                o->rows[r].id);
        }
    }
    check_decisions(tables, list);
    arena_destroy(&arena);
    size_t faults = diagnostics_count(list) - before;
    if (faults)
        return err_set(err, ST_INVAL, "the tables have %zu faults", faults);
    return ST_OK;
}
