/* predict - what the tables say a case must come to, before it is run.
 *
 * Walks a case's steps with the world of each, turns world and message into the
 * facts of each recipient, looks the row up, and follows the delivery to the
 * recipient's servers: the method, delivery and status at each `expect`. */
#ifndef CHECKER_PREDICT_H
#define CHECKER_PREDICT_H

#include "checker/tables.h"
#include "engine/scenario.h"

/* Why one rank above the chosen one does not apply. */
struct prediction_not {
    const char *method;
    const char *why; /* NULL: it depends */
};

/* One recipient of one submission, as it stands after a step. */
struct prediction {
    const char *address;
    const struct submit *submit;
    unsigned submit_step;
    struct facts facts;          /* of the attempt that decided last */
    const struct table_row *row; /* that decided */
    const char *method, *delivery;
    const char *status;   /* NULL: none, or it depends */
    const char *minimum;  /* level that the content needs: tls pkix dane; NULL
                             where no content goes */
    bool certain;         /* false: depends on what the tables do not hold */
    const char *doubtful; /* why it is not certain */
    unsigned attempts;
    unsigned conversation; /* counts from 1; 0: unknown */
    bool bcc;
    struct prediction_not not [TABLES_AXES_MAX];
    unsigned not_count;
    struct prediction *next;
};

/* predict_at - all recipients submitted up to and including this step, in
 * order; in the arena. */
struct prediction *predict_at(struct arena *arena, const struct tables *tables,
                              const struct scenario_case *c,
                              const struct step *step);

/* predict_find - the latest submission's prediction for an address; NULL. */
const struct prediction *predict_find(const struct prediction *first,
                                      const char *address);

/* predict_lint - each expectation that contradicts the tables, unless its row
 * says `against-table`, is a diagnostic. */
void predict_lint(const struct tables *tables, const struct scenario_case *c,
                  struct diagnostics *list);

/* predict_explain - a few lines a recipient: facts, row, why not the others. */
void predict_explain(const struct tables *tables, const struct scenario_case *c,
                     FILE *to);

#endif
