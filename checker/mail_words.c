/* Encoded words (RFC 2047) of a header field, read as a witness reads them. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "checker/charset.h"
#include "checker/mail_view.h"
#include "checker/octets.h"

enum { VALUE_BYTES = 16 << 20 };

struct reading {
    struct arena *arena;
    struct buf out;
    struct buf held;     /* octets of one charset, not yet shown */
    const char *charset; /* theirs; NULL: none was named */
};

static void show(struct reading *r)
{
    charset_show(&r->out, r->charset, buf_slice(&r->held));
    buf_reset(&r->held);
}

/* Words of one charset that stand side by side may split a character. */
static void hold(struct reading *r, const char *charset, struct slice octets)
{
    bool is_same = charset && r->charset ? strcmp(charset, r->charset) == 0
                                         : charset == r->charset;
    if (!is_same && buf_slice(&r->held).n)
        show(r);
    r->charset = charset;
    buf_put(&r->held, octets);
}

/* "charset" of "charset*language", in lower case. */
static const char *charset_of(struct arena *arena, struct slice named)
{
    char *charset = arena_text(arena, slice_cut(&named, '*'));
    for (char *c = charset; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return charset;
}

/* One encoded word at p ("=?charset?Q?text?="); returns what stands behind it,
 * or NULL where there is none. */
static const char *take_word(struct reading *r, const char *p)
{
    const char *q1 = strncmp(p, "=?", 2) == 0 ? strchr(p + 2, '?') : NULL;
    const char *text =
        q1 && q1[1] && strchr("bBqQ", q1[1]) && q1[2] == '?' ? q1 + 3 : NULL;
    const char *end = text ? strstr(text, "?=") : NULL;
    if (!end)
        return NULL;
    struct slice octets, word = {text, (size_t)(end - text)};
    if (q1[1] == 'B' || q1[1] == 'b') {
        if (base64_decode(r->arena, word, &octets) != ST_OK)
            return NULL;
    } else {
        char *plain = arena_text(r->arena, word);
        for (char *c = plain; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        octets = octets_unquote(r->arena, slice_of(plain));
    }
    struct slice named = {p + 2, (size_t)(q1 - p) - 2};
    hold(r, charset_of(r->arena, named), octets);
    return end + 2;
}

const char *mail_decoded_value(struct arena *arena,
                               const struct mail_view *mail, const char *name)
{
    const char *p = mail_value(arena, mail, name);
    struct reading r = {.arena = arena};
    buf_init(&r.out, VALUE_BYTES);
    buf_init(&r.held, VALUE_BYTES);
    while (*p) {
        const char *next = take_word(&r, p);
        if (!next) {
            hold(&r, NULL, (struct slice){p++, 1});
            continue;
        }
        /* Blanks between two encoded words are not shown (RFC 2047 6.2). */
        const char *blank = next + strspn(next, " \t");
        p = strncmp(blank, "=?", 2) == 0 ? blank : next;
    }
    show(&r);
    char *text = arena_text(arena, buf_slice(&r.out));
    buf_release(&r.out);
    buf_release(&r.held);
    return text;
}
