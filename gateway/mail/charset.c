#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "mail/charset_list.h"

enum { CHUNK_BYTES = 4096, UTF_16_BYTES = 2, UTF_32_BYTES = 4 };

#define REPLACEMENT SLICE_LITERAL("\xef\xbf\xbd")
#define NO_ICONV ((iconv_t)-1)

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

/* --- to UTF-8 ------------------------------------------------------------- */

static bool put(struct buf *out, struct slice character)
{
    return buf_add(out, character) == ST_OK;
}

/* As much of s as fits, never half a character. */
static bool put_utf8(struct buf *out, struct slice s)
{
    while (s.n) {
        size_t n = s.p[0] ? charset_utf8_bytes(s) : 0;
        if (!put(out, n ? slice_first(s, n) : REPLACEMENT))
            return false;
        s = slice_from(s, n ? n : 1);
    }
    return true;
}

static bool is_surrogate(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

/* A NUL would end the text. */
static bool put_code_point(struct buf *out, uint32_t c)
{
    if (c == 0 || is_surrogate(c) || c > 0x10ffff)
        return put(out, REPLACEMENT);
    char text[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        text[i] = (char)(0x80 | (c & 0x3f));
    text[0] = (char)(leads[n] | c);
    return put(out, (struct slice){text, n});
}

/* One unit of UTF-16 or UTF-32 off the front. */
static uint32_t take_unit(struct slice *s, size_t bytes, bool is_little)
{
    uint32_t unit = 0;
    for (size_t i = 0; i < bytes; i++) {
        size_t at = is_little ? bytes - 1 - i : i;
        unit = unit << 8 | (unsigned char)s->p[at];
    }
    *s = slice_from(*s, bytes);
    return unit;
}

/* Without a byte order mark as the charset says. */
static bool is_little(const struct charset *charset, struct slice s)
{
    if (s.n < 2)
        return charset->is_little;
    bool is_marked_little = s.p[0] == '\xff' && s.p[1] == '\xfe';
    bool is_marked_big = charset->kind == CHARSET_KIND_UTF_16
                             ? s.p[0] == '\xfe' && s.p[1] == '\xff'
                             : s.p[0] == 0 && s.p[1] == 0;
    return is_marked_little || (charset->is_little && !is_marked_big);
}

static bool put_units(struct buf *out, const struct charset *charset,
                      struct slice s)
{
    size_t bytes =
        charset->kind == CHARSET_KIND_UTF_16 ? UTF_16_BYTES : UTF_32_BYTES;
    bool little = is_little(charset, s), is_first = true;
    while (s.n >= bytes) {
        uint32_t c = take_unit(&s, bytes, little);
        bool is_mark = is_first && c == 0xfeff;
        is_first = false;
        struct slice rest = s;
        if (bytes == UTF_16_BYTES && c >= 0xd800 && c <= 0xdbff &&
            s.n >= bytes) {
            uint32_t low = take_unit(&rest, bytes, little);
            if (low >= 0xdc00 && low <= 0xdfff) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                s = rest;
            }
        }
        if (!is_mark && !put_code_point(out, c))
            return false;
    }
    return !s.n || put(out, REPLACEMENT);
}

/* What is not ASCII: from on is what 80 stands for; 0: nothing. */
static bool put_octets(struct buf *out, struct slice s, uint32_t from)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (!put_code_point(out, c < 0x80 ? c : from ? from + c - 0x80U : 0))
            return false;
    }
    return true;
}

/* iconv takes its input as char ** and does not write to it; without input it
 * gives what it holds back. What it claims to have taken is checked. */
static size_t convert(iconv_t cd, struct slice *in, char **to, size_t *room)
{
    union {
        const char *in;
        char *at;
    } from = {.in = in->p};
    size_t left = in->n;
    size_t done = iconv(cd, in->n ? &from.at : NULL, &left, to, room);
    *in = slice_from(*in, in->n - left);
    return done;
}

/* The letter that waits for what may be joined to it; back to the initial
 * state. */
static bool put_held(struct buf *out, iconv_t cd)
{
    char chunk[64], *to = chunk;
    size_t room = sizeof chunk;
    struct slice none = {0};
    (void)convert(cd, &none, &to, &room);
    return put_utf8(out, (struct slice){chunk, (size_t)(to - chunk)});
}

/* Behind what cannot be read. EINVAL: the end came too early. EILSEQ: one octet
 * is passed over, where one is left: iconv may have taken all of them. */
static struct slice passed(struct slice s, int reason)
{
    return slice_from(s, reason == EINVAL || !s.n ? s.n : 1);
}

