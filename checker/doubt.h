/* doubt - would the judge have noticed? Judges a passed case again with each
 * expected cell and each piece of evidence changed; every change must fail. */
#ifndef CHECKER_DOUBT_H
#define CHECKER_DOUBT_H

#include "checker/judge.h"

struct doubt_report {
    unsigned changes;       /* tried */
    struct texts survivors; /* what was changed without being noticed */
};

/* doubt_case - the case must have passed. Texts live in the arena. */
void doubt_case(const struct judge *judge, const struct scenario_case *c,
                const json_t *evidence, struct arena *arena,
                struct doubt_report *out);

#endif
