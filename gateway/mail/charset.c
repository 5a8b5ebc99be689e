#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum { NAME_BYTES = 40, CHUNK_BYTES = 4096 };

size_t charset_utf8_bytes(struct slice s)
{
    unsigned char c = s.n ? (unsigned char)s.p[0] : 0x80;
    size_t n = c < 0x80                 ? 1
               : c >= 0xc2 && c <= 0xdf ? 2
               : c >= 0xe0 && c <= 0xef ? 3
               : c >= 0xf0 && c <= 0xf4 ? 4
                                        : 0;
    if (n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)s.p[i] & 0xc0) != 0x80)
            return 0;
    /* Longer than need be, a surrogate, above U+10FFFF. */
    unsigned char second = n > 1 ? (unsigned char)s.p[1] : 0;
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) ||
        (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f))
        return 0;
    return n;
}

/* A name that iconv may see: no path, no "//TRANSLIT". */
static bool is_name(const char *charset)
{
    size_t n = strlen(charset);
    return n > 0 && n < NAME_BYTES &&
           strspn(charset, "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:+") == n;
}

static iconv_t open_iconv(const char *to, const char *from)
{
    return is_name(to) && is_name(from) ? iconv_open(to, from) : (iconv_t)-1;
}

static bool is_any(const char *charset, const char *a, const char *b)
{
    return slice_is_nocase(slice_of(charset), a) ||
           slice_is_nocase(slice_of(charset), b);
}

static bool is_utf8(struct slice s)
{
    while (s.n) {
        size_t n = charset_utf8_bytes(s);
        if (!n)
            return false;
        s = slice_from(s, n);
    }
    return true;
}

/* As much of s as fits, never half a character. */
static bool put_utf8(struct buf *out, struct slice s)
{
    while (s.n) {
        size_t n = s.p[0] ? charset_utf8_bytes(s) : 0;
        struct slice piece =
            n ? (struct slice){s.p, n} : SLICE_LITERAL("\xef\xbf\xbd");
        if (buf_add(out, piece) != ST_OK)
            return false;
        s = slice_from(s, n ? n : 1);
    }
    return true;
}

/* iconv takes its input as char ** and does not write to it. */
static size_t convert(iconv_t cd, struct slice *in, char **to, size_t *room)
{
    union {
        const char *in;
        char *at;
    } from = {.in = in->p};
    size_t done = iconv(cd, in->n ? &from.at : NULL, &in->n, to, room);
    in->p = from.in;
    return done;
}

static void put_converted(struct buf *out, iconv_t cd, struct slice s)
{
    bool is_room = true;
    while (s.n && is_room) {
        char chunk[CHUNK_BYTES], *to = chunk;
        size_t room = sizeof chunk;
        size_t done = convert(cd, &s, &to, &room);
        int reason = errno;
        is_room = put_utf8(out, (struct slice){chunk, (size_t)(to - chunk)});
        if (done != (size_t)-1 || reason == E2BIG)
            continue;
        is_room = is_room && put_utf8(out, SLICE_LITERAL("\xef\xbf\xbd"));
        s = slice_from(s, 1);
    }
}

static iconv_t open_reader(const char *charset, struct slice octets)
{
    if (is_any(charset, "utf-8", "utf8"))
        return (iconv_t)-1;
    iconv_t cd = is_any(charset, "us-ascii", "ascii")
                     ? (iconv_t)-1
                     : open_iconv("UTF-8", charset);
    if (cd == (iconv_t)-1 && !is_utf8(octets))
        cd = iconv_open("UTF-8", "WINDOWS-1252");
    return cd;
}

struct slice charset_to_utf8(struct arena *arena, const char *charset,
                             struct slice octets, size_t max)
{
    struct buf out;
    buf_init(&out, max);
    iconv_t cd = open_reader(charset, octets);
    if (cd == (iconv_t)-1) {
        (void)put_utf8(&out, octets);
    } else {
        put_converted(&out, cd, octets);
        iconv_close(cd);
    }
    struct slice text = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static unsigned long code_point(struct slice s)
{
    unsigned char first = (unsigned char)s.p[0];
    unsigned long c = s.n == 1 ? first : first & (0x7fU >> s.n);
    for (size_t i = 1; i < s.n; i++)
        c = c << 6 | ((unsigned char)s.p[i] & 0x3f);
    return c;
}

/* The character as the charset has it; false: it has not. */
static bool put_one(struct buf *out, iconv_t cd, struct slice character)
{
    char chunk[64], *to = chunk;
    size_t room = sizeof chunk;
    if (cd == (iconv_t)-1) {
        if (character.n > 1)
            return false;
        buf_put(out, character);
        return true;
    }
    if (convert(cd, &character, &to, &room) == (size_t)-1)
        return false;
    buf_put(out, (struct slice){chunk, (size_t)(to - chunk)});
    return true;
}

static void put_replacement(struct buf *out, iconv_t cd, struct slice character,
                            bool is_html)
{
    char text[16];
    int n = is_html
                ? snprintf(text, sizeof text, "&#%lu;", code_point(character))
                : snprintf(text, sizeof text, "?");
    for (int i = 0; i < n; i++)
        (void)put_one(out, cd, (struct slice){text + i, 1});
}

struct slice charset_from_utf8(struct arena *arena, const char *charset,
                               const char *utf8, bool is_html)
{
    iconv_t cd = is_any(charset, "us-ascii", "ascii")
                     ? (iconv_t)-1
                     : open_iconv(charset, "UTF-8");
    struct slice s = slice_of(utf8);
    struct buf out;
    buf_init(&out, 64 * s.n + 64);
    while (s.n) {
        size_t n = charset_utf8_bytes(s);
        struct slice character =
            n ? (struct slice){s.p, n} : SLICE_LITERAL("?");
        if (!put_one(&out, cd, character))
            put_replacement(&out, cd, character, is_html);
        s = slice_from(s, n ? n : 1);
    }
    if (cd != (iconv_t)-1) {
        (void)put_one(&out, cd, (struct slice){0}); /* the initial state */
        iconv_close(cd);
    }
    struct slice text = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

bool charset_is_ascii_like(const char *charset)
{
    static const char sample[] = "</BODY>=+~\\ az09";
    struct arena *arena = arena_create();
    struct slice same = charset_from_utf8(arena, charset, sample, false);
    bool is_like = slice_is(same, sample);
    arena_destroy(&arena);
    return is_like;
}
