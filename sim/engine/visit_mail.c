#include "engine/visit_mail.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/buf.h"

enum { TOKEN_DIGITS = 64, CODE_DIGITS = 6 };

/* -- one field, one part -------------------------------------------------- */

static struct slice head_of(struct slice content)
{
    const char *end = memmem(content.p, content.n, "\r\n\r\n", 4);
    return (struct slice){content.p,
                          end ? (size_t)(end - content.p) + 2 : content.n};
}

const char *visit_mail_field(struct arena *arena, struct slice content,
                             const char *name)
{
    struct slice rest = head_of(content);
    const char *found = NULL;
    while (rest.n) {
        struct slice line = slice_cut(&rest, '\n');
        if (found && line.n && (line.p[0] == ' ' || line.p[0] == '\t')) {
            found = arena_printf(arena, "%s %.*s", found,
                                 SLICE_ARG(slice_trim(line)));
            continue;
        }
        if (found)
            break;
        struct slice value = line, key = slice_cut(&value, ':');
        if (slice_is_nocase(key, name))
            found = arena_text(arena, slice_trim(value));
    }
    return found ? found : "";
}

static int hex(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *p = c ? strchr(digits, toupper((unsigned char)c)) : NULL;
    return p ? (int)(p - digits) : -1;
}

static struct slice unquote(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.n + 1), *p = out;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '=' && i + 2 < text.n && text.p[i + 1] == '\r' &&
            text.p[i + 2] == '\n') {
            i += 2;
            continue;
        }
        int high = text.p[i] == '=' && i + 2 < text.n ? hex(text.p[i + 1]) : -1;
        int low = high >= 0 ? hex(text.p[i + 2]) : -1;
        *p++ = low >= 0 ? (char)(high * 16 + low) : text.p[i];
        i += low >= 0 ? 2 : 0;
    }
    return (struct slice){out, (size_t)(p - out)};
}

static struct slice unbase64(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.n + 1);
    struct slice octets;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (!isspace((unsigned char)text.p[i]))
            out[n++] = text.p[i];
    return base64_decode(arena, (struct slice){out, n}, &octets) == ST_OK
               ? octets
               : text;
}

static struct slice decoded(struct arena *arena, struct slice part)
{
    struct slice head = head_of(part);
    const char *coding =
        visit_mail_field(arena, part, "Content-Transfer-Encoding");
    struct slice body =
        slice_from(part, head.n + 2 < part.n ? head.n + 2 : part.n);
    if (strcasecmp(coding, "quoted-printable") == 0)
        return unquote(arena, body);
    if (strcasecmp(coding, "base64") == 0)
        return unbase64(arena, body);
    return body;
}

/* -- all parts ------------------------------------------------------------ */

static const char *boundary(struct arena *arena, struct slice part)
{
    const char *type = visit_mail_field(arena, part, "Content-Type");
    const char *at = strcasestr(type, "boundary=");
    if (strncasecmp(type, "multipart/", 10) != 0 || !at)
        return NULL;
    at += strlen("boundary=");
    struct slice value = {at + (*at == '"'), 0};
    value.n = strcspn(value.p, *at == '"' ? "\"" : "; ");
    return arena_printf(arena, "--%.*s", SLICE_ARG(value));
}

typedef void each_leaf(void *ctx, struct slice part);

static void walk(struct arena *arena, struct slice part, each_leaf *on_leaf,
                 void *ctx, unsigned depth)
{
    const char *line = boundary(arena, part);
    if (!line || depth > 8) {
        on_leaf(ctx, part);
        return;
    }
    size_t n = strlen(line);
    const char *end = part.p + part.n;
    const char *at = memmem(part.p, part.n, line, n);
    while (at) {
        const char *start = at + n;
        if (end - start >= 2 && memcmp(start, "--", 2) == 0)
            return;
        const char *next = memmem(start, (size_t)(end - start), line, n);
        const char *first = memchr(start, '\n', (size_t)(end - start));
        const char *stop = next ? next : end;
        if (first && first + 1 < stop)
            walk(arena, (struct slice){first + 1, (size_t)(stop - first) - 1},
                 on_leaf, ctx, depth + 1);
        at = next;
    }
}

struct gathering {
    struct arena *arena;
    const char *text;
    bool plain_alone;
};

static void gather(void *ctx, struct slice part)
{
    struct gathering *g = ctx;
    const char *type = visit_mail_field(g->arena, part, "Content-Type");
    bool plain = !*type || strncasecmp(type, "text/plain", 10) == 0;
    bool text = plain || strncasecmp(type, "text/", 5) == 0;
    if (g->plain_alone ? !plain || *g->text : !text)
        return;
    struct slice body = decoded(g->arena, part);
    g->text = arena_printf(g->arena, "%s%.*s\n", g->text, SLICE_ARG(body));
}

const char *visit_mail_text(struct arena *arena, struct slice content)
{
    struct gathering g = {.arena = arena, .text = ""};
    walk(arena, content, gather, &g, 0);
    return g.text;
}

const char *visit_mail_plain(struct arena *arena, struct slice content)
{
    struct gathering g = {.arena = arena, .text = "", .plain_alone = true};
    walk(arena, content, gather, &g, 0);
    return g.text;
}

/* -- links and codes ------------------------------------------------------ */

/* How long the link at the front is; 0: it is none. */
static size_t link_length(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);
    if (strncmp(text, prefix, n) != 0 ||
        strspn(text + n, "0123456789abcdef") != TOKEN_DIGITS)
        return 0;
    n += TOKEN_DIGITS;
    if (prefix[1] == 'd')
        n += text[n] == '/' ? 1 + strspn(text + n + 1, "0123456789") : 0;
    return n;
}

const char *visit_mail_link(struct arena *arena, const char *text,
                            const char *prefix, unsigned n)
{
    const char *found[64];
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, prefix)); at++) {
        size_t length = link_length(at, prefix);
        if (!length || count == 64)
            continue;
        const char *link = arena_text(arena, (struct slice){at, length});
        unsigned i = 0;
        while (i < count && strcmp(found[i], link) != 0)
            i++;
        if (i == count)
            found[count++] = link;
    }
    return n && n <= count ? found[n - 1] : NULL;
}

const char *visit_mail_code(struct arena *arena, const char *text)
{
    const char *found = NULL;
    while (*text) {
        size_t n = strspn(text, "0123456789");
        if (n == CODE_DIGITS && found)
            return NULL;
        if (n == CODE_DIGITS)
            found = arena_text(arena, (struct slice){text, n});
        text += n ? n : 1;
    }
    return found;
}
