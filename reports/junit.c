/* JUnit XML as the readers of Jenkins, GitLab and GitHub take it: a testsuite
 * for each scenario file, a testcase for each case. The counts stand in front,
 * so suites are collected and written at the end. */
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

enum { SUITE_BYTES = 1 << 28, TAIL_LINES = 40 };

struct suite {
    struct suite *next;
    char *name;
    struct buf cases; /* XML */
    unsigned long tests, failures, errors, skipped;
    int64_t duration_ms;
};

struct junit {
    struct report base;
    struct suite *first, **last;
    char started[sizeof("2026-01-01T00:00:00")];
};

/* XML 1.0 2.2 has no room for most control characters, not even escaped. */
static void put_escaped(struct buf *buf, const char *text, const char *line_end)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&')
            buf_puts(buf, "&amp;");
        else if (c == '<')
            buf_puts(buf, "&lt;");
        else if (c == '>')
            buf_puts(buf, "&gt;");
        else if (c == '"')
            buf_puts(buf, "&quot;");
        else if (c == '\n')
            buf_puts(buf, line_end);
        else if (c < 0x20 && c != '\t')
            buf_printf(buf, "\\x%02x", c);
        else
            buf_put(buf, (struct slice){text, 1});
    }
}

static void put_xml(struct buf *buf, const char *attribute)
{
    put_escaped(buf, attribute, "&#10;");
}

static struct suite *suite_of(struct junit *junit, const char *file)
{
    for (struct suite *s = junit->first; s; s = s->next)
        if (strcmp(s->name, file) == 0)
            return s;
    struct suite *fresh = xcalloc(1, sizeof(*fresh));
    fresh->name = xstrdup(file);
    buf_init(&fresh->cases, SUITE_BYTES);
    *junit->last = fresh;
    junit->last = &fresh->next;
    return fresh;
}

static void on_start(struct report *report, const struct run_info *info)
{
    struct junit *junit = (struct junit *)report;
    time_t started = (time_t)info->started_s;
    struct tm parts;
    gmtime_r(&started, &parts);
    strftime(junit->started, sizeof(junit->started), "%Y-%m-%dT%H:%M:%S",
             &parts);
}

/* What the readers show in one line. */
static void put_message(struct buf *buf, const struct case_result *r)
{
    buf_puts(buf, " message=\"");
    if (r->mismatch_count && verdict_is_bad(r->verdict)) {
        const struct mismatch *m = &r->mismatches[0];
        put_xml(buf, m->what);
        if (m->expected || m->got) {
            buf_puts(buf, ": expected ");
            put_xml(buf, m->expected ? m->expected : "(nothing)");
            buf_puts(buf, ", got ");
            put_xml(buf, m->got ? m->got : "(nothing)");
        }
    } else if (r->verdict == VERDICT_EXPECTED_FAIL) {
        buf_puts(buf, "expected to fail: ");
        put_xml(buf, r->reason ? r->reason : "");
    } else if (r->verdict == VERDICT_UNEXPECTED_PASS) {
        buf_puts(buf, "passed, though expected to fail: ");
        put_xml(buf, r->reason ? r->reason : "");
    } else {
        put_xml(buf, r->reason ? r->reason : "");
    }
    buf_puts(buf, "\"");
}

static void put_element(struct buf *buf, const char *element,
                        const struct case_result *r)
{
    buf_printf(buf, "      <%s", element);
    put_message(buf, r);
    if (strcmp(element, "skipped") == 0) {
        buf_puts(buf, "/>\n");
        return;
    }
    buf_printf(buf, " type=\"%s\">", verdict_name(r->verdict));
    char *text = report_failure_text(r, TAIL_LINES);
    put_escaped(buf, text, "\n");
    free(text);
    buf_printf(buf, "</%s>\n", element);
}

static const char *element_of(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_FAIL:
    case VERDICT_UNEXPECTED_PASS:
        return "failure";
    case VERDICT_ERROR:
        return "error";
    case VERDICT_SKIPPED:
    case VERDICT_EXPECTED_FAIL:
        return "skipped";
    case VERDICT_PASS:
    case VERDICT_COUNT:
        return NULL;
    }
    return NULL;
}

static void count(struct suite *suite, const struct case_result *r)
{
    suite->tests++;
    suite->duration_ms += r->duration_ms;
    const char *element = element_of(r->verdict);
    if (!element)
        return;
    suite->failures += strcmp(element, "failure") == 0;
    suite->errors += strcmp(element, "error") == 0;
    suite->skipped += strcmp(element, "skipped") == 0;
}

static void on_case(struct report *report, const struct case_result *r)
{
    struct suite *suite = suite_of((struct junit *)report, r->file);
    count(suite, r);
    struct buf *buf = &suite->cases;
    buf_puts(buf, "    <testcase name=\"");
    put_xml(buf, r->case_name ? r->case_name : (r->title ? r->title : r->file));
    buf_puts(buf, "\" classname=\"");
    put_xml(buf, r->file);
    buf_printf(buf, "\" time=\"%.3f\"", (double)r->duration_ms / 1000);
    const char *element = element_of(r->verdict);
    if (!element) {
        buf_puts(buf, "/>\n");
        return;
    }
    buf_puts(buf, ">\n");
    put_element(buf, element, r);
    buf_puts(buf, "    </testcase>\n");
}

static void put_suite(const struct junit *junit, const struct suite *s)
{
    struct buf name;
    buf_init(&name, 1 << 16);
    put_xml(&name, s->name);
    fprintf(junit->base.out,
            "  <testsuite name=\"%s\" tests=\"%lu\" failures=\"%lu\" "
            "errors=\"%lu\" skipped=\"%lu\" time=\"%.3f\" "
            "timestamp=\"%s\">\n%s  </testsuite>\n",
            name.p ? name.p : "", s->tests, s->failures, s->errors, s->skipped,
            (double)s->duration_ms / 1000, junit->started, s->cases.p);
    buf_release(&name);
}

static void on_finish(struct report *report, const struct run_totals *totals)
{
    const struct junit *junit = (const struct junit *)report;
    struct suite sum = {0};
    for (const struct suite *s = junit->first; s; s = s->next) {
        sum.tests += s->tests;
        sum.failures += s->failures;
        sum.errors += s->errors;
        sum.skipped += s->skipped;
    }
    fprintf(report->out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"lasthop\" tests=\"%lu\" failures=\"%lu\" "
            "errors=\"%lu\" skipped=\"%lu\" time=\"%.3f\">\n",
            sum.tests, sum.failures, sum.errors, sum.skipped,
            (double)totals->duration_ms / 1000);
    for (const struct suite *s = junit->first; s; s = s->next)
        put_suite(junit, s);
    fputs("</testsuites>\n", report->out);
}

static void on_destroy(struct report *report)
{
    struct junit *junit = (struct junit *)report;
    while (junit->first) {
        struct suite *s = junit->first;
        junit->first = s->next;
        buf_release(&s->cases);
        free(s->name);
        free(s);
    }
}

struct report *report_junit_create(FILE *out)
{
    struct junit *junit = xcalloc(1, sizeof(*junit));
    junit->base =
        (struct report){on_start, on_case, on_finish, on_destroy, out};
    junit->last = &junit->first;
    return &junit->base;
}
