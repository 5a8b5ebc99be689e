#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "kit/console.h"
#include "kit/fanout.h"
#include "kit/files.h"
#include "kit/plan.h"
#include "kit/serve_org.h"
#include "kit/serve_show.h"
#include "kit/trial.h"

struct serve {
    struct kit *kit;
    struct catalogue catalogue;
    struct plan plan;
    const char *ready_file, *ca_file, *org_file, *gateway;
    const char *inbox_file, *portal; /* the portal's address on the web */
    FILE *inbox;
    struct console *console;
    struct fanout_wishes wishes;
    unsigned kill_every; /* seconds; 0: never */
    bool journal;        /* the events as they are */
    bool failed;         /* a file could not be written */
};

static int stop_fd = -1; /* readable: enough */

static void stop(void)
{
    (void)eventfd_write(stop_fd, 1);
}

static void on_signal(int number)
{
    int kept = errno;
    (void)number;
    stop();
    errno = kept;
}

static void check(struct serve *serve, enum status status,
                  const struct err *err)
{
    if (status == ST_OK)
        return;
    fprintf(stderr, "lasthop serve: %s\n", err->text);
    serve->failed = true;
    stop();
}

/* A line each: {"to", "link" or "code"}. */
static enum status open_inbox(struct serve *serve, struct err *err)
{
    if (!serve->inbox_file)
        return ST_OK;
    serve->inbox = fopen(serve->inbox_file, "we");
    return serve->inbox ? ST_OK
                        : err_set(err, ST_TEMP, "%s: %s", serve->inbox_file,
                                  strerror(errno));
}

static void on_found(const struct engine_found *found, void *ctx)
{
    struct serve *serve = ctx;
    json_t *line = json_pack("{s:s}", "to", found->to);
    if (found->link)
        json_object_set_new(line, "link",
                            json_sprintf("%s%s", serve->portal, found->link));
    if (found->code)
        json_object_set_new(line, "code", json_string(found->code));
    if (serve->inbox && json_dumpf(line, serve->inbox, JSON_COMPACT) == 0) {
        fputc('\n', serve->inbox);
        fflush(serve->inbox);
    }
    if (!serve->journal)
        printf("%s got %s%s\n", found->to,
               found->link ? serve->portal : "the code ",
               found->link ? found->link : found->code);
    fflush(stdout);
    json_decref(line);
}

/* The ready file comes last: who waits for it finds the rest. */
static void on_ready(const struct engine_service *s, void *ctx)
{
    struct serve *serve = ctx;
    struct err err = {0};
    const char *recipes =
        arena_printf(serve->kit->arena, "%s/recipes", serve->kit->fixtures);
    serve->console = console_create(stdout, s->host);
    serve->portal = s->portal;
    check(serve, open_inbox(serve, &err), &err);
    if (serve->ca_file)
        check(serve, serve_write_ca(s, serve->ca_file, &err), &err);
    check(serve, serve_show(stdout, s, recipes, serve->ca_file, &err), &err);
    if (serve->ready_file)
        check(serve, serve_write_ready(s, serve->ready_file, &err), &err);
}

static void on_event(const json_t *event, void *ctx)
{
    struct serve *serve = ctx;
    char *line = serve->journal ? json_dumps(event, JSON_COMPACT) : NULL;
    if (line)
        printf("%s\n", line);
    else
        console_tell(serve->console, event);
    free(line);
    fflush(stdout);
}

static int conclude(struct serve *serve, const struct case_result *r)
{
    struct err err = {0};
    struct fanout *fanout;
    if (fanout_create(&serve->wishes, 1, &fanout, &err) != ST_OK)
        return kit_complain(&err);
    struct run_info info = {.version = LASTHOP_VERSION,
                            .command = serve->kit->command,
                            .started_s = clock_wall_s(),
                            .planned = 1};
    fanout_start(fanout, &info);
    fanout_case(fanout, 0, r);
    enum status status = fanout_finish(fanout, r->duration_ms, &err);
    int code = run_exit_code(fanout_totals(fanout));
    fanout_destroy(&fanout);
    return status == ST_OK ? code : kit_complain(&err);
}

static int serve_with(struct serve *serve, struct engine *engine)
{
    if (serve->ready_file && !serve_is_fifo(serve->ready_file))
        unlink(serve->ready_file); /* one of an earlier world */
    const struct scenario_case *c = serve->plan.cases[0];
    struct trial trial = {
        .engine = engine,
        .judge = {serve->catalogue.tables, serve->catalogue.clauses},
        .verbose = serve->wishes.verbose};
    struct engine_serve_calls calls = {on_ready, on_event, on_found, serve,
                                       1000 * (int64_t)serve->kill_every};
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd < 0)
        BUG("no eventfd: %s", strerror(errno));
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    struct case_result r;
    trial_begin(c, serve->kit->arena, &r);
    json_t *evidence = NULL;
    struct err err = {0};
    int64_t from = clock_mono_ms();
    if (engine_serve(engine, c, &calls, stop_fd, &evidence, &err) != ST_OK)
        case_result_error(&r, "%s", err.text);
    else
        trial_judge(&trial, c, evidence, &r);
    json_decref(evidence);
    console_destroy(&serve->console);
    if (serve->inbox)
        fclose(serve->inbox);
    r.duration_ms = clock_mono_ms() - from;
    int code = conclude(serve, &r);
    return serve->failed ? EXIT_ENVIRONMENT : code;
}

