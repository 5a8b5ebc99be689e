#include "mail/entity.h"

#include <string.h>

#include "base/mapped.h"

struct open {
    int entity;
    struct slice boundary;
    bool is_closed; /* its last delimiter line was there */
};

struct scan {
    struct arena *arena;
    struct slice content;
    struct entity *entities;
    int count, room;
    struct open open[ENTITY_DEPTH_MAX]; /* multiparts, outermost first */
    int depth;
    /* Those that are not closed, by boundary, of equal ones the inner one last:
     * however many are open, a line is compared with a few of them. */
    int sorted[ENTITY_DEPTH_MAX];
    int sorted_count;
    size_t compared;
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

/* --- open multiparts ------------------------------------------------------ */

static int order(struct scan *s, struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int diff = n ? memcmp(a.p, b.p, n) : 0;
    s->compared++;
    return diff ? diff : (a.n > b.n) - (a.n < b.n);
}

/* How many of the sorted ones are not behind the boundary. */
static int rank(struct scan *s, struct slice boundary)
{
    int low = 0, high = s->sorted_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (order(s, s->open[s->sorted[middle]].boundary, boundary) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void push(struct scan *s, int entity, struct slice boundary)
{
    int at = rank(s, boundary);
    memmove(&s->sorted[at + 1], &s->sorted[at],
            (size_t)(s->sorted_count - at) * sizeof *s->sorted);
    s->sorted[at] = s->depth;
    s->sorted_count++;
    s->open[s->depth++] = (struct open){entity, boundary, false};
}

/* The innermost open one is no more looked for. */
static void unsort(struct scan *s)
{
    struct open *open = &s->open[s->depth - 1];
    if (open->is_closed)
        return;
    int at = rank(s, open->boundary) - 1;
    s->sorted_count--;
    memmove(&s->sorted[at], &s->sorted[at + 1],
            (size_t)(s->sorted_count - at) * sizeof *s->sorted);
    open->is_closed = true;
}

/* The depth of the innermost one with that boundary; 0: none. */
static int find(struct scan *s, struct slice boundary)
{
    int at = rank(s, boundary);
    if (at == 0 || !slice_eq(s->open[s->sorted[at - 1]].boundary, boundary))
        return 0;
    return s->sorted[at - 1] + 1;
}

/* The header of current ends at offset at, its body begins at body. */
static void take_header(struct scan *s, size_t at, size_t body)
{
    struct entity *e = &s->entities[s->current];
    s->is_header = false;
    e->body = body;
    e->content =
        content_read(s->arena, slice_sub(s->content, e->start, at - e->start));
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
    push(s, s->current, slice_of(e->content.boundary));
    s->current = ENTITY_NONE;
}

/* --- delimiter lines (RFC 2046 5.1.1) --------------------------------------
 */

static struct slice right_trimmed(struct slice s)
{
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]) && s.p[s.n - 1])
        s.n--;
    return s;
}

/* Of a line that begins with "--". A boundary ends with no blank (RFC 2046
 * 5.1.1), so that what stands before them is one, or one and "--". Depth of the
 * innermost multipart whose it is; 0: none. */
static int delimited(struct scan *s, struct slice line, bool *is_last)
{
    struct slice text = right_trimmed(slice_from(line, 2));
    int depth = find(s, text);
    *is_last = false;
    if (text.n > 2 && text.p[text.n - 1] == '-' && text.p[text.n - 2] == '-') {
        int last = find(s, slice_first(text, text.n - 2));
        *is_last = last > depth;
        depth = *is_last ? last : depth;
    }
    return depth;
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
    while (s->depth > depth) {
        unsort(s);
        end(s, s->open[--s->depth].entity, at);
    }
}

/* The line at offset at, if it is a delimiter line of an open multipart. */
static bool take_delimiter(struct scan *s, struct slice line, size_t at)
{
    bool is_last = false;
    int depth = delimited(s, line, &is_last);
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
        unsort(s);
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

/* Once for each multipart, not for each of its parts. */
static void find_root(struct scan *s, int related)
{
    struct entity *e = &s->entities[related];
    struct slice id = slice_trim(slice_of(e->content.start));
    e->root = related + 1;
    if (strcmp(entity_subtype(e), "related") != 0)
        return;
    if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
        id = slice_sub(id, 1, id.n - 2);
    for (int i = related + 1; id.n && i < e->after; i = s->entities[i].after) {
        if (s->entities[i].content.id &&
            slice_is(id, s->entities[i].content.id)) {
            e->root = i;
            return;
        }
    }
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
    for (int i = 0; i < s->count; i++)
        find_root(s, i);
    *out = (struct entity_tree){s->entities, s->count, s->compared};
}

int entity_related_root(const struct entity_tree *tree, int related)
{
    return tree->entities[related].root;
}
