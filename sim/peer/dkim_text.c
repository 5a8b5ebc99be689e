#include "peer/dkim_text.h"

#include <ctype.h>
#include <string.h>

enum { TAGS_MOST = 64 };

/* -- fields ---------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next line with its CRLF, and the folded ones behind it. */
static struct slice take_field(struct slice *rest)
{
    size_t n = 0;
    do {
        n += slice_find_crlf(slice_from(*rest, n));
        n = n < rest->n ? n + 2 : n;
    } while (n < rest->n && is_blank(rest->p[n]));
    struct slice field = {rest->p, n};
    *rest = slice_from(*rest, n);
    return field;
}

static struct dkim_field field_of(struct slice whole)
{
    size_t colon = slice_find(whole, ':');
    struct slice value =
        slice_from(whole, colon < whole.n ? colon + 1 : whole.n);
    if (value.n >= 2 && memcmp(value.p + value.n - 2, "\r\n", 2) == 0)
        value.n -= 2;
    return (struct dkim_field){slice_trim((struct slice){whole.p, colon}),
                               value, whole};
}

struct dkim_message dkim_message_read(struct arena *arena, struct slice octets)
{
    struct slice rest = octets;
    struct dkim_message m = {.count = 0};
    while (rest.n && !(rest.n >= 2 && memcmp(rest.p, "\r\n", 2) == 0)) {
        take_field(&rest);
        m.count++;
    }
    m.body = slice_from(rest, rest.n >= 2 ? 2 : rest.n);
    m.fields = arena_alloc(arena, (m.count + 1) * sizeof *m.fields);
    rest = octets;
    for (size_t i = 0; i < m.count; i++)
        m.fields[i] = field_of(take_field(&rest));
    return m;
}

/* -- tag lists ------------------------------------------------------------- */

static bool is_tag_name(struct slice name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '_')
            return false;
    return name.n && isalpha((unsigned char)name.p[0]);
}

bool dkim_tags_read(struct arena *arena, struct slice text,
                    struct dkim_tags *out)
{
    out->tags = arena_alloc(arena, TAGS_MOST * sizeof *out->tags);
    out->count = 0;
    while (slice_trim(text).n) {
        struct slice one = slice_trim(slice_cut(&text, ';'));
        size_t at = slice_find(one, '=');
        struct slice name = slice_trim((struct slice){one.p, at});
        if (at == one.n || !is_tag_name(name) || out->count == TAGS_MOST)
            return false;
        for (size_t i = 0; i < out->count; i++)
            if (slice_eq(out->tags[i].name, name))
                return false;
        out->tags[out->count++] =
            (struct dkim_tag){name, slice_trim(slice_from(one, at + 1))};
    }
    return out->count > 0;
}

const struct slice *dkim_tag(const struct dkim_tags *tags, const char *name)
{
    for (size_t i = 0; i < tags->count; i++)
        if (slice_is(tags->tags[i].name, name))
            return &tags->tags[i].value;
    return NULL;
}

const char *dkim_tag_text(struct arena *arena, const struct dkim_tags *tags,
                          const char *name)
{
    const struct slice *value = dkim_tag(tags, name);
    if (!value)
        return "";
    char *text = arena_alloc(arena, value->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < value->n; i++)
        if (!isspace((unsigned char)value->p[i]))
            text[n++] = value->p[i];
    return text;
}

/* -- canonical forms ------------------------------------------------------- */

static void put(struct buf *out, const char *p, size_t n)
{
    buf_put(out, (struct slice){p, n});
}

/* RFC 6376 3.4.2: runs of white space are one space, none at the ends. */
static void put_reduced(struct buf *out, struct slice text, bool keep_first)
{
    bool pending = false, any = keep_first;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (is_blank(c)) {
            pending = true;
            continue;
        }
        if (pending && any)
            put(out, " ", 1);
        put(out, &c, 1);
        pending = false;
        any = true;
    }
}

static void put_value(struct buf *out, struct slice value)
{
    struct buf unfolded;
    buf_init(&unfolded, value.n + 1);
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] != '\r' && value.p[i] != '\n')
            put(&unfolded, &value.p[i], 1);
    put_reduced(out, buf_slice(&unfolded), false);
    buf_release(&unfolded);
}

void dkim_put_field(struct buf *out, const struct dkim_field *field,
                    bool is_relaxed)
{
    if (!is_relaxed) {
        put(out, field->whole.p, field->whole.n);
        return;
    }
    for (size_t i = 0; i < field->name.n; i++) {
        char c = (char)tolower((unsigned char)field->name.p[i]);
        put(out, &c, 1);
    }
    put(out, ":", 1);
    put_value(out, field->value);
    put(out, "\r\n", 2);
}

/* The next line, without its CRLF. */
static struct slice take_line(struct slice *rest)
{
    struct slice line = {rest->p, slice_find_crlf(*rest)};
    *rest = slice_from(*rest, line.n < rest->n ? line.n + 2 : rest->n);
    return line;
}

void dkim_put_body(struct buf *out, struct slice body, bool is_relaxed)
{
    size_t empty_lines = 0;
    bool any = false;
    while (body.n) {
        struct slice line = take_line(&body);
        struct slice bare = line;
        while (is_relaxed && bare.n && is_blank(bare.p[bare.n - 1]))
            bare.n--;
        if (!bare.n) {
            empty_lines++;
            continue;
        }
        for (; empty_lines; empty_lines--)
            put(out, "\r\n", 2);
        if (is_relaxed)
            put_reduced(out, bare, true);
        else
            put(out, bare.p, bare.n);
        put(out, "\r\n", 2);
        any = true;
    }
    /* 3.4.3: an empty body is one CRLF; 3.4.4: it is nothing. */
    if (!any && !is_relaxed)
        put(out, "\r\n", 2);
}
