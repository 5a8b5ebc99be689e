/* The results file: all other reports can be made from it. */
#include "reports/report.h"

#include <jansson.h>
#include <stdlib.h>

static void put_line(struct report *report, json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    if (!text)
        BUG("a line of results that is no JSON");
    fprintf(report->out, "%s\n", text);
    free(text);
}

static json_t *line_of(const char *type)
{
    return json_pack("{s:i,s:s}", "schema", RESULTS_SCHEMA, "type", type);
}

static void on_start(struct report *report, const struct run_info *info)
{
    json_t *o = line_of("run");
    json_object_set_new(o, "version", json_string(info->version));
    if (info->command)
        json_object_set_new(o, "command", json_string(info->command));
    json_object_set_new(o, "started", json_integer(info->started_s));
    json_object_set_new(o, "planned", json_integer((json_int_t)info->planned));
    if (info->order)
        json_object_set_new(o, "order", json_string(info->order));
    put_line(report, o);
}

static void on_case(struct report *report, const struct case_result *r)
{
    struct arena *arena = arena_create();
    fprintf(report->out, "%s\n", case_result_format(arena, r));
    arena_destroy(&arena);
}

static void on_finish(struct report *report, const struct run_totals *totals)
{
    json_t *o = line_of("end");
    for (int v = 0; v < VERDICT_COUNT; v++)
        json_object_set_new(o, verdict_name((enum verdict)v),
                            json_integer((json_int_t)totals->by_verdict[v]));
    json_object_set_new(o, "duration-ms", json_integer(totals->duration_ms));
    json_object_set_new(o, "exit", json_integer(run_exit_code(totals)));
    put_line(report, o);
}

struct report *report_json_create(FILE *out)
{
    struct report *report = xcalloc(1, sizeof(*report));
    *report = (struct report){on_start, on_case, on_finish, NULL, out};
    return report;
}
