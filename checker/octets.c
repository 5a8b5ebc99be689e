#include "checker/octets.h"

#include <ctype.h>
#include <string.h>

#include "base/base64.h"

/* A base64 pattern shorter than this says nothing: it stands in random text. */
enum { BASE64_LEAST = 9 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Blanks before a soft line break and the break itself: how much to skip. */
static size_t soft_break(struct slice rest)
{
    size_t i = 1;
    while (i < rest.n && (rest.p[i] == ' ' || rest.p[i] == '\t'))
        i++;
    if (i < rest.n && rest.p[i] == '\r')
        i++;
    return i < rest.n && rest.p[i] == '\n' ? i + 1 : 0;
}

struct slice octets_unquote(struct arena *arena, struct slice octets)
{
    char *out = arena_alloc(arena, octets.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < octets.n;) {
        char c = octets.p[i];
        size_t skip = c == '=' ? soft_break(slice_from(octets, i)) : 0;
        if (skip) {
            i += skip;
            continue;
        }
        int high =
            c == '=' && i + 2 < octets.n ? hex_digit(octets.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(octets.p[i + 2]) : -1;
        if (low >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 3;
        } else {
            out[n++] = c;
            i++;
        }
    }
    return (struct slice){out, n};
}

struct slice octets_without_blanks(struct arena *arena, struct slice octets)
{
    char *out = arena_alloc(arena, octets.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < octets.n; i++) {
        char c = octets.p[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            out[n++] = c;
    }
    return (struct slice){out, n};
}

struct slice octets_lower(struct arena *arena, struct slice octets)
{
    char *out = arena_alloc(arena, octets.n + 1);
    for (size_t i = 0; i < octets.n; i++) {
        char c = octets.p[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return (struct slice){out, octets.n};
}

struct haystack haystack(struct arena *arena, struct slice octets)
{
    struct haystack h;
    h.spaced = octets_unquote(arena, octets);
    h.plain = octets_without_blanks(arena, octets);
    h.quoted = octets_without_blanks(arena, h.spaced);
    h.plain_lower = octets_lower(arena, h.plain);
    h.quoted_lower = octets_lower(arena, h.quoted);
    return h;
}

/* The base64 of text when `offset` octets stand before it in the same group of
 * three: without the characters that those, or what follows, have a part in. */
static const char *base64_at(struct arena *arena, struct slice text,
                             size_t offset)
{
    char *padded = arena_alloc(arena, text.n + 3);
    memcpy(padded + offset, text.p, text.n);
    size_t whole = (offset + text.n) * 8 / 6; /* characters quite known */
    size_t first = (offset * 8 + 5) / 6;
    char *coded = base64_encode(arena, (struct slice){padded, offset + text.n});
    if (whole < first + BASE64_LEAST)
        return NULL;
    return arena_text(arena, (struct slice){coded + first, whole - first});
}

struct needle needle(struct arena *arena, const char *text)
{
    struct needle n;
    n.text = octets_without_blanks(arena, slice_of(text));
    n.lower = octets_lower(arena, n.text);
    for (size_t i = 0; i < 3; i++)
        n.base64[i] = base64_at(arena, slice_of(text), i);
    return n;
}

static bool holds(struct slice in, struct slice what)
{
    return what.n && memmem(in.p, in.n, what.p, what.n);
}

static const char *holds_base64(const struct haystack *in,
                                const struct needle *n)
{
    static const char *const ways[] = {"base64", "base64 at offset 1",
                                       "base64 at offset 2"};
    for (size_t i = 0; i < 3; i++) {
        if (n->base64[i] && holds(in->plain, slice_of(n->base64[i])))
            return ways[i];
    }
    return NULL;
}

const char *haystack_holds(const struct haystack *in, const struct needle *n)
{
    if (holds(in->plain, n->text))
        return "plain";
    if (holds(in->quoted, n->text))
        return "quoted-printable";
    return holds_base64(in, n);
}

const char *haystack_holds_nocase(const struct haystack *in,
                                  const struct needle *n)
{
    if (holds(in->plain_lower, n->lower))
        return "plain";
    if (holds(in->quoted_lower, n->lower))
        return "quoted-printable";
    return holds_base64(in, n);
}

static bool beside(char c)
{
    return isalnum((unsigned char)c);
}

const char *haystack_holds_word(const struct haystack *in,
                                const struct needle *n)
{
    struct slice rest = in->spaced;
    while (n->text.n && rest.n) {
        const char *at = memmem(rest.p, rest.n, n->text.p, n->text.n);
        if (!at)
            break;
        const char *end = at + n->text.n, *stop = rest.p + rest.n;
        if ((at == in->spaced.p || !beside(at[-1])) &&
            (end == stop || !beside(*end)))
            return "plain";
        rest = (struct slice){at + 1, (size_t)(stop - at - 1)};
    }
    return holds_base64(in, n);
}
