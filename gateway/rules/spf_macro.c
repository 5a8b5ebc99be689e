#include "rules/spf_macro.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "rules/spf_name.h"

enum {
    PARTS_MAX = 128, /* RFC 7208 7.1: at least that many */
    EXPANSION_CAP = 65536
};

static const char delimiters[] = ".-+,/_=";

/* One "%{...}": letter, transformers, delimiters. */
struct macro {
    char letter; /* in lower case */
    bool is_escaped;
    bool is_reversed;
    unsigned long parts; /* 0: all */
    struct slice delimiters;
};

static bool is_in(const char *set, char c)
{
    return c && strchr(set, c);
}

/* Takes the macro off the front, "%{" included. */
static bool take_macro(struct slice *text, struct macro *out)
{
    size_t end = slice_find(*text, '}'), at = 3, digits;
    struct slice s = {text->p, end};
    if (end == text->n || end < 3)
        return false;
    char letter = (char)tolower((unsigned char)s.p[2]);
    *out = (struct macro){.letter = letter, .is_escaped = letter != s.p[2]};
    for (digits = at; digits < s.n && isdigit((unsigned char)s.p[digits]);)
        digits++;
    struct slice number = {s.p + at, digits - at};
    if (number.n && !slice_number(number, PARTS_MAX, &out->parts)) {
        for (size_t i = 0; i < number.n; i++)
            out->parts = out->parts || number.p[i] != '0' ? PARTS_MAX : 0;
    }
    if (number.n && !out->parts)
        return false;
    at = digits;
    if (at < s.n && (s.p[at] == 'r' || s.p[at] == 'R')) {
        out->is_reversed = true;
        at++;
    }
    out->delimiters = slice_from(s, at);
    for (; at < s.n; at++)
        if (!is_in(delimiters, s.p[at]))
            return false;
    *text = slice_from(*text, end + 1);
    return is_in("slodiphcrtv", letter);
}

/* toplabel = ( *alphanum ALPHA *alphanum ) /
 *            ( 1*alphanum "-" *( alphanum / "-" ) alphanum ) */
static bool is_toplabel(struct slice s)
{
    bool is_number = true;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (!(c < 128 && isalnum(c)) && c != '-')
            return false;
        is_number = is_number && isdigit(c);
    }
    return s.n && !is_number && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

/* tail: the literal text behind the last macro. */
static bool is_domain_end(struct slice tail)
{
    if (tail.n && tail.p[tail.n - 1] == '.')
        tail.n--;
    size_t dot = tail.n;
    while (dot && tail.p[dot - 1] != '.')
        dot--;
    return dot && is_toplabel(slice_from(tail, dot));
}

bool spf_macro_is_valid(struct slice text, enum spf_macro_kind kind)
{
    struct slice rest = text;
    struct macro macro;
    while (rest.n) {
        unsigned char c = (unsigned char)rest.p[0];
        if (c == '%' && rest.n > 1 && is_in("%_-", rest.p[1])) {
            rest = slice_from(rest, 2);
        } else if (c == '%') {
            if (rest.n < 2 || rest.p[1] != '{' || !take_macro(&rest, &macro) ||
                (kind == SPF_MACRO_DOMAIN && is_in("crt", macro.letter)))
                return false;
        } else {
            if (c < ' ' || c > '~' ||
                (c == ' ' && kind != SPF_MACRO_EXPLANATION))
                return false;
            rest = slice_from(rest, 1);
            continue;
        }
        text = rest; /* literal from here on */
        if (!rest.n)
            return true;
    }
    return kind != SPF_MACRO_DOMAIN || is_domain_end(text);
}

bool spf_macro_uses_name(struct slice text)
{
    for (size_t i = 0; i + 2 < text.n; i++) {
        if (text.p[i] != '%')
            continue;
        if (text.p[i + 1] == '{' && is_in("pP", text.p[i + 2]))
            return true;
        i++;
    }
    return false;
}

