#include "rules/spf_name.h"

#include <string.h>

#include "base/buf.h"

enum { NAME_OCTETS = 253, LABEL_OCTETS = 63, TEXT_CAP = 2048 };

bool spf_name_fit(struct slice *name)
{
    if (name->n && name->p[name->n - 1] == '.')
        name->n--;
    while (name->n > NAME_OCTETS) {
        size_t dot = slice_find(*name, '.');
        if (dot == name->n)
            return false;
        *name = slice_from(*name, dot + 1);
    }
    if (!name->n)
        return false;
    for (size_t at = 0; at <= name->n;) {
        size_t label = slice_find(slice_from(*name, at), '.');
        if (label == 0 || label > LABEL_OCTETS)
            return false;
        at += label + 1;
    }
    return name->p[name->n - 1] != '.';
}

bool spf_name_is_full(struct slice name)
{
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    return name.n && name.p[0] != '[' && slice_find(name, '.') < name.n;
}

char *spf_name_text(struct arena *arena, struct slice name)
{
    struct buf buf;
    buf_init(&buf, TEXT_CAP);
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c <= ' ' || c > '~')
            buf_printf(&buf, "\\%03u", c);
        else
            buf_printf(&buf, "%s%c", strchr("\\\"();@$", c) ? "\\" : "", c);
    }
    char *text = arena_text(arena, buf_slice(&buf));
    buf_release(&buf);
    return text;
}

bool spf_name_is_within(struct slice name, struct slice domain)
{
    if (domain.n && domain.p[domain.n - 1] == '.')
        domain.n--;
    if (!domain.n || name.n < domain.n)
        return false;
    size_t above = name.n - domain.n;
    return slice_eq_nocase(slice_from(name, above), domain) &&
           (above == 0 || name.p[above - 1] == '.');
}

char *spf_name_of_ip(struct arena *arena, const struct ip *ip)
{
    static const char digits[] = "0123456789ABCDEF";
    if (ip->bits == IP4_BITS)
        return ip_text(arena, ip);
    char *text = arena_alloc(arena, 2 * IP6_BITS / 4);
    for (size_t i = 0; i < IP6_BITS / 4; i++) {
        unsigned octet = ip->octets[i / 2];
        text[2 * i] = digits[i % 2 ? octet & 15u : octet >> 4];
        text[2 * i + 1] = i + 1 < IP6_BITS / 4 ? '.' : '\0';
    }
    return text;
}

char *spf_name_reverse(struct arena *arena, const struct ip *ip)
{
    struct buf buf;
    buf_init(&buf, TEXT_CAP);
    for (size_t i = ip->bits / 8; i-- > 0;) {
        unsigned octet = ip->octets[i];
        if (ip->bits == IP4_BITS)
            buf_printf(&buf, "%u.", octet);
        else
            buf_printf(&buf, "%x.%x.", octet & 15u, octet >> 4);
    }
    buf_puts(&buf, ip->bits == IP4_BITS ? "in-addr.arpa" : "ip6.arpa");
    char *text = arena_text(arena, buf_slice(&buf));
    buf_release(&buf);
    return text;
}
