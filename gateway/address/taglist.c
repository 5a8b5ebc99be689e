#include "address/taglist.h"

#include <ctype.h>

/* tag-name = ALPHA *ALNUMPUNC */
static bool is_name(struct slice name)
{
    if (!name.n || !isalpha((unsigned char)name.p[0]))
        return false;
    for (size_t i = 1; i < name.n; i++)
        if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '_')
            return false;
    return true;
}

static bool is_twice(const struct taglist *list, struct slice name)
{
    for (size_t i = 0; i < list->count; i++)
        if (slice_eq(list->tags[i].name, name))
            return true;
    return false;
}

bool taglist_parse(struct slice text, struct taglist *out)
{
    out->count = 0;
    while (text.n) {
        struct slice spec = slice_cut(&text, ';');
        if (!slice_trim(spec).n && !slice_trim(text).n)
            break; /* behind the last semicolon */
        bool has_value = slice_find(spec, '=') < spec.n;
        struct tag tag = {.name = slice_trim(slice_cut(&spec, '='))};
        tag.value = slice_trim(spec);
        if (!has_value || !is_name(tag.name) || is_twice(out, tag.name) ||
            out->count == TAGS_MAX)
            return false;
        out->tags[out->count++] = tag;
    }
    return out->count != 0;
}

bool taglist_find(const struct taglist *list, const char *name,
                  struct slice *value_out)
{
    for (size_t i = 0; i < list->count; i++) {
        if (slice_is(list->tags[i].name, name)) {
            *value_out = list->tags[i].value;
            return true;
        }
    }
    return false;
}
