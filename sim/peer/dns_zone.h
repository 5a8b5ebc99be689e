/* dns_zone - what the world's zones hold: records, delegations, and the order
 * of names that denials are made from. Knows nothing of queries or sockets. */
#ifndef PEER_DNS_ZONE_H
#define PEER_DNS_ZONE_H

#include <ldns/ldns.h>
#include <stdbool.h>

/* DNSKEY and DS may be kept by a resolver for that long; all else not at all.
 * Otherwise each look-up would climb down from the root again. */
enum { DNS_KEY_TTL_S = 300 };

struct dns_zone {
    ldns_rdf *origin;
    bool is_signed;
    ldns_rr_list *records; /* without SOA, NS, DNSKEY, DS: those are made */
    struct dns_zone *next;
};

struct dns_tree {
    struct dns_zone *zones; /* the root is always there */
};

void dns_tree_init(struct dns_tree *tree);
void dns_tree_release(struct dns_tree *tree);

/* Adds the zone, or finds it. */
struct dns_zone *dns_tree_add(struct dns_tree *tree, const ldns_rdf *origin,
                              bool is_signed);
void dns_tree_remove(struct dns_tree *tree, const ldns_rdf *origin);
/* The deepest zone that encloses name; the parent's one when is_above and name
 * is an apex (for DS). */
struct dns_zone *dns_tree_find(const struct dns_tree *tree,
                               const ldns_rdf *name, bool is_above);

/* dns_tree_rrset - the records of a type at a name of this zone, with those
 * that are made; empty when there are none. owner: caller, deep. */
ldns_rr_list *dns_tree_rrset(const struct dns_tree *tree,
                             const struct dns_zone *zone, const ldns_rdf *name,
                             ldns_rr_type type);
/* dns_tree_has - name, or one below it, exists in the zone. */
bool dns_tree_has(const struct dns_tree *tree, const struct dns_zone *zone,
                  const ldns_rdf *name);
/* dns_tree_nsec - the NSEC record at, or covering, name. owner: caller. */
ldns_rr *dns_tree_nsec(const struct dns_tree *tree, const struct dns_zone *zone,
                       const ldns_rdf *name);

#endif
