#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "kit/fanout.h"
#include "kit/files.h"
#include "kit/plan.h"
#include "kit/trial.h"

struct serve {
    struct kit *kit;
    struct catalogue catalogue;
    struct plan plan;
    const char *ready_file, *gateway;
    struct fanout_wishes wishes;
    bool failed; /* the ready file could not be written */
};

static volatile bool stop;

static void on_signal(int number)
{
    (void)number;
    stop = true;
}

/* Lines that a shell can read: `. FILE`. */
static void put_service(FILE *to, const struct engine_service *s)
{
    fprintf(to,
            "LASTHOP_HOST='%s'\nLASTHOP_ADDRESS='%s'\nLASTHOP_PORT=%u\n"
            "LASTHOP_CA='%s'\nLASTHOP_RESOLVER='%s'\nLASTHOP_WORK='%s'\n",
            s->host, s->address, s->port, s->ca_file, s->resolver, s->work_dir);
    const struct organization *o = s->world->sender;
    if (o && o->credentials)
        fprintf(to, "LASTHOP_USER='%s'\nLASTHOP_PASSWORD='%s'\n",
                o->credentials->user, o->credentials->password);
    if (o && o->accounts)
        fprintf(to, "LASTHOP_FROM='%s'\n", o->accounts->address);
    fprintf(to, "LASTHOP_PID=%ld\n", (long)getpid());
}

static bool is_fifo(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* It appears whole or not at all: whoever waits for it may read at once. A
 * FIFO is written as it is: its reader waits without looking again. */
static void write_ready_file(struct serve *serve,
                             const struct engine_service *service)
{
    bool waits = is_fifo(serve->ready_file);
    const char *part =
        waits ? serve->ready_file
              : arena_printf(serve->kit->arena, "%s.part", serve->ready_file);
    FILE *file = fopen(part, "we");
    bool written = file != NULL;
    if (file) {
        put_service(file, service);
        written = fflush(file) == 0;
        written = fclose(file) == 0 && written;
    }
    if (written && (waits || rename(part, serve->ready_file) == 0))
        return;
    fprintf(stderr, "lasthop serve: %s: %s\n", serve->ready_file,
            strerror(errno));
    serve->failed = true;
    stop = true;
}

static void put_accounts(const struct world_spec *world)
{
    for (const struct organization *o = world->organizations; o; o = o->next)
        for (const struct account *a = o->accounts; a; a = a->next)
            printf("  account     %s (%s%s%s)\n", a->address, o->name,
                   a->two_factor ? ", 2FA" : "",
                   a->suspended ? ", suspended" : "");
    for (const struct domain *d = world->domains; d; d = d->next)
        printf("  recipients  anybody@%s (%s)\n", d->name,
               d->posture->name ? d->posture->name : "described in place");
}

static void on_ready(const struct engine_service *s, void *ctx)
{
    struct serve *serve = ctx;
    const struct organization *o = s->world->sender;
    printf("gateway and world are up; interrupt (Ctrl-C) to stop and judge\n"
           "  submission  %s port %u, STARTTLS, name %s\n"
           "  trust       %s\n"
           "  resolver    %s\n",
           s->address, s->port, s->host, s->ca_file, s->resolver);
    if (o && o->credentials)
        printf("  log in      user %s, password %s\n", o->credentials->user,
               o->credentials->password);
    put_accounts(s->world);
    printf("  work folder %s\n", s->work_dir);
    fflush(stdout);
    if (serve->ready_file)
        write_ready_file(serve, s);
}

static void on_event(const json_t *event, void *ctx)
{
    (void)ctx;
    char *line = json_dumps(event, JSON_COMPACT);
    if (line)
        printf("%s\n", line);
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
    if (serve->ready_file && !is_fifo(serve->ready_file))
        unlink(serve->ready_file); /* one of an earlier world */
    const struct scenario_case *c = serve->plan.cases[0];
    struct trial trial = {
        .engine = engine,
        .judge = {serve->catalogue.tables, serve->catalogue.clauses},
        .verbose = serve->wishes.verbose};
    struct engine_serve_calls calls = {on_ready, on_event, serve};
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    struct case_result r;
    trial_begin(c, serve->kit->arena, &r);
    json_t *evidence = NULL;
    struct err err = {0};
    int64_t from = clock_mono_ms();
    if (engine_serve(engine, c, &calls, &stop, &evidence, &err) != ST_OK)
        case_result_error(&r, "%s", err.text);
    else
        trial_judge(&trial, c, evidence, &r);
    json_decref(evidence);
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

static int serve_selected(struct serve *serve,
                          const struct selection *selection)
{
    int code;
    if (!catalogue_load(serve->kit, &serve->catalogue, &code))
        return code;
    struct err err = {0};
    if (plan_make(serve->kit, &serve->catalogue, selection, &serve->plan,
                  &err) == ST_OK) {
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
    if (!selection.words.n) {
        struct err err;
        err_set(&err, ST_INVAL, "serve: expected a scenario file");
        return kit_complain(&err);
    }
    serve.ready_file = path_from_here(kit->arena, serve.ready_file);
    serve.gateway = path_from_here(kit->arena, serve.gateway);
    serve.wishes.json = path_from_here(kit->arena, serve.wishes.json);
    return serve_selected(&serve, &selection);
}

const struct command command_serve = {
    "serve", "SCENARIO[:CASE]",
    "keeps gateway and world up for real programs, then judges what happened",
    "Journal events are shown as they come. SIGINT or SIGTERM stops, and the "
    "file's own\n`expect` is held against what was seen; exit code as `run`.\n",
    serve_command};
