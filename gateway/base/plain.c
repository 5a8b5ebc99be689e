#include "base/plain.h"

#include <stdint.h>
#include <string.h>

enum { NOT_UTF8 = -1 };

struct slice plain_body(struct slice text)
{
    static const char mark[] = "\xef\xbb\xbf";
    bool has = text.n >= 3 && memcmp(text.p, mark, 3) == 0;
    return has ? slice_from(text, 3) : text;
}

/* The character in front, and its octets. The least value of each length keeps
 * overlong forms out. */
static int32_t character(struct slice s, size_t *octets_out)
{
    static const struct {
        unsigned char first, last, bits;
        int32_t least;
    } rows[] = {{0xc2, 0xdf, 0x1f, 0x80},
                {0xe0, 0xef, 0x0f, 0x800},
                {0xf0, 0xf4, 0x07, 0x10000}};
    const unsigned char *p = (const unsigned char *)s.p;
    *octets_out = 1;
    if (*p < 0x80)
        return *p;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (*p < rows[i].first || *p > rows[i].last || s.n < i + 2)
            continue;
        int32_t c = *p & rows[i].bits;
        for (size_t k = 1; k < i + 2; k++) {
            if ((p[k] & 0xc0) != 0x80)
                return NOT_UTF8;
            c = c << 6 | (p[k] & 0x3f);
        }
        *octets_out = i + 2;
        bool good = c >= rows[i].least && c <= 0x10ffff &&
                    !(c >= 0xd800 && c <= 0xdfff);
        return good ? c : NOT_UTF8;
    }
    return NOT_UTF8;
}

static const char *fault_of(int32_t c)
{
    if (c == NOT_UTF8)
        return "not UTF-8";
    if (c == 0)
        return "no NUL octet can stand here";
    if ((c < 0x20 && !strchr("\t\n\r", c)) || (c >= 0x7f && c <= 0x9f))
        return "no control character can stand here; a quoted text may "
               "have it as an escape";
    if (c == 0x2028 || c == 0x2029)
        return "no line or paragraph separator can stand here; a quoted text "
               "may have it as an escape";
    if (c == 0xfeff || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef))
        return "no byte order mark and no noncharacter can stand here";
    return NULL;
}

/* White space in a row. */
struct run {
    bool is_empty_line;
    int empty_lines, blanks;
};

static const char *run_take(struct run *run, int32_t c, bool is_line_end)
{
    bool is_blank = c < 0x80 && strchr(" \t\r\n", c);
    run->blanks = is_blank ? run->blanks + 1 : 0;
    run->is_empty_line = run->is_empty_line && is_blank;
    if (is_line_end) {
        run->empty_lines = run->is_empty_line ? run->empty_lines + 1 : 0;
        run->is_empty_line = true;
    }
    if (run->empty_lines > PLAIN_EMPTY_LINES)
        return "too many empty lines";
    return run->blanks > PLAIN_BLANKS ? "too many blanks" : NULL;
}

struct plain_fault plain_check(struct slice text)
{
    struct plain_fault at = {NULL, 1, 1};
    struct run run = {.is_empty_line = true};
    size_t octets;
    for (size_t i = 0; i < text.n; i += octets) {
        int32_t c = character(slice_from(text, i), &octets);
        bool is_crlf = c == '\r' && i + 1 < text.n && text.p[i + 1] == '\n';
        bool is_line_end = c == '\n' || (c == '\r' && !is_crlf);
        at.what = fault_of(c);
        if (!at.what)
            at.what = run_take(&run, c, is_line_end);
        if (at.what)
            return at;
        at.column++;
        if (is_line_end) {
            at.line++;
            at.column = 1;
        }
    }
    return at;
}