static bool put_converted(struct buf *out, const struct charset *charset,
                          iconv_t cd, struct slice s)
{
    bool is_room = true;
    while (s.n && is_room) {
        char chunk[CHUNK_BYTES], *to = chunk;
        size_t room = sizeof chunk, before = s.n;
        size_t done = convert(cd, &s, &to, &room);
        int reason = errno;
        is_room = put_utf8(out, (struct slice){chunk, (size_t)(to - chunk)});
        bool is_step = s.n < before || to > chunk;
        if (done != (size_t)-1 || (reason == E2BIG && is_step))
            continue;
        if (!charset->has_shifts)
            is_room = is_room && put_held(out, cd);
        is_room = is_room && put(out, REPLACEMENT);
        s = passed(s, reason);
    }
    return is_room && put_held(out, cd);
}

/* The C library loads a table from its file, and drops it when nobody has it
 * open: words in turn in five charsets would load five files for each. So the
 * first one stays open as long as the process lives. */
static iconv_t open_table(const struct charset *charset)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static iconv_t kept[CHARSET_MOST];
    unsigned i = charset_index(charset);
    pthread_mutex_lock(&lock);
    if (!kept[i])
        kept[i] = iconv_open("UTF-8", charset->read);
    pthread_mutex_unlock(&lock);
    return iconv_open("UTF-8", charset->read);
}

/* A system may lack a table: its octets are not taken for others' letters. */
static bool put_by_table(struct buf *out, const struct charset *charset,
                         struct slice s)
{
    iconv_t cd = open_table(charset);
    if (cd == NO_ICONV)
        return put_octets(out, s, 0);
    bool is_room = put_converted(out, charset, cd, s);
    iconv_close(cd);
    return is_room;
}

bool charset_put_utf8(struct buf *out, const char *name, struct slice octets)
{
    const struct charset *charset = charset_find(name);
    switch (charset->kind) {
    case CHARSET_KIND_UTF_8:
        return put_utf8(out, octets);
    case CHARSET_KIND_ASCII:
        return is_utf8(octets)
                   ? put_utf8(out, octets)
                   : put_by_table(out, charset_find("cp1252"), octets);
    case CHARSET_KIND_UTF_16:
    case CHARSET_KIND_UTF_32:
        return put_units(out, charset, octets);
    case CHARSET_KIND_USER_DEFINED:
        return put_octets(out, octets, 0xf780);
    case CHARSET_KIND_REPLACEMENT:
        return !octets.n || put(out, REPLACEMENT);
    case CHARSET_KIND_TABLE:
    case CHARSET_KIND_COUNT:
        break;
    }
    return put_by_table(out, charset, octets);
}

struct slice charset_to_utf8(struct arena *arena, const char *charset,
                             struct slice octets, size_t max)
{
    struct buf out;
    buf_init(&out, max);
    (void)charset_put_utf8(&out, charset, octets);
    struct slice text = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

const char *charset_of_text(const char *name, struct slice first)
{
    const struct charset *charset = charset_find(name);
    bool little = is_little(charset, first);
    if (charset->kind == CHARSET_KIND_UTF_16)
        return little ? "UTF-16LE" : "UTF-16BE";
    if (charset->kind == CHARSET_KIND_UTF_32)
        return little ? "UTF-32LE" : "UTF-32BE";
    return name;
}

/* --- from UTF-8 ----------------------------------------------------------- */

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
    if (cd == NO_ICONV) {
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
    const char *write = charset_find(charset)->write;
    iconv_t cd = write ? iconv_open(write, "UTF-8") : NO_ICONV;
    struct slice s = slice_of(utf8);
    struct buf out;
    buf_init(&out, 64 * s.n + 64);
    while (s.n) {
        size_t n = charset_utf8_bytes(s);
        struct slice character = n ? slice_first(s, n) : SLICE_LITERAL("?");
        if (!put_one(&out, cd, character))
            put_replacement(&out, cd, character, is_html);
        s = slice_from(s, n ? n : 1);
    }
    if (cd != NO_ICONV) {
        (void)put_one(&out, cd, (struct slice){0}); /* the initial state */
        iconv_close(cd);
    }
    struct slice text = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

bool charset_is_read(const char *charset)
{
    return charset_find(charset)->kind != CHARSET_KIND_REPLACEMENT;
}

bool charset_is_ascii_like(const char *charset)
{
    if (!charset_is_read(charset))
        return false;
    static const char sample[] = "</BODY>=+~\\ az09";
    struct arena *arena = arena_create();
    struct slice same = charset_from_utf8(arena, charset, sample, false);
    bool is_like = slice_is(same, sample);
    arena_destroy(&arena);
    return is_like;
}
