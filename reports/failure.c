/* The story of one case, from the expectation to the cause: read from top to
 * bottom it leads there without a second look. */
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { STORY_BYTES = 1 << 24, LABEL_WIDTH = 10 };

/* Transcripts hold what a peer liked to send: no control character gets out. */
static void put_visible(struct buf *buf, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            buf_printf(buf, "\\x%02x", c);
        else
            buf_put(buf, (struct slice){s.p + i, 1});
    }
}

/* A label and its text; further lines of the text stand below the first. */
static void row(struct buf *buf, const char *label, const char *text)
{
    struct slice rest = slice_of(text);
    do {
        struct slice line = slice_cut(&rest, '\n');
        buf_printf(buf, "    %-*s ", LABEL_WIDTH, label);
        put_visible(buf, line);
        buf_puts(buf, "\n");
        label = "";
    } while (rest.n);
}

static void rows(struct buf *buf, const char *label, const struct texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        row(buf, i ? "" : label, texts->v[i]);
}

static void place_row(struct buf *buf, const struct place *place)
{
    if (!place->file)
        return;
    if (place->line)
        buf_printf(buf, "    %-*s %s:%d:%d\n", LABEL_WIDTH, "at", place->file,
                   place->line, place->column);
    else
        row(buf, "at", place->file);
}

static void mismatch_story(struct buf *buf, const struct mismatch *m)
{
    buf_printf(buf, "  %s\n", m->what);
    if (m->expected || m->got) {
        row(buf, "expected", m->expected ? m->expected : "(nothing)");
        row(buf, "got", m->got ? m->got : "(nothing)");
    }
    place_row(buf, &m->place);
    if (m->clause)
        buf_printf(buf, "    %-*s %s%s%s\n", LABEL_WIDTH, "clause", m->clause,
                   m->clause_text ? ": " : "",
                   m->clause_text ? m->clause_text : "");
    rows(buf, "facts", &m->facts);
    if (m->row)
        row(buf, "to accept", m->row);
}

static void transcript_story(struct buf *buf, const struct transcript *t,
                             size_t tail_lines)
{
    size_t first = t->lines.n > tail_lines ? t->lines.n - tail_lines : 0;
    if (first)
        buf_printf(buf, "  %s, last %zu of %zu lines\n", t->name, tail_lines,
                   t->lines.n);
    else
        buf_printf(buf, "  %s\n", t->name);
    for (size_t i = first; i < t->lines.n; i++)
        row(buf, "|", t->lines.v[i]);
}

char *report_failure_text(const struct case_result *r, size_t tail_lines)
{
    struct buf buf;
    buf_init(&buf, STORY_BYTES);
    if (r->reason)
        buf_printf(&buf, "  %s\n", r->reason);
    for (size_t i = 0; i < r->mismatch_count; i++)
        mismatch_story(&buf, &r->mismatches[i]);
    for (size_t i = 0; i < r->transcript_count; i++)
        transcript_story(&buf, &r->transcripts[i], tail_lines);
    if (r->kept)
        buf_printf(&buf, "  kept in     %s\n", r->kept);
    if (r->rerun && r->verdict != VERDICT_PASS)
        buf_printf(&buf, "  only this   %s\n", r->rerun);
    char *text = xstrdup(buf.p ? buf.p : "");
    buf_release(&buf);
    return text;
}
