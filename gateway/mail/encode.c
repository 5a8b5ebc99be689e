#include "mail/encode.h"

#include <string.h>

enum { LINE_CHARS = 76, WORD_CHARS = 54 };

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20) || c == 0x7f;
}

static bool is_plain(const char *value)
{
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p > 0x7e)
            return false;
    return !strstr(value, "=?");
}

/* Folds before the blank that leads a word that would pass the line's end. */
static void put_plain(struct buf *out, const char *value, size_t used)
{
    while (*value) {
        size_t n = 1 + strcspn(value + 1, " ");
        bool is_word = n > 1;
        if (used + n > LINE_CHARS && used > 0 && value[0] == ' ' && is_word) {
            buf_puts(out, "\r\n");
            used = 0;
        }
        buf_put(out, (struct slice){value, n});
        used += n;
        value += n;
    }
}

static size_t put_q(struct buf *out, const char *character, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        char c = character[i];
        bool literal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9');
        if (c == ' ')
            buf_puts(out, "_");
        else if (literal)
            buf_put(out, (struct slice){&c, 1});
        else
            buf_printf(out, "=%02X", (unsigned char)c);
        used += literal || c == ' ' ? 1 : 3;
    }
    return used;
}

/* Q rather than B: there are readers that lose what follows a padded word. */
static void put_words(struct buf *out, const char *value)
{
    size_t used = 0;
    buf_puts(out, "=?UTF-8?Q?");
    while (*value) {
        size_t n = 1;
        while (((unsigned char)value[n] & 0xc0) == 0x80 && n < 4)
            n++;
        if (used + 3 * n > WORD_CHARS) {
            buf_puts(out, "?=\r\n =?UTF-8?Q?");
            used = 0;
        }
        used += put_q(out, value, n);
        value += n;
    }
    buf_puts(out, "?=");
}

void encode_header(struct buf *out, const char *name, const char *value)
{
    struct arena *arena = arena_create();
    char *safe = arena_strdup(arena, value);
    for (char *p = safe; *p; p++)
        if (is_control(*p))
            *p = ' ';
    struct slice trimmed = slice_trim(slice_of(safe));
    safe = arena_text(arena, trimmed);
    buf_printf(out, "%s: ", name);
    if (is_plain(safe))
        put_plain(out, safe, strlen(name) + 2);
    else
        put_words(out, safe);
    buf_puts(out, "\r\n");
    arena_destroy(&arena);
}

const char *encode_plain(struct arena *arena, const char *text)
{
    char *plain = arena_strdup(arena, text);
    for (char *p = plain; *p; p++)
        if (is_control(*p) || (unsigned char)*p > 0x7e)
            *p = '?';
    return plain;
}

static bool is_literal(char c, bool at_line_end)
{
    if (c == ' ' || c == '\t')
        return !at_line_end;
    return c > ' ' && c <= '~' && c != '=';
}

void encode_quoted_printable(struct buf *out, struct slice text)
{
    size_t used = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool has_next = i + 1 < text.n;
        if (c == '\r' && has_next && text.p[i + 1] == '\n')
            continue;
        if (c == '\n') {
            buf_puts(out, "\r\n");
            used = 0;
            continue;
        }
        bool ends = !has_next || text.p[i + 1] == '\n' || text.p[i + 1] == '\r';
        bool literal = is_literal(c, ends);
        if (used + (literal ? 1 : 3) >= LINE_CHARS) {
            buf_puts(out, "=\r\n");
            used = 0;
        }
        if (literal)
            buf_put(out, (struct slice){&c, 1});
        else
            buf_printf(out, "=%02X", (unsigned char)c);
        used += literal ? 1 : 3;
    }
}

const char *encode_html(struct arena *arena, const char *text)
{
    struct buf out;
    buf_init(&out, 6 * strlen(text) + 1);
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buf_puts(&out, "&amp;");
            break;
        case '<':
            buf_puts(&out, "&lt;");
            break;
        case '>':
            buf_puts(&out, "&gt;");
            break;
        case '"':
            buf_puts(&out, "&quot;");
            break;
        case '\'':
            buf_puts(&out, "&#39;");
            break;
        default:
            buf_put(&out, (struct slice){text, 1});
        }
    }
    const char *escaped = arena_text(arena, buf_slice(&out));
    buf_release(&out);
    return escaped;
}

const char *encode_address(struct arena *arena, const char *address)
{
    char *safe = arena_strdup(arena, address);
    for (char *p = safe; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            *p = '?';
    return safe;
}
