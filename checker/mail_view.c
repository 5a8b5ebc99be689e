#include "checker/mail_view.h"

#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "checker/octets.h"

/* The line at the front of *rest, with its end; *rest moves on. */
static struct slice take_line(struct slice *rest)
{
    size_t end = slice_find(*rest, '\n');
    size_t n = end < rest->n ? end + 1 : rest->n;
    struct slice line = {rest->p, n};
    *rest = slice_from(*rest, n);
    return line;
}

static struct slice without_end(struct slice line)
{
    while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    return line;
}

static void add_field(struct arena *arena, struct mail_view *m, size_t *size,
                      struct slice whole)
{
    if (m->count == *size) {
        *size = *size ? *size * 2 : 32;
        struct mail_field *more = arena_alloc(arena, *size * sizeof *m->fields);
        if (m->count)
            memcpy(more, m->fields, m->count * sizeof *more);
        m->fields = more;
    }
    struct mail_field *f = &m->fields[m->count++];
    size_t colon = slice_find(whole, ':');
    f->whole = whole;
    f->name = slice_trim((struct slice){whole.p, colon});
    f->value =
        without_end(slice_from(whole, colon < whole.n ? colon + 1 : whole.n));
}

struct mail_view mail_view(struct arena *arena, struct slice octets)
{
    struct mail_view m = {.octets = octets};
    struct slice rest = octets;
    size_t size = 0;
    while (rest.n) {
        struct slice before = rest, field = take_line(&rest);
        if (without_end(field).n == 0) {
            m.head = (struct slice){octets.p, (size_t)(before.p - octets.p)};
            m.body = rest;
            return m;
        }
        while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t'))
            field.n += take_line(&rest).n;
        add_field(arena, &m, &size, field);
    }
    m.head = octets;
    return m;
}

const struct mail_field *mail_field(const struct mail_view *mail,
                                    const char *name, size_t n)
{
    for (size_t i = 0; i < mail->count; i++) {
        if (slice_is_nocase(mail->fields[i].name, name) && n-- == 0)
            return &mail->fields[i];
    }
    return NULL;
}

size_t mail_field_count(const struct mail_view *mail, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < mail->count; i++)
        n += slice_is_nocase(mail->fields[i].name, name);
    return n;
}

const char *mail_value(struct arena *arena, const struct mail_view *mail,
                       const char *name)
{
    const struct mail_field *f = mail_field(mail, name, 0);
    if (!f)
        return "";
    char *text = arena_text(arena, slice_trim(f->value));
    char *to = text;
    for (const char *p = text; *p; p++) {
        if (*p != '\r' && *p != '\n')
            *to++ = *p;
    }
    *to = '\0';
    return text;
}

/* -- addresses ------------------------------------------------------------ */

/* Passes over a comment at p, nested ones included. */
static const char *skip_comment(const char *p)
{
    int depth = 0;
    for (; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return p;
}

static const char *skip_quoted(const char *p)
{
    for (p++; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1])
            p++;
    }
    return *p ? p + 1 : p;
}

/* Of a domain literal: [IPv6:2001:db8::1] has colons of its own. */
static const char *skip_literal(const char *p)
{
    size_t n = strcspn(p, "]");
    return p[n] ? p + n + 1 : p + n;
}

struct address_reader {
    struct arena *arena;
    struct texts *out;
    struct buf text;
    bool angle, had_angle;
};

static void end_address(struct address_reader *r)
{
    struct slice text = slice_trim(buf_slice(&r->text));
    if (memchr(text.n ? text.p : "", '@', text.n))
        texts_add(r->arena, r->out, arena_text(r->arena, text));
    buf_reset(&r->text);
    r->had_angle = false;
}

static void read_mark(struct address_reader *r, char mark)
{
    switch (mark) {
    case '<': /* what stood before was a name */
        buf_reset(&r->text);
        r->angle = true;
        break;
    case '>':
        r->angle = false;
        r->had_angle = true;
        break;
    case ':': /* a group's name, or a source route within brackets */
        buf_reset(&r->text);
        break;
    default: /* a comma or the end of a group */
        if (!r->angle)
            end_address(r);
    }
}