static struct slice value_of(struct arena *arena, char letter,
                             const struct spf_macro_values *v)
{
    switch (letter) {
    case 's':
        return slice_of(arena_printf(arena, "%.*s@%.*s", SLICE_ARG(v->local),
                                     SLICE_ARG(v->sender_domain)));
    case 'l':
        return v->local;
    case 'o':
        return v->sender_domain;
    case 'd':
        return v->domain;
    case 'i':
        return slice_of(spf_name_of_ip(arena, v->ip));
    case 'p':
        return v->name;
    case 'h':
        return v->helo;
    case 'v':
        return slice_of(v->ip->bits == IP4_BITS ? "in-addr" : "ip6");
    case 'c':
        return slice_of(ip_text(arena, v->ip));
    case 'r':
        return slice_of(v->receiver);
    case 't':
        return slice_of(arena_printf(arena, "%lld", (long long)v->now_s));
    }
    BUG("macro letter %d", letter);
}

/* The parts of a value; more than PARTS_MAX stay together in the last one. */
static size_t split(struct slice value, struct slice by, struct slice *parts)
{
    size_t count = 0, start = 0;
    for (size_t i = 0; i < value.n && count < PARTS_MAX - 1; i++)
        if (memchr(by.p, value.p[i], by.n)) {
            parts[count++] = (struct slice){value.p + start, i - start};
            start = i + 1;
        }
    parts[count++] = slice_from(value, start);
    return count;
}

static enum status put_escaped(struct buf *out, struct slice s)
{
    static const char hex[] = "0123456789ABCDEF";
    enum status status = ST_OK;
    for (size_t i = 0; i < s.n && status == ST_OK; i++) {
        unsigned char c = (unsigned char)s.p[i];
        char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
        bool is_plain = c < 128 && (isalnum(c) || is_in("-._~", (char)c));
        status = buf_add(out, is_plain ? (struct slice){s.p + i, 1}
                                       : (struct slice){escape, 3});
    }
    return status;
}

static enum status put_macro(struct arena *arena, struct buf *out,
                             const struct macro *macro,
                             const struct spf_macro_values *values)
{
    struct slice parts[PARTS_MAX];
    struct slice by =
        macro->delimiters.n ? macro->delimiters : SLICE_LITERAL(".");
    bool is_split = macro->delimiters.n || macro->parts || macro->is_reversed;
    enum status status = ST_OK;
    size_t count = 1;
    parts[0] = value_of(arena, macro->letter, values);
    if (is_split)
        count = split(parts[0], by, parts);
    size_t wanted = macro->parts && macro->parts < count ? macro->parts : count;
    for (size_t i = count - wanted; i < count && status == ST_OK; i++) {
        struct slice part = parts[macro->is_reversed ? count - 1 - i : i];
        if (i > count - wanted)
            status = buf_add(out, SLICE_LITERAL("."));
        if (status == ST_OK)
            status =
                macro->is_escaped ? put_escaped(out, part) : buf_add(out, part);
    }
    return status;
}

/* Takes one macro or one run of literal text off the text. */
static enum status put_next(struct arena *arena, struct buf *out,
                            struct slice *text,
                            const struct spf_macro_values *values)
{
    struct macro macro;
    if (text->p[0] != '%') {
        struct slice literal = {text->p, slice_find(*text, '%')};
        *text = slice_from(*text, literal.n);
        return buf_add(out, literal);
    }
    char kind = text->p[1];
    if (kind == '{') {
        if (!take_macro(text, &macro))
            BUG("macro was not checked");
        return put_macro(arena, out, &macro, values);
    }
    *text = slice_from(*text, 2);
    return buf_add(out, kind == '%'   ? SLICE_LITERAL("%")
                        : kind == '_' ? SLICE_LITERAL(" ")
                                      : SLICE_LITERAL("%20"));
}

struct slice spf_macro_expand(struct arena *arena, struct slice text,
                              const struct spf_macro_values *values)
{
    struct buf out;
    enum status status = ST_OK;
    buf_init(&out, EXPANSION_CAP);
    while (text.n && status == ST_OK)
        status = put_next(arena, &out, &text, values);
    struct slice kept = {"", 0};
    if (status == ST_OK)
        kept = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return kept;
}
