/* world_dns - the records of a world's domains; of this room alone. */
#ifndef ENGINE_WORLD_DNS_H
#define ENGINE_WORLD_DNS_H

#include "engine/scenario.h"
#include "peer/dns.h"
#include "peer/mailkey.h"

/* The address of a host name, or NULL. */
typedef const char *world_address(void *ctx, const char *host);
/* The data of a TLSA record, in hex. */
typedef const char *world_association(void *ctx,
                                      const struct posture_host *host,
                                      const struct posture_tlsa *tlsa);

struct zone_settings {
    struct arena *arena;
    struct dns *dns;
    const struct organization *organization; /* whose domain it is, or NULL */
    const char *gateway_host;
    struct mailkeys *keys;
    bool has_spf;      /* its SPF record is the scenario's, see world_spf_add */
    const char *dmarc; /* world_dmarc() */
    world_address *address;
    world_association *association;
    void *ctx;
};

/* world_zone_add - one domain, as its posture says. */
enum status world_zone_add(const struct zone_settings *settings,
                           const struct domain *domain,
                           struct err *err) MUST_USE;
/* world_spf_add - what a scenario makes a name publish; text has its addresses
 * in place. Adding it again changes nothing. */
enum status world_spf_add(struct dns *dns, const char *domain, const char *text,
                          struct err *err) MUST_USE;
/* world_dmarc_add - the same at _dmarc.DOMAIN. */
enum status world_dmarc_add(struct arena *arena, struct dns *dns,
                            const char *domain, const char *text,
                            struct err *err) MUST_USE;
/* world_zone_gateway - the gateway's own names: host, portal, return-path host;
 * and what the host's own mail needs: SPF, key records, DMARC. */
enum status world_zone_gateway(const struct zone_settings *settings,
                               const char *address, const char *bounces,
                               const char *portal, struct err *err) MUST_USE;
/* The host that takes what comes back (MAIL-2). */
const char *world_bounce_host(struct arena *arena, const char *gateway_host);

#endif
