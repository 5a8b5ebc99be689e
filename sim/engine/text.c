/* Small helpers of the readers. */
#include <ctype.h>
#include <string.h>

#include "engine/read.h"

struct text_list read_texts(struct arena *arena, const struct node *list)
{
    size_t count = !list ? 0 : list->kind == NODE_KIND_TEXT ? 1 : list->count;
    const char **texts = arena_alloc(arena, (count + 1) * sizeof *texts);
    size_t n = 0;
    if (list && list->kind == NODE_KIND_TEXT)
        texts[n++] = list->text;
    else
        for (const struct node *c = list ? list->first : NULL; c; c = c->next)
            texts[n++] = c->text ? c->text : "";
    return (struct text_list){.texts = texts, .count = n};
}

char *read_lower(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

const char *address_domain(const char *address)
{
    const char *at = strrchr(address, '@');
    return at ? at + 1 : "";
}
