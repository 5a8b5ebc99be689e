#include "mail/coding.h"

#include <string.h>

#include "base/mapped.h"

enum coding coding_of(const char *word)
{
    if (slice_is_nocase(slice_of(word), "base64"))
        return CODING_BASE64;
    if (slice_is_nocase(slice_of(word), "quoted-printable"))
        return CODING_QUOTED_PRINTABLE;
    return CODING_NONE;
}

void decoder_init(struct decoder *decoder, enum coding coding,
                  struct slice octets)
{
    *decoder = (struct decoder){
        .coding = coding, .octets = octets, .passed = {octets.p, 0}};
}

/* --- base64 --------------------------------------------------------------- */

/* 0 to 63, or 64: not in the alphabet. One more, so that zero means unknown. */
static unsigned value_of(unsigned char c)
{
    static const unsigned char ranks[256] = {
        ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,
        ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12,
        ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
        ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
        ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
        ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
        ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
        ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
        ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
        ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
        ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
    };
    return ranks[c] - 1U;
}

/* The octets of a quantum that is whole, or was cut short by '=' or the end. */
static size_t put_quantum(struct decoder *d, char *out)
{
    size_t n = d->held < 2 ? 0 : d->held - 1;
    uint32_t bits = d->bits << 6 * (4 - d->held);
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(bits >> (16 - 8 * i) & 0xff);
    d->bits = 0;
    d->held = 0;
    return n;
}

/* Whole quanta as they mostly come, four characters at a time. */
static size_t read_quanta(struct decoder *d, char *out, size_t room)
{
    const unsigned char *p = (const unsigned char *)d->octets.p + d->at;
    size_t left = d->octets.n - d->at, n = 0;
    for (; left >= 4 && n + 3 <= room; left -= 4, p += 4) {
        unsigned a = value_of(p[0]), b = value_of(p[1]);
        unsigned c = value_of(p[2]), e = value_of(p[3]);
        if ((a | b | c | e) > 63)
            break;
        out[n++] = (char)(a << 2 | b >> 4);
        out[n++] = (char)(b << 4 | c >> 2);
        out[n++] = (char)(c << 6 | e);
    }
    d->at = d->octets.n - left;
    return n;
}

/* What stands behind '=' goes on afresh: texts joined after encoding. */
static size_t read_base64(struct decoder *d, char *out, size_t room)
{
    size_t n = 0;
    while (d->at < d->octets.n && n + 3 <= room) {
        if (d->held == 0)
            n += read_quanta(d, out + n, room - n);
        if (d->at == d->octets.n || n + 3 > room)
            break;
        char c = d->octets.p[d->at++];
        unsigned value = value_of((unsigned char)c);
        if (value < 64) {
            d->bits = d->bits << 6 | value;
            d->held++;
        }
        if (d->held == 4 || (c == '=' && d->held > 0))
            n += put_quantum(d, out + n);
    }
    if (d->at == d->octets.n && d->held > 0 && n + 3 <= room)
        n += put_quantum(d, out + n);
    return n;
}

/* --- quoted-printable ----------------------------------------------------- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* Behind the blanks at start; true: the line ends there. */
static bool skip_blanks(struct slice s, size_t start, size_t *end)
{
    while (start < s.n && (s.p[start] == ' ' || s.p[start] == '\t'))
        start++;
    *end = start;
    if (start + 1 < s.n && s.p[start] == '\r' && s.p[start + 1] == '\n')
        return true;
    return start == s.n || s.p[start] == '\n';
}

static size_t line_end_bytes(struct slice s, size_t at)
{
    return at == s.n ? 0 : s.p[at] == '\r' ? 2 : 1;
}

/* One octet at most; false: nothing came of what was read. */
static bool read_quoted(struct decoder *d, char *out)
{
    struct slice s = d->octets;
    char c = s.p[d->at];
    size_t end;
    if (c == '=') {
        if (d->at + 2 < s.n && hex(s.p[d->at + 1]) >= 0 &&
            hex(s.p[d->at + 2]) >= 0) {
            *out = (char)(hex(s.p[d->at + 1]) * 16 + hex(s.p[d->at + 2]));
            d->at += 3;
            return true;
        }
        if (skip_blanks(s, d->at + 1, &end)) {
            d->at = end + line_end_bytes(s, end);
            return false;
        }
    } else if ((c == ' ' || c == '\t') && d->at >= d->blank_end) {
        /* RFC 2045 6.7 (3): blanks at a line's end are none of the text's. */
        if (skip_blanks(s, d->at, &end)) {
            d->at = end;
            return false;
        }
        d->blank_end = end;
    }
    *out = c;
    d->at++;
    return true;
}

/* --- both ----------------------------------------------------------------- */

size_t decoder_read(struct decoder *d, char *out, size_t room)
{
    size_t n = 0;
    mapped_pass(&d->passed, d->octets.p + d->at);
    switch (d->coding) {
    case CODING_BASE64:
        return read_base64(d, out, room);
    case CODING_QUOTED_PRINTABLE:
        while (d->at < d->octets.n && n < room)
            n += read_quoted(d, out + n);
        return n;
    case CODING_NONE:
        break;
    }
    n = d->octets.n - d->at;
    if (n > room)
        n = room;
    if (n)
        memcpy(out, d->octets.p + d->at, n);
    d->at += n;
    return n;
}

size_t decoder_count(struct decoder *d)
{
    char out[4096];
    size_t n, count = 0;
    if (d->coding == CODING_NONE) {
        count = d->octets.n - d->at;
        d->at = d->octets.n;
        return count;
    }
    while ((n = decoder_read(d, out, sizeof out)) > 0)
        count += n;
    return count;
}
