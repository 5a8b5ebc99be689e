/* new - a scenario to start from: a kind of fixtures/kinds under its own name.
 * The first line of a kind, a comment, says what it is. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/node.h"
#include "kit/files.h"
#include "kit/kit.h"

static const char usual_kind[] = "direct";
static const char title_mark[] = "@TITLE@";

struct kinds {
    struct texts names, paths;
};

static enum status kinds_find(const struct kit *kit, struct kinds *out,
                              struct err *err)
{
    *out = (struct kinds){0};
    const char *dir = arena_printf(kit->arena, "%s/kinds", kit->fixtures);
    enum status status = files_below(kit->arena, dir, &out->paths, err);
    for (size_t i = 0; i < out->paths.n && status == ST_OK; i++) {
        char *name = arena_strdup(kit->arena, out->paths.v[i]);
        name = basename(name);
        name[strlen(name) - strlen(".yaml")] = '\0';
        texts_add(kit->arena, &out->names, name);
    }
    return status;
}

static enum status kind_text(const struct kit *kit, const char *path,
                             const char **out, struct err *err)
{
    struct diagnostics *list = diagnostics_create();
    struct slice text;
    enum status status = node_load(kit->arena, path, list, &text);
    diagnostics_destroy(&list);
    if (status != ST_OK)
        return err_set(err, ST_TEMP, "%s: cannot be read", path);
    *out = text.p;
    return ST_OK;
}

static int list_kinds(const struct kit *kit, const struct kinds *kinds)
{
    struct err err;
    for (size_t i = 0; i < kinds->names.n; i++) {
        const char *text;
        if (kind_text(kit, kinds->paths.v[i], &text, &err) != ST_OK)
            return kit_complain(&err);
        text += strspn(text, "# ");
        printf("%-12s %.*s\n", kinds->names.v[i], (int)strcspn(text, "\n"),
               text);
    }
    return EXIT_FINE;
}

/* "direct/my-first-case.yaml" is titled "My first case". */
static const char *title_of(const struct kit *kit, const char *path)
{
    char *title = basename(arena_strdup(kit->arena, path));
    title[strlen(title) - strlen(".yaml")] = '\0';
    for (char *p = title; *p; p++)
        if (*p == '-' || *p == '_')
            *p = ' ';
    if (*title >= 'a' && *title <= 'z')
        *title = (char)(*title - 'a' + 'A');
    return title;
}

static const char *filled(const struct kit *kit, const char *text,
                          const char *title)
{
    text += strcspn(text, "\n"); /* without what says what kind it is */
    text += *text != '\0';
    const char *at = strstr(text, title_mark);
    if (!at)
        return text;
    return arena_printf(kit->arena, "%.*s%s%s", (int)(at - text), text, title,
                        at + strlen(title_mark));
}

/* The folders above a path; those that exist stay as they are. */
static enum status make_folders(const struct kit *kit, const char *path,
                                struct err *err)
{
    char *all = arena_strdup(kit->arena, path);
    for (char *p = all + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        if (mkdir(all, 0777) < 0 && errno != EEXIST)
            return err_set(err, ST_TEMP, "%s: %s", all, strerror(errno));
        *p = '/';
    }
    return ST_OK;
}

/* .yaml is added where it is not said. */
static const char *place_of(const struct kit *kit, const char *name)
{
    size_t n = strlen(name);
    bool named = n > 5 && strcmp(name + n - 5, ".yaml") == 0;
    return arena_printf(kit->arena, "%s%s", name, named ? "" : ".yaml");
}

static enum status write_new(const struct kit *kit, const char *path,
                             const char *text, struct err *err)
{
    enum status status = make_folders(kit, path, err);
    if (status != ST_OK)
        return status;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST)
        return err_set(err, ST_INVAL,
                       "%s exists already, and nothing is overwritten", path);
    if (fd < 0)
        return err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
    size_t n = strlen(text);
    bool good = write(fd, text, n) == (ssize_t)n;
    good &= close(fd) == 0;
    return good ? ST_OK
                : err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
}

static int unknown_kind(const struct kit *kit, const struct kinds *kinds,
                        const char *word)
{
    const char **names =
        arena_alloc(kit->arena, (kinds->names.n + 1) * sizeof(*names));
    if (kinds->names.n)
        memcpy(names, kinds->names.v, kinds->names.n * sizeof(*names));
    const char *near = near_miss(word, names);
    fprintf(stderr, "lasthop new: no kind %s%s%s%s; they are:\n", word,
            near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    for (size_t i = 0; i < kinds->names.n; i++)
        fprintf(stderr, "  %s\n", kinds->names.v[i]);
    return EXIT_USAGE;
}

static int make_one(const struct kit *kit, const struct kinds *kinds,
                    const char *kind, const char *name)
{
    size_t i = 0;
    while (i < kinds->names.n && strcmp(kinds->names.v[i], kind) != 0)
        i++;
    if (i == kinds->names.n)
        return unknown_kind(kit, kinds, kind);
    const char *path = place_of(kit, name), *text;
    struct err err;
    if (kind_text(kit, kinds->paths.v[i], &text, &err) != ST_OK ||
        write_new(kit, path, filled(kit, text, title_of(kit, path)), &err) !=
            ST_OK)
        return kit_complain(&err);
    const char *program = getenv("LASTHOP_PROGRAM");
    program = program && *program ? program : "lasthop";
    printf("%s\n  %s lint %s\n  %s run -v %s\n", path, program, path, program,
           path);
    return EXIT_FINE;
}

static int new_command(struct kit *kit, const struct command *self, int argc,
                       char **argv)
{
    struct texts rest = {0};
    const char *kind = usual_kind;
    bool list = false;
    const struct option_row rows[] = {
        {"kind", 0, OPTION_TEXT, "KIND", "what to start from (default: direct)",
         &kind},
        {"list", 0, OPTION_FLAG, NULL, "name the kinds and write nothing",
         &list},
        {0}};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &rest, &code))
        return code;
    struct kinds kinds;
    struct err err;
    if (kinds_find(kit, &kinds, &err) != ST_OK)
        return kit_complain(&err);
    if (list)
        return list_kinds(kit, &kinds);
    if (rest.n != 1 || !*rest.v[0]) {
        fprintf(stderr, "lasthop new: expected one name, such as "
                        "scenarios/direct/my-case\n");
        return EXIT_USAGE;
    }
    return make_one(kit, &kinds, kind, rest.v[0]);
}

const struct command command_new = {
    "new", "NAME", "writes a commented scenario to start from",
    "NAME is a path, as seen from here; .yaml is added. What exists is never\n"
    "overwritten; folders that are missing are made.\n",
    new_command};
