#include "mail/seven_bit.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/mapped.h"
#include "mail/encode.h"
#include "mail/message.h"

enum {
    DEPTH_MAX = 30,
    LINE_CHARS = 76,
    PIECE_BYTES = 57 * 1024 /* encoded at a time: whole lines of base64 */
};

struct conversion {
    struct blob *out;
    bool is_8bit; /* something was put that is not converted */
};

/* What one entity needs in memory, its parts not included: gone with it. */
struct piece {
    struct arena *arena;
    struct slice entity;
};

static bool convert(struct conversion *c, struct slice entity, unsigned depth);

bool mail_is_8bit(struct slice octets)
{
    struct slice held = {octets.p, 0};
    for (size_t i = 0; i < octets.n; i++) {
        if ((unsigned char)octets.p[i] > 127)
            return true;
        if (i % PIECE_BYTES == 0)
            mapped_pass(&held, octets.p + i);
    }
    return false;
}

struct slice mail_header_octets(struct slice message)
{
    const char *end = memmem(message.p, message.n, "\r\n\r\n", 4);
    if (end)
        message.n = (size_t)(end - message.p) + 2;
    return message;
}

static void put(struct conversion *c, struct slice octets)
{
    c->is_8bit |= mail_is_8bit(octets);
    blob_put(c->out, octets);
}

/* "text/plain" in lower case; RFC 2045 5.2 where none is given. */
static const char *type_of(struct arena *arena, const char *content_type)
{
    size_t n = strcspn(content_type, "; \t(");
    char *type = arena_text(arena, (struct slice){content_type, n});
    for (char *p = type; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return *type ? type : "text/plain";
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A parameter's value, quoted or not; NULL without. */
static const char *parameter(struct arena *arena, const char *value,
                             const char *name)
{
    const char *at = value;
    size_t name_n = strlen(name);
    while ((at = strchr(at, ';'))) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, name, name_n) != 0 || at[name_n] != '=')
            continue;
        at += name_n + 1;
        if (*at != '"')
            return arena_text(arena, (struct slice){at, strcspn(at, "; \t")});
        struct slice quoted = slice_of(at + 1);
        quoted.n = slice_find(quoted, '"');
        return arena_text(arena, quoted);
    }
    return NULL;
}

/* The header with its empty line; coding: instead of the one it has. */
static bool put_header(struct conversion *c, struct slice entity,
                       const char *coding)
{
    struct mail_field field;
    while (mail_take_field(&entity, &field)) {
        if (mail_is_8bit(field.raw))
            return false;
        if (!slice_is_nocase(field.name, "Content-Transfer-Encoding"))
            put(c, field.raw);
    }
    blob_printf(c->out, "Content-Transfer-Encoding: %s\r\n\r\n", coding);
    return true;
}

static void put_base64(struct conversion *c, struct slice octets)
{
    const char *line_end = "";
    struct slice held = {octets.p, 0};
    while (octets.n) {
        mapped_pass(&held, octets.p);
        size_t taken = octets.n < PIECE_BYTES ? octets.n : PIECE_BYTES;
        struct arena *arena = arena_create();
        struct slice text =
            slice_of(base64_encode(arena, (struct slice){octets.p, taken}));
        while (text.n) {
            size_t n = text.n < LINE_CHARS ? text.n : LINE_CHARS;
            blob_puts(c->out, line_end);
            blob_put(c->out, (struct slice){text.p, n});
            text = slice_from(text, n);
            line_end = "\r\n";
        }
        arena_destroy(&arena);
        octets = slice_from(octets, taken);
    }
}

/* Some of the lines at a time; the encoding of a line needs no other. */
static void put_quoted_printable(struct conversion *c, struct slice text)
{
    struct buf encoded;
    buf_init(&encoded, SIZE_MAX);
    struct slice held = {text.p, 0};
    while (text.n) {
        mapped_pass(&held, text.p);
        size_t n = text.n < PIECE_BYTES ? text.n : PIECE_BYTES;
        n += slice_find(slice_from(text, n), '\n');
        n += n < text.n;
        encode_quoted_printable(&encoded, (struct slice){text.p, n});
        blob_put(c->out, buf_slice(&encoded));
        buf_reset(&encoded);
        text = slice_from(text, n);
    }
    buf_release(&encoded);
}

