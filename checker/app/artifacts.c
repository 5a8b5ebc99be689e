#include "kit/artifacts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/report.h"

enum { WHOLE = 1 << 20 };

/* Walks all texts in one order: first they are collected, then replaced. */
static void visit_texts(json_t *value, struct arena *arena,
                        struct texts *collect, const struct texts *put,
                        size_t *at)
{
    size_t i;
    const char *key;
    json_t *inner;
    if (json_is_string(value)) {
        if (collect)
            texts_add(arena, collect,
                      arena_strdup(arena, json_string_value(value)));
        else if (strcmp(json_string_value(value), put->v[*at]) != 0)
            json_string_set(value, put->v[*at]);
        ++*at;
    }
    json_object_foreach(value, key, inner)
        visit_texts(inner, arena, collect, put, at);
    json_array_foreach(value, i, inner)
        visit_texts(inner, arena, collect, put, at);
}

static void clean(json_t *evidence, const struct texts *secrets)
{
    struct arena *arena = arena_create();
    struct case_result all;
    size_t at = 0;
    case_result_init(&all, arena, "evidence", NULL);
    struct texts *lines = &case_result_transcript(&all, "evidence")->lines;
    visit_texts(evidence, arena, lines, NULL, &at);
    case_result_redact(&all, secrets);
    at = 0;
    visit_texts(evidence, arena, NULL, lines, &at);
    arena_destroy(&arena);
}

static enum status cannot(struct err *err, const char *path)
{
    return err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
}

static enum status make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0777) < 0 && errno != EEXIST)
        return cannot(err, path);
    return ST_OK;
}

static enum status write_text(const char *path, const char *text,
                              struct err *err)
{
    FILE *to = fopen(path, "we");
    if (!to)
        return cannot(err, path);
    bool good = fputs(text, to) >= 0;
    good &= fclose(to) == 0;
    return good ? ST_OK : cannot(err, path);
}

/* "scenarios/minimum/below.yaml:sms" is the folder minimum-below-sms. */
static const char *folder_of(struct arena *arena, const char *dir,
                             const char *name)
{
    static const char usual[] = "scenarios/";
    if (strncmp(name, usual, sizeof usual - 1) == 0)
        name += sizeof usual - 1;
    char *flat = arena_strdup(arena, name + strspn(name, "/."));
    char *ending = strstr(flat, ".yaml");
    if (ending)
        memmove(ending, ending + 5, strlen(ending + 5) + 1);
    for (char *p = flat; *p; p++)
        if (strchr("/: ", *p))
            *p = '-';
    return arena_printf(arena, "%s/%s", dir, flat);
}

enum status artifacts_write(const char *dir, const struct case_result *r,
                            json_t *evidence, const struct texts *secrets,
                            struct err *err)
{
    if (!dir || !verdict_is_bad(r->verdict))
        return ST_OK;
    const char *folder = folder_of(r->arena, dir, r->name);
    enum status status = make_folder(dir, err);
    if (status == ST_OK)
        status = make_folder(folder, err);
    if (status != ST_OK)
        return status;
    char *story = report_failure_text(r, WHOLE);
    status =
        write_text(arena_printf(r->arena, "%s/story.txt", folder), story, err);
    free(story);
    if (status != ST_OK || !evidence)
        return status;
    clean(evidence, secrets);
    char *text = json_dumps(evidence, JSON_INDENT(1));
    status = write_text(arena_printf(r->arena, "%s/evidence.json", folder),
                        text ? text : "", err);
    free(text);
    return status;
}
