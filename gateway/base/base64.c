#include "base/base64.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

char *base64_encode(struct arena *arena, struct slice octets)
{
    if (octets.n > INT_MAX / 2)
        BUG("base64 of %zu octets", octets.n);
    char *out = arena_alloc(arena, (octets.n + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)octets.p,
                    (int)octets.n);
    return out;
}

static bool in_alphabet(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/';
}

enum status base64_decode(struct arena *arena, struct slice text,
                          struct slice *out)
{
    size_t pad = 0;
    *out = (struct slice){"", 0};
    if (text.n % 4 || text.n > INT_MAX)
        return ST_INVAL;
    if (text.n == 0)
        return ST_OK;
    while (pad < 2 && text.p[text.n - 1 - pad] == '=')
        pad++;
    for (size_t i = 0; i + pad < text.n; i++)
        if (!in_alphabet(text.p[i]))
            return ST_INVAL;
    char *p = arena_alloc(arena, text.n / 4 * 3 + 1);
    int n = EVP_DecodeBlock((unsigned char *)p, (const unsigned char *)text.p,
                            (int)text.n);
    if (n < 0)
        return ST_INVAL;
    p[(size_t)n - pad] = '\0';
    *out = (struct slice){p, (size_t)n - pad};
    return ST_OK;
}
