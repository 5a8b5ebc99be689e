#include "mail/parameters.h"

#include <string.h>

#include "mail/charset.h"
#include "mail/encode.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *lower_text(struct arena *arena, struct slice s)
{
    char *text = arena_text(arena, s);
    for (char *p = text; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return text;
}

/* Blanks and comments (RFC 5322 3.2.2), which may be nested. */
static struct slice skip_comments(struct slice s)
{
    unsigned depth = 0;
    while (s.n && (depth || is_blank(s.p[0]) || s.p[0] == '(')) {
        if (s.p[0] == '\\' && s.n > 1)
            s = slice_from(s, 1);
        else if (s.p[0] == '(')
            depth++;
        else if (s.p[0] == ')')
            depth--;
        s = slice_from(s, 1);
    }
    return s;
}

/* Up to one of the octets in stop, trimmed. */
static struct slice take_until(struct slice *s, const char *stop)
{
    size_t n = 0;
    while (n < s->n && !strchr(stop, s->p[n]))
        n++;
    struct slice taken = slice_trim((struct slice){s->p, n});
    *s = slice_from(*s, n);
    return taken;
}

static struct slice take_quoted(struct arena *arena, struct slice *s)
{
    char *text = arena_alloc(arena, s->n);
    size_t n = 0, at = 1;
    while (at < s->n && s->p[at] != '"') {
        if (s->p[at] == '\\' && at + 1 < s->n)
            at++;
        text[n++] = s->p[at++];
    }
    *s = slice_from(*s, at < s->n ? at + 1 : at);
    return (struct slice){text, n};
}

/* Without quotes a value ends at ';': names with blanks are written so. */
static struct slice take_value(struct arena *arena, struct slice *s)
{
    *s = skip_comments(*s);
    if (s->n && s->p[0] == '"')
        return take_quoted(arena, s);
    struct slice value = take_until(s, ";");
    const char *comment = memmem(value.p, value.n, " (", 2);
    if (comment)
        value.n = (size_t)(comment - value.p);
    return slice_trim(value);
}

void parameters_read(struct arena *arena, struct slice value,
                     struct parameters *out)
{
    value = skip_comments(value);
    out->count = 0;
    out->first = lower_text(arena, take_until(&value, "; \t("));
    while (value.n && out->count < CONTENT_PARAMETERS_MAX) {
        (void)take_until(&value, ";");
        if (!value.n)
            return;
        value = skip_comments(slice_from(value, 1));
        struct slice name = take_until(&value, "=;");
        if (!value.n || value.p[0] != '=')
            continue;
        value = slice_from(value, 1);
        out->all[out->count++] = (struct parameter){lower_text(arena, name),
                                                    take_value(arena, &value)};
    }
}

static const struct slice *find(const struct parameters *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->all[i].name, name) == 0)
            return &p->all[i].value;
    return NULL;
}

const char *parameters_plain(struct arena *arena, const struct parameters *p,
                             const char *name)
{
    const struct slice *value = find(p, name);
    return value ? arena_text(arena, *value) : NULL;
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static void put_percent(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 &&
            hex(s.p[i + 2]) >= 0) {
            c = (char)(hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]));
            i += 2;
        }
        buf_put(out, (struct slice){&c, 1});
    }
}

/* charset'language' leads the first one. */
static void put_extended(struct arena *arena, struct slice value,
                         const char **charset, struct buf *out)
{
    if (!*charset) {
        *charset = lower_text(arena, slice_cut(&value, '\''));
        (void)slice_cut(&value, '\'');
    }
    put_percent(out, value);
}

/* name*, or the sections name*0, name*1*, ... */
static bool put_sections(struct arena *arena, const struct parameters *p,
                         const char *name, const char **charset,
                         struct buf *out)
{
    const struct slice *value = find(p, arena_printf(arena, "%s*", name));
    if (value) {
        put_extended(arena, *value, charset, out);
        return true;
    }
    for (unsigned i = 0; i < CONTENT_PARAMETERS_MAX; i++) {
        const char *section = arena_printf(arena, "%s*%u", name, i);
        const struct slice *plain = find(p, section);
        value = find(p, arena_printf(arena, "%s*", section));
        if (plain)
            buf_put(out, *plain);
        else if (value)
            put_extended(arena, *value, charset, out);
        else
            return i > 0;
    }
    return true;
}

const char *parameters_text(struct arena *arena, const struct parameters *p,
                            const char *name)
{
    struct buf out;
    const char *charset = NULL;
    buf_init(&out, 2 * CONTENT_VALUE_MAX);
    struct slice text = {0};
    if (put_sections(arena, p, name, &charset, &out))
        text = charset_to_utf8(arena, charset ? charset : "utf-8",
                               buf_slice(&out), CONTENT_VALUE_MAX);
    buf_release(&out);
    if (text.n)
        return arena_text(arena, text);
    const struct slice *value = find(p, name);
    if (!value)
        return "";
    text = charset_to_utf8(arena, "utf-8", *value, CONTENT_VALUE_MAX);
    return encode_decode_words(arena, arena_text(arena, text));
}
