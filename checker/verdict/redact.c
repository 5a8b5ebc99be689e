/* Takes secrets out of a result before anybody renders or stores it. */
#include "verdict/verdict.h"

#include <string.h>

#include "base/buf.h"

static const char mark[] = "[redacted]";

/* The text itself where the secret does not stand in it. */
static const char *without(struct arena *arena, const char *text,
                           const char *secret)
{
    const char *hit = text ? strstr(text, secret) : NULL;
    if (!hit)
        return text;
    struct buf buf;
    buf_init(&buf, strlen(text) * sizeof(mark) + 1);
    const char *rest = text;
    for (; hit; hit = strstr(rest, secret)) {
        buf_put(&buf, (struct slice){rest, (size_t)(hit - rest)});
        buf_puts(&buf, mark);
        rest = hit + strlen(secret);
    }
    buf_puts(&buf, rest);
    const char *clean = arena_strdup(arena, buf.p);
    buf_release(&buf);
    return clean;
}

static void clean_texts(struct arena *arena, struct texts *texts,
                        const char *secret)
{
    for (size_t i = 0; i < texts->n; i++)
        texts->v[i] = without(arena, texts->v[i], secret);
}

static void clean_mismatch(struct arena *arena, struct mismatch *m,
                           const char *secret)
{
    m->what = without(arena, m->what, secret);
    m->expected = without(arena, m->expected, secret);
    m->got = without(arena, m->got, secret);
    m->row = without(arena, m->row, secret);
    clean_texts(arena, &m->facts, secret);
}

/* "AUTH PLAIN ..." wherever it stands in the line: the mechanism stays. */
static const char *without_credentials(struct arena *arena, const char *line)
{
    const char *at = strcasestr(line, "AUTH ");
    if (!at)
        return line;
    const char *mechanism = at + strlen("AUTH ");
    size_t n = strcspn(mechanism, " ");
    if (mechanism[n] != ' ' || (strncasecmp(mechanism, "PLAIN", n) != 0 &&
                                strncasecmp(mechanism, "LOGIN", n) != 0))
        return line;
    const char *initial = mechanism + n + 1;
    if (strncasecmp(initial, "LOGIN", 5) == 0 ||
        strncasecmp(initial, "PLAIN", 5) == 0)
        return line; /* what EHLO offers */
    return arena_printf(arena, "%.*s%s", (int)(initial - line), line, mark);
}

void case_result_redact(struct case_result *r, const struct texts *secrets)
{
    for (size_t i = 0; i < r->transcript_count; i++) {
        struct texts *lines = &r->transcripts[i].lines;
        for (size_t j = 0; j < lines->n; j++)
            lines->v[j] = without_credentials(r->arena, lines->v[j]);
    }
    for (size_t s = 0; s < secrets->n; s++) {
        const char *secret = secrets->v[s];
        if (!*secret)
            continue;
        r->reason = without(r->arena, r->reason, secret);
        for (size_t i = 0; i < r->mismatch_count; i++)
            clean_mismatch(r->arena, &r->mismatches[i], secret);
        for (size_t i = 0; i < r->transcript_count; i++)
            clean_texts(r->arena, &r->transcripts[i].lines, secret);
    }
}
