#include "engine/diagnostic.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct source {
    const char *file, *text;
    struct source *next;
};

struct diagnostics {
    struct arena *arena;
    struct diagnostic *items;
    size_t count, size;
    bool sorted;
    struct source *sources; /* newest first */
};

struct diagnostics *diagnostics_create(void)
{
    struct diagnostics *list = xcalloc(1, sizeof *list);
    list->arena = arena_create();
    return list;
}

void diagnostics_destroy(struct diagnostics **list)
{
    if (!*list)
        return;
    arena_destroy(&(*list)->arena);
    free((*list)->items);
    free(*list);
    *list = NULL;
}

void diagnostics_source(struct diagnostics *list, const char *file,
                        const char *text)
{
    struct source *source = ARENA_NEW(list->arena, struct source);
    source->file = arena_strdup(list->arena, file);
    source->text = arena_strdup(list->arena, text);
    source->next = list->sources;
    list->sources = source;
}

static const struct source *find_source(const struct diagnostics *list,
                                        const char *file)
{
    const struct source *s = list->sources;
    while (s && strcmp(s->file, file) != 0)
        s = s->next;
    return s;
}

static const char *source_line(struct diagnostics *list, struct place place)
{
    const struct source *source = find_source(list, place.file);
    if (!source || place.line < 1)
        return NULL;
    const char *p = source->text;
    for (int line = 1; line < place.line; line++) {
        p = strchr(p, '\n');
        if (!p)
            return NULL;
        p++;
    }
    return arena_text(list->arena, (struct slice){p, strcspn(p, "\r\n")});
}

/* Said already: each case says what is wrong in the common part; or it follows
 * from what was said. */
static struct diagnostic *find_same(struct diagnostics *list,
                                    struct place place, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        struct diagnostic *d = &list->items[i];
        if (d->place.line == place.line && d->place.column == place.column &&
            (d->sealed || strcmp(d->text, text) == 0) && place.file &&
            strcmp(d->place.file, place.file) == 0)
            return d;
    }
    return NULL;
}

static struct diagnostic *append(struct diagnostics *list, struct place place,
                                 const char *fmt, va_list args)
    PRINTF_LIKE(3, 0);
static struct diagnostic *append(struct diagnostics *list, struct place place,
                                 const char *fmt, va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, fmt, args);
    struct diagnostic *same = find_same(list, place, text);
    if (same)
        return same;
    if (list->count == list->size) {
        list->size = list->size ? 2 * list->size : 16;
        list->items = xrealloc(list->items, list->size * sizeof *list->items);
    }
    struct diagnostic *d = &list->items[list->count++];
    *d = (struct diagnostic){.place = place,
                             .text = arena_strdup(list->arena, text)};
    d->place.file =
        arena_strdup(list->arena, place.file ? place.file : "(no file)");
    d->line = source_line(list, d->place);
    list->sorted = false;
    return d;
}

void diagnostics_add(struct diagnostics *list, struct place place,
                     const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    append(list, place, fmt, args);
    va_end(args);
}

void diagnostics_add_near(struct diagnostics *list, struct place place,
                          const char *met, const char *const *words,
                          const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct diagnostic *d = append(list, place, fmt, args);
    va_end(args);
    if (d->sealed)
        return;
    const char *near = near_miss(met, words);
    d->near_miss = near ? arena_strdup(list->arena, near) : NULL;
}

void diagnostics_seal(struct diagnostics *list)
{
    for (size_t i = 0; i < list->count; i++)
        list->items[i].sealed = true;
}

size_t diagnostics_count(const struct diagnostics *list)
{
    return list->count;
}

/* Files in the order of their names: each file's own messages stay together. */
static int by_place(const void *a, const void *b)
{
    const struct place *x = &((const struct diagnostic *)a)->place;
    const struct place *y = &((const struct diagnostic *)b)->place;
    int file = strcmp(x->file, y->file);
    if (file)
        return file;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

const struct diagnostic *diagnostics_at(struct diagnostics *list, size_t i)
{
    if (i >= list->count)
        BUG("diagnostic %zu of %zu", i, list->count);
    if (!list->sorted)
        qsort(list->items, list->count, sizeof *list->items, by_place);
    list->sorted = true;
    return &list->items[i];
}

enum { SHOWN_MOST = 160 };

/* A line of any length and of any octets, as a terminal may show it. */
static void print_line(const char *line, int column, FILE *to)
{
    size_t n = strlen(line), at = column > 1 ? (size_t)column - 1 : 0;
    size_t from =
        at > SHOWN_MOST / 2 && n > SHOWN_MOST ? at - SHOWN_MOST / 2 : 0;
    if (from > n)
        from = n;
    fputs("    ", to);
    for (size_t i = from; i < n && i < from + SHOWN_MOST; i++) {
        unsigned char c = (unsigned char)line[i];
        fputc((c < ' ' && c != '\t') || c == 0x7f ? '?' : c, to);
    }
    fputs("\n    ", to);
    for (size_t i = from; i < at && i < n; i++)
        fputc(line[i] == '\t' ? '\t' : ' ', to);
    fputs("^\n", to);
}

static void print_one(const struct diagnostic *d, FILE *to)
{
    if (d->place.line > 0)
        fprintf(to, "%s:%d:%d: %s\n", d->place.file, d->place.line,
                d->place.column, d->text);
    else
        fprintf(to, "%s: %s\n", d->place.file, d->text);
    if (d->line)
        print_line(d->line, d->place.column, to);
    if (d->near_miss)
        fprintf(to, "    did you mean `%s`?\n", d->near_miss);
}

void diagnostics_print(struct diagnostics *list, FILE *to)
{
    for (size_t i = 0; i < list->count; i++)
        print_one(diagnostics_at(list, i), to);
}

enum { NEAR_MOST = 63 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

/* Damerau's distance (optimal string alignment) of words up to NEAR_MOST. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
    unsigned rows[3][NEAR_MOST + 1];
    unsigned *two_up = rows[0], *up = rows[1], *here = rows[2];
    for (unsigned j = 0; j <= m; j++)
        up[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        here[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned change = a[i - 1] != b[j - 1];
            here[j] = least(up[j] + 1, here[j - 1] + 1, up[j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1] && two_up[j - 2] + 1 < here[j])
                here[j] = two_up[j - 2] + 1;
        }
        unsigned *old = two_up;
        two_up = up;
        up = here;
        here = old;
    }
    return up[m];
}

const char *near_miss(const char *met, const char *const *words)
{
    size_t n = strlen(met);
    const char *best = NULL;
    unsigned best_distance = n / 3 > 1 ? (unsigned)(n / 3) : 1;
    if (n > NEAR_MOST || n < 2)
        return NULL;
    for (; words && *words; words++) {
        size_t m = strlen(*words);
        if (m > NEAR_MOST)
            continue;
        unsigned d = distance(met, n, *words, m);
        if (d > best_distance || (best && d == best_distance))
            continue;
        best = *words;
        best_distance = d;
    }
    return best;
}