static int serve_plan(struct serve *serve)
{
    if (serve->plan.case_count != 1) {
        fprintf(stderr, "lasthop serve: expected one case, met %zu:\n",
                serve->plan.case_count);
        for (size_t i = 0; i < serve->plan.case_count; i++)
            fprintf(stderr, "  %s\n", scenario_case_id(serve->plan.cases[i]));
        return EXIT_USAGE;
    }
    struct engine_settings settings = {.fixtures = serve->catalogue.fixtures,
                                       .gateway = serve->gateway};
    struct engine *engine;
    struct err err = {0};
    if (engine_create(&settings, &engine, &err) != ST_OK)
        return kit_complain(&err);
    int code = serve_with(serve, engine);
    engine_destroy(&engine);
    return code;
}

/* The case of an own organization alone. */
static enum status plan_own(struct serve *serve, struct err *err)
{
    struct plan *plan = &serve->plan;
    plan->scenarios = xcalloc(1, sizeof(*plan->scenarios));
    enum status status = serve_org_scenario(
        serve->catalogue.fixtures, serve->kit->arena, serve->org_file,
        serve->catalogue.diagnostics, &plan->scenarios[0], err);
    plan->scenario_count = plan->scenarios[0] != NULL;
    if (status != ST_OK)
        return status;
    plan->cases = arena_alloc(serve->kit->arena, sizeof(*plan->cases));
    plan->cases[0] = scenario_cases(plan->scenarios[0]);
    plan->case_count = 1;
    return ST_OK;
}

static enum status make_plan(struct serve *serve,
                             const struct selection *selection, struct err *err)
{
    if (serve->org_file)
        return plan_own(serve, err);
    return plan_make(serve->kit, &serve->catalogue, selection, &serve->plan,
                     err);
}

static int serve_selected(struct serve *serve,
                          const struct selection *selection)
{
    int code;
    if (!catalogue_load(serve->kit, &serve->catalogue, &code))
        return code;
    struct err err = {0};
    if (make_plan(serve, selection, &err) == ST_OK) {
        code = serve_plan(serve);
    } else {
        diagnostics_print(serve->catalogue.diagnostics, stderr);
        code = kit_complain(&err);
    }
    plan_release(&serve->plan);
    catalogue_release(&serve->catalogue);
    return code;
}

static int serve_command(struct kit *kit, const struct command *self, int argc,
                         char **argv)
{
    struct serve serve = {.kit = kit, .gateway = kit->gateway};
    struct selection selection = {0};
    const struct option_row rows[] = {
        {"ready-file", 0, OPTION_TEXT, "FILE",
         "written once the gateway answers, for a shell to read",
         &serve.ready_file},
        {"inbox", 0, OPTION_TEXT, "FILE",
         "links and codes that recipients get, as JSON lines",
         &serve.inbox_file},
        {"org", 0, OPTION_TEXT, "FILE",
         "your own organization, accounts and recipients", &serve.org_file},
        {"ca", 0, OPTION_TEXT, "FILE",
         "where to write the CA that submitters trust", &serve.ca_file},
        {"journal", 0, OPTION_FLAG, NULL, "events as they are, not in words",
         &serve.journal},
        {"kill-every", 0, OPTION_NUMBER, "S",
         "kill the gateway every S seconds and start it again",
         &serve.kill_every},
        {"gateway", 0, OPTION_TEXT, "FILE", "another gateway program",
         &serve.gateway},
        {"verbose", 'v', OPTION_FLAG, NULL, "transcripts at the end",
         &serve.wishes.verbose},
        {"json", 0, OPTION_TEXT, "FILE", "write the result as JSON lines",
         &serve.wishes.json},
        {0}};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &selection.words, &code))
        return code;
    if (selection.words.n && serve.org_file) {
        struct err err;
        err_set(&err, ST_INVAL,
                "serve: a scenario has its own world; expected --org FILE or "
                "a scenario, not both");
        return kit_complain(&err);
    }
    if (!selection.words.n)
        texts_add(
            kit->arena, &selection.words,
            arena_printf(kit->arena, "%s/recipes/serve.yaml", kit->fixtures));
    serve.ca_file = path_from_here(kit->arena, serve.ca_file);
    serve.inbox_file = path_from_here(kit->arena, serve.inbox_file);
    serve.org_file = path_from_here(kit->arena, serve.org_file);
    serve.ready_file = path_from_here(kit->arena, serve.ready_file);
    serve.gateway = path_from_here(kit->arena, serve.gateway);
    serve.wishes.json = path_from_here(kit->arena, serve.wishes.json);
    return serve_selected(&serve, &selection);
}

const struct command command_serve = {
    "serve", "[SCENARIO[:CASE]]",
    "keeps gateway and world up for real programs, then judges what happened",
    "Without a scenario: a world with a recipient of every kind "
    "(fixtures/recipes/serve.yaml).\n"
    "Each submission is told in words: why it was refused, or what each "
    "recipient got.\n"
    "SIGINT or SIGTERM stops, and the file's own `expect` is held against what "
    "was seen;\nwith --org, which expects nothing, the invariants alone. Exit "
    "code as `run`.\n",
    serve_command};
