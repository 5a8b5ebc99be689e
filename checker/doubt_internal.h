/* doubt_internal - what the files of doubt share. */
#ifndef CHECKER_DOUBT_INTERNAL_H
#define CHECKER_DOUBT_INTERNAL_H

#include "checker/doubt.h"
#include "checker/judge_internal.h"

/* One case whose verdict is doubted. */
struct doubting {
    const struct judge *judge;
    const struct scenario_case *c;
    const json_t *evidence;
    struct arena *arena;
    struct doubt_report *report;
    bool killed; /* a repeat or a lost reply may be legal */
};

/* doubt_is_noticed - does the judge find fault with this? */
bool doubt_is_noticed(struct doubting *d, const json_t *evidence,
                      struct judge_change change);

/* doubt_expect - each cell of an expectation, changed. */
void doubt_bounce(struct doubting *d, const struct step *step);
void doubt_expect(struct doubting *d, const struct expect *e);

#endif
