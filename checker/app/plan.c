#include "kit/plan.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/files.h"

/* What the words of a selection came to. */
struct wanted {
    struct file_word *files;
    size_t file_count;
    struct texts labels; /* tags and clauses; each must be met somewhere */
    bool *met;
};

bool clause_is_like(const char *word)
{
    size_t head = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    if (!head || word[head] != '-' || !isdigit((unsigned char)word[head + 1]))
        return false;
    return word[head + 1 + strspn(word + head + 1, "0123456789")] == '\0';
}

static void sort_words(const struct kit *kit, const struct texts *words,
                       struct wanted *w)
{
    w->files = arena_alloc(kit->arena, (words->n + 1) * sizeof(*w->files));
    for (size_t i = 0; i < words->n; i++) {
        struct file_word file;
        if (!clause_is_like(words->v[i]) &&
            file_word_parse(kit->arena, kit->root, words->v[i], &file) == ST_OK)
            w->files[w->file_count++] = file;
        else
            texts_add(kit->arena, &w->labels, words->v[i]);
    }
    if (!w->file_count)
        w->files[w->file_count++] = (struct file_word){
            arena_printf(kit->arena, "%s/scenarios", kit->root), NULL};
    w->met = arena_alloc(kit->arena, (w->labels.n + 1) * sizeof(*w->met));
}

static bool list_has(const struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->texts[i], text) == 0)
            return true;
    return false;
}

static bool has_label(struct wanted *w, const struct scenario_case *c)
{
    bool any = !w->labels.n;
    for (size_t i = 0; i < w->labels.n; i++)
        if (list_has(&c->clauses, w->labels.v[i]) ||
            list_has(&c->tags, w->labels.v[i]))
            any = w->met[i] = true;
    return any;
}

static void add_case(const struct kit *kit, struct plan *plan, size_t *size,
                     const struct scenario_case *c)
{
    for (size_t i = 0; i < plan->case_count; i++)
        if (strcmp(scenario_case_id(plan->cases[i]), scenario_case_id(c)) == 0)
            return; /* two words mean the same */
    if (plan->case_count == *size) {
        *size = *size ? *size * 2 : 64;
        const struct scenario_case **fresh =
            arena_alloc(kit->arena, *size * sizeof(*fresh));
        if (plan->case_count)
            memcpy(fresh, plan->cases, plan->case_count * sizeof(*fresh));
        plan->cases = fresh;
    }
    plan->cases[plan->case_count++] = c;
}

/* A case that the command line names must be there. */
static enum status no_such_case(const struct kit *kit,
                                const struct scenario *scenario,
                                const char *name, struct err *err)
{
    struct texts names = {0};
    for (const struct scenario_case *c = scenario_cases(scenario); c;
         c = c->next)
        texts_add(kit->arena, &names, c->name);
    const char **words =
        arena_alloc(kit->arena, (names.n + 1) * sizeof(*words));
    if (names.n)
        memcpy(words, names.v, names.n * sizeof(*words));
    const char *near = near_miss(name, words);
    return err_set(err, ST_INVAL, "%s has no case %s%s%s%s",
                   scenario_file(scenario), name, near ? "; did you mean " : "",
                   near ? near : "", near ? "?" : "");
}

static enum status add_scenario(const struct kit *kit, struct plan *plan,
                                size_t *size, const struct scenario *scenario,
                                const struct file_word *file,
                                const struct selection *selection,
                                struct wanted *w, struct err *err)
{
    bool named = false;
    for (const struct scenario_case *c = scenario_cases(scenario); c;
         c = c->next) {
        if (file->case_name && strcmp(file->case_name, c->name) != 0)
            continue;
        named = true;
        if (!has_label(w, c))
            continue;
        if (selection->name_part &&
            !strcasestr(scenario_case_id(c), selection->name_part))
            continue;
        add_case(kit, plan, size, c);
    }
    if (file->case_name && !named)
        return no_such_case(kit, scenario, file->case_name, err);
    return ST_OK;
}

