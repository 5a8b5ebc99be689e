#include "kit/recipes.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { RECIPE_BYTES = 65536 };

static const struct recipe_value *find(const struct recipe_value *values,
                                       struct slice name)
{
    while (values->name && !slice_is(name, values->name))
        values++;
    return values->name ? values : NULL;
}

char *recipe_fill(struct arena *arena, struct slice text,
                  const struct recipe_value *values)
{
    struct buf out;
    buf_init(&out, 16 * RECIPE_BYTES);
    while (text.n) {
        size_t at = slice_find(text, '@');
        struct slice behind = slice_from(text, at < text.n ? at + 1 : at);
        size_t end = slice_find(behind, '@');
        const struct recipe_value *value =
            end < behind.n ? find(values, (struct slice){behind.p, end}) : NULL;
        buf_put(&out, (struct slice){text.p, at});
        if (value)
            buf_puts(&out, value->value);
        else if (at < text.n)
            buf_puts(&out, "@");
        text = value ? slice_from(behind, end + 1) : behind;
    }
    char *filled = arena_text(arena, buf_slice(&out));
    buf_release(&out);
    return filled;
}

static int is_recipe(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && strcmp(entry->d_name + n - 4, ".txt") == 0;
}

static enum status put_one(struct arena *arena, FILE *to, const char *path,
                           const struct recipe_value *values, struct err *err)
{
    char octets[RECIPE_BYTES];
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
    size_t n = fread(octets, 1, sizeof octets, file);
    fclose(file);
    fprintf(to, "\n%s", recipe_fill(arena, (struct slice){octets, n}, values));
    return ST_OK;
}

enum status recipes_put(FILE *to, const char *folder,
                        const struct recipe_value *values, struct err *err)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_recipe, alphasort);
    if (count < 0)
        return err_set(err, ST_TEMP, "%s: %s", folder, strerror(errno));
    struct arena *arena = arena_create();
    enum status status = ST_OK;
    for (int i = 0; i < count; i++) {
        if (status == ST_OK)
            status = put_one(
                arena, to,
                arena_printf(arena, "%s/%s", folder, entries[i]->d_name),
                values, err);
        free(entries[i]);
    }
    free(entries);
    arena_destroy(&arena);
    return status;
}
