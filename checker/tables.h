/* tables - the expected order tables as data: axes, rows, hand-made decisions.
 *
 * Facts are one value per axis; the first row whose condition holds decides.
 * The checker alone reads them; the gateway's code never sees them. */
#ifndef CHECKER_TABLES_H
#define CHECKER_TABLES_H

#include <stdint.h>
#include <stdio.h>

#include "base/alloc.h"
#include "engine/diagnostic.h"

enum { TABLES_AXES_MAX = 16, TABLES_VALUES_MAX = 64 };

/* One combination: an index of a value per axis. */
struct facts {
    uint8_t value[TABLES_AXES_MAX];
};

struct table_row {
    const char *id, *of; /* of: the rank's method, or "destination" */
    unsigned rank;       /* 0: before the order begins */
    const char *method, *delivery;
    const char *status;             /* "5.7.10", "server", or NULL */
    const char *source;             /* the source's sentence, or NULL */
    const char *clause;             /* or the clause's id */
    struct place place;             /* of the row */
    uint64_t when[TABLES_AXES_MAX]; /* values allowed, a bit each */
    const char *order;              /* the file it is from: "default-order" */
};

struct tables;

/* tables_load - reads fixtures_dir/tables. ST_INVAL: diagnostics were added. */
enum status tables_load(const char *fixtures_dir, struct diagnostics *list,
                        struct tables **out, struct err *err) MUST_USE;
void tables_destroy(struct tables **tables);

/* -- axes ----------------------------------------------------------------- */
unsigned tables_axis_count(const struct tables *tables);
const char *tables_axis(const struct tables *tables, unsigned axis);
unsigned tables_value_count(const struct tables *tables, unsigned axis);
const char *tables_value(const struct tables *tables, unsigned axis,
                         unsigned value);
/* facts_default - what decisions.yaml assumes where it says nothing. */
struct facts facts_default(const struct tables *tables);
/* facts_set - false: no such axis, or no such value of it. */
bool facts_set(const struct tables *tables, struct facts *facts,
               const char *axis, const char *value);
/* facts_get - the value's word; NULL: no such axis. */
const char *facts_get(const struct tables *tables, const struct facts *facts,
                      const char *axis);
/* "direct-delivery=absent ... server=none" */
char *facts_format(struct arena *arena, const struct tables *tables,
                   const struct facts *facts);

/* -- decisions ------------------------------------------------------------ */
/* tables_decide - the first row that holds; NULL: the tables have a gap. */
const struct table_row *tables_decide(const struct tables *tables,
                                      const struct facts *facts);
/* tables_rank - the method of the n-th rank (from 1) of the order that these
 * facts are decided by; NULL beyond the last. */
const char *tables_rank(const struct tables *tables, const struct facts *facts,
                        unsigned rank);

/* tables_check - no combination without a row, no row that decides nothing, and
 * every hand-made decision as the rows have it. Adds diagnostics; ST_INVAL
 * then. Takes a fraction of a second. */
enum status tables_check(const struct tables *tables, struct diagnostics *list,
                         struct err *err) MUST_USE;

/* What a comparison with a gateway came to. */
struct tables_difference {
    unsigned long combinations; /* that the axes span */
    unsigned long lines;        /* read */
    unsigned long unreadable;   /* no combination of these axes and values */
    unsigned long repeated, missing;
    unsigned long different; /* decided otherwise than the tables do */
    unsigned long decisions; /* hand-made ones that the gateway contradicts */
    unsigned long unused;    /* values that no line has */
};

/* tables_compare - hold a gateway's `decide --all` against the tables; the
 * findings, grouped by row with the first combinations of each, to `report`.
 *
 * errors  ST_INVAL: there is a difference */
enum status tables_compare(const struct tables *tables, FILE *decide_all,
                           FILE *report, struct tables_difference *out,
                           struct err *err) MUST_USE;

#endif
