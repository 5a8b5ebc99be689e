/* judge - holds what really happened against what was expected.
 *
 * Evidence before claims: the journal says what the gateway decided, the world
 * says what happened; each must bear the other out. Then the case's own
 * expectations, the tables, and the invariants. */
#ifndef CHECKER_JUDGE_H
#define CHECKER_JUDGE_H

#include <jansson.h>

#include "checker/clauses.h"
#include "checker/predict.h"
#include "verdict/verdict.h"

struct judge {
    const struct tables *tables;
    const struct clauses *clauses;
};

/* judge_case - adds the mismatches (and transcripts, where there are any) to
 * the result, which the caller initialised; a pass adds nothing. */
void judge_case(const struct judge *judge, const struct scenario_case *c,
                const json_t *evidence, struct case_result *result);

#endif
