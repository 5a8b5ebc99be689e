/* clauses - the catalogue of fixtures/clauses.yaml: what the gateway must do,
 * and what in an expectation shows it. */
#ifndef CHECKER_CLAUSES_H
#define CHECKER_CLAUSES_H

#include "engine/scenario.h"

struct clause {
    const char *id, *basis, *text;
    bool built; /* by the reference gateway, so far */
    /* Cells of a row or keys of `expect:` (and "session"), ended by NULL. */
    const char *const *shows;
    /* Words of coverage_denies(): what its other side looks like. */
    const char *const *denied;
    struct place place;
    const struct clause *next;
};

/* A documented ambiguity: a setting with its readings, the default first. */
struct ambiguity {
    const char *setting, *clause;
    const char *const *readings; /* ended by NULL */
    const struct ambiguity *next;
};

struct clauses;

/* clauses_load - ST_INVAL: diagnostics were added. */
enum status clauses_load(const char *fixtures_dir, struct diagnostics *list,
                         struct clauses **out, struct err *err) MUST_USE;
void clauses_destroy(struct clauses **clauses);

const struct clause *clauses_first(const struct clauses *clauses);
const struct ambiguity *clauses_ambiguities(const struct clauses *clauses);
/* NULL when there is none of that id. */
const struct clause *clauses_find(const struct clauses *clauses,
                                  const char *id);
/* The one-line text, or NULL. */
const char *clauses_text(const struct clauses *clauses, const char *id);

/* clauses_lint - a scenario names only clauses that exist, and for each of them
 * some case expects what shows it. Adds diagnostics. */
void clauses_lint(const struct clauses *clauses,
                  const struct scenario *scenario, struct diagnostics *list);

#endif
