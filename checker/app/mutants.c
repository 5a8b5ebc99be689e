#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/files.h"
#include "kit/kit.h"
#include "kit/mutant.h"
#include "kit/process.h"

struct mutants {
    struct kit *kit;
    const char *program; /* this one */
    const char *tree;    /* the copy; NULL with --check */
    struct mutant *v;
    size_t count;
    unsigned jobs;
    bool check, keep;
    size_t bad;
};

/* The tree as version control sees it, or all but build folders. $1 from, $2
 * to. */
static const char copy_script[] =
    "cd \"$1\" && mkdir -p \"$2\" && {\n"
    "  git ls-files -z --cached --others --exclude-standard 2>/dev/null |\n"
    "    grep -qz . && git ls-files -z --cached --others --exclude-standard "
    "||\n"
    "  find . -name build -prune -o -name .git -prune -o -type f -print0\n"
    "} | { tar --null --ignore-failed-read -cf - -T - 2>/dev/null || :; } |\n"
    "  tar -xf - -C \"$2\"";

/* $1 tree. Objects of earlier runs are found again wherever the copy stands. */
static const char build_script[] =
    "cd \"$1\" && export CCACHE_BASEDIR=\"$1\" CCACHE_NOHASHDIR=1 &&\n"
    "launcher= && { ! command -v ccache >/dev/null || launcher=ccache; } &&\n"
    "{ [ -e build/release/build.ninja ] ||\n"
    "  cmake --preset release -DCMAKE_C_COMPILER_LAUNCHER=$launcher; } &&\n"
    "ninja -C build/release lasthop-gateway";

/* $1 tree, $2 patch, $3 option: -R, --check or nothing. */
static const char apply_script[] =
    "cd \"$1\" && if command -v git >/dev/null; then\n"
    "  GIT_CEILING_DIRECTORIES=\"${1%/*}\" git apply $3 \"$2\"\n"
    "else\n"
    "  option=$3; [ \"$3\" != --check ] || option=--dry-run\n"
    "  patch -s -f -p1 $option -i \"$2\"\n"
    "fi";

static enum status script(const struct mutants *all, const char *text,
                          const char *one, const char *two, const char *three,
                          struct err *err)
{
    const char *const argv[] = {"sh", "-c", text, "sh", one, two, three, NULL};
    const char *said;
    int code;
    enum status status =
        process_capture(all->kit->arena, argv, NULL, &said, &code, err);
    if (status != ST_OK)
        return status;
    if (code == 0)
        return ST_OK;
    size_t n = strlen(said), most = sizeof(err->text) - 32;
    return err_set(err, ST_TEMP, "exit code %d:\n%s", code,
                   n > most ? said + n - most : said);
}

static enum status apply(const struct mutants *all, const struct mutant *m,
                         const char *how, struct err *err)
{
    const char *tree = all->tree ? all->tree : all->kit->root;
    return script(all, apply_script, tree, m->path, how, err);
}

/* -- running the cases ----------------------------------------------------- */

static enum status read_results(struct arena *arena, const char *path,
                                struct case_result **out, size_t *count,
                                struct err *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set(err, ST_TEMP, "the run left no results");
    char *line = NULL;
    size_t size = 0, room = 0;
    *out = NULL;
    *count = 0;
    for (ssize_t n; (n = getline(&line, &size, file)) > 0;) {
        struct case_result r;
        struct slice text = {line, (size_t)n};
        if (case_result_parse(arena, text, &r, err) != ST_OK)
            continue;
        if (*count == room) {
            room = room ? room * 2 : 16;
            *out = xrealloc(*out, room * sizeof(**out));
        }
        (*out)[(*count)++] = r;
    }
    free(line);
    fclose(file);
    return ST_OK;
}

static enum status run_cases(const struct mutants *all,
                             const struct texts *cases,
                             struct case_result **out, size_t *count,
                             struct err *err)
{
    struct arena *arena = all->kit->arena;
    const char *path = arena_printf(arena, "%s/results.json", all->tree);
    const char **argv = arena_alloc(arena, (cases->n + 9) * sizeof(*argv));
    size_t n = 0;
    argv[n++] = all->program;
    argv[n++] = "run";
    argv[n++] = "--json";
    argv[n++] = path;
    argv[n++] = "--gateway";
    argv[n++] =
        arena_printf(arena, "%s/build/release/bin/lasthop-gateway", all->tree);
    argv[n++] = "-j";
    argv[n++] = arena_printf(arena, "%u", all->jobs);
    for (size_t i = 0; i < cases->n; i++)
        argv[n++] = cases->v[i];
    unlink(path);
    const char *said;
    int code;
    enum status status = process_capture(arena, argv, NULL, &said, &code, err);
    if (status != ST_OK)
        return status;
    if (code == EXIT_USAGE)
        return err_set(err, ST_INVAL, "%s", said);
    return read_results(arena, path, out, count, err);
}

/* -- one mutant ------------------------------------------------------------ */

static void tell(struct mutants *all, const char *word, const struct mutant *m,
                 const char *text)
{
    printf("%-9s %-30s %s\n", word, m->name, m->says);
    if (text)
        printf("          %s\n", text);
    fflush(stdout);
    if (strcmp(word, "killed") != 0 && strcmp(word, "applies") != 0)
        all->bad++;
}

