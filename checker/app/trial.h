/* trial - one case from engine to result: run, judge, doubt, redact. */
#ifndef KIT_TRIAL_H
#define KIT_TRIAL_H

#include "checker/judge.h"
#include "engine/engine.h"

struct trial {
    struct engine *engine;
    struct judge judge;
    bool doubt, verbose, keep;
    const char *artifacts; /* folder for what is left of failures; NULL: none */
};

/* trial_run - fills result, which it initialises; never fails otherwise than by
 * a verdict. */
void trial_run(const struct trial *trial, const struct scenario_case *c,
               struct arena *arena, struct case_result *result);

/* trial_begin - a result that bears the case's names. */
void trial_begin(const struct scenario_case *c, struct arena *arena,
                 struct case_result *result);
/* trial_judge - from evidence on; duration is the caller's. */
void trial_judge(const struct trial *trial, const struct scenario_case *c,
                 const json_t *evidence, struct case_result *result);

/* scenario_lint - all that is wrong beyond the shape: clauses that nothing
 * shows, rows against the tables. Adds diagnostics. */
void scenario_lint(const struct judge *judge, const struct scenario *scenario,
                   struct diagnostics *list);

#endif
