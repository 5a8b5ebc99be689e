/* plan - the cases that a command is about, loaded and in a stable order.
 *
 * Paths say where to look (default: the project's scenarios); tags and clauses
 * say which of those: any of them selects. -k selects by a part of the name. */
#ifndef KIT_PLAN_H
#define KIT_PLAN_H

#include "engine/scenario.h"
#include "kit/kit.h"

struct selection {
    struct texts words;    /* paths, tags, clauses */
    const char *name_part; /* -k; NULL: all */
};

struct plan {
    struct scenario **scenarios;
    size_t scenario_count;
    const struct scenario_case **cases; /* by file, then as in the file */
    size_t case_count;
};

/* plan_make - goes into the project's folder (chdir), so that every name and
 * place is told as from there. Broken files are diagnostics.
 *
 * errors  ST_INVAL: a word that means nothing (err->text), or diagnostics */
enum status plan_make(const struct kit *kit, const struct catalogue *catalogue,
                      const struct selection *selection, struct plan *out,
                      struct err *err) MUST_USE;
void plan_release(struct plan *plan);

/* clause_is_like - "ORDER-1": letters and digits, a dash, a number. */
bool clause_is_like(const char *word);

#endif
