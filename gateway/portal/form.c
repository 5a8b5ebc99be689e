#include "portal/form.h"

#include <string.h>

#include "mail/charset.h"

enum { BOUNDARY_MAX = 70, NAME_MAX = 200 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* Percent-encoding and '+' undone; a NUL ends nothing, it is dropped. */
static struct slice decode(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i] == '+' ? ' ' : text.p[i];
        if (c == '%' && i + 2 < text.n && hex_digit(text.p[i + 1]) >= 0 &&
            hex_digit(text.p[i + 2]) >= 0) {
            c = (char)(hex_digit(text.p[i + 1]) << 4 |
                       hex_digit(text.p[i + 2]));
            i += 2;
        }
        if (c)
            out[n++] = c;
    }
    return (struct slice){out, n};
}

static struct form_field *next_field(struct arena *arena, struct form *form,
                                     struct form_field **fields)
{
    if (!*fields)
        *fields = arena_alloc(arena, FORM_FIELDS_MAX * sizeof **fields);
    form->fields = *fields;
    return form->count < FORM_FIELDS_MAX ? &(*fields)[form->count++] : NULL;
}

static enum status parse_urlencoded(struct arena *arena, struct slice body,
                                    struct form *out)
{
    struct form_field *fields = NULL;
    while (body.n) {
        struct slice value = slice_cut(&body, '&');
        struct slice name = slice_cut(&value, '=');
        struct form_field *field = next_field(arena, out, &fields);
        if (!field)
            return ST_PERM;
        field->name = arena_text(arena, decode(arena, name));
        field->value = decode(arena, value);
    }
    return ST_OK;
}

const char *form_query(struct arena *arena, const char *query, const char *name)
{
    struct slice rest = slice_of(query);
    while (rest.n) {
        struct slice value = slice_cut(&rest, '&');
        if (slice_is(slice_cut(&value, '='), name))
            return arena_text(arena, decode(arena, value));
    }
    return NULL;
}

const char *form_cookie(struct arena *arena, const char *header,
                        const char *name)
{
    struct slice rest = slice_of(header);
    while (rest.n) {
        struct slice value = slice_cut(&rest, ';');
        if (slice_is(slice_trim(slice_cut(&value, '=')), name))
            return arena_text(arena, slice_trim(value));
    }
    return NULL;
}

/* --- multipart/form-data ------------------------------------------------- */

/* A parameter `name="value"` or `name=value`; browsers write %22 for a quote
 * and escape nothing else (RFC 7578 4.2). */
static const char *parameter(struct arena *arena, struct slice header,
                             const char *name)
{
    while (header.n) {
        struct slice rest = header, part = slice_cut(&rest, ';');
        struct slice value = part;
        struct slice key = slice_trim(slice_cut(&value, '='));
        value = slice_trim(value);
        if (value.n && value.p[0] == '"') {
            /* A semicolon may stand between the quotes. */
            size_t from = (size_t)(value.p - header.p) + 1;
            struct slice quoted = slice_from(header, from);
            size_t end = slice_find(quoted, '"');
            value = (struct slice){quoted.p, end};
            rest = slice_from(quoted, end < quoted.n ? end + 1 : end);
            slice_cut(&rest, ';');
        }
        if (slice_is_nocase(key, name))
            return arena_text(arena, value);
        header = rest;
    }
    return NULL;
}

static struct slice find(struct slice in, struct slice what)
{
    const char *at = what.n ? memmem(in.p, in.n, what.p, what.n) : NULL;
    return at ? slice_from(in, (size_t)(at - in.p)) : (struct slice){NULL, 0};
}

/* One line of a part's header, without its end. */
static struct slice cut_line(struct slice *header)
{
    struct slice line = slice_cut(header, '\n');
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* The last component, whatever slash was used, as UTF-8 and without control
 * characters. */
static const char *file_name(struct arena *arena, const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p == '/' || *p == '\\')
            text = p + 1;
    struct slice utf8 =
        charset_to_utf8(arena, "utf-8", slice_of(text), NAME_MAX);
    char *name = arena_text(arena, utf8), *out = name;
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p >= 0x20 && *p != 0x7f)
            *out++ = *p;
    *out = '\0';
    return name;
}

static bool parse_part(struct arena *arena, struct slice part,
                       struct form_field *field)
{
    struct slice end = find(part, SLICE_LITERAL("\r\n\r\n"));
    if (!end.p)
        return false;
    struct slice header = {part.p, (size_t)(end.p - part.p)};
    field->value = slice_from(end, 4);
    field->type = "application/octet-stream";
    while (header.n) {
        struct slice value = cut_line(&header);
        struct slice name = slice_cut(&value, ':');
        if (slice_is_nocase(name, "content-disposition")) {
            field->name = parameter(arena, value, "name");
            field->file = parameter(arena, value, "filename");
            if (field->file)
                field->file = file_name(arena, field->file);
        } else if (slice_is_nocase(name, "content-type")) {
            field->type = arena_text(arena, slice_trim(value));
        }
    }
    return field->name != NULL;
}

static enum status parse_multipart(struct arena *arena, const char *boundary,
                                   struct slice body, struct form *out)
{
    struct slice first = slice_of(arena_printf(arena, "--%s", boundary));
    struct slice between = slice_of(arena_printf(arena, "\r\n--%s", boundary));
    struct form_field *fields = NULL;
    struct slice rest = find(body, first);
    if (!rest.p || rest.p != body.p)
        return ST_INVAL;
    rest = slice_from(rest, first.n);
    while (rest.n >= 2 && memcmp(rest.p, "\r\n", 2) == 0) {
        struct slice end = find(rest, between);
        if (!end.p)
            return ST_INVAL;
        struct slice part = {rest.p + 2, 0};
        if (end.p > rest.p)
            part.n = (size_t)(end.p - rest.p) - 2;
        struct form_field *field = next_field(arena, out, &fields);
        if (!field)
            return ST_PERM;
        if (!parse_part(arena, part, field))
            return ST_INVAL;
        rest = slice_from(end, between.n);
    }
    return rest.n >= 2 && memcmp(rest.p, "--", 2) == 0 ? ST_OK : ST_INVAL;
}

enum status form_parse(struct arena *arena, const char *content_type,
                       struct slice body, struct form *out)
{
    struct slice rest = slice_of(content_type);
    struct slice type = slice_trim(slice_cut(&rest, ';'));
    *out = (struct form){.count = 0};
    if (slice_is_nocase(type, "application/x-www-form-urlencoded"))
        return parse_urlencoded(arena, body, out);
    if (!slice_is_nocase(type, "multipart/form-data"))
        return ST_INVAL;
    const char *boundary = parameter(arena, rest, "boundary");
    size_t n = boundary ? strlen(boundary) : 0;
    if (n == 0 || n > BOUNDARY_MAX)
        return ST_INVAL;
    return parse_multipart(arena, boundary, body, out);
}

const char *form_text(struct arena *arena, const struct form *form,
                      const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return arena_text(arena, form->fields[i].value);
    return "";
}