void mail_addresses(struct arena *arena, const char *value, struct texts *out)
{
    struct address_reader r = {.arena = arena, .out = out};
    buf_init(&r.text, 1 << 20);
    for (const char *p = value; *p;) {
        if (*p == '(') {
            p = skip_comment(p);
        } else if (*p == '"' || *p == '[') {
            const char *end = *p == '"' ? skip_quoted(p) : skip_literal(p);
            buf_put(&r.text, (struct slice){p, (size_t)(end - p)});
            p = end;
        } else if (strchr("<>:,;", *p)) {
            read_mark(&r, *p++);
        } else {
            if (!r.had_angle)
                buf_put(&r.text, (struct slice){p, 1});
            p++;
        }
    }
    end_address(&r);
    buf_release(&r.text);
}

/* -- MIME ----------------------------------------------------------------- */

const char *mail_type(struct arena *arena, const struct mail_view *mail)
{
    struct slice value = slice_of(mail_value(arena, mail, "Content-Type"));
    char *type = arena_text(arena, slice_trim(slice_cut(&value, ';')));
    for (char *p = type; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    return *type ? type : "text/plain";
}

const char *mail_type_parameter(struct arena *arena,
                                const struct mail_view *mail, const char *name)
{
    struct slice rest = slice_of(mail_value(arena, mail, "Content-Type"));
    (void)slice_cut(&rest, ';');
    while (rest.n) {
        struct slice value = slice_cut(&rest, ';');
        struct slice key = slice_trim(slice_cut(&value, '='));
        value = slice_trim(value);
        if (!slice_is_nocase(key, name))
            continue;
        if (value.n >= 2 && value.p[0] == '"')
            value = (struct slice){value.p + 1, value.n - 2};
        return arena_text(arena, value);
    }
    return "";
}

/* Is the line a delimiter of the boundary? 2 for the closing one. */
static int delimiter(struct slice line, const char *boundary)
{
    size_t n = strlen(boundary);
    if (line.n < n + 2 || memcmp(line.p, "--", 2) != 0 ||
        memcmp(line.p + 2, boundary, n) != 0)
        return 0;
    struct slice rest = slice_from(line, n + 2);
    if (rest.n >= 2 && memcmp(rest.p, "--", 2) == 0)
        return 2;
    return slice_trim(rest).n == 0;
}

size_t mail_parts(struct arena *arena, const struct mail_view *mail,
                  struct mail_view **out)
{
    enum { PARTS_MAX = 64 };
    const char *boundary = mail_type_parameter(arena, mail, "boundary");
    struct slice rest = mail->body;
    const char *start = NULL;
    size_t count = 0;
    *out = arena_alloc(arena, PARTS_MAX * sizeof **out);
    while (*boundary && rest.n && count < PARTS_MAX) {
        struct slice line = take_line(&rest);
        int is = delimiter(line, boundary);
        if (!is)
            continue;
        if (start) {
            struct slice part = {start, (size_t)(line.p - start)};
            if (part.n && part.p[part.n - 1] == '\n')
                part.n -= part.n > 1 && part.p[part.n - 2] == '\r' ? 2 : 1;
            (*out)[count++] = mail_view(arena, part);
        }
        start = line.p + line.n;
        if (is == 2)
            break;
    }
    return count;
}

struct slice mail_decoded(struct arena *arena, const struct mail_view *part)
{
    struct slice how =
        slice_of(mail_value(arena, part, "Content-Transfer-Encoding"));
    if (slice_is_nocase(how, "quoted-printable"))
        return octets_unquote(arena, part->body);
    struct slice octets;
    if (slice_is_nocase(how, "base64") &&
        base64_decode(arena, octets_without_blanks(arena, part->body),
                      &octets) == ST_OK)
        return octets;
    return part->body;
}
