#include "kit/plan.h"
#include "kit/trial.h"

/* Zero files are never a success (4), and an empty folder is a slip. */
static int complain_of_none(void)
{
    fprintf(stderr, "lasthop: no scenario file (.yaml) is there\n");
    return EXIT_NOTHING;
}

static int lint_loaded(const struct kit *kit, struct catalogue *catalogue,
                       const struct selection *selection)
{
    struct plan plan;
    struct err err = {0};
    enum status status = plan_make(kit, catalogue, selection, &plan, &err);
    size_t broken = diagnostics_count(catalogue->diagnostics);
    struct judge judge = {catalogue->tables, catalogue->clauses};
    for (size_t i = 0; i < plan.scenario_count; i++)
        scenario_lint(&judge, plan.scenarios[i], catalogue->diagnostics);
    diagnostics_print(catalogue->diagnostics, stderr);
    size_t wrong = diagnostics_count(catalogue->diagnostics);
    int code = EXIT_FINE;
    if (status != ST_OK && !broken)
        code = kit_complain(&err);
    else if (wrong)
        code = EXIT_USAGE;
    else if (!plan.scenario_count)
        code = complain_of_none();
    if (status == ST_OK || broken)
        printf("%zu files, %zu cases, %zu errors\n", plan.scenario_count,
               plan.case_count, wrong);
    plan_release(&plan);
    return code;
}

static int lint(struct kit *kit, const struct command *self, int argc,
                char **argv)
{
    struct selection selection = {0};
    const struct option_row rows[] = {{0}};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &selection.words, &code))
        return code;
    struct catalogue catalogue;
    if (!catalogue_load(kit, &catalogue, &code))
        return code;
    code = lint_loaded(kit, &catalogue, &selection);
    catalogue_release(&catalogue);
    return code;
}

const struct command command_lint = {
    "lint", "[PATH]...",
    "tells every error of scenario files at once, without running anything",
    NULL, lint};
