#include "kit/plan.h"
#include "kit/trial.h"

static int explain_plan(const struct catalogue *catalogue,
                        const struct plan *plan)
{
    for (size_t i = 0; i < plan->case_count; i++) {
        const struct scenario_case *c = plan->cases[i];
        printf("%s%s  %s\n", i ? "\n" : "", scenario_case_id(c), c->title);
        predict_explain(catalogue->tables, c, stdout);
    }
    return plan->case_count ? EXIT_FINE : EXIT_NOTHING;
}

static int explain(struct kit *kit, const struct command *self, int argc,
                   char **argv)
{
    struct selection selection = {0};
    const struct option_row rows[] = {{"name", 'k', OPTION_TEXT, "WORD",
                                       "cases whose name has WORD in it",
                                       &selection.name_part},
                                      {0}};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &selection.words, &code))
        return code;
    struct err err = {0};
    if (!selection.words.n) {
        err_set(&err, ST_INVAL, "explain: expected a scenario file");
        return kit_complain(&err);
    }
    struct catalogue catalogue;
    if (!catalogue_load(kit, &catalogue, &code))
        return code;
    struct plan plan;
    if (plan_make(kit, &catalogue, &selection, &plan, &err) == ST_OK) {
        code = explain_plan(&catalogue, &plan);
    } else {
        diagnostics_print(catalogue.diagnostics, stderr);
        code = kit_complain(&err);
    }
    plan_release(&plan);
    catalogue_release(&catalogue);
    return code;
}

const struct command command_explain = {
    "explain", "FILE...",
    "says what the expected tables predict for each recipient, and why", NULL,
    explain};
