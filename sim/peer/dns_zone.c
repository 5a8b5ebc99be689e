#include "peer/dns_zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "peer/dns_sign.h"

static bool same(const ldns_rdf *a, const ldns_rdf *b)
{
    return ldns_rdf_size(a) == ldns_rdf_size(b) &&
           (!memcmp(ldns_rdf_data(a), ldns_rdf_data(b), ldns_rdf_size(a)) ||
            ldns_dname_compare(a, b) == 0);
}

/* In octets, where case counts for nothing: most names end otherwise. */
static bool may_end_with(const ldns_rdf *name, const ldns_rdf *origin)
{
    size_t n = ldns_rdf_size(name), end = ldns_rdf_size(origin);
    if (end > n)
        return false;
    const uint8_t *tail = ldns_rdf_data(name) + (n - end);
    for (size_t i = 0; i < end; i++)
        if ((tail[i] ^ ldns_rdf_data(origin)[i]) & ~0x20)
            return false;
    return true;
}

static bool encloses(const ldns_rdf *origin, const ldns_rdf *name)
{
    return may_end_with(name, origin) &&
           (same(origin, name) || ldns_dname_is_subdomain(name, origin));
}

static bool is_root(const ldns_rdf *name)
{
    return ldns_rdf_size(name) == 1;
}

/* --- The tree --- */

static struct dns_zone *zone_at(const struct dns_tree *tree,
                                const ldns_rdf *origin)
{
    struct dns_zone *zone = tree->zones;
    while (zone && !same(zone->origin, origin))
        zone = zone->next;
    return zone;
}

struct dns_zone *dns_tree_add(struct dns_tree *tree, const ldns_rdf *origin,
                              bool is_signed)
{
    struct dns_zone *zone = zone_at(tree, origin);
    if (!zone) {
        zone = xcalloc(1, sizeof *zone);
        zone->origin = ldns_rdf_clone(origin);
        zone->records = ldns_rr_list_new();
        zone->next = tree->zones;
        tree->zones = zone;
    }
    zone->is_signed = is_signed;
    return zone;
}

static void unlink_zone(struct dns_zone **link)
{
    struct dns_zone *zone = *link;
    *link = zone->next;
    ldns_rdf_deep_free(zone->origin);
    ldns_rr_list_deep_free(zone->records);
    free(zone);
}

void dns_tree_remove(struct dns_tree *tree, const ldns_rdf *origin)
{
    for (struct dns_zone **link = &tree->zones; *link; link = &(*link)->next)
        if (same((*link)->origin, origin) && !is_root(origin)) {
            unlink_zone(link);
            return;
        }
}

void dns_tree_init(struct dns_tree *tree)
{
    ldns_rdf *root = ldns_dname_new_frm_str(".");
    tree->zones = NULL;
    dns_tree_add(tree, root, true);
    ldns_rdf_deep_free(root);
}

void dns_tree_release(struct dns_tree *tree)
{
    while (tree->zones)
        unlink_zone(&tree->zones);
}

struct dns_zone *dns_tree_find(const struct dns_tree *tree,
                               const ldns_rdf *name, bool is_above)
{
    struct dns_zone *best = NULL;
    for (struct dns_zone *zone = tree->zones; zone; zone = zone->next) {
        if (!encloses(zone->origin, name))
            continue;
        if (is_above && same(zone->origin, name) && !is_root(name))
            continue;
        if (!best || encloses(best->origin, zone->origin))
            best = zone;
    }
    return best;
}

/* Whether child is delegated in zone itself, not further below. */
static bool is_delegated(const struct dns_tree *tree,
                         const struct dns_zone *zone,
                         const struct dns_zone *child)
{
    return child != zone && dns_tree_find(tree, child->origin, true) == zone;
}

/* --- Records --- */

static void push_text(ldns_rr_list *list, const char *text)
{
    ldns_rr *rr = NULL;
    if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) != LDNS_STATUS_OK)
        BUG("no record from '%s'", text);
    ldns_rr_list_push_rr(list, rr);
}

static void push_made(ldns_rr_list *list, const ldns_rdf *origin,
                      ldns_rr_type type)
{
    char *name = ldns_rdf2str(origin);
    const char *dot = is_root(origin) ? "" : ".";
    char *text =
        type == LDNS_RR_TYPE_NS
            ? xasprintf("%s 0 IN NS ns%s%s", name, dot, name)
            : xasprintf("%s 0 IN SOA ns%s%s hostmaster%s%s 1 3600 600 86400 0",
                        name, dot, name, dot, name);
    push_text(list, text);
    free(text);
    LDNS_FREE(name);
}

static void push_apex(ldns_rr_list *list, const struct dns_zone *zone,
                      ldns_rr_type type)
{
    if (type == LDNS_RR_TYPE_SOA || type == LDNS_RR_TYPE_NS)
        push_made(list, zone->origin, type);
    if (type == LDNS_RR_TYPE_DNSKEY && zone->is_signed)
        ldns_rr_list_push_rr(list,
                             dns_sign_dnskey(zone->origin, DNS_KEY_TTL_S));
}

