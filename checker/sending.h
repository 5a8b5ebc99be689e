/* sending - what a sending domain of the world publishes (MAIL-2), and what
 * follows from it for the mail that the gateway sends in its name. */
#ifndef CHECKER_SENDING_H
#define CHECKER_SENDING_H

#include "engine/scenario.h"

enum sending_dns {
    SENDING_DNS_ALIGNED, /* a key or the return path gives DMARC alignment */
    SENDING_DNS_MISSING,
    SENDING_DNS_UNKNOWN /* what it hangs on cannot be looked up */
};

struct sending {
    bool has_ed25519, has_rsa; /* usable key records of the gateway's */
    bool has_bounce; /* zivverbounce leads to the gateway's return-path host */
    bool has_dmarc;  /* a record that can be read */
    enum sending_dns dns;
};

/* sending_of - a domain of one of the world's organizations; others publish
 * nothing. */
struct sending sending_of(const struct world_spec *world, const char *domain);
/* "aligned", "missing", "unknown". */
const char *sending_dns_name(enum sending_dns dns);

#endif
