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

/* One expected cell, read as something else. */
void doubt_cell(struct doubting *d, const struct node *cell,
                const char *instead);
/* What visitors of the portal saw, and the SMS that came. */
void doubt_visits(struct doubting *d);

/* doubt_try - this evidence must fail; takes it. */
void doubt_try(struct doubting *d, json_t *changed, const char *what);
/* The evidence with another list under a key; takes the list. */
json_t *doubt_with_list(const struct doubting *d, const char *key,
                        json_t *list);
/* Copies of a list: with one element replaced (taken), without it, with it
 * twice. */
json_t *doubt_with_element(const json_t *list, size_t i, json_t *element);
json_t *doubt_without(const json_t *list, size_t i);
json_t *doubt_doubled(const json_t *list, size_t i);

#endif
