/* mutant - one file of fixtures/mutants: a change that makes the gateway wrong,
 * and what must notice it.
 *
 *   Clause: MINIMUM-1
 *   Says: the minimum is forgotten where an access right is given
 *   Cases: scenarios/minimum/below.yaml:sms-right, ...
 *   Words: expected access-right, got email
 *   (empty line) and a unified diff
 *
 * Every case named must fail, and every word must stand in what a failure
 * says; a fault that is noticed for another reason is not noticed. */
#ifndef KIT_MUTANT_H
#define KIT_MUTANT_H

#include "verdict/verdict.h"

struct mutant {
    const char *path, *name; /* name: the file's, without .patch */
    const char *clause, *says;
    struct texts cases, words;
};

/* errors  ST_INVAL: a header line is missing, unknown or given twice */
enum status mutant_parse(struct arena *arena, const char *path,
                         struct slice text, struct mutant *out,
                         struct err *err) MUST_USE;
enum status mutant_read(struct arena *arena, const char *path,
                        struct mutant *out, struct err *err) MUST_USE;

/* mutants_read - all of FIXTURES/mutants, by name; the array is the arena's. */
enum status mutants_read(struct arena *arena, const char *fixtures,
                         struct mutant **out, size_t *count_out,
                         struct err *err) MUST_USE;

/* mutant_judge - NULL when results show that it was noticed for the right
 * reason; else why not. *seen_out: the first failure in one line. */
const char *mutant_judge(struct arena *arena, const struct mutant *mutant,
                         const struct case_result *results, size_t count,
                         const char **seen_out);

#endif
