#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "checker/coverage.h"
#include "kit/fanout.h"
#include "kit/files.h"
#include "kit/mutant.h"
#include "kit/plan.h"
#include "kit/pool.h"
#include "kit/trial.h"
#include "peer/dns.h"
#include "peer/mailkey.h"

enum { EXIT_INTERRUPTED = 130, LIMIT_MS = 20000, LIMIT_SPARE_MS = 20000 };

struct run {
    struct kit *kit;
    struct catalogue catalogue;
    struct plan plan;
    const struct scenario_case **all_cases; /* before they are sharded */
    size_t all_count;
    struct selection selection;
    struct fanout_wishes wishes;
    struct fanout *fanout;
    unsigned jobs, timeout_s;
    bool fail_fast, keep, doubt, list, coverage;
    const char *order, *gateway, *artifacts, *shard;
    unsigned repeat;
    int64_t began_ms;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* -- in the worker --------------------------------------------------------- */

struct worker {
    struct trial trial;
    struct err err; /* why there is no engine */
};

enum {
    HEAP_KEPT_BYTES = 64 << 20,
    HEAP_STEP_BYTES = 1 << 20,
    HEAP_PIECE_BYTES = 32 << 20 /* mallopt(3): the most */
};

static void *worker_start(unsigned number, void *ctx)
{
    const struct run *run = ctx;
    struct worker *w = xcalloc(1, sizeof(*w));
    mallopt(M_TRIM_THRESHOLD,
            HEAP_KEPT_BYTES); /* the next case wants it again */
    mallopt(M_TOP_PAD, HEAP_STEP_BYTES);
    mallopt(M_MMAP_THRESHOLD, HEAP_PIECE_BYTES);
    struct engine_settings settings = {.fixtures = run->catalogue.fixtures,
                                       .gateway = run->gateway,
                                       .worker = number,
                                       .time_limit_ms = run->timeout_s * 1000,
                                       .keep = run->keep};
    w->trial =
        (struct trial){.judge = {run->catalogue.tables, run->catalogue.clauses},
                       .doubt = run->doubt,
                       .verbose = run->wishes.verbose,
                       .keep = run->keep,
                       .artifacts = run->artifacts};
    if (engine_create(&settings, &w->trial.engine, &w->err) != ST_OK)
        w->trial.engine = NULL;
    return w;
}

static char *worker_case(void *worker, size_t index, void *ctx)
{
    const struct run *run = ctx;
    const struct worker *w = worker;
    const struct scenario_case *c = run->plan.cases[index];
    struct arena *arena = arena_create();
    struct case_result r;
    if (w->trial.engine) {
        trial_run(&w->trial, c, arena, &r);
    } else {
        trial_begin(c, arena, &r);
        case_result_error(&r, "%s", w->err.text);
    }
    char *line = xstrdup(case_result_format(arena, &r));
    arena_destroy(&arena);
    return line;
}

static void worker_stop(void *worker, void *ctx)
{
    (void)ctx;
    struct worker *w = worker;
    if (w->trial.engine)
        engine_destroy(&w->trial.engine);
    free(w);
}

/* -- in the parent --------------------------------------------------------- */

static bool take_result(struct run *run, size_t index,
                        const struct case_result *r)
{
    fanout_case(run->fanout, index, r);
    return !(run->fail_fast && verdict_is_bad(r->verdict));
}

static bool on_line(size_t index, struct slice line, void *ctx)
{
    struct run *run = ctx;
    struct arena *arena = arena_create();
    struct case_result r;
    struct err err;
    if (case_result_parse(arena, line, &r, &err) != ST_OK) {
        trial_begin(run->plan.cases[index], arena, &r);
        case_result_error(&r, "a worker's result cannot be read: %s", err.text);
    }
    bool go_on = take_result(run, index, &r);
    arena_destroy(&arena);
    return go_on;
}

static bool on_death(size_t index, const char *how, void *ctx)
{
    struct run *run = ctx;
    struct arena *arena = arena_create();
    struct case_result r;
    trial_begin(run->plan.cases[index], arena, &r);
    case_result_error(&r, "the kit's own worker died in this case: %s", how);
    bool go_on = take_result(run, index, &r);
    arena_destroy(&arena);
    return go_on;
}

static size_t *order_of(const struct run *run, struct err *err)
{
    size_t n = run->plan.case_count;
    size_t *order = xcalloc(n + 1, sizeof(*order));
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    if (!run->order)
        return order;
    unsigned long seed;
    if (!slice_number(slice_of(run->order), (unsigned long)-1, &seed)) {
        err_set(err, ST_INVAL, "--order %s: expected a number", run->order);
        free(order);
        return NULL;
    }
    struct prng prng = {seed};
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)prng_below(&prng, i), swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
    return order;
}

