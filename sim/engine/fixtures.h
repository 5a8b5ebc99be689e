/* fixtures - the data of the fixtures folder that scenarios name: postures,
 * organizations, messages, clause ids. Read once, shared by all scenarios. */
#ifndef ENGINE_FIXTURES_H
#define ENGINE_FIXTURES_H

#include "engine/posture.h"

struct account {
    const char *address, *name;
    bool two_factor, suspended;
    struct account *next;
};

struct credential {
    const char *user, *password, *description;
    const char *hash; /* as the gateway's configuration has it */
    bool is_revoked;
    struct credential *next;
};

/* Who receives, of an organization that `serve --org` adds. */
struct own_recipient {
    const char *name; /* an address or a domain */
    const char *domain, *posture;
    const struct own_recipient *next;
};

/* What the domains of an organization publish as senders (MAIL-2): words,
 * "good" where a file names none. */
struct sending_dns_words {
    const char *spf, *bounce, *dkim, *dmarc;
};

struct organization {
    const char *name, *uuid;
    const char *transport_security; /* off tls pkix dane */
    bool inbound_direct_delivery;
    bool needs_credentials;           /* SPF does not stand in for them */
    const char *const *spf_addresses; /* ended by NULL; NULL: any */
    const char *const *domains;       /* ended by NULL */
    struct account *accounts;
    struct credential *credentials;
    struct sending_dns_words dns;
    const char *nta;  /* its domains as a sender: yes, no, or what is wrong */
    const char *mail; /* posture of its own domains' mail host */
    const struct own_recipient *recipients;
    struct place place;
    struct organization *next;
};

struct fixtures;

/* fixtures_load - reads postures/ and organizations/ and, where they exist, the
 * clause ids of clauses.yaml and words/why.yaml. What is wrong with them goes
 * to the list; ST_INVAL then. */
enum status fixtures_load(const char *dir, struct diagnostics *list,
                          struct fixtures **out, struct err *err) MUST_USE;
void fixtures_destroy(struct fixtures **fixtures);

/* organization_meets_nta - its domains publish all that NTA-1 asks, DMARC
 * aside.
 */
bool organization_meets_nta(const struct organization *organization);
/* organization_dmarc - what its domains publish: a record, none, servfail. */
const char *organization_dmarc(const struct organization *organization);

/* fixtures_add_organization - a file of the same shape from elsewhere, under
 * its own name; one of that name is replaced. It may name its recipients. */
enum status fixtures_add_organization(struct fixtures *fixtures,
                                      const char *path,
                                      struct diagnostics *list,
                                      const struct organization **out,
                                      struct err *err) MUST_USE;

const char *fixtures_dir(const struct fixtures *fixtures);
/* NULL when there is none of that name. */
const struct posture *fixtures_posture(const struct fixtures *fixtures,
                                       const char *name);
const struct organization *fixtures_organization(const struct fixtures *f,
                                                 const char *name);
/* Names in alphabetical order, ended by NULL; for lists and near misses. */
const char *const *fixtures_postures(const struct fixtures *fixtures);
const char *const *fixtures_organizations(const struct fixtures *fixtures);
const char *const *fixtures_clauses(const struct fixtures *fixtures);
const char *const *fixtures_messages(const struct fixtures *fixtures);
/* Words for `not:`; empty when fixtures/words/why.yaml does not exist. */
const char *const *fixtures_why(const struct fixtures *fixtures);

#endif
