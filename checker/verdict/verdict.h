/* verdict - the results model: what a case came to, and why.
 *
 * The checker fills it, workers send it to their parent as a line of JSON, the
 * renderers read it and nothing else. All text lives in the arena of the
 * result; a NULL text means "not known" and is left out of every report. */
#ifndef VERDICT_VERDICT_H
#define VERDICT_VERDICT_H

#include <stdint.h>

#include "base/alloc.h"
#include "base/place.h"

/* Version of the results file; raised when a reader must know. */
enum { RESULTS_SCHEMA = 1 };

enum verdict {
    VERDICT_PASS,
    VERDICT_FAIL,
    VERDICT_ERROR, /* the kit or the environment, never the target */
    VERDICT_SKIPPED,
    VERDICT_EXPECTED_FAIL,
    VERDICT_UNEXPECTED_PASS,
    VERDICT_COUNT
};

/* A growing list of texts; zero-initialised is empty. */
struct texts {
    const char **v;
    size_t n;
    size_t size; /* allocated */
};

/* One thing that is not as it should be. */
struct mismatch {
    const char *what;     /* "bob@hospital.example: delivery" */
    const char *expected; /* NULL: nothing was expected */
    const char *got;      /* NULL: nothing came */
    struct place place;   /* of the expectation (or of what had none) */
    const char *clause;   /* "MINIMUM-1" */
    const char *clause_text;
    struct texts facts; /* the deciding facts, "policy: tls" */
    const char *row;    /* as it should read to accept what happened */
};

/* What one actor said and heard: its last lines are shown with a failure, all
 * of them with `run -v`. */
struct transcript {
    const char *name; /* "submitter", "mx1.hospital.example", "gateway" */
    struct texts lines;
};

struct case_result {
    struct arena *arena; /* where all of this lives; not owned */
    const char *name;    /* "scenarios/minimum/below.yaml:sms-right" */
    const char *file;    /* as the user would type it */
    const char *case_name;
    const char *title;
    enum verdict verdict;
    const char *reason; /* of error, skipped and expected-fail */
    int64_t duration_ms;
    struct texts clauses;
    struct mismatch *mismatches;
    size_t mismatch_count, mismatch_size;
    struct transcript *transcripts;
    size_t transcript_count, transcript_size;
    const char *rerun; /* command that runs just this case */
    const char *kept;  /* work folder, with `run --keep` */
    /* With `run --doubt`: changes tried, and those that nothing noticed. */
    unsigned long doubts, survivors;
};

struct run_totals {
    unsigned long by_verdict[VERDICT_COUNT];
    int64_t duration_ms; /* of the whole run, wall to wall */
    unsigned long doubts, survivors;
};

const char *verdict_name(enum verdict verdict); /* "expected-fail" */
bool verdict_parse(const char *name, enum verdict *out);
/* verdict_is_bad - fail, error and unexpected-pass. */
bool verdict_is_bad(enum verdict verdict);

void texts_add(struct arena *arena, struct texts *texts, const char *text);
void texts_addf(struct arena *arena, struct texts *texts, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* case_result_init - a pass with nothing to say yet; case_name NULL where a
 * file has no cases. Sets name and rerun too. */
void case_result_init(struct case_result *r, struct arena *arena,
                      const char *file, const char *case_name);

/* case_result_mismatch - add an empty mismatch (what, and where the expectation
 * stands) and make the verdict fail, unless it is error already. The pointer is
 * good until the next call. */
struct mismatch *case_result_mismatch(struct case_result *r, const char *what,
                                      struct place place);

/* case_result_transcript - add an empty one; good until the next call. */
struct transcript *case_result_transcript(struct case_result *r,
                                          const char *name);

/* case_result_error - the verdict is error, and why. The first reason stays. */
void case_result_error(struct case_result *r, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
void case_result_skip(struct case_result *r, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* case_result_expected_fail - the scenario says that it fails, and why: turns
 * fail into expected-fail and pass into unexpected-pass; others stay. */
void case_result_expected_fail(struct case_result *r, const char *reason);

/* case_result_redact - replace each secret wherever it stands, and what follows
 * AUTH in a transcript, by "[redacted]". */
void case_result_redact(struct case_result *r, const struct texts *secrets);

void run_totals_add(struct run_totals *totals, const struct case_result *r);
unsigned long run_totals_count(const struct run_totals *totals);

/* run_exit_code - 1 something failed (or passed against its word); else 3 where
 * there was an error; else 4 where nothing ran (all skipped included); else 0.
 */
int run_exit_code(const struct run_totals *totals);

/* case_result_format - one line of JSON, without the line end. */
char *case_result_format(struct arena *arena, const struct case_result *r);
/* case_result_parse - ST_NONE: a line of a results file that is no case. */
enum status case_result_parse(struct arena *arena, struct slice line,
                              struct case_result *out,
                              struct err *err) MUST_USE;

#endif
