#include "kit/mutant.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"

enum { TAIL_LINES = 1 << 20 };

static enum status take_line(struct arena *arena, struct mutant *m,
                             struct slice line, struct err *err)
{
    struct slice value = line;
    struct slice key = slice_trim(slice_cut(&value, ':'));
    value = slice_trim(value);
    const char **text = NULL;
    struct texts *list = NULL;
    if (slice_is(key, "Clause"))
        text = &m->clause;
    else if (slice_is(key, "Says"))
        text = &m->says;
    else if (slice_is(key, "Cases"))
        list = &m->cases;
    else if (slice_is(key, "Words"))
        list = &m->words;
    else
        return err_set(err, ST_INVAL,
                       "unknown header line %.*s; expected Clause, Says, "
                       "Cases, Words",
                       SLICE_ARG(key));
    if ((text && *text) || (list && list->n))
        return err_set(err, ST_INVAL, "%.*s stands twice", SLICE_ARG(key));
    if (text)
        *text = arena_text(arena, value);
    while (list && value.n) {
        struct slice item = slice_trim(slice_cut(&value, ','));
        if (item.n)
            texts_add(arena, list, arena_text(arena, item));
    }
    return ST_OK;
}

static const char *name_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = arena_strdup(arena, slash ? slash + 1 : path);
    char *dot = strrchr(name, '.');
    if (dot && strcmp(dot, ".patch") == 0)
        *dot = '\0';
    return name;
}

static bool begins_diff(struct slice line)
{
    return slice_starts_nocase(line, "diff --git ") ||
           slice_starts_nocase(line, "--- ");
}

enum status mutant_parse(struct arena *arena, const char *path,
                         struct slice text, struct mutant *out, struct err *err)
{
    *out = (struct mutant){.path = arena_strdup(arena, path),
                           .name = name_of(arena, path)};
    bool has_diff = false;
    for (int number = 1; text.n && !has_diff; number++) {
        struct slice line = slice_cut(&text, '\n');
        has_diff = begins_diff(line);
        if (has_diff || !slice_trim(line).n)
            continue;
        if (take_line(arena, out, line, err) != ST_OK)
            return err_wrap(err, "%s:%d:1", path, number);
    }
    const char *missing = NULL;
    if (!out->clause)
        missing = "Clause";
    else if (!out->says)
        missing = "Says";
    else if (!out->cases.n)
        missing = "Cases";
    else if (!out->words.n)
        missing = "Words";
    if (missing)
        return err_set(err, ST_INVAL, "%s:1:1: no line %s:", path, missing);
    if (!has_diff)
        return err_set(err, ST_INVAL, "%s:1:1: no diff", path);
    return ST_OK;
}

enum status mutant_read(struct arena *arena, const char *path,
                        struct mutant *out, struct err *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set(err, ST_INVAL, "%s: %s", path, strerror(errno));
    char *text = NULL, octets[4096];
    size_t size, n;
    FILE *to = open_memstream(&text, &size);
    while ((n = fread(octets, 1, sizeof(octets), file)) > 0)
        fwrite(octets, 1, n, to);
    fclose(file);
    fclose(to);
    enum status status =
        mutant_parse(arena, path, (struct slice){text, size}, out, err);
    free(text);
    return status;
}

static const struct case_result *find_case(const struct case_result *results,
                                           size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(results[i].name, name) == 0)
            return &results[i];
    return NULL;
}

static const char *in_one_line(struct arena *arena, const struct case_result *r)
{
    if (!r->mismatch_count)
        return arena_printf(arena, "%s: %s %s", r->name,
                            verdict_name(r->verdict),
                            r->reason ? r->reason : "");
    const struct mismatch *m = &r->mismatches[0];
    return arena_printf(arena, "%s: %s: expected %s, got %s", r->name, m->what,
                        m->expected ? m->expected : "(nothing)",
                        m->got ? m->got : "(nothing)");
}

/* Layout is no matter: "got email" is found however the columns stand. */
static void collapse_blanks(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        char c = *from == '\n' ? ' ' : *from;
        if (c != ' ' || to == text || to[-1] != ' ')
            *to++ = c;
    }
    *to = '\0';
}

/* What the mismatches say; transcripts do not count, they hold everything. */
static const char *mismatches_text(struct arena *arena,
                                   const struct case_result *r)
{
    struct case_result bare = *r;
    bare.transcript_count = 0;
    bare.kept = bare.rerun = NULL;
    char *story = report_failure_text(&bare, TAIL_LINES);
    char *text = arena_strdup(arena, story);
    free(story);
    collapse_blanks(text);
    return text;
}

const char *mutant_judge(struct arena *arena, const struct mutant *mutant,
                         const struct case_result *results, size_t count,
                         const char **seen_out)
{
    const char *said = "";
    *seen_out = NULL;
    for (size_t i = 0; i < mutant->cases.n; i++) {
        const char *name = mutant->cases.v[i];
        const struct case_result *r = find_case(results, count, name);
        if (!r)
            return arena_printf(arena, "%s was not run", name);
        if (r->verdict != VERDICT_FAIL)
            return arena_printf(arena, "%s: %s%s%s", name,
                                verdict_name(r->verdict), r->reason ? ": " : "",
                                r->reason ? r->reason : "");
        if (!*seen_out)
            *seen_out = in_one_line(arena, r);
        said = arena_printf(arena, "%s%s", said, mismatches_text(arena, r));
    }
    for (size_t i = 0; i < mutant->words.n; i++)
        if (!strcasestr(said, mutant->words.v[i]))
            return arena_printf(
                arena,
                "fails for another reason, \"%s\" does not occur; first "
                "failure: %s",
                mutant->words.v[i], *seen_out);
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    const struct mutant *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int is_patch(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 6 && strcmp(entry->d_name + n - 6, ".patch") == 0;
}

enum status mutants_read(struct arena *arena, const char *fixtures,
                         struct mutant **out, size_t *count_out,
                         struct err *err)
{
    const char *folder = arena_printf(arena, "%s/mutants", fixtures);
    struct dirent **entries;
    int found = scandir(folder, &entries, is_patch, NULL);
    *count_out = 0;
    *out = NULL;
    if (found < 0)
        return err_set(err, ST_INVAL, "%s: %s", folder, strerror(errno));
    struct mutant *all = arena_alloc(arena, ((size_t)found + 1) * sizeof(*all));
    enum status status = ST_OK;
    for (int i = 0; i < found; i++) {
        const char *path =
            arena_printf(arena, "%s/%s", folder, entries[i]->d_name);
        if (status == ST_OK)
            status = mutant_read(arena, path, &all[*count_out], err);
        if (status == ST_OK)
            ++*count_out;
        free(entries[i]);
    }
    free(entries);
    qsort(all, *count_out, sizeof(*all), by_name);
    *out = all;
    return status;
}
