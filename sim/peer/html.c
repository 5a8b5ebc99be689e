#include "peer/html.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

enum { DEPTH_MOST = 200, ATTRIBUTES_MOST = 32 };

struct reading {
    struct arena *arena;
    struct slice rest;
    struct html_element *elements;
    size_t count, size;
    size_t open[DEPTH_MOST];
    size_t depth;
};

static bool is_any(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool is_void(const char *name)
{
    static const char *const names[] = {
        "area",  "base", "br",    "col", "hr",     "img", "link",
        "embed", "meta", "input", "wbr", "source", NULL};
    return is_any(name, names);
}

/* Within these nothing but their own end is an element. */
static bool is_raw(const char *name)
{
    static const char *const names[] = {"script", "style", "textarea", "title",
                                        NULL};
    return is_any(name, names);
}

/* -- texts ---------------------------------------------------------------- */

static void put_code_point(struct buf *out, unsigned long c)
{
    char utf8[4];
    size_t n = 0;
    if (c < 0x80) {
        utf8[n++] = (char)c;
    } else if (c < 0x800) {
        utf8[n++] = (char)(0xc0 | (c >> 6));
        utf8[n++] = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        utf8[n++] = (char)(0xe0 | (c >> 12));
        utf8[n++] = (char)(0x80 | ((c >> 6) & 0x3f));
        utf8[n++] = (char)(0x80 | (c & 0x3f));
    } else {
        utf8[n++] = (char)(0xf0 | ((c >> 18) & 7));
        utf8[n++] = (char)(0x80 | ((c >> 12) & 0x3f));
        utf8[n++] = (char)(0x80 | ((c >> 6) & 0x3f));
        utf8[n++] = (char)(0x80 | (c & 0x3f));
    }
    buf_put(out, (struct slice){utf8, n});
}

/* A character reference at the front; how many octets it took, 0: none. */
static size_t take_reference(struct slice text, struct buf *out)
{
    static const struct {
        const char *name;
        unsigned long c;
    } names[] = {{"&amp;", '&'},  {"&lt;", '<'},    {"&gt;", '>'},
                 {"&quot;", '"'}, {"&apos;", '\''}, {"&nbsp;", 0xa0},
                 {"&shy;", 0xad}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i].name);
        if (text.n >= n && memcmp(text.p, names[i].name, n) == 0) {
            put_code_point(out, names[i].c);
            return n;
        }
    }
    if (text.n < 4 || text.p[1] != '#')
        return 0;
    char digits[12] = "";
    size_t n = slice_find(text, ';');
    bool hex = text.p[2] == 'x' || text.p[2] == 'X';
    size_t start = hex ? 3 : 2;
    if (n == text.n || n <= start || n - start >= sizeof digits)
        return 0;
    memcpy(digits, text.p + start, n - start);
    unsigned long c = strtoul(digits, NULL, hex ? 16 : 10);
    put_code_point(out, c && c <= 0x10ffff ? c : 0xfffd);
    return n + 1;
}

static const char *decode(struct arena *arena, struct slice text)
{
    struct buf out;
    buf_init(&out, 4 * text.n + 16);
    buf_puts(&out, "");
    for (size_t i = 0; i < text.n;) {
        size_t n =
            text.p[i] == '&' ? take_reference(slice_from(text, i), &out) : 0;
        if (!n) {
            buf_put(&out, (struct slice){text.p + i, 1});
            n = 1;
        }
        i += n;
    }
    const char *result = arena_text(arena, buf_slice(&out));
    buf_release(&out);
    return result;
}

static const char *lower(struct arena *arena, struct slice text)
{
    char *out = arena_text(arena, text);
    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return out;
}

/* -- elements ------------------------------------------------------------- */