/* Each file is loaded once, however many words mean it. */
static struct scenario *load(const struct catalogue *catalogue,
                             struct plan *plan, size_t *size, const char *path)
{
    for (size_t i = 0; i < plan->scenario_count; i++)
        if (strcmp(scenario_file(plan->scenarios[i]), path) == 0)
            return plan->scenarios[i];
    struct scenario *scenario = NULL;
    if (scenario_load(catalogue->fixtures, path, catalogue->diagnostics,
                      &scenario) != ST_OK) {
        if (scenario)
            scenario_destroy(&scenario);
        return NULL;
    }
    if (plan->scenario_count == *size) {
        *size = *size ? *size * 2 : 16;
        plan->scenarios =
            xrealloc(plan->scenarios, *size * sizeof(struct scenario *));
    }
    plan->scenarios[plan->scenario_count++] = scenario;
    return scenario;
}

static const char *nearest_label(const struct kit *kit,
                                 const struct catalogue *catalogue,
                                 const struct plan *plan, const char *label)
{
    struct texts all = {0};
    for (const char *const *id = fixtures_clauses(catalogue->fixtures);
         id && *id; id++)
        texts_add(kit->arena, &all, *id);
    for (size_t i = 0; i < plan->scenario_count; i++) {
        const struct scenario_case *c = scenario_cases(plan->scenarios[i]);
        for (size_t t = 0; c && t < c->tags.count; t++)
            texts_add(kit->arena, &all, c->tags.texts[t]);
    }
    const char **words = arena_alloc(kit->arena, (all.n + 1) * sizeof(*words));
    if (all.n)
        memcpy(words, all.v, all.n * sizeof(*words));
    return near_miss(label, words);
}

/* A known clause that no case names selects nothing; another word that nobody
 * knows is a slip. */
static enum status check_labels(const struct kit *kit,
                                const struct catalogue *catalogue,
                                const struct plan *plan, const struct wanted *w,
                                struct err *err)
{
    for (size_t i = 0; i < w->labels.n; i++) {
        const char *label = w->labels.v[i];
        bool known = clauses_find(catalogue->clauses, label) != NULL;
        if (w->met[i] || known)
            continue;
        const char *near = nearest_label(kit, catalogue, plan, label);
        return err_set(
            err, ST_INVAL, "%s is no file, no tag and no clause%s%s%s", label,
            near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    return ST_OK;
}

static enum status gather(const struct kit *kit,
                          const struct catalogue *catalogue,
                          const struct selection *selection, struct wanted *w,
                          struct plan *plan, struct err *err)
{
    size_t scenario_size = 0, case_size = 0;
    for (size_t f = 0; f < w->file_count; f++) {
        struct texts paths = {0};
        enum status status =
            files_below(kit->arena, w->files[f].path, &paths, err);
        if (status != ST_OK)
            return status;
        for (size_t i = 0; i < paths.n; i++) {
            struct scenario *scenario = load(catalogue, plan, &scenario_size,
                                             file_shown(kit->root, paths.v[i]));
            if (!scenario)
                continue; /* told below, all of them at once */
            status = add_scenario(kit, plan, &case_size, scenario, &w->files[f],
                                  selection, w, err);
            if (status != ST_OK)
                return status;
        }
    }
    return ST_OK;
}

enum status plan_make(const struct kit *kit, const struct catalogue *catalogue,
                      const struct selection *selection, struct plan *out,
                      struct err *err)
{
    *out = (struct plan){0};
    struct wanted w = {0};
    sort_words(kit, &selection->words, &w);
    if (chdir(kit->root) < 0)
        return err_set(err, ST_TEMP, "%s: %s", kit->root, strerror(errno));
    enum status status = gather(kit, catalogue, selection, &w, out, err);
    if (status != ST_OK)
        return status;
    size_t wrong = diagnostics_count(catalogue->diagnostics);
    if (wrong)
        return err_set(err, ST_INVAL, "%zu error%s in scenario files", wrong,
                       wrong == 1 ? "" : "s");
    return check_labels(kit, catalogue, out, &w, err);
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->scenario_count; i++)
        scenario_destroy(&plan->scenarios[i]);
    free(plan->scenarios);
    *plan = (struct plan){0};
}
