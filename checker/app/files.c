#include "kit/files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool exists(const char *path, char absolute[PATH_MAX])
{
    return realpath(path, absolute) != NULL;
}

/* One spelling of the word; true when it is there. */
static bool find(struct arena *arena, const char *root, const char *word,
                 const char **out)
{
    static const char *const endings[] = {"", ".yaml"};
    static const char *const folders[] = {"", "/scenarios"};
    char absolute[PATH_MAX];
    for (size_t e = 0; e < 2; e++)
        if (exists(arena_printf(arena, "%s%s", word, endings[e]), absolute)) {
            *out = arena_strdup(arena, absolute);
            return true;
        }
    for (size_t f = 0; f < 2 && *word != '/'; f++)
        for (size_t e = 0; e < 2; e++)
            if (exists(arena_printf(arena, "%s%s/%s%s", root, folders[f], word,
                                    endings[e]),
                       absolute)) {
                *out = arena_strdup(arena, absolute);
                return true;
            }
    return false;
}

enum status file_word_parse(struct arena *arena, const char *root,
                            const char *word, struct file_word *out)
{
    *out = (struct file_word){0};
    if (!*word)
        return ST_NONE;
    if (find(arena, root, word, &out->path))
        return ST_OK;
    const char *colon = strrchr(word, ':');
    if (!colon || colon == word || !colon[1])
        return ST_NONE;
    struct slice before = {word, (size_t)(colon - word)};
    if (!find(arena, root, arena_text(arena, before), &out->path))
        return ST_NONE;
    out->case_name = arena_strdup(arena, colon + 1);
    return ST_OK;
}

static bool is_yaml(const char *name)
{
    size_t n = strlen(name);
    return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".yaml") == 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum status walk(struct arena *arena, const char *folder,
                        struct texts *out, struct err *err)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return err_set(err, ST_INVAL, "%s: %s", folder, strerror(errno));
    enum status status = ST_OK;
    for (struct dirent *e; status == ST_OK && (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        const char *path = arena_printf(arena, "%s/%s", folder, e->d_name);
        struct stat st;
        if (stat(path, &st) < 0)
            continue;
        if (S_ISDIR(st.st_mode))
            status = walk(arena, path, out, err);
        else if (is_yaml(e->d_name))
            texts_add(arena, out, path);
    }
    closedir(dir);
    return status;
}

enum status files_below(struct arena *arena, const char *path,
                        struct texts *out, struct err *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return err_set(err, ST_INVAL, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode)) {
        texts_add(arena, out, path);
        return ST_OK;
    }
    size_t first = out->n;
    enum status status = walk(arena, path, out, err);
    if (out->n > first)
        qsort(out->v + first, out->n - first, sizeof(*out->v), by_text);
    return status;
}

const char *file_shown(const char *root, const char *path)
{
    size_t n = strlen(root);
    if (strncmp(path, root, n) == 0 && path[n] == '/')
        return path + n + 1;
    return path;
}

const char *path_from_here(struct arena *arena, const char *path)
{
    char here[PATH_MAX];
    if (!path || *path == '/' || strcmp(path, "-") == 0 ||
        !getcwd(here, sizeof(here)))
        return path;
    return arena_printf(arena, "%s/%s", here, path);
}
