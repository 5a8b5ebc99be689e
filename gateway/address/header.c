#include "address/header.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Offset behind the CRLF that ends the line, or the end of the text. */
static size_t line_end(struct slice text, size_t at)
{
    for (;;) {
        const char *cr = memchr(text.p + at, '\r', text.n - at);
        if (!cr)
            return text.n;
        at = (size_t)(cr - text.p) + 1;
        if (at < text.n && text.p[at] == '\n')
            return at + 1;
    }
}

static size_t field_end(struct slice text, size_t at)
{
    do
        at = line_end(text, at);
    while (at < text.n && is_blank(text.p[at]));
    return at;
}

static bool ends_with_crlf(struct slice s)
{
    return s.n >= 2 && memcmp(s.p + s.n - 2, "\r\n", 2) == 0;
}

/* field-name of RFC 5322 3.6.8, blanks, colon. */
static bool split(struct slice text, struct header_field *out)
{
    size_t n = 0;
    while (n < text.n && text.p[n] > 32 && text.p[n] < 127 && text.p[n] != ':')
        n++;
    size_t colon = n;
    while (colon < text.n && is_blank(text.p[colon]))
        colon++;
    if (n == 0 || colon == text.n || text.p[colon] != ':')
        return false;
    out->name = (struct slice){text.p, n};
    out->raw = slice_from(text, colon + 1);
    if (ends_with_crlf(out->raw))
        out->raw.n -= 2;
    return memchr(out->raw.n ? out->raw.p : "x", 0, out->raw.n) == NULL;
}

static void append(struct arena *arena, struct header *header, size_t *room,
                   struct header_field field)
{
    if (header->count == *room) {
        struct header_field *old = header->fields;
        *room = *room ? *room * 2 : 32;
        header->fields = arena_alloc(arena, *room * sizeof *old);
        if (old)
            memcpy(header->fields, old, header->count * sizeof *old);
    }
    header->fields[header->count++] = field;
}

enum status header_parse(struct arena *arena, struct slice message,
                         struct header *out, struct err *err)
{
    size_t at = 0, room = 0;
    *out = (struct header){0};
    while (at < message.n) {
        if (message.n - at >= 2 && memcmp(message.p + at, "\r\n", 2) == 0) {
            out->body = at + 2;
            return ST_OK;
        }
        struct header_field field = {.start = at,
                                     .end = field_end(message, at)};
        struct slice text = {message.p + at, field.end - at};
        if (field.end > HEADER_BYTES_MAX || out->count == HEADER_FIELDS_MAX)
            return err_set(err, ST_PROTO,
                           "octet %zu: a header beyond %d octets or %d fields",
                           at, HEADER_BYTES_MAX, HEADER_FIELDS_MAX);
        if (!split(text, &field))
            return err_set(err, ST_PROTO,
                           "octet %zu: a line that is no header field", at);
        append(arena, out, &room, field);
        at = field.end;
    }
    out->body = message.n;
    return ST_OK;
}

struct slice header_value(struct arena *arena, const struct header_field *f)
{
    struct slice raw = slice_trim(f->raw);
    size_t n = 0;
    if (slice_find(raw, '\r') == raw.n)
        return raw;
    char *text = arena_alloc(arena, raw.n);
    for (size_t i = 0; i < raw.n; i++) {
        bool is_fold =
            raw.p[i] == '\r' && i + 1 < raw.n && raw.p[i + 1] == '\n';
        if (is_fold)
            i++;
        else
            text[n++] = raw.p[i];
    }
    return (struct slice){text, n};
}

bool header_field_is(const struct header_field *field, const char *name)
{
    return slice_is_nocase(field->name, name);
}

bool header_field_is_control(const struct header_field *field)
{
    return slice_starts_nocase(field->name, "zivver-");
}

const struct header_field *header_find(const struct header *header,
                                       const char *name, size_t *at)
{
    while (*at < header->count) {
        const struct header_field *field = &header->fields[(*at)++];
        if (header_field_is(field, name))
            return field;
    }
    return NULL;
}

size_t header_count(const struct header *header, const char *name)
{
    size_t at = 0, count = 0;
    while (header_find(header, name, &at))
        count++;
    return count;
}