static void hunt(struct mutants *all, const struct mutant *m)
{
    struct err err = {0};
    if (script(all, build_script, all->tree, "", "", &err) != ST_OK) {
        tell(all, "NO BUILD", m, err.text);
        return;
    }
    struct case_result *results = NULL;
    size_t count = 0;
    if (run_cases(all, &m->cases, &results, &count, &err) != ST_OK) {
        tell(all, "NO RUN", m, err.text);
    } else {
        const char *seen;
        const char *why =
            mutant_judge(all->kit->arena, m, results, count, &seen);
        tell(all, why ? "SURVIVED" : "killed", m, why ? why : seen);
    }
    free(results);
}

static void try_mutant(struct mutants *all, const struct mutant *m)
{
    struct err err = {0};
    if (apply(all, m, all->check ? "--check" : "", &err) != ST_OK) {
        tell(all, "NO PATCH", m, err.text);
        return;
    }
    if (all->check) {
        tell(all, "applies", m, NULL);
        return;
    }
    hunt(all, m);
    if (apply(all, m, "-R", &err) != ST_OK)
        BUG("%s does not come off again: %s", m->name, err.text);
}

/* -- all of them ----------------------------------------------------------- */

/* Without a mutant every case must pass, or a failure would mean nothing. */
static enum status baseline(const struct mutants *all, struct err *err)
{
    enum status status = script(all, build_script, all->tree, "", "", err);
    if (status != ST_OK)
        return err_wrap(err, "the gateway as it is does not build");
    struct texts cases = {0};
    for (size_t i = 0; i < all->count; i++)
        for (size_t j = 0; j < all->v[i].cases.n; j++)
            texts_add(all->kit->arena, &cases, all->v[i].cases.v[j]);
    struct case_result *results = NULL;
    size_t count = 0;
    status = run_cases(all, &cases, &results, &count, err);
    for (size_t i = 0; i < count && status == ST_OK; i++)
        if (results[i].verdict != VERDICT_PASS)
            status =
                err_set(err, ST_PERM, "%s does not pass without any mutant: %s",
                        results[i].name, verdict_name(results[i].verdict));
    free(results);
    return status;
}

static bool is_wanted(const struct texts *names, const struct mutant *m)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->v[i], m->name) == 0 ||
            strcasecmp(names->v[i], m->clause) == 0)
            return true;
    return !names->n;
}

static enum status read_all(struct mutants *all, const struct texts *names,
                            struct err *err)
{
    enum status status = mutants_read(all->kit->arena, all->kit->fixtures,
                                      &all->v, &all->count, err);
    size_t wanted = 0;
    for (size_t i = 0; i < all->count; i++)
        if (is_wanted(names, &all->v[i]))
            all->v[wanted++] = all->v[i];
    all->count = wanted;
    return status;
}

static enum status make_tree(struct mutants *all, struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    char *folder = arena_printf(all->kit->arena, "%s/lasthop-mutants-XXXXXX",
                                tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return err_set(err, ST_TEMP, "%s: %s", folder, strerror(errno));
    all->tree = folder;
    enum status status =
        script(all, copy_script, all->kit->root, folder, "", err);
    if (status != ST_OK)
        return err_wrap(err, "copying the sources");
    printf("building the gateway as it is in %s\n", folder);
    fflush(stdout);
    return baseline(all, err);
}

static void remove_tree(const struct mutants *all)
{
    struct err err;
    if (!all->tree)
        return;
    if (all->keep)
        printf("kept in %s\n", all->tree);
    else if (script(all, "rm -rf -- \"$1\"", all->tree, "", "", &err) != ST_OK)
        fprintf(stderr, "lasthop: %s stays\n", all->tree);
}

static int hunt_all(struct mutants *all)
{
    struct err err = {0};
    if (!all->count) {
        fprintf(stderr, "lasthop: no mutant is selected\n");
        return EXIT_NOTHING;
    }
    int code = EXIT_FINE;
    if (!all->check && make_tree(all, &err) != ST_OK)
        code = kit_complain(&err);
    for (size_t i = 0; i < all->count && code == EXIT_FINE; i++)
        try_mutant(all, &all->v[i]);
    remove_tree(all);
    if (code != EXIT_FINE)
        return code;
    printf("%zu mutants: %zu %s, %zu not\n", all->count, all->count - all->bad,
           all->check ? "apply" : "killed", all->bad);
    return all->bad ? EXIT_FAILED : EXIT_FINE;
}

static int mutants(struct kit *kit, const struct command *self, int argc,
                   char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct mutants all = {.kit = kit, .jobs = cores > 0 ? (unsigned)cores : 1};
    const struct option_row rows[] = {
        {"check", 0, OPTION_FLAG, NULL, "only see whether every patch applies",
         &all.check},
        {"jobs", 'j', OPTION_NUMBER, "N", "workers (default: cores)",
         &all.jobs},
        {"keep", 0, OPTION_FLAG, NULL, "keep the copy of the sources",
         &all.keep},
        {0}};
    struct texts names = {0};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &names, &code))
        return code;
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    all.program = arena_strdup(kit->arena, path);
    struct err err = {0};
    code = read_all(&all, &names, &err) == ST_OK ? hunt_all(&all)
                                                 : kit_complain(&err);
    return code;
}

const struct command command_mutants = {
    "mutants", "[NAME or CLAUSE]...",
    "makes the gateway wrong in known ways, and sees that the cases notice",
    "Each patch of fixtures/mutants is applied to a copy of the sources, which "
    "is built\nand run through the cases that the patch names. They must fail, "
    "with the words\nthat it names; a survivor makes the exit code 1.\n",
    mutants};
