/* RFC 2047 words in header values, read: charset and encoding of each, white
 * space between two of them dropped, neighbours of one charset joined before
 * conversion (senders split characters). */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "mail/charset.h"
#include "mail/encode.h"

enum { CHARSET_BYTES = 40 };

struct word {
    char charset[CHARSET_BYTES];
    struct slice octets;
    size_t length; /* of the whole "=?...?=" */
};

static void put_utf8(struct buf *out, struct slice s)
{
    while (s.n) {
        size_t n = charset_utf8_bytes(s);
        if (n)
            buf_put(out, (struct slice){s.p, n});
        else
            buf_puts(out, "?");
        s = slice_from(s, n ? n : 1);
    }
}

/* To UTF-8; what cannot be converted becomes '?'. */
static void put_converted(struct buf *out, const char *charset, struct slice s)
{
    iconv_t cd = slice_is_nocase(slice_of(charset), "utf-8")
                     ? (iconv_t)-1
                     : iconv_open("UTF-8", charset);
    if (cd == (iconv_t)-1) {
        put_utf8(out, s);
        return;
    }
    char *from = xmalloc(s.n), *at = from;
    memcpy(from, s.p, s.n);
    size_t left = s.n;
    while (left) {
        char chunk[512], *to = chunk;
        size_t room = sizeof chunk;
        size_t done = iconv(cd, &at, &left, &to, &room);
        put_utf8(out, (struct slice){chunk, (size_t)(to - chunk)});
        if (done != (size_t)-1 || errno == E2BIG)
            continue;
        buf_puts(out, "?");
        at++;
        left--;
    }
    free(from);
    iconv_close(cd);
}

static int hex(char c)
{
    static const char digits[] = "0123456789ABCDEFabcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    if (!at)
        return -1;
    return at - digits < 16 ? (int)(at - digits) : (int)(at - digits - 6);
}

static struct slice decode_q(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i] == '_' ? ' ' : text.p[i];
        if (c == '=' && i + 2 < text.n && hex(text.p[i + 1]) >= 0 &&
            hex(text.p[i + 2]) >= 0) {
            c = (char)(hex(text.p[i + 1]) * 16 + hex(text.p[i + 2]));
            i += 2;
        }
        out[n++] = c;
    }
    return (struct slice){out, n};
}

/* "=?charset[*language]?B|Q?text?=" at the front of s. */
static bool take_word(struct arena *arena, struct slice s, struct word *out)
{
    if (s.n < 2 || s.p[0] != '=' || s.p[1] != '?')
        return false;
    struct slice rest = slice_from(s, 2);
    struct slice charset = slice_cut(&rest, '?');
    struct slice encoding = slice_cut(&rest, '?');
    struct slice text = {rest.p, slice_find(rest, '?')};
    if (text.n + 1 >= rest.n || rest.p[text.n + 1] != '=' ||
        slice_find(text, ' ') < text.n)
        return false;
    charset = slice_cut(&charset, '*');
    if (charset.n == 0 || charset.n >= CHARSET_BYTES)
        return false;
    memcpy(out->charset, charset.p, charset.n);
    out->charset[charset.n] = '\0';
    out->length = (size_t)(text.p + text.n + 2 - s.p);
    if (slice_is_nocase(encoding, "q"))
        out->octets = decode_q(arena, text);
    else if (!slice_is_nocase(encoding, "b") ||
             base64_decode(arena, text, &out->octets) != ST_OK)
        return false;
    return true;
}

static struct slice joined(struct arena *arena, struct slice a, struct slice b)
{
    char *p = arena_alloc(arena, a.n + b.n + 1);
    memcpy(p, a.p, a.n);
    memcpy(p + a.n, b.p, b.n);
    return (struct slice){p, a.n + b.n};
}

/* A run of words with nothing but blanks between them; returns its length. */
static size_t put_run(struct arena *arena, struct buf *out, struct slice s,
                      struct word *word)
{
    size_t used = word->length, blanks = 0;
    struct word next;
    while (used + blanks < s.n) {
        if (s.p[used + blanks] == ' ' || s.p[used + blanks] == '\t') {
            blanks++;
            continue;
        }
        if (!take_word(arena, slice_from(s, used + blanks), &next))
            break;
        if (strcmp(word->charset, next.charset) == 0) {
            next.octets = joined(arena, word->octets, next.octets);
        } else {
            put_converted(out, word->charset, word->octets);
        }
        used += blanks + next.length;
        blanks = 0;
        *word = next;
    }
    put_converted(out, word->charset, word->octets);
    return used;
}

const char *encode_decode_words(struct arena *arena, const char *value)
{
    struct slice s = slice_of(value);
    struct buf out;
    struct word word;
    buf_init(&out, 8 * s.n + 1);
    while (s.n) {
        if (take_word(arena, s, &word)) {
            s = slice_from(s, put_run(arena, &out, s, &word));
            continue;
        }
        size_t n = 1 + slice_find(slice_from(s, 1), '=');
        put_utf8(&out, (struct slice){s.p, n});
        s = slice_from(s, n);
    }
    const char *text = arena_text(arena, buf_slice(&out));
    buf_release(&out);
    return text;
}