static struct html_element *add(struct reading *r, const char *name)
{
    if (r->count == r->size) {
        size_t size = r->size ? 2 * r->size : 64;
        struct html_element *more = arena_alloc(r->arena, size * sizeof *more);
        if (r->count)
            memcpy(more, r->elements, r->count * sizeof *more);
        r->elements = more;
        r->size = size;
    }
    struct html_element *e = &r->elements[r->count++];
    *e = (struct html_element){.name = name, .text = "", .end = r->count};
    return e;
}

static void add_text(struct reading *r, struct slice text)
{
    if (text.n)
        add(r, "")->text = decode(r->arena, text);
}

static void close_to(struct reading *r, size_t depth)
{
    while (r->depth > depth)
        r->elements[r->open[--r->depth]].end = r->count;
}

static void close_named(struct reading *r, const char *name)
{
    for (size_t d = r->depth; d > 0; d--)
        if (strcmp(r->elements[r->open[d - 1]].name, name) == 0) {
            close_to(r, d - 1);
            return;
        }
}

static void skip_blanks(struct slice *s)
{
    while (s->n && strchr(" \t\r\n\f/", s->p[0]))
        *s = slice_from(*s, 1);
}

static struct slice take_until(struct slice *s, const char *ends)
{
    size_t n = 0;
    while (n < s->n && !strchr(ends, s->p[n]))
        n++;
    struct slice taken = {s->p, n};
    *s = slice_from(*s, n);
    return taken;
}

static struct slice take_value(struct slice *s)
{
    char quote = s->n ? s->p[0] : 0;
    if (quote != '"' && quote != '\'')
        return take_until(s, " \t\r\n\f>");
    *s = slice_from(*s, 1);
    size_t n = slice_find(*s, quote);
    struct slice value = {s->p, n};
    *s = slice_from(*s, n < s->n ? n + 1 : n);
    return value;
}

static void take_attributes(struct reading *r, struct html_element *e)
{
    struct html_attribute all[ATTRIBUTES_MOST];
    size_t n = 0;
    for (skip_blanks(&r->rest); r->rest.n && r->rest.p[0] != '>';
         skip_blanks(&r->rest)) {
        struct slice name = take_until(&r->rest, " \t\r\n\f=>/");
        struct slice value = {"", 0};
        if (!name.n) { /* a stray "=" */
            r->rest = slice_from(r->rest, 1);
            continue;
        }
        struct slice behind = r->rest;
        skip_blanks(&behind);
        if (behind.n && behind.p[0] == '=') {
            r->rest = slice_from(behind, 1);
            while (r->rest.n && strchr(" \t\r\n\f", r->rest.p[0]))
                r->rest = slice_from(r->rest, 1);
            value = take_value(&r->rest);
        }
        if (n < ATTRIBUTES_MOST)
            all[n++] = (struct html_attribute){lower(r->arena, name),
                                               decode(r->arena, value)};
    }
    if (r->rest.n)
        r->rest = slice_from(r->rest, 1);
    e->attribute_count = n;
    e->attributes = arena_alloc(r->arena, (n + 1) * sizeof *all);
    if (n)
        memcpy(e->attributes, all, n * sizeof *all);
}

/* What stands up to the end of a raw element. */
static void take_raw(struct reading *r, const char *name)
{
    size_t n = strlen(name), at = 0;
    for (; at + n + 2 <= r->rest.n; at++)
        if (r->rest.p[at] == '<' && r->rest.p[at + 1] == '/' &&
            strncasecmp(r->rest.p + at + 2, name, n) == 0)
            break;
    if (at + n + 2 > r->rest.n)
        at = r->rest.n;
    struct slice text = {r->rest.p, at};
    if (text.n && text.p[0] == '\n')
        text = slice_from(text, 1);
    add_text(r, text);
    r->rest = slice_from(r->rest, at);
}

static void take_open(struct reading *r)
{
    r->rest = slice_from(r->rest, 1);
    const char *name = lower(r->arena, take_until(&r->rest, " \t\r\n\f/>"));
    size_t index = r->count;
    take_attributes(r, add(r, name));
    if (is_void(name) || r->depth == DEPTH_MOST)
        return;
    r->open[r->depth++] = index;
    if (is_raw(name))
        take_raw(r, name);
}

