/* Markdown for a pull request: the closing line as a heading, a row for each
 * case that is not as it should be, then their stories, folded away. */
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { TAIL_LINES = 20, TEXT_BYTES = 1 << 26 };

struct markdown {
    struct report base;
    size_t done, planned;
    struct buf rows, stories;
};

/* Within a table's cell: nothing ends it, nothing is taken for HTML. */
static void put_cell(struct buf *buf, const char *text)
{
    for (; text && *text; text++) {
        if (*text == '\n')
            buf_puts(buf, "<br>");
        else if (*text == '<')
            buf_puts(buf, "&lt;");
        else if (*text == '&')
            buf_puts(buf, "&amp;");
        else if (strchr("|\\`*_[]", *text))
            buf_printf(buf, "\\%c", *text);
        else
            buf_put(buf, (struct slice){text, 1});
    }
    buf_puts(buf, " | ");
}

static void put_row(struct buf *buf, const struct case_result *r,
                    const struct mismatch *m)
{
    buf_puts(buf, "| ");
    put_cell(buf, verdict_name(r->verdict));
    put_cell(buf, r->name);
    put_cell(buf, m ? m->what : r->reason);
    put_cell(buf, m ? m->expected : NULL);
    put_cell(buf, m ? m->got : NULL);
    buf_puts(buf, "\n");
}

/* Indented by four: a code block that no line of the story can end. */
static void put_story(struct buf *buf, const struct case_result *r)
{
    char *text = report_failure_text(r, TAIL_LINES);
    buf_puts(buf, "\n<details><summary>");
    for (const char *p = r->name; *p; p++)
        buf_puts(buf, *p == '<' ? "&lt;" : (char[]){*p, '\0'});
    buf_puts(buf, "</summary>\n\n");
    struct slice rest = slice_of(text);
    while (rest.n) {
        struct slice line = slice_cut(&rest, '\n');
        buf_puts(buf, "    ");
        buf_put(buf, line);
        buf_puts(buf, "\n");
    }
    buf_puts(buf, "\n</details>\n");
    free(text);
}

static void on_start(struct report *report, const struct run_info *info)
{
    struct markdown *md = (struct markdown *)report;
    md->planned = info->planned;
}

static void on_case(struct report *report, const struct case_result *r)
{
    struct markdown *md = (struct markdown *)report;
    md->done++;
    if (!verdict_is_bad(r->verdict))
        return;
    for (size_t i = 0; i < r->mismatch_count; i++)
        put_row(&md->rows, r, &r->mismatches[i]);
    if (!r->mismatch_count)
        put_row(&md->rows, r, NULL);
    put_story(&md->stories, r);
}

static void on_finish(struct report *report, const struct run_totals *totals)
{
    struct markdown *md = (struct markdown *)report;
    const char *sep = "## lasthop: ";
    for (int v = 0; v < VERDICT_COUNT; v++) {
        bool always = v == VERDICT_PASS || v == VERDICT_FAIL;
        if (!totals->by_verdict[v] && !always)
            continue;
        fprintf(report->out, "%s%lu %s", sep, totals->by_verdict[v],
                verdict_name((enum verdict)v));
        sep = ", ";
    }
    fprintf(report->out, " (%.1f s)\n", (double)totals->duration_ms / 1000);
    if (md->done < md->planned)
        fprintf(report->out, "\n%zu of %zu cases were not run.\n",
                md->planned - md->done, md->planned);
    if (buf_slice(&md->rows).n)
        fprintf(report->out,
                "\n| verdict | case | what | expected | got |\n"
                "|---|---|---|---|---|\n%.*s%.*s",
                SLICE_ARG(buf_slice(&md->rows)),
                SLICE_ARG(buf_slice(&md->stories)));
}

static void on_destroy(struct report *report)
{
    struct markdown *md = (struct markdown *)report;
    buf_release(&md->rows);
    buf_release(&md->stories);
}

struct report *report_markdown_create(FILE *out)
{
    struct markdown *md = xcalloc(1, sizeof(*md));
    md->base = (struct report){on_start, on_case, on_finish, on_destroy, out};
    buf_init(&md->rows, TEXT_BYTES);
    buf_init(&md->stories, TEXT_BYTES);
    return &md->base;
}
