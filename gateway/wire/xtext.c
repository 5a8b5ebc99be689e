#include "wire/xtext.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum status xtext_decode(struct arena *arena, struct slice text,
                         struct slice *out, struct err *err)
{
    char *to = arena_text(arena, text);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c < '!' || c > '~' || c == '=')
            return err_set(err, ST_INVAL, "octet %d at %zu is no xtext",
                           (unsigned char)c, i);
        if (c == '+') {
            int high = i + 2 < text.n ? hex(text.p[i + 1]) : -1;
            int low = i + 2 < text.n ? hex(text.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return err_set(err, ST_INVAL,
                               "\"+\" at %zu without two upper-case digits", i);
            c = (char)(high * 16 + low);
            i += 2;
        }
        to[n++] = c;
    }
    to[n] = '\0';
    *out = (struct slice){to, n};
    return ST_OK;
}

char *xtext_encode(struct arena *arena, struct slice octets)
{
    static const char digits[] = "0123456789ABCDEF";
    char *text = arena_alloc(arena, octets.n * 3 + 1), *to = text;
    for (size_t i = 0; i < octets.n; i++) {
        unsigned char c = (unsigned char)octets.p[i];
        if (c < '!' || c > '~' || c == '=' || c == '+') {
            *to++ = '+';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        } else {
            *to++ = (char)c;
        }
    }
    *to = '\0';
    return text;
}
