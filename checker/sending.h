/* sending - what a sending domain of the world publishes (MAIL-2), and what
 * follows from it for the mail that the gateway sends in its name. */
#ifndef CHECKER_SENDING_H
#define CHECKER_SENDING_H

#include "engine/scenario.h"
#include "peer/dmarc_check.h"

enum sending_dns {
    SENDING_DNS_ALIGNED, /* a key or the return path gives DMARC alignment */
    SENDING_DNS_MISSING,
    SENDING_DNS_UNKNOWN /* what it hangs on cannot be looked up */
};

/* By one way to find the organizational domain. */
struct sending_dmarc {
    bool is_recorded; /* a record that can be read */
    bool is_unread;   /* the look-up fails */
    bool has_path;    /* zivverbounce.DOMAIN would align */
    bool is_enforced; /* quarantine or reject, of all mail (NTA-1) */
};

struct sending {
    bool has_ed25519, has_rsa; /* usable key records of the gateway's */
    bool has_bounce; /* zivverbounce leads to the gateway's return-path host */
    enum dmarc_discovery discovery; /* the gateway's setting */
    struct sending_dmarc dmarc[2];  /* by enum dmarc_discovery */
    enum sending_dns dns;
};

/* sending_of - a domain of one of the world's organizations; others publish
 * nothing. */
struct sending sending_of(const struct world_spec *world, const char *domain);
/* sending_aligns - whether the mail passes DMARC, found in this way. */
bool sending_aligns(const struct sending *sending, enum dmarc_discovery by);
/* "aligned", "missing", "unknown". */
const char *sending_dns_name(enum sending_dns dns);

#endif
