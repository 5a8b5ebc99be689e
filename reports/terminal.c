#include "reports/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"

enum { TAIL_LINES = 8, WHOLE = 1 << 20 };

struct terminal {
    struct report base;
    struct terminal_options options;
    size_t planned, done;
    struct run_totals totals;
    struct arena *arena;
    struct texts bad;   /* "FAIL name", repeated at the end */
    unsigned long kept; /* work folders */
    char *kept_example;
};

enum paint { PAINT_GOOD, PAINT_BAD, PAINT_MILD, PAINT_STRONG };

static const char *const paints[] = {"\033[32m", "\033[1;31m", "\033[33m",
                                     "\033[1m"};

static const struct {
    const char *word;
    enum paint paint;
    const char *counted; /* in the closing line */
} words[] = {
    {"pass", PAINT_GOOD, "passed"},
    {"FAIL", PAINT_BAD, "failed"},
    {"ERROR", PAINT_BAD, "in error"},
    {"skip", PAINT_MILD, "skipped"},
    {"expected fail", PAINT_MILD, "failed as expected"},
    {"UNEXPECTED PASS", PAINT_BAD, "passed against expectation"},
};
_Static_assert(sizeof(words) / sizeof(*words) == VERDICT_COUNT,
               "a word for every verdict");

struct terminal_options terminal_options_of(FILE *out, bool verbose)
{
    struct terminal_options options = {.verbose = verbose, .width = 80};
    const char *term = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    bool dumb = !term || strcmp(term, "dumb") == 0;
    options.is_terminal = isatty(fileno(out)) && !dumb;
    options.colour = options.is_terminal && !(no_colour && *no_colour);
    struct winsize size;
    if (options.is_terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 &&
        size.ws_col > 20)
        options.width = size.ws_col;
    return options;
}

static void painted(struct terminal *t, enum paint paint, const char *text)
{
    if (t->options.colour)
        fprintf(t->base.out, "%s%s\033[0m", paints[paint], text);
    else
        fputs(text, t->base.out);
}

static void clear_progress(struct terminal *t)
{
    if (t->options.is_terminal)
        fputs("\r\033[K", t->base.out);
}

static unsigned long bad_count(const struct run_totals *totals)
{
    unsigned long sum = 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        if (verdict_is_bad((enum verdict)v))
            sum += totals->by_verdict[v];
    return sum;
}

/* One line that is written over and over; cut to the terminal's width. */
static void show_progress(struct terminal *t, const char *name)
{
    if (!t->options.is_terminal || t->done == t->planned)
        return;
    char line[1024];
    unsigned long bad = bad_count(&t->totals);
    int n = snprintf(line, sizeof(line), "[%zu/%zu]%s%.0lu%s %s", t->done,
                     t->planned, bad ? " " : "", bad, bad ? " bad" : "", name);
    if (n >= t->options.width)
        line[t->options.width - 1] = '\0';
    clear_progress(t);
    fputs(line, t->base.out);
    fflush(t->base.out);
}

static void on_start(struct report *report, const struct run_info *info)
{
    struct terminal *t = (struct terminal *)report;
    t->planned = info->planned;
    show_progress(t, "");
}

static void head_line(struct terminal *t, const struct case_result *r)
{
    painted(t, words[r->verdict].paint, words[r->verdict].word);
    fputs(" ", t->base.out);
    painted(t, PAINT_STRONG, r->name);
    fprintf(t->base.out, "  (%lld ms)\n", (long long)r->duration_ms);
    if (r->title && verdict_is_bad(r->verdict))
        fprintf(t->base.out, "  %s\n", r->title);
}

static void on_case(struct report *report, const struct case_result *r)
{
    struct terminal *t = (struct terminal *)report;
    t->done++;
    run_totals_add(&t->totals, r);
    if (r->kept && !t->kept++)
        t->kept_example = arena_strdup(t->arena, r->kept);
    bool bad = verdict_is_bad(r->verdict);
    if (bad)
        texts_addf(t->arena, &t->bad, "%s %s", words[r->verdict].word, r->name);
    if (bad || t->options.verbose) {
        clear_progress(t);
        head_line(t, r);
        size_t lines = t->options.verbose ? WHOLE : TAIL_LINES;
        char *text = report_failure_text(r, lines);
        fputs(text, t->base.out);
        fputs("\n", t->base.out);
        free(text);
        fflush(t->base.out);
    }
    show_progress(t, r->name);
}

/* "12 passed, 1 failed (1.2 s)": passed and failed always, others if any. */
static void closing_line(struct terminal *t, const struct run_totals *totals)
{
    FILE *out = t->base.out;
    const char *sep = "";
    for (int v = 0; v < VERDICT_COUNT; v++) {
        unsigned long n = totals->by_verdict[v];
        if (!n && v != VERDICT_PASS && v != VERDICT_FAIL)
            continue;
        char *part = xasprintf("%lu %s", n, words[v].counted);
        fputs(sep, out);
        if (n)
            painted(t, words[v].paint, part);
        else
            fputs(part, out);
        free(part);
        sep = ", ";
    }
    fprintf(out, " (%.1f s)\n", (double)totals->duration_ms / 1000);
}

static void on_finish(struct report *report, const struct run_totals *totals)
{
    struct terminal *t = (struct terminal *)report;
    clear_progress(t);
    for (size_t i = 0; i < t->bad.n; i++)
        fprintf(t->base.out, "%s\n", t->bad.v[i]);
    if (t->done < t->planned)
        fprintf(t->base.out, "%zu of %zu were not run\n", t->planned - t->done,
                t->planned);
    if (totals->doubts)
        fprintf(t->base.out,
                "doubted: %lu changed expectations and evidence, %lu of them "
                "unnoticed\n",
                totals->doubts, totals->survivors);
    if (t->kept)
        fprintf(t->base.out, "kept: %lu work folder%s, %s%s\n", t->kept,
                t->kept == 1 ? "" : "s", t->kept_example,
                t->kept == 1 ? "" : " and beside it");
    closing_line(t, totals);
}

static void on_destroy(struct report *report)
{
    struct terminal *t = (struct terminal *)report;
    arena_destroy(&t->arena);
}

struct report *report_terminal_create(FILE *out,
                                      const struct terminal_options *options)
{
    struct terminal *t = xcalloc(1, sizeof(*t));
    t->base = (struct report){on_start, on_case, on_finish, on_destroy, out};
    t->options = *options;
    if (!t->options.width)
        t->options.width = 80;
    t->arena = arena_create();
    return &t->base;
}
