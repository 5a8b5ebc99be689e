/* ip - client addresses and blocks of them. Pure. */
#ifndef RULES_IP_H
#define RULES_IP_H

#include "base/alloc.h"

enum { IP4_BITS = 32, IP6_BITS = 128 };

struct ip {
    unsigned char octets[16]; /* in network order; IPv4 uses the first four */
    unsigned bits;            /* IP4_BITS or IP6_BITS */
};

/* A block: "192.0.2.0/24", "2001:db8::/32"; a single address has all bits. */
struct ip_block {
    struct ip network;
    unsigned length; /* leading bits that count */
};

/* Dotted decimal without leading zeros, or RFC 4291 2.2. */
bool ip_parse(struct slice text, struct ip *out);
/* An IPv4-mapped IPv6 address becomes that IPv4 address. */
void ip_unmap(struct ip *ip);
/* RFC 5952: "192.0.2.1", "2001:db8::1". */
char *ip_text(struct arena *arena, const struct ip *ip);

bool ip_block_parse(struct slice text, struct ip_block *out);
/* False where the two are of different kinds. */
bool ip_block_has(const struct ip_block *block, const struct ip *ip);

#endif
