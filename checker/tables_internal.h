/* tables_internal - how the loaded tables are held; for tables*.c alone. */
#ifndef CHECKER_TABLES_INTERNAL_H
#define CHECKER_TABLES_INTERNAL_H

#include "checker/tables.h"

struct axis {
    const char *name;
    const char *values[TABLES_VALUES_MAX];
    unsigned count;
};

struct order {
    const char *name;                  /* "default-order" */
    uint64_t applies[TABLES_AXES_MAX]; /* combinations that it decides */
    const char *ranks[TABLES_AXES_MAX];
    unsigned rank_count;
    struct table_row *rows;
    size_t row_count;
};

struct hand_decision {
    const char *name;
    struct facts facts;
    const char *method, *delivery, *status;
    struct place place;
};

enum { ORDER_COUNT = 2, ROWS_MAX = 256 };

struct tables {
    struct arena *arena;
    struct axis axes[TABLES_AXES_MAX];
    unsigned axis_count;
    struct facts defaults;
    struct order orders[ORDER_COUNT];
    struct hand_decision *decisions;
    size_t decision_count;
};

/* tables_order - the order that decides these facts; NULL: none. */
const struct order *tables_order(const struct tables *tables,
                                 const struct facts *facts);

unsigned long tables_combinations(const struct tables *tables);
/* tables_number - a combination's place in the nested enumeration. */
unsigned long tables_number(const struct tables *tables,
                            const struct facts *facts);
/* tables_next - the following combination, the last axis fastest; false after
 * the last one, which leaves all zero. */
bool tables_next(const struct tables *tables, struct facts *facts);

/* tables_same - two texts, of which either may be NULL. */
bool tables_same(const char *a, const char *b);

#endif
