#include "address/text.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

bool text_is_atext(char c)
{
    if ((unsigned char)c >= 0x80 || is_alnum(c))
        return true;
    return c && strchr("!#$%&'*+-/=?^_`{|}~", c);
}

bool text_is_ascii(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* Octets of the character that starts the text, 0 where it is none. The ranges
 * of the second octet keep out overlong forms, surrogates and all above
 * U+10FFFF. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    static const struct {
        unsigned char first, last, second_least, second_most, length;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (*p < rows[i].first || *p > rows[i].last)
            continue;
        if (rows[i].length > n)
            return 0;
        if (rows[i].length > 1 &&
            (p[1] < rows[i].second_least || p[1] > rows[i].second_most))
            return 0;
        for (size_t k = 2; k < rows[i].length; k++)
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        return rows[i].length;
    }
    return 0;
}

bool text_is_printable(struct slice s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n;) {
        size_t length = utf8_length(p + i, s.n - i);
        bool is_c1 = length == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0;
        if (length == 0 || p[i] < 0x20 || p[i] == 0x7f || is_c1)
            return false;
        i += length;
    }
    return true;
}

static bool is_general_literal(struct slice s)
{
    size_t colon = slice_find(s, ':');
    if (colon == 0 || colon + 1 >= s.n || !is_alnum(s.p[colon - 1]))
        return false;
    for (size_t i = 0; i < colon; i++)
        if (!is_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    for (size_t i = colon + 1; i < s.n; i++)
        if (s.p[i] < 33 || s.p[i] > 126 || strchr("[\\]", s.p[i]))
            return false;
    return true;
}

bool text_is_literal(struct slice s)
{
    static const char ipv6[] = "IPv6:";
    char inner[64];
    unsigned char address[16];
    if (s.n < 3 || s.p[0] != '[' || s.p[s.n - 1] != ']')
        return false;
    struct slice body = {s.p + 1, s.n - 2};
    if (body.n >= sizeof inner || memchr(body.p, 0, body.n))
        return false;
    memcpy(inner, body.p, body.n);
    inner[body.n] = '\0';
    if (slice_starts_nocase(body, ipv6))
        return inet_pton(AF_INET6, inner + strlen(ipv6), address) == 1;
    return inet_pton(AF_INET, inner, address) == 1 || is_general_literal(body);
}
