#include <string.h>

#include "engine/vocabulary.h"
#include "kit/plan.h"

static int list_postures(const struct kit *kit,
                         const struct catalogue *catalogue)
{
    (void)kit;
    for (const char *const *n = fixtures_postures(catalogue->fixtures); *n;
         n++) {
        const struct posture *p = fixtures_posture(catalogue->fixtures, *n);
        printf("%-22s %s\n", *n, p && p->says ? p->says : "");
    }
    return EXIT_FINE;
}

static int list_clauses(const struct kit *kit,
                        const struct catalogue *catalogue)
{
    (void)kit;
    for (const struct clause *c = clauses_first(catalogue->clauses); c;
         c = c->next)
        printf("%-13s %-4s%s %s\n", c->id, c->basis,
               c->built ? "" : " (not built)", c->text);
    return EXIT_FINE;
}

static void print_key(const char *path, const struct key *key)
{
    printf("%s", path);
    for (const char *const *w = key->words; w && *w; w++)
        printf("%s%s", w == key->words ? " = " : "|", *w);
    printf("%s%s\n", key->help ? "  " : "", key->help ? key->help : "");
}

/* Keys may hold themselves (steps within steps): a depth ends it. */
static void print_keys(struct arena *arena, const char *path,
                       const struct key *keys, int depth)
{
    for (; keys && keys->name && depth < 8; keys++) {
        const char *below =
            *path ? arena_printf(arena, "%s.%s", path, keys->name) : keys->name;
        print_key(below, keys);
        print_keys(arena, below, keys->inner, depth + 1);
    }
}

static int list_words(const struct kit *kit, const struct catalogue *catalogue)
{
    print_keys(kit->arena, "", vocabulary_scenario, 0);
    for (const char *const *w = fixtures_why(catalogue->fixtures); *w; w++)
        printf("expect.ADDRESS.not.METHOD = %s\n", *w);
    return EXIT_FINE;
}

static int list_scenarios(const struct kit *kit,
                          const struct catalogue *catalogue)
{
    struct selection all = {0};
    struct plan plan;
    struct err err = {0};
    if (plan_make(kit, catalogue, &all, &plan, &err) != ST_OK) {
        diagnostics_print(catalogue->diagnostics, stderr);
        plan_release(&plan);
        return kit_complain(&err);
    }
    for (size_t i = 0; i < plan.scenario_count; i++) {
        const struct scenario_case *first = scenario_cases(plan.scenarios[i]);
        size_t n = 0;
        for (const struct scenario_case *c = first; c; c = c->next)
            n++;
        printf("%s  %s (%zu)\n", scenario_file(plan.scenarios[i]),
               first ? first->title : "", n);
    }
    plan_release(&plan);
    return EXIT_FINE;
}

static const struct {
    const char *name;
    int (*list)(const struct kit *kit, const struct catalogue *catalogue);
} kinds[] = {{"postures", list_postures},
             {"clauses", list_clauses},
             {"words", list_words},
             {"scenarios", list_scenarios}};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static int unknown_kind(const char *word)
{
    const char *names[KINDS + 1] = {NULL};
    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    const char *near = near_miss(word, names);
    fprintf(stderr,
            "lasthop list: %s is none of postures, clauses, words, "
            "scenarios%s%s%s\n",
            word, near ? "; did you mean " : "", near ? near : "",
            near ? "?" : "");
    return EXIT_USAGE;
}

static int list(struct kit *kit, const struct command *self, int argc,
                char **argv)
{
    struct texts words = {0};
    const struct option_row rows[] = {{0}};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &words, &code))
        return code;
    if (words.n != 1)
        return unknown_kind(words.n ? "this" : "nothing");
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(words.v[0], kinds[i].name) == 0) {
            struct catalogue catalogue;
            if (!catalogue_load(kit, &catalogue, &code))
                return code;
            code = kinds[i].list(kit, &catalogue);
            catalogue_release(&catalogue);
            return code;
        }
    return unknown_kind(words.v[0]);
}

const struct command command_list = {
    "list", "postures|clauses|words|scenarios",
    "tells what a scenario may say, a line each", NULL, list};