static void take_close(struct reading *r)
{
    r->rest = slice_from(r->rest, 2);
    const char *name = lower(r->arena, take_until(&r->rest, " \t\r\n\f>"));
    take_until(&r->rest, ">");
    if (r->rest.n)
        r->rest = slice_from(r->rest, 1);
    close_named(r, name);
}

/* A comment or a declaration. */
static void skip_markup(struct reading *r)
{
    bool comment = r->rest.n > 3 && memcmp(r->rest.p, "<!--", 4) == 0;
    const char *end = comment ? memmem(r->rest.p, r->rest.n, "-->", 3)
                              : memchr(r->rest.p, '>', r->rest.n);
    size_t n = end ? (size_t)(end - r->rest.p) + (comment ? 3 : 1) : r->rest.n;
    r->rest = slice_from(r->rest, n);
}

static void take_one(struct reading *r)
{
    char second = r->rest.n > 1 ? r->rest.p[1] : 0;
    if (r->rest.p[0] == '<' && isalpha((unsigned char)second)) {
        take_open(r);
    } else if (r->rest.p[0] == '<' && second == '/') {
        take_close(r);
    } else if (r->rest.p[0] == '<' && (second == '!' || second == '?')) {
        skip_markup(r);
    } else {
        size_t n = 1;
        while (n < r->rest.n && r->rest.p[n] != '<')
            n++;
        add_text(r, (struct slice){r->rest.p, n});
        r->rest = slice_from(r->rest, n);
    }
}

struct html_page html_read(struct arena *arena, struct slice octets)
{
    struct reading r = {.arena = arena, .rest = octets};
    while (r.rest.n)
        take_one(&r);
    close_to(&r, 0);
    return (struct html_page){.elements = r.elements, .count = r.count};
}

/* -- finding -------------------------------------------------------------- */

const char *html_attribute(const struct html_element *element, const char *name)
{
    for (size_t i = 0; i < element->attribute_count; i++)
        if (strcmp(element->attributes[i].name, name) == 0)
            return element->attributes[i].value;
    return NULL;
}

size_t html_find(const struct html_page *page, const char *name,
                 const char *attribute, const char *value, size_t from,
                 size_t end)
{
    for (size_t i = from; i < (end ? end : page->count); i++) {
        const struct html_element *e = &page->elements[i];
        const char *has = attribute ? html_attribute(e, attribute) : "";
        if ((!name || strcmp(e->name, name) == 0) && has &&
            (!value || strcmp(has, value) == 0))
            return i;
    }
    return page->count;
}

const char *html_raw_text(struct arena *arena, const struct html_page *page,
                          size_t element)
{
    bool all = element >= page->count;
    size_t from = all ? 0 : element;
    size_t end = all ? page->count : page->elements[element].end, n = 0;
    for (size_t i = from; i < end; i++)
        n += strlen(page->elements[i].text);
    char *out = arena_alloc(arena, n + 1), *p = out;
    for (size_t i = from; i < end; i++) {
        size_t length = strlen(page->elements[i].text);
        memcpy(p, page->elements[i].text, length);
        p += length;
    }
    return out;
}

const char *html_text(struct arena *arena, const struct html_page *page,
                      size_t element)
{
    const char *raw = html_raw_text(arena, page, element);
    char *out = arena_alloc(arena, strlen(raw) + 1), *p = out;
    for (; *raw; raw++) {
        bool blank = strchr(" \t\r\n\f", *raw) != NULL;
        if (blank && (p == out || p[-1] == ' '))
            continue;
        *p++ = blank ? ' ' : *raw;
    }
    if (p > out && p[-1] == ' ')
        p--;
    *p = '\0';
    return out;
}