static int list_cases(const struct run *run)
{
    for (size_t i = 0; i < run->plan.case_count; i++)
        printf("%s  %s\n", scenario_case_id(run->plan.cases[i]),
               run->plan.cases[i]->title);
    return run->plan.case_count ? EXIT_FINE : EXIT_NOTHING;
}

static enum status work_through(struct run *run, const size_t *order,
                                struct err *err)
{
    struct run_info info = {.version = LASTHOP_VERSION,
                            .command = run->kit->command,
                            .started_s = clock_wall_s(),
                            .planned = run->plan.case_count,
                            .jobs = run->jobs,
                            .order = run->order};
    fanout_start(run->fanout, &info);
    struct sigaction act = {.sa_handler = on_interrupt}, old;
    /* A second interrupt ends at once. */
    act.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &act, &old);
    sigaction(SIGTERM, &act, NULL);
    mailkeys_prepare();
    dns_prepare();
    unsigned own = run->timeout_s ? run->timeout_s * 1000 : LIMIT_MS;
    struct pool_calls calls = {worker_start, worker_case, worker_stop,
                               on_line,      on_death,    run};
    enum status status =
        pool_run(order, run->plan.case_count, run->jobs, own + LIMIT_SPARE_MS,
                 &interrupted, &calls, err);
    sigaction(SIGINT, &old, NULL);
    return status;
}

static int run_cases(struct run *run)
{
    struct err err = {0};
    size_t *order = order_of(run, &err);
    if (!order)
        return kit_complain(&err);
    int code;
    if (fanout_create(&run->wishes, run->plan.case_count, &run->fanout, &err) !=
        ST_OK) {
        code = kit_complain(&err);
    } else {
        enum status status = work_through(run, order, &err);
        code = status == ST_OK ? EXIT_FINE : kit_complain(&err);
        if (fanout_finish(run->fanout, clock_mono_ms() - run->began_ms, &err) !=
            ST_OK)
            code = kit_complain(&err);
        int verdicts = run_exit_code(fanout_totals(run->fanout));
        if (code == EXIT_FINE || verdicts == EXIT_FAILED)
            code = verdicts;
        if (interrupted)
            code = EXIT_INTERRUPTED;
        fanout_destroy(&run->fanout);
    }
    free(order);
    return code;
}

/* Nothing runs while a scenario is wrong: its verdict would mean nothing. */
static bool lint_plan(const struct run *run)
{
    struct judge judge = {run->catalogue.tables, run->catalogue.clauses};
    for (size_t i = 0; i < run->plan.scenario_count; i++)
        scenario_lint(&judge, run->plan.scenarios[i],
                      run->catalogue.diagnostics);
    return diagnostics_count(run->catalogue.diagnostics) == 0;
}

/* What no case puts to the test, to standard error. */
static int covered(const struct run *run, int code)
{
    if (!run->coverage || (code != EXIT_FINE && code != EXIT_FAILED))
        return code;
    struct err err;
    struct mutant *mutants;
    size_t count;
    if (mutants_read(run->kit->arena, run->kit->fixtures, &mutants, &count,
                     &err) != ST_OK)
        return kit_complain(&err);
    const char **broken =
        arena_alloc(run->kit->arena, (count + 1) * sizeof *broken);
    for (size_t i = 0; i < count; i++)
        broken[i] = mutants[i].clause;
    broken[count] = NULL;
    struct coverage coverage = {run->catalogue.clauses,
                                fixtures_postures(run->catalogue.fixtures),
                                run->all_cases, run->all_count, broken};
    size_t missing = coverage_report(&coverage, stderr);
    if (missing)
        fprintf(stderr, "lasthop: %zu gaps in coverage\n", missing);
    return missing ? EXIT_FAILED : code;
}

/* Every Nth of the selected cases, from the Kth on, each as often as wished. */
static enum status share_out(struct run *run, struct err *err)
{
    struct plan *plan = &run->plan;
    unsigned long k = 1, n = 1;
    struct slice rest = slice_of(run->shard ? run->shard : "1/1");
    struct slice first = slice_cut(&rest, '/');
    if (!slice_number(first, 1000000, &k) || !slice_number(rest, 1000000, &n) ||
        !k || k > n)
        return err_set(err, ST_INVAL,
                       "--shard %s: expected K/N such as 1/4, K from 1 to N",
                       run->shard);
    if (!run->repeat)
        return err_set(err, ST_INVAL, "--repeat 0: expected at least 1");
    run->all_cases = plan->cases;
    run->all_count = plan->case_count;
    plan->cases =
        arena_alloc(run->kit->arena, (plan->case_count * run->repeat + 1) *
                                         sizeof(struct scenario_case *));
    plan->case_count = 0;
    for (size_t i = k - 1; i < run->all_count; i += n)
        for (unsigned again = 0; again < run->repeat; again++)
            plan->cases[plan->case_count++] = run->all_cases[i];
    return ST_OK;
}

