/* TAP 14: https://testanything.org/tap-version-14-specification.html */
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>

enum { TAIL_LINES = 20 };

struct tap {
    struct report base;
    size_t number, planned;
};

static void on_start(struct report *report, const struct run_info *info)
{
    struct tap *tap = (struct tap *)report;
    tap->planned = info->planned;
    fprintf(report->out, "TAP version 14\n1..%zu\n", info->planned);
}

/* In a description '#' and '\' are escaped; a line end would end it. */
static void put_description(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '#' || *text == '\\')
            fputc('\\', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
}

static void put_directive(FILE *out, const struct case_result *r)
{
    const char *word = NULL;
    if (r->verdict == VERDICT_SKIPPED)
        word = "SKIP";
    if (r->verdict == VERDICT_EXPECTED_FAIL)
        word = "TODO";
    if (!word)
        return;
    fprintf(out, " # %s ", word);
    put_description(out, r->reason ? r->reason : "");
}

/* A YAML block: the story as one literal text. */
static void put_story(FILE *out, const struct case_result *r)
{
    char *text = report_failure_text(r, TAIL_LINES);
    fprintf(out, "  ---\n  verdict: %s\n  duration_ms: %lld\n  story: |2\n",
            verdict_name(r->verdict), (long long)r->duration_ms);
    struct slice rest = slice_of(text);
    while (rest.n) {
        struct slice line = slice_cut(&rest, '\n');
        fprintf(out, "  %.*s\n", SLICE_ARG(line));
    }
    fputs("  ...\n", out);
    free(text);
}

static void on_case(struct report *report, const struct case_result *r)
{
    struct tap *tap = (struct tap *)report;
    bool ok = r->verdict == VERDICT_PASS || r->verdict == VERDICT_SKIPPED;
    fprintf(report->out, "%s %zu - ", ok ? "ok" : "not ok", ++tap->number);
    put_description(report->out, r->name);
    put_directive(report->out, r);
    fputc('\n', report->out);
    if (!ok)
        put_story(report->out, r);
}

static void on_finish(struct report *report, const struct run_totals *totals)
{
    struct tap *tap = (struct tap *)report;
    (void)totals;
    if (tap->number < tap->planned)
        fprintf(report->out, "Bail out! stopped after %zu of %zu cases\n",
                tap->number, tap->planned);
}

struct report *report_tap_create(FILE *out)
{
    struct tap *tap = xcalloc(1, sizeof(*tap));
    tap->base = (struct report){on_start, on_case, on_finish, NULL, out};
    return &tap->base;
}
