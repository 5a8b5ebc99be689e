#include "verdict/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const verdict_names[] = {
    "pass", "fail", "error", "skipped", "expected-fail", "unexpected-pass"};
_Static_assert(sizeof(verdict_names) / sizeof(*verdict_names) == VERDICT_COUNT,
               "a name for every verdict");

const char *verdict_name(enum verdict verdict)
{
    return verdict_names[verdict];
}

bool verdict_parse(const char *name, enum verdict *out)
{
    for (int i = 0; i < VERDICT_COUNT; i++)
        if (strcmp(name, verdict_names[i]) == 0) {
            *out = (enum verdict)i;
            return true;
        }
    return false;
}

bool verdict_is_bad(enum verdict verdict)
{
    return verdict == VERDICT_FAIL || verdict == VERDICT_ERROR ||
           verdict == VERDICT_UNEXPECTED_PASS;
}

/* An arena cannot give back: doubling wastes at most as much as is in use. */
static void *grown(struct arena *arena, const void *old, size_t n, size_t *size,
                   size_t item)
{
    size_t want = *size ? *size * 2 : 4;
    void *fresh = arena_alloc(arena, want * item);
    if (n)
        memcpy(fresh, old, n * item);
    *size = want;
    return fresh;
}

void texts_add(struct arena *arena, struct texts *texts, const char *text)
{
    if (texts->n == texts->size)
        texts->v =
            grown(arena, texts->v, texts->n, &texts->size, sizeof(*texts->v));
    texts->v[texts->n++] = arena_strdup(arena, text);
}

static char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
    PRINTF_LIKE(2, 0);
static char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0)
        BUG("format %s", fmt);
    char *text = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

void texts_addf(struct arena *arena, struct texts *texts, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    texts_add(arena, texts, arena_vprintf(arena, fmt, args));
    va_end(args);
}

void case_result_init(struct case_result *r, struct arena *arena,
                      const char *file, const char *case_name)
{
    *r = (struct case_result){.arena = arena, .verdict = VERDICT_PASS};
    r->file = arena_strdup(arena, file);
    r->case_name = case_name ? arena_strdup(arena, case_name) : NULL;
    r->name = case_name ? arena_printf(arena, "%s:%s", file, case_name)
                        : arena_strdup(arena, file);
    r->rerun = arena_printf(arena, "lasthop run -v %s", r->name);
}

struct mismatch *case_result_mismatch(struct case_result *r, const char *what,
                                      struct place place)
{
    if (r->mismatch_count == r->mismatch_size)
        r->mismatches = grown(r->arena, r->mismatches, r->mismatch_count,
                              &r->mismatch_size, sizeof(*r->mismatches));
    struct mismatch *m = &r->mismatches[r->mismatch_count++];
    *m = (struct mismatch){.what = arena_strdup(r->arena, what)};
    m->place = place;
    if (place.file)
        m->place.file = arena_strdup(r->arena, place.file);
    if (r->verdict != VERDICT_ERROR)
        r->verdict = VERDICT_FAIL;
    return m;
}

struct transcript *case_result_transcript(struct case_result *r,
                                          const char *name)
{
    if (r->transcript_count == r->transcript_size)
        r->transcripts = grown(r->arena, r->transcripts, r->transcript_count,
                               &r->transcript_size, sizeof(*r->transcripts));
    struct transcript *t = &r->transcripts[r->transcript_count++];
    *t = (struct transcript){.name = arena_strdup(r->arena, name)};
    return t;
}

void case_result_error(struct case_result *r, const char *fmt, ...)
{
    if (r->verdict == VERDICT_ERROR)
        return;
    va_list args;
    va_start(args, fmt);
    r->reason = arena_vprintf(r->arena, fmt, args);
    va_end(args);
    r->verdict = VERDICT_ERROR;
}

void case_result_skip(struct case_result *r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    r->reason = arena_vprintf(r->arena, fmt, args);
    va_end(args);
    r->verdict = VERDICT_SKIPPED;
}

void case_result_expected_fail(struct case_result *r, const char *reason)
{
    if (r->verdict == VERDICT_FAIL)
        r->verdict = VERDICT_EXPECTED_FAIL;
    else if (r->verdict == VERDICT_PASS)
        r->verdict = VERDICT_UNEXPECTED_PASS;
    else
        return;
    r->reason = arena_strdup(r->arena, reason);
}

void run_totals_add(struct run_totals *totals, const struct case_result *r)
{
    totals->by_verdict[r->verdict]++;
    totals->doubts += r->doubts;
    totals->survivors += r->survivors;
}

unsigned long run_totals_count(const struct run_totals *totals)
{
    unsigned long sum = 0;
    for (int i = 0; i < VERDICT_COUNT; i++)
        sum += totals->by_verdict[i];
    return sum;
}

int run_exit_code(const struct run_totals *totals)
{
    if (totals->by_verdict[VERDICT_FAIL] ||
        totals->by_verdict[VERDICT_UNEXPECTED_PASS])
        return 1;
    if (totals->by_verdict[VERDICT_ERROR])
        return 3;
    if (run_totals_count(totals) == totals->by_verdict[VERDICT_SKIPPED])
        return 4;
    return 0;
}
