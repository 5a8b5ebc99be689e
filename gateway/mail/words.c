/* RFC 2047 words in header values, read: charset and encoding of each, white
 * space between two of them dropped, neighbours of one charset joined before
 * conversion (senders split characters). Each octet of the value is copied a
 * fixed number of times, whatever stands there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "mail/charset.h"
#include "mail/encode.h"

enum {
    CHARSET_BYTES = 40,
    GROWTH = 3 /* an octet is three of UTF-8 at most */
};

struct word {
    char charset[CHARSET_BYTES];
    struct slice octets; /* in the reader's arena */
    size_t length;       /* of the whole "=?...?=" */
};

struct reader {
    struct arena *arena; /* gone when the value is read */
    struct buf out;
    struct buf run; /* octets of neighbours, of one charset */
};

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
    struct slice text = slice_first(rest, slice_find(rest, '?'));
    if (text.n + 1 >= rest.n || rest.p[text.n + 1] != '=' ||
        slice_find(text, ' ') < text.n)
        return false;
    charset = slice_cut(&charset, '*');
    if (charset.n == 0 || charset.n >= CHARSET_BYTES)
        return false;
    memcpy(out->charset, charset.p, charset.n);
    out->charset[charset.n] = '\0';
    out->length = s.n - slice_from(rest, text.n + 2).n;
    if (slice_is_nocase(encoding, "q"))
        out->octets = decode_q(arena, text);
    else if (!slice_is_nocase(encoding, "b") ||
             base64_decode(arena, text, &out->octets) != ST_OK)
        return false;
    return true;
}

static void end_run(struct reader *r, const char *charset)
{
    (void)charset_put_utf8(&r->out, charset, buf_slice(&r->run));
    buf_reset(&r->run);
}

static size_t blanks(struct slice s)
{
    size_t n = 0;
    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n++;
    return n;
}

/* A run of words with nothing but blanks between them; what follows it. */
static struct slice put_run(struct reader *r, struct slice s, struct word word)
{
    struct word next;
    buf_put(&r->run, word.octets);
    s = slice_from(s, word.length);
    while (take_word(r->arena, slice_from(s, blanks(s)), &next)) {
        if (!slice_is_nocase(slice_of(word.charset), next.charset))
            end_run(r, word.charset);
        buf_put(&r->run, next.octets);
        s = slice_from(s, blanks(s) + next.length);
        word = next;
    }
    end_run(r, word.charset);
    return s;
}

/* MAIL-4: octets of no declared charset. */
static void put_raw(struct reader *r, struct slice s)
{
    (void)charset_put_utf8(&r->out, "us-ascii", s);
}

static void read_value(struct reader *r, struct slice s)
{
    struct word word;
    size_t raw = 0; /* octets at the front that are no word */
    while (raw < s.n) {
        struct slice rest = slice_from(s, raw);
        if (take_word(r->arena, rest, &word)) {
            put_raw(r, slice_first(s, raw));
            s = put_run(r, rest, word);
            raw = 0;
            continue;
        }
        raw += 1 + slice_find(slice_from(rest, 1), '=');
    }
    put_raw(r, s);
}

/* Not within a character of UTF-8. */
static struct slice cut(const char *value)
{
    struct slice s = slice_most(slice_of(value), ENCODE_VALUE_MAX);
    while (s.n == ENCODE_VALUE_MAX && s.n &&
           ((unsigned char)value[s.n] & 0xc0) == 0x80)
        s.n--;
    return s;
}

const char *encode_decode_words(struct arena *arena, const char *value)
{
    struct slice s = cut(value);
    struct reader r = {.arena = arena_create()};
    buf_init(&r.out, GROWTH * s.n);
    buf_init(&r.run, SIZE_MAX);
    read_value(&r, s);
    const char *text = arena_text(arena, buf_slice(&r.out));
    buf_release(&r.out);
    buf_release(&r.run);
    arena_destroy(&r.arena);
    return text;
}