static bool convert_leaf(struct conversion *c, const struct piece *part,
                         const char *type)
{
    bool is_text = starts(type, "text/") || starts(type, "message/global");
    const char *coding =
        mail_value_in(part->arena, part->entity, "Content-Transfer-Encoding");
    /* RFC 2045 6.4: these mean 7-bit data, and are broken already; and other
     * kinds of message may not be encoded (RFC 2046 5.2). */
    if (slice_is_nocase(slice_of(coding), "base64") ||
        slice_is_nocase(slice_of(coding), "quoted-printable") ||
        (starts(type, "message/") && !is_text))
        return false;
    if (!put_header(c, part->entity, is_text ? "quoted-printable" : "base64"))
        return false;
    if (is_text)
        put_quoted_printable(c, mail_body(part->entity));
    else
        put_base64(c, mail_body(part->entity));
    return true;
}

/* How many octets the delimiter line at s has (RFC 2046 5.1.1); 0: none. */
static size_t delimiter_bytes(struct slice s, const char *boundary, bool *last)
{
    size_t n = strlen(boundary);
    if (s.n < n + 2 || memcmp(s.p, "--", 2) != 0 ||
        memcmp(s.p + 2, boundary, n) != 0)
        return 0;
    struct slice rest = slice_from(s, n + 2);
    size_t line = slice_find(rest, '\n');
    struct slice tail = {rest.p, line};
    *last = tail.n >= 2 && memcmp(tail.p, "--", 2) == 0;
    if (*last)
        tail = slice_from(tail, 2);
    for (size_t i = 0; i < tail.n; i++)
        if (!strchr(" \t\r", tail.p[i]))
            return 0;
    return n + 2 + (line < rest.n ? line + 1 : line);
}

/* Octets before the next delimiter line, or all. */
static size_t part_bytes(struct slice s, const char *boundary)
{
    bool last;
    size_t at = 0;
    struct slice held = {s.p, 0};
    while (at < s.n) {
        struct slice rest = slice_from(s, at);
        mapped_pass(&held, rest.p);
        if (delimiter_bytes(rest, boundary, &last))
            return at;
        size_t line = slice_find(rest, '\n');
        at += line < rest.n ? line + 1 : line;
    }
    return s.n;
}

static bool convert_parts(struct conversion *c, struct slice body,
                          const char *boundary, unsigned depth)
{
    bool last = false;
    size_t n = part_bytes(body, boundary);
    put(c, (struct slice){body.p, n});
    body = slice_from(body, n);
    while (body.n && !last) {
        size_t line = delimiter_bytes(body, boundary, &last);
        put(c, (struct slice){body.p, line});
        body = slice_from(body, line);
        if (last)
            break;
        n = part_bytes(body, boundary);
        /* The line end before a delimiter belongs to it. */
        bool has_end = n < body.n && n >= 2;
        if (!convert(c, (struct slice){body.p, has_end ? n - 2 : n}, depth + 1))
            return false;
        if (has_end)
            blob_puts(c->out, "\r\n");
        body = slice_from(body, n);
    }
    put(c, body);
    return true;
}

static bool convert_piece(struct conversion *c, const struct piece *part,
                          unsigned depth)
{
    struct arena *arena = part->arena;
    struct slice entity = part->entity;
    const char *content_type = mail_value_in(arena, entity, "Content-Type");
    const char *type = type_of(arena, content_type);
    if (depth > DEPTH_MAX || strcmp(type, "multipart/signed") == 0 ||
        strcmp(type, "multipart/encrypted") == 0)
        return false;
    if (strcmp(type, "message/rfc822") == 0)
        return put_header(c, entity, "7bit") &&
               convert(c, mail_body(entity), depth + 1);
    if (!starts(type, "multipart/"))
        return convert_leaf(c, part, type);
    const char *boundary = parameter(arena, content_type, "boundary");
    return boundary && *boundary && put_header(c, entity, "7bit") &&
           convert_parts(c, mail_body(entity), boundary, depth);
}

/* Recursion ends at DEPTH_MAX. */
static bool convert(struct conversion *c, struct slice entity, unsigned depth)
{
    if (!mail_is_8bit(entity)) {
        put(c, entity);
        return true;
    }
    struct piece part = {arena_create(), entity};
    bool good = convert_piece(c, &part, depth);
    arena_destroy(&part.arena);
    return good;
}

/* A body that says nothing of itself (RFC 1428). */
static void announce(struct conversion *c, const struct mail_message *message)
{
    if (!mail_find(message, "MIME-Version"))
        blob_puts(c->out, "MIME-Version: 1.0\r\n");
    if (!mail_find(message, "Content-Type"))
        blob_puts(c->out, "Content-Type: text/plain; charset=unknown-8bit\r\n");
}

bool mail_to_7bit(struct blob *out, struct arena *arena, struct slice message)
{
    struct conversion c = {.out = out};
    struct mail_message parsed = mail_parse(arena, message);
    announce(&c, &parsed);
    return convert(&c, message, 0) && !c.is_8bit;
}
