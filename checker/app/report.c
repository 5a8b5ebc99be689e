#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "kit/fanout.h"
#include "kit/kit.h"

/* Results of one or more files, in the order given. */
struct results {
    struct arena *arena;
    struct case_result *v;
    size_t n, size;
    int64_t started_s; /* of the earliest run */
    int64_t duration_ms;
};

/* A line that is no case: when the run began, and how long it took. */
static void take_frame(struct results *results, struct slice line)
{
    json_t *o = json_loadb(line.p, line.n, 0, NULL);
    int64_t started = json_integer_value(json_object_get(o, "started"));
    if (started && (!results->started_s || started < results->started_s))
        results->started_s = started;
    results->duration_ms +=
        json_integer_value(json_object_get(o, "duration-ms"));
    json_decref(o);
}

static enum status read_line(struct results *results, const char *path,
                             size_t number, struct slice line, struct err *err)
{
    struct case_result r;
    enum status status = case_result_parse(results->arena, line, &r, err);
    if (status == ST_NONE) {
        take_frame(results, line);
        return ST_OK;
    }
    if (status != ST_OK)
        return err_wrap(err, "%s:%zu", path, number);
    if (results->n == results->size) {
        results->size = results->size ? results->size * 2 : 64;
        results->v = xrealloc(results->v, results->size * sizeof(*results->v));
    }
    results->v[results->n++] = r;
    return ST_OK;
}

static enum status read_results(struct results *results, const char *path,
                                struct err *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set(err, ST_INVAL, "%s: %s", path, strerror(errno));
    char *line = NULL;
    size_t size = 0, number = 0;
    enum status status = ST_OK;
    for (ssize_t n; status == ST_OK && (n = getline(&line, &size, file)) > 0;) {
        if (line[n - 1] == '\n')
            n--;
        status = read_line(results, path, ++number,
                           (struct slice){line, (size_t)n}, err);
    }
    free(line);
    fclose(file);
    return status;
}

static int render(const struct kit *kit, const struct results *results,
                  const struct fanout_wishes *wishes)
{
    struct fanout *fanout;
    struct err err = {0};
    if (fanout_create(wishes, results->n, &fanout, &err) != ST_OK)
        return kit_complain(&err);
    struct run_info info = {.version = LASTHOP_VERSION,
                            .command = kit->command,
                            .started_s = results->started_s,
                            .planned = results->n};
    fanout_start(fanout, &info);
    for (size_t i = 0; i < results->n; i++)
        fanout_case(fanout, i, &results->v[i]);
    enum status status = fanout_finish(fanout, results->duration_ms, &err);
    int code = run_exit_code(fanout_totals(fanout));
    fanout_destroy(&fanout);
    return status == ST_OK ? code : kit_complain(&err);
}

static int report(struct kit *kit, const struct command *self, int argc,
                  char **argv)
{
    struct fanout_wishes wishes = {0};
    const struct option_row rows[] = {
        {"verbose", 'v', OPTION_FLAG, NULL, "every case, with transcripts",
         &wishes.verbose},
        {"junit", 0, OPTION_TEXT, "FILE", "write JUnit XML", &wishes.junit},
        {"json", 0, OPTION_TEXT, "FILE", "write results as JSON lines",
         &wishes.json},
        {"tap", 0, OPTION_TEXT_OPTIONAL, "FILE",
         "write TAP (to standard output)", &wishes.tap},
        {"markdown", 0, OPTION_TEXT, "FILE", "write Markdown",
         &wishes.markdown},
        {0}};
    struct texts paths = {0};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &paths, &code))
        return code;
    struct results results = {.arena = kit->arena};
    struct err err = {0};
    enum status status = ST_OK;
    if (!paths.n)
        status = err_set(&err, ST_INVAL, "report: expected a results file");
    for (size_t i = 0; i < paths.n && status == ST_OK; i++)
        status = read_results(&results, paths.v[i], &err);
    code =
        status == ST_OK ? render(kit, &results, &wishes) : kit_complain(&err);
    free(results.v);
    return code;
}

const struct command command_report = {
    "report", "RUN...",
    "renders or merges the results files of earlier runs (`run --json`)", NULL,
    report};
