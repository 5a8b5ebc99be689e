#include "mail/content.h"

#include <string.h>

#include "mail/parameters.h"

size_t content_line_bytes(struct slice s)
{
    size_t at = slice_find(s, '\n');
    return at < s.n ? at + 1 : at;
}

bool content_is_end(struct slice s)
{
    return (s.n >= 2 && s.p[0] == '\r' && s.p[1] == '\n') ||
           (s.n >= 1 && s.p[0] == '\n');
}

size_t content_field_bytes(struct slice s)
{
    size_t n = content_line_bytes(s);
    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n += content_line_bytes(slice_from(s, n));
    return n;
}

/* Unfolded: without line ends and NUL, at most CONTENT_VALUE_MAX octets. */
static struct slice unfold(struct arena *arena, struct slice raw)
{
    if (raw.n > CONTENT_VALUE_MAX)
        raw.n = CONTENT_VALUE_MAX;
    char *text = arena_alloc(arena, raw.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++)
        if (raw.p[i] != '\r' && raw.p[i] != '\n' && raw.p[i] != '\0')
            text[n++] = raw.p[i];
    return slice_trim((struct slice){text, n});
}

/* Whether the field bears the name; its value then. The first one counts. */
static bool take(struct slice field, const char *name, struct slice *value)
{
    size_t colon = slice_find(field, ':');
    struct slice have = slice_trim((struct slice){field.p, colon});
    if (value->p || colon == field.n || !slice_is_nocase(have, name))
        return false;
    *value = slice_from(field, colon + 1);
    return true;
}

/* RFC 2046 5.1.1: its last character is no blank. NULL: none. */
static const char *read_boundary(struct arena *arena,
                                 const struct parameters *p)
{
    const char *boundary = parameters_plain(arena, p, "boundary");
    size_t n = boundary ? strlen(boundary) : 0;
    while (n && (boundary[n - 1] == ' ' || boundary[n - 1] == '\t'))
        n--;
    return n ? arena_text(arena, (struct slice){boundary, n}) : NULL;
}

static void read_type(struct arena *arena, struct slice raw,
                      struct content *out)
{
    struct parameters p;
    parameters_read(arena, unfold(arena, raw), &p);
    struct slice type = slice_of(p.first);
    size_t slash = slice_find(type, '/');
    out->type = slash > 0 && slash + 1 < type.n ? p.first : "";
    const char *charset = parameters_plain(arena, &p, "charset");
    if (charset) {
        struct parameters lower;
        parameters_read(arena, slice_of(charset), &lower);
        out->charset = lower.first;
    }
    out->boundary = read_boundary(arena, &p);
    out->start = parameters_plain(arena, &p, "start");
    out->name = parameters_text(arena, &p, "name");
}

static void read_disposition(struct arena *arena, struct slice raw,
                             struct content *out)
{
    struct parameters p;
    parameters_read(arena, unfold(arena, raw), &p);
    struct slice word = slice_of(p.first);
    /* RFC 2183 2.8: an unknown word is treated as attachment. */
    out->disposition = slice_is(word, "inline") ? CONTENT_DISPOSITION_INLINE
                       : word.n                 ? CONTENT_DISPOSITION_ATTACHMENT
                                                : CONTENT_DISPOSITION_NONE;
    const char *name = parameters_text(arena, &p, "filename");
    if (*name)
        out->name = name;
}

static const char *bare_id(struct arena *arena, struct slice raw)
{
    struct slice id = unfold(arena, raw);
    if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
        id = slice_sub(id, 1, id.n - 2);
    return id.n ? arena_text(arena, id) : NULL;
}

struct fields {
    struct slice type, disposition, coding, id;
};

static struct fields find_fields(struct slice header)
{
    struct fields found = {0};
    while (header.n && !content_is_end(header)) {
        struct slice field = {header.p, content_field_bytes(header)};
        if (slice_starts_nocase(field, "Content-")) {
            if (!take(field, "Content-Type", &found.type) &&
                !take(field, "Content-Disposition", &found.disposition) &&
                !take(field, "Content-Transfer-Encoding", &found.coding))
                (void)take(field, "Content-ID", &found.id);
        }
        header = slice_from(header, field.n);
    }
    return found;
}

/* Out of a scratch arena: much more is read than kept. */
static void keep(struct arena *arena, const char **text)
{
    if (*text)
        *text = arena_strdup(arena, *text);
}

struct content content_read(struct arena *arena, struct slice header)
{
    struct arena *scratch = arena_create();
    struct fields found = find_fields(header);
    struct content out = {.type = "", .charset = "", .name = "", .coding = ""};
    if (found.type.p)
        read_type(scratch, found.type, &out);
    if (found.disposition.p)
        read_disposition(scratch, found.disposition, &out);
    if (found.coding.p) {
        struct parameters p;
        parameters_read(scratch, unfold(scratch, found.coding), &p);
        out.coding = p.first;
    }
    if (found.id.p)
        out.id = bare_id(scratch, found.id);
    keep(arena, &out.type);
    keep(arena, &out.charset);
    keep(arena, &out.boundary);
    keep(arena, &out.start);
    keep(arena, &out.name);
    keep(arena, &out.id);
    keep(arena, &out.coding);
    arena_destroy(&scratch);
    return out;
}
