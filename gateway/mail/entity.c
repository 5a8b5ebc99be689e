#include "mail/entity.h"

#include <stdint.h>
#include <string.h>

#include "base/mapped.h"

struct open {
    int entity;
    const char *boundary;
    size_t boundary_n;
};

struct scan {
    struct arena *arena;
    struct slice content;
    struct entity *entities;
    int count, room;
    struct open open[ENTITY_DEPTH_MAX]; /* multiparts, outermost first */
    int depth;
    int current; /* the entity whose octets these are; ENTITY_NONE: nobody's */
    bool is_header; /* of current */
};

static struct entity *add(struct scan *s)
{
    if (s->count == s->room) {
        int room = s->room ? 2 * s->room : 16;
        struct entity *old = s->entities;
        s->entities = arena_alloc(s->arena, (size_t)room * sizeof *old);
        if (old)
            memcpy(s->entities, old, (size_t)s->count * sizeof *old);
        s->room = room;
    }
    return &s->entities[s->count++];
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

const char *entity_subtype(const struct entity *entity)
{
    return entity->is_parent ? entity->content.type + strlen("multipart/") : "";
}

/* RFC 2045 5.2, RFC 2046 5.1.5. */
static const char *default_type(const struct scan *s, int parent)
{
    if (parent != ENTITY_NONE &&
        strcmp(s->entities[parent].content.type, "multipart/digest") == 0)
        return "message/rfc822";
    return "text/plain";
}

/* --- beginnings and ends -------------------------------------------------- */

/* A new entity at offset start. parent: the open multipart it belongs to. */
static void begin(struct scan *s, int parent, size_t delimiter, size_t start)
{
    if (s->count == ENTITY_COUNT_MAX) {
        s->current = ENTITY_NONE;
        return;
    }
    int index = s->count;
    *add(s) = (struct entity){.parent = parent,
                              .after = index + 1,
                              .delimiter = delimiter,
                              .start = start,
                              .body = start,
                              .end = s->content.n,
                              .next = s->content.n};
    s->current = index;
    s->is_header = true;
}

static void end(struct scan *s, int index, size_t delimiter)
{
    struct entity *e = &s->entities[index];
    size_t at = delimiter;
    if (at > e->start && s->content.p[at - 1] == '\n')
        at--;
    if (at > e->start && at < delimiter && s->content.p[at - 1] == '\r')
        at--;
    e->end = at;
    e->next = delimiter;
    if (e->body > e->end)
        e->body = e->end;
    e->after = s->count;
}

/* The header of current ends at offset at, its body begins at body. */
static void take_header(struct scan *s, size_t at, size_t body)
{
    struct entity *e = &s->entities[s->current];
    s->is_header = false;
    e->body = body;
    e->content = content_read(
        s->arena, (struct slice){s->content.p + e->start, at - e->start});
    if (!*e->content.type)
        e->content.type = default_type(s, e->parent);
    if (!starts(e->content.type, "multipart/"))
        return;
    bool is_kept_whole = strcmp(e->content.type, "multipart/signed") == 0 ||
                         strcmp(e->content.type, "multipart/encrypted") == 0;
    if (is_kept_whole || !e->content.boundary || s->depth == ENTITY_DEPTH_MAX) {
        e->is_whole = true;
        return;
    }
    s->open[s->depth++] = (struct open){s->current, e->content.boundary,
                                        strlen(e->content.boundary)};
    s->current = ENTITY_NONE;
}

/* --- delimiter lines (RFC 2046 5.1.1) --------------------------------------
 */

static bool is_delimiter(const struct open *open, struct slice line, bool *last)
{
    size_t n = open->boundary_n;
    if (line.n < n + 2 || memcmp(line.p + 2, open->boundary, n) != 0)
        return false;
    struct slice tail = slice_from(line, n + 2);
    *last = tail.n >= 2 && tail.p[0] == '-' && tail.p[1] == '-';
    if (*last)
        tail = slice_from(tail, 2);
    return slice_trim(tail).n == 0;
}

/* Everything from depth on ends before the delimiter line at offset at. */
static void close_down_to(struct scan *s, int depth, size_t at)
{
    if (s->current != ENTITY_NONE) {
        if (s->is_header)
            take_header(s, at, at);
        if (s->current != ENTITY_NONE)
            end(s, s->current, at);
        s->current = ENTITY_NONE;
    }
    while (s->depth > depth)
        end(s, s->open[--s->depth].entity, at);
}

/* The line at offset at, if it is a delimiter line of an open multipart. */
static bool take_delimiter(struct scan *s, struct slice line, size_t at)
{
    bool is_last = false;
    int depth = s->depth;
    while (depth > 0 && !is_delimiter(&s->open[depth - 1], line, &is_last))
        depth--;
    if (depth == 0)
        return false;
    close_down_to(s, depth, at);
    int index = s->open[depth - 1].entity;
    struct entity *e = &s->entities[index];
    if (!e->is_parent && !is_last) {
        e->is_parent = s->count < ENTITY_COUNT_MAX;
        e->first_delimiter = at;
    }
    if (is_last) {
        /* What follows is nobody's; its own end comes with its parent's. */
        e->is_closed = true;
        e->last_delimiter = at;
        s->open[depth - 1].boundary_n = SIZE_MAX / 2;
        return true;
    }
    begin(s, index, at, at + line.n);
    return true;
}

static void take_line(struct scan *s, size_t at)
{
    struct slice rest = slice_from(s->content, at);
    struct slice line = {rest.p, content_line_bytes(rest)};
    if (s->depth && line.n > 2 && line.p[0] == '-' && line.p[1] == '-' &&
        take_delimiter(s, line, at))
        return;
    if (s->current != ENTITY_NONE && s->is_header && content_is_end(line))
        take_header(s, at, at + line.n);
}

/* Nothing can begin or end any more: the rest of a message without parts. */
static bool is_over(const struct scan *s)
{
    return s->depth == 0 && !s->is_header;
}

void entity_scan(struct arena *arena, struct slice content,
                 struct entity_tree *out)
{
    struct scan *s = ARENA_NEW(arena, struct scan);
    s->arena = arena;
    s->content = content;
    begin(s, ENTITY_NONE, 0, 0);
    struct slice held = {content.p, 0};
    size_t at = 0;
    while (at < content.n && !is_over(s)) {
        size_t n = content_line_bytes(slice_from(content, at));
        take_line(s, at);
        at += n;
        mapped_pass(&held, content.p + at);
    }
    if (s->is_header && s->current != ENTITY_NONE)
        take_header(s, content.n, content.n);
    for (int i = 0; i < s->depth; i++)
        s->entities[s->open[i].entity].after = s->count;
    for (int i = 0; i < s->count; i++) {
        struct entity *e = &s->entities[i];
        if (starts(e->content.type, "multipart/") && !e->is_parent)
            e->is_whole = true;
    }
    *out = (struct entity_tree){s->entities, s->count};
}

int entity_related_root(const struct entity_tree *tree, int related)
{
    const struct entity *e = &tree->entities[related];
    const char *start = e->content.start;
    struct slice id = slice_trim(slice_of(start));
    if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
        id = (struct slice){id.p + 1, id.n - 2};
    for (int i = related + 1; id.n && i < e->after; i = tree->entities[i].after)
        if (tree->entities[i].content.id &&
            slice_is(id, tree->entities[i].content.id))
            return i;
    return related + 1;
}
