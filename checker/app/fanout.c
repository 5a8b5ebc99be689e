#include "kit/fanout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 4 };

struct file_report {
    const char *path;
    FILE *file;
    struct report *report;
};

struct fanout {
    struct report *terminal; /* NULL: quiet */
    struct file_report files[FILES_MAX];
    size_t file_count;
    char **held; /* by index: results as JSON, until their turn */
    size_t count, next;
    struct run_totals totals;
};

static enum status open_file(struct fanout *f, const char *path,
                             struct report *(*create)(FILE *), struct err *err)
{
    if (!path)
        return ST_OK;
    struct file_report *r = &f->files[f->file_count];
    *r = (struct file_report){.path = path, .file = stdout};
    if (strcmp(path, "-") != 0)
        r->file = fopen(path, "we");
    if (!r->file)
        return err_set(err, ST_INVAL, "%s: %s", path, strerror(errno));
    for (size_t i = 0; i < f->file_count; i++)
        if (f->files[i].file == stdout && r->file == stdout)
            return err_set(err, ST_INVAL,
                           "two reports cannot share standard output");
    r->report = create(r->file);
    f->file_count++;
    return ST_OK;
}

static bool uses_stdout(const struct fanout *f)
{
    for (size_t i = 0; i < f->file_count; i++)
        if (f->files[i].file == stdout)
            return true;
    return false;
}

enum status fanout_create(const struct fanout_wishes *wishes, size_t count,
                          struct fanout **out, struct err *err)
{
    struct fanout *f = xcalloc(1, sizeof(*f));
    *out = f;
    f->count = count;
    f->held = xcalloc(count + 1, sizeof(*f->held));
    enum status status = open_file(f, wishes->junit, report_junit_create, err);
    if (status == ST_OK)
        status = open_file(f, wishes->json, report_json_create, err);
    if (status == ST_OK)
        status = open_file(f, wishes->tap, report_tap_create, err);
    if (status == ST_OK)
        status = open_file(f, wishes->markdown, report_markdown_create, err);
    if (status == ST_OK && !wishes->quiet) {
        FILE *to = uses_stdout(f) ? stderr : stdout;
        struct terminal_options options =
            terminal_options_of(to, wishes->verbose);
        f->terminal = report_terminal_create(to, &options);
    }
    if (status != ST_OK)
        fanout_destroy(out);
    return status;
}

void fanout_start(struct fanout *fanout, const struct run_info *info)
{
    if (fanout->terminal)
        report_start(fanout->terminal, info);
    for (size_t i = 0; i < fanout->file_count; i++)
        report_start(fanout->files[i].report, info);
}

/* Gives the files what is there; past gaps only at the end. */
static void release_held(struct fanout *f, bool past_gaps)
{
    for (; f->next < f->count; f->next++) {
        char *line = f->held[f->next];
        if (!line && !past_gaps)
            return;
        if (!line)
            continue;
        struct arena *arena = arena_create();
        struct case_result r;
        struct err err;
        if (case_result_parse(arena, slice_of(line), &r, &err) != ST_OK)
            BUG("own result: %s", err.text);
        for (size_t i = 0; i < f->file_count; i++)
            report_case(f->files[i].report, &r);
        arena_destroy(&arena);
        free(line);
        f->held[f->next] = NULL;
    }
}

void fanout_case(struct fanout *fanout, size_t index,
                 const struct case_result *r)
{
    run_totals_add(&fanout->totals, r);
    if (fanout->terminal)
        report_case(fanout->terminal, r);
    if (!fanout->file_count)
        return;
    struct arena *arena = arena_create();
    fanout->held[index] = xstrdup(case_result_format(arena, r));
    arena_destroy(&arena);
    release_held(fanout, false);
}

enum status fanout_finish(struct fanout *fanout, int64_t duration_ms,
                          struct err *err)
{
    enum status status = ST_OK;
    fanout->totals.duration_ms = duration_ms;
    release_held(fanout, true);
    for (size_t i = 0; i < fanout->file_count; i++) {
        struct file_report *r = &fanout->files[i];
        report_finish(r->report, &fanout->totals);
        if (ferror(r->file) || fflush(r->file) != 0)
            status = err_set(err, ST_TEMP, "%s: cannot be written", r->path);
    }
    if (fanout->terminal)
        report_finish(fanout->terminal, &fanout->totals);
    return status;
}

const struct run_totals *fanout_totals(const struct fanout *fanout)
{
    return &fanout->totals;
}

void fanout_destroy(struct fanout **fanout)
{
    struct fanout *f = *fanout;
    report_destroy(&f->terminal);
    for (size_t i = 0; i < f->file_count; i++) {
        report_destroy(&f->files[i].report);
        if (f->files[i].file != stdout)
            fclose(f->files[i].file);
    }
    for (size_t i = 0; i < f->count; i++)
        free(f->held[i]);
    free(f->held);
    free(f);
    *fanout = NULL;
}