static void push_delegation(ldns_rr_list *list, const struct dns_zone *child,
                            ldns_rr_type type)
{
    if (type == LDNS_RR_TYPE_NS)
        push_made(list, child->origin, type);
    if (type == LDNS_RR_TYPE_DS && child->is_signed)
        ldns_rr_list_push_rr(list, dns_sign_ds(child->origin, DNS_KEY_TTL_S));
}

ldns_rr_list *dns_tree_rrset(const struct dns_tree *tree,
                             const struct dns_zone *zone, const ldns_rdf *name,
                             ldns_rr_type type)
{
    ldns_rr_list *list = ldns_rr_list_new();
    struct dns_zone *at = zone_at(tree, name);
    if (at == zone)
        push_apex(list, zone, type);
    else if (at && is_delegated(tree, zone, at))
        push_delegation(list, at, type);
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(zone->records, i);
        if (ldns_rr_get_type(rr) == type && same(ldns_rr_owner(rr), name))
            ldns_rr_list_push_rr(list, ldns_rr_clone(rr));
    }
    return list;
}

/* --- Names --- */

/* Calls are made with each name that exists: the apex, owners, delegations. */
struct names {
    const struct dns_tree *tree;
    const struct dns_zone *zone;
    size_t record;               /* next record to give */
    const struct dns_zone *next; /* next zone to look at */
};

static const ldns_rdf *names_next(struct names *names)
{
    const ldns_rr_list *records = names->zone->records;
    if (names->record < ldns_rr_list_rr_count(records))
        return ldns_rr_owner(ldns_rr_list_rr(records, names->record++));
    while (names->next) {
        const struct dns_zone *zone = names->next;
        names->next = zone->next;
        if (zone == names->zone || is_delegated(names->tree, names->zone, zone))
            return zone->origin;
    }
    return NULL;
}

static struct names names_of(const struct dns_tree *tree,
                             const struct dns_zone *zone)
{
    return (struct names){tree, zone, 0, tree->zones};
}

bool dns_tree_has(const struct dns_tree *tree, const struct dns_zone *zone,
                  const ldns_rdf *name)
{
    struct names names = names_of(tree, zone);
    for (const ldns_rdf *one; (one = names_next(&names));)
        if (encloses(name, one))
            return true;
    return false;
}

/* The greatest name that is not after `name`: at least the apex. */
static const ldns_rdf *name_before(const struct dns_tree *tree,
                                   const struct dns_zone *zone,
                                   const ldns_rdf *name)
{
    const ldns_rdf *best = zone->origin;
    struct names names = names_of(tree, zone);
    for (const ldns_rdf *one; (one = names_next(&names));)
        if (ldns_dname_compare(one, name) <= 0 &&
            ldns_dname_compare(one, best) > 0)
            best = one;
    return best;
}

/* The least name after `name`; after the last one it is the apex again. */
static const ldns_rdf *name_after(const struct dns_tree *tree,
                                  const struct dns_zone *zone,
                                  const ldns_rdf *name)
{
    const ldns_rdf *best = NULL;
    struct names names = names_of(tree, zone);
    for (const ldns_rdf *one; (one = names_next(&names));)
        if (ldns_dname_compare(one, name) > 0 &&
            (!best || ldns_dname_compare(one, best) < 0))
            best = one;
    return best ? best : zone->origin;
}

enum { TYPES_MAX = 64 };

static void add_type(ldns_rr_type *types, size_t *count, ldns_rr_type type)
{
    for (size_t i = 0; i < *count; i++)
        if (types[i] == type)
            return;
    if (*count < TYPES_MAX)
        types[(*count)++] = type;
}

static size_t types_at(const struct dns_tree *tree, const struct dns_zone *zone,
                       const ldns_rdf *name, ldns_rr_type *types)
{
    size_t count = 0;
    const struct dns_zone *at = zone_at(tree, name);
    add_type(types, &count, LDNS_RR_TYPE_RRSIG);
    add_type(types, &count, LDNS_RR_TYPE_NSEC);
    if (at)
        add_type(types, &count, LDNS_RR_TYPE_NS);
    if (at == zone) {
        add_type(types, &count, LDNS_RR_TYPE_SOA);
        add_type(types, &count, LDNS_RR_TYPE_DNSKEY);
    } else if (at && at->is_signed) {
        add_type(types, &count, LDNS_RR_TYPE_DS);
    }
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(zone->records, i);
        if (same(ldns_rr_owner(rr), name))
            add_type(types, &count, ldns_rr_get_type(rr));
    }
    return count;
}

ldns_rr *dns_tree_nsec(const struct dns_tree *tree, const struct dns_zone *zone,
                       const ldns_rdf *name)
{
    const ldns_rdf *owner = name_before(tree, zone, name);
    const ldns_rdf *next = name_after(tree, zone, owner);
    ldns_rr_type types[TYPES_MAX];
    size_t count = types_at(tree, zone, owner, types);
    ldns_rr *rr = ldns_rr_new();
    ldns_rr_set_type(rr, LDNS_RR_TYPE_NSEC);
    ldns_rr_set_owner(rr, ldns_rdf_clone(owner));
    ldns_rr_set_ttl(rr, 0);
    ldns_rr_push_rdf(rr, ldns_rdf_clone(next));
    ldns_rr_push_rdf(
        rr, ldns_dnssec_create_nsec_bitmap(types, count, LDNS_RR_TYPE_NSEC));
    return rr;
}
