#include "rules/ip.h"

#include <arpa/inet.h>
#include <string.h>

bool ip_parse(struct slice text, struct ip *out)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.n >= sizeof copy || memchr(text.p, '\0', text.n))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *out = (struct ip){.bits = IP4_BITS};
    if (inet_pton(AF_INET, copy, out->octets) == 1)
        return true;
    out->bits = IP6_BITS;
    return inet_pton(AF_INET6, copy, out->octets) == 1;
}

void ip_unmap(struct ip *ip)
{
    static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};
    if (ip->bits != IP6_BITS || memcmp(ip->octets, prefix, sizeof prefix) != 0)
        return;
    struct ip four = {.bits = IP4_BITS};
    memcpy(four.octets, ip->octets + sizeof prefix, 4);
    *ip = four;
}

char *ip_text(struct arena *arena, const struct ip *ip)
{
    char text[INET6_ADDRSTRLEN];
    int family = ip->bits == IP4_BITS ? AF_INET : AF_INET6;
    if (!inet_ntop(family, ip->octets, text, sizeof text))
        BUG("address of %u bits", ip->bits);
    return arena_strdup(arena, text);
}

bool ip_block_parse(struct slice text, struct ip_block *out)
{
    size_t slash = slice_find(text, '/');
    struct slice length = slice_from(text, slash);
    unsigned long bits;
    if (!ip_parse((struct slice){text.p, slash}, &out->network))
        return false;
    out->length = out->network.bits;
    if (!length.n)
        return true;
    length = slice_from(length, 1);
    if (!slice_number(length, out->network.bits, &bits))
        return false;
    out->length = (unsigned)bits;
    return true;
}

bool ip_block_has(const struct ip_block *block, const struct ip *ip)
{
    size_t whole = block->length / 8;
    unsigned rest = block->length % 8;
    if (block->network.bits != ip->bits)
        return false;
    if (memcmp(block->network.octets, ip->octets, whole) != 0)
        return false;
    unsigned difference =
        rest ? block->network.octets[whole] ^ ip->octets[whole] : 0u;
    return difference >> (8 - rest) == 0;
}
