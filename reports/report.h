/* report - the one interface of all renderers: told of a run's start, of each
 * case, and of the end. A renderer never judges; it reads the results model.
 *
 * Only the terminal is told in the order in which cases end. Everybody else is
 * told in the order of the plan, so that a file is the same whatever -j was. */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include <stdio.h>

#include "verdict/verdict.h"

struct run_info {
    const char *version; /* of the kit */
    const char *command; /* as typed */
    int64_t started_s;   /* wall clock */
    size_t planned;      /* cases */
    unsigned jobs;
    const char *order; /* seed of the order; NULL: as listed */
};

/* A renderer embeds it first and fills in what it wants to hear (NULL: no). */
struct report {
    void (*on_start)(struct report *, const struct run_info *);
    void (*on_case)(struct report *, const struct case_result *);
    void (*on_finish)(struct report *, const struct run_totals *);
    void (*on_destroy)(struct report *);
    FILE *out; /* not owned */
};

void report_start(struct report *report, const struct run_info *info);
void report_case(struct report *report, const struct case_result *r);
void report_finish(struct report *report, const struct run_totals *totals);
void report_destroy(struct report **report);

struct terminal_options {
    bool is_terminal; /* progress line */
    bool colour;
    bool verbose; /* each case with its transcripts */
    int width;    /* columns of the terminal; 0: 80 */
};
/* terminal_options_of - by isatty, NO_COLOR, TERM and its size. */
struct terminal_options terminal_options_of(FILE *out, bool verbose);

struct report *report_terminal_create(FILE *out,
                                      const struct terminal_options *options);
struct report *report_junit_create(FILE *out);
struct report *report_tap_create(FILE *out);
/* For a pull request: what is wrong as a table, the stories folded away. */
struct report *report_markdown_create(FILE *out);
/* One JSON object a line: a "run" line, a line for each case, an "end". */
struct report *report_json_create(FILE *out);

/* report_failure_text - the whole story of one case in plain text, indented by
 * two, as every renderer that has room for it shows it. Owner: caller. */
char *report_failure_text(const struct case_result *r, size_t tail_lines);

#endif
