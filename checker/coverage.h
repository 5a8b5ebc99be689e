/* coverage - is all that the catalogue calls built really put to the test?
 *
 * Each built clause is decided by a case that names it and expects what shows
 * it; one scenario that names it sees both its sides: an expectation that shows
 * it and one on its other side (the words under `denied` in the catalogue);
 * a mutant of the gateway breaks it, and must be caught;
 * each posture takes a message with zivver-direct-delivery and one
 * without; each reading of a documented ambiguity is in force in a case that
 * names its clause. */
#ifndef CHECKER_COVERAGE_H
#define CHECKER_COVERAGE_H

#include "checker/clauses.h"

struct coverage {
    const struct clauses *clauses;
    const char *const *postures; /* names, ended by NULL */
    const struct scenario_case *const *cases;
    size_t case_count;
    const char *const *broken; /* clauses that a mutant breaks, ended by NULL;
                                  NULL: not asked */
};

/* coverage_report - a line for each thing that no case covers; how many. */
size_t coverage_report(const struct coverage *coverage, FILE *to);

/* coverage_shows - does a case expect one of these words of the catalogue? */
bool coverage_shows(const struct scenario_case *c, const char *const *shows);
/* coverage_denies - does it see the clause's other side? Words of `denied`:
 * failed, deferred, direct, notification (a delivery), not (a rank passed
 * over), refused (4xx, 5xx or a close for the submitter), absent (no such
 * event, or no connection), apart (a second conversation), silent (no status
 * report), warned. */
bool coverage_denies(const struct scenario_case *c, const char *const *words);
bool coverage_knows(const char *word);

#endif