static int planned(struct run *run)
{
    struct err err = {0};
    if (share_out(run, &err) != ST_OK)
        return kit_complain(&err);
    if (run->list)
        return covered(run, list_cases(run));
    if (!lint_plan(run)) {
        diagnostics_print(run->catalogue.diagnostics, stderr);
        return EXIT_USAGE;
    }
    if (!run->plan.case_count) {
        fprintf(stderr, "lasthop: no case is selected\n");
        return EXIT_NOTHING;
    }
    if (access(run->gateway, X_OK) < 0) {
        fprintf(stderr, "lasthop: %s: %s\n", run->gateway, strerror(errno));
        return EXIT_ENVIRONMENT;
    }
    return covered(run, run_cases(run));
}

static int run_selected(struct run *run)
{
    int code;
    if (!catalogue_load(run->kit, &run->catalogue, &code))
        return code;
    struct err err = {0};
    if (plan_make(run->kit, &run->catalogue, &run->selection, &run->plan,
                  &err) == ST_OK) {
        code = planned(run);
    } else {
        diagnostics_print(run->catalogue.diagnostics, stderr);
        code = kit_complain(&err);
    }
    plan_release(&run->plan);
    catalogue_release(&run->catalogue);
    return code;
}

static int run_command(struct kit *kit, const struct command *self, int argc,
                       char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct run run = {.kit = kit,
                      .gateway = kit->gateway,
                      .jobs = cores > 0 ? (unsigned)cores : 1,
                      .repeat = 1,
                      .began_ms = clock_mono_ms()};
    const struct option_row rows[] = {
        {"jobs", 'j', OPTION_NUMBER, "N", "workers (default: cores)",
         &run.jobs},
        {"name", 'k', OPTION_TEXT, "WORD", "cases whose name has WORD in it",
         &run.selection.name_part},
        {"fail-fast", 0, OPTION_FLAG, NULL, "stop at the first failure",
         &run.fail_fast},
        {"keep", 0, OPTION_FLAG, NULL, "keep each case's work folder",
         &run.keep},
        {"verbose", 'v', OPTION_FLAG, NULL, "every case, with transcripts",
         &run.wishes.verbose},
        {"list", 0, OPTION_FLAG, NULL, "name the cases and run none",
         &run.list},
        {"doubt", 0, OPTION_FLAG, NULL,
         "judge each pass again with every cell and evidence changed",
         &run.doubt},
        {"require-coverage", 0, OPTION_FLAG, NULL,
         "fail where a clause, posture or setting has no case", &run.coverage},
        {"order", 0, OPTION_TEXT, "SEED", "run in an order shuffled by SEED",
         &run.order},
        {"timeout", 0, OPTION_NUMBER, "S", "seconds for a case (default: 20)",
         &run.timeout_s},
        {"gateway", 0, OPTION_TEXT, "FILE", "another gateway program",
         &run.gateway},
        {"junit", 0, OPTION_TEXT, "FILE", "write JUnit XML", &run.wishes.junit},
        {"json", 0, OPTION_TEXT, "FILE", "write results as JSON lines",
         &run.wishes.json},
        {"tap", 0, OPTION_TEXT_OPTIONAL, "FILE",
         "write TAP (to standard output)", &run.wishes.tap},
        {"markdown", 0, OPTION_TEXT, "FILE", "write Markdown",
         &run.wishes.markdown},
        {"artifacts", 0, OPTION_TEXT, "DIR",
         "story and evidence of each failure", &run.artifacts},
        {"repeat", 0, OPTION_NUMBER, "N", "run each case N times", &run.repeat},
        {"shard", 0, OPTION_TEXT, "K/N",
         "every Nth case, beginning with the Kth", &run.shard},
        {0}};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &run.selection.words,
                         &code))
        return code;
    if (!run.jobs)
        run.jobs = 1;
    run.gateway = path_from_here(kit->arena, run.gateway);
    run.wishes.junit = path_from_here(kit->arena, run.wishes.junit);
    run.wishes.json = path_from_here(kit->arena, run.wishes.json);
    run.wishes.tap = path_from_here(kit->arena, run.wishes.tap);
    run.wishes.markdown = path_from_here(kit->arena, run.wishes.markdown);
    run.artifacts = path_from_here(kit->arena, run.artifacts);
    return run_selected(&run);
}

const struct command command_run = {
    "run", "[PATH or TAG or CLAUSE]...",
    "runs scenarios against the gateway and judges what really happened",
    "Paths (a folder, FILE or FILE:CASE) say where to look, by default in the\n"
    "project's scenarios; tags and clauses (ORDER-2) say which of those: any "
    "of\n"
    "them selects. A report file named - is standard output.\n",
    run_command};
