#include "base/slice.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/status.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool slice_is(struct slice s, const char *text)
{
    return slice_eq(s, slice_of(text));
}

bool slice_eq_nocase(struct slice a, struct slice b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool slice_is_nocase(struct slice s, const char *text)
{
    return slice_eq_nocase(s, slice_of(text));
}

bool slice_starts_nocase(struct slice s, const char *prefix)
{
    struct slice p = slice_of(prefix);
    return s.n >= p.n && slice_eq_nocase((struct slice){s.p, p.n}, p);
}

struct slice slice_trim(struct slice s)
{
    while (s.n && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

int slice_int(size_t n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

struct slice slice_sub(struct slice s, size_t start, size_t n)
{
    if (start > s.n || n > s.n - start)
        BUG("octets %zu to %zu of %zu", start, start + n, s.n);
    return (struct slice){s.n ? s.p + start : s.p, n};
}

struct slice slice_from(struct slice s, size_t start)
{
    return slice_sub(s, start, s.n - start);
}

struct slice slice_first(struct slice s, size_t n)
{
    return slice_sub(s, 0, n);
}

struct slice slice_most(struct slice s, size_t n)
{
    return slice_first(s, n < s.n ? n : s.n);
}

size_t slice_find(struct slice s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

/* Not memmem(): under a sanitizer it touches all of s, for each line anew. */
size_t slice_find_crlf(struct slice s)
{
    size_t from = 0;
    while (from < s.n) {
        size_t at = from + slice_find(slice_from(s, from), '\r');
        if (at + 1 < s.n && s.p[at + 1] == '\n')
            return at;
        from = at + 1;
    }
    return s.n;
}

struct slice slice_cut(struct slice *s, char sep)
{
    size_t at = slice_find(*s, sep);
    struct slice head = {s->p, at};
    *s = slice_from(*s, at < s->n ? at + 1 : at);
    return head;
}

struct slice slice_word(struct slice *s)
{
    while (s->n && is_blank(s->p[0]))
        *s = slice_from(*s, 1);
    size_t n = 0;
    while (n < s->n && !is_blank(s->p[n]))
        n++;
    struct slice word = {s->p, n};
    *s = slice_from(*s, n);
    return word;
}

bool slice_number(struct slice s, unsigned long max, unsigned long *out)
{
    unsigned long v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        unsigned long digit = (unsigned long)(s.p[i] - '0');
        if (v > (max - digit) / 10 && v * 10 + digit > max)
            return false;
        if (v > max / 10)
            return false;
        v = v * 10 + digit;
        if (v > max)
            return false;
    }
    *out = v;
    return true;
}
