#include "peer/dns_answer.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "peer/dns_sign.h"

enum { ALIASES_MAX = 8 };

/* One reply in the making. */
struct answer {
    const struct dns_world *world;
    ldns_pkt *reply;
    bool wants_dnssec;
    enum dns_fault fault; /* of the name that is looked at */
    bool asks_validated;  /* the client takes the resolver's word for DNSSEC */
    bool is_secure;       /* so far */
};

enum dns_fault dns_world_fault(const struct dns_world *world,
                               const ldns_rdf *name, ldns_rr_type type)
{
    enum dns_fault found = DNS_FAULT_NONE;
    for (const struct dns_fault_at *f = world->faults; f; f = f->next) {
        if (ldns_dname_compare(f->name, name))
            continue;
        if (f->type == type)
            return f->fault;
        if (!f->type)
            found = f->fault;
    }
    return found;
}

static int64_t now_s(const struct dns_world *world)
{
    return world->clock_runs ? clock_wall_s() : world->now_s;
}

/* Takes the list over; an empty one adds nothing. */
static void add_rrset(struct answer *a, const struct dns_zone *zone,
                      ldns_pkt_section section, ldns_rr_list *rrset)
{
    size_t n = ldns_rr_list_rr_count(rrset);
    ldns_rr *rrsig = NULL;
    if (n && zone->is_signed && a->wants_dnssec)
        rrsig = dns_sign(rrset, zone->origin, now_s(a->world), a->fault);
    for (size_t i = 0; i < n; i++)
        ldns_pkt_push_rr(a->reply, section, ldns_rr_list_rr(rrset, i));
    if (rrsig)
        ldns_pkt_push_rr(a->reply, section, rrsig);
    ldns_rr_list_free(rrset);
}

/* --- Denials --- */

static void add_nsec(struct answer *a, const struct dns_zone *zone,
                     const ldns_rdf *name)
{
    if (!zone->is_signed || !a->wants_dnssec)
        return;
    ldns_rr *nsec = dns_tree_nsec(&a->world->tree, zone, name);
    ldns_rr_list *old = ldns_pkt_authority(a->reply);
    for (size_t i = 0; i < ldns_rr_list_rr_count(old); i++)
        if (!ldns_rr_compare(ldns_rr_list_rr(old, i), nsec)) {
            ldns_rr_free(nsec);
            return; /* one record proves both */
        }
    ldns_rr_list *one = ldns_rr_list_new();
    ldns_rr_list_push_rr(one, nsec);
    add_rrset(a, zone, LDNS_SECTION_AUTHORITY, one);
}

static void add_soa(struct answer *a, const struct dns_zone *zone)
{
    add_rrset(
        a, zone, LDNS_SECTION_AUTHORITY,
        dns_tree_rrset(&a->world->tree, zone, zone->origin, LDNS_RR_TYPE_SOA));
}

/* RFC 4035 3.1.3.2: the name is not there, nor is a wildcard for it. */
static void deny_name(struct answer *a, const struct dns_zone *zone,
                      const ldns_rdf *name)
{
    ldns_pkt_set_rcode(a->reply, LDNS_RCODE_NXDOMAIN);
    add_soa(a, zone);
    add_nsec(a, zone, name);
    ldns_rdf *encloser = ldns_dname_left_chop(name);
    while (encloser && !dns_tree_has(&a->world->tree, zone, encloser)) {
        ldns_rdf *above = ldns_dname_left_chop(encloser);
        ldns_rdf_deep_free(encloser);
        encloser = above;
    }
    if (!encloser)
        return;
    ldns_rdf *wildcard = ldns_dname_new_frm_str("*");
    ldns_dname_cat(wildcard, encloser);
    add_nsec(a, zone, wildcard);
    ldns_rdf_deep_free(wildcard);
    ldns_rdf_deep_free(encloser);
}

static void deny_type(struct answer *a, const struct dns_zone *zone,
                      const ldns_rdf *name)
{
    add_soa(a, zone);
    add_nsec(a, zone, name);
}

/* --- Looking up --- */

/* Signed, and so is all above it. */
static bool is_secure_zone(const struct dns_tree *tree,
                           const struct dns_zone *zone)
{
    while (zone->is_signed && ldns_rdf_size(zone->origin) > 1)
        zone = dns_tree_find(tree, zone->origin, true);
    return zone->is_signed;
}

static bool is_bogus(enum dns_fault fault)
{
    return fault == DNS_FAULT_BOGUS || fault == DNS_FAULT_EXPIRED ||
           fault == DNS_FAULT_UNSIGNED;
}

/* Answers the alias's target (owner: caller), or NULL when it is done. */
static ldns_rdf *look_up(struct answer *a, const ldns_rdf *name,
                         ldns_rr_type type)
{
    const struct dns_tree *tree = &a->world->tree;
    const struct dns_zone *zone =
        dns_tree_find(tree, name, type == LDNS_RR_TYPE_DS);
    a->fault = dns_world_fault(a->world, name, type);
    a->is_secure &= is_secure_zone(tree, zone);
    if (a->fault == DNS_FAULT_SERVFAIL ||
        (a->asks_validated && a->is_secure && is_bogus(a->fault))) {
        ldns_pkt_set_rcode(a->reply, LDNS_RCODE_SERVFAIL);
        return NULL;
    }
    if (a->fault == DNS_FAULT_NXDOMAIN) {
        deny_name(a, zone, name);
        return NULL;
    }
    ldns_rr_list *rrset = dns_tree_rrset(tree, zone, name, type);
    if (ldns_rr_list_rr_count(rrset)) {
        add_rrset(a, zone, LDNS_SECTION_ANSWER, rrset);
        return NULL;
    }
    ldns_rr_list_free(rrset);
    ldns_rr_list *alias = dns_tree_rrset(tree, zone, name, LDNS_RR_TYPE_CNAME);
    if (ldns_rr_list_rr_count(alias)) {
        ldns_rdf *target =
            ldns_rdf_clone(ldns_rr_rdf(ldns_rr_list_rr(alias, 0), 0));
        add_rrset(a, zone, LDNS_SECTION_ANSWER, alias);
        return target;
    }
    ldns_rr_list_free(alias);
    if (dns_tree_has(tree, zone, name))
        deny_type(a, zone, name);
    else
        deny_name(a, zone, name);
    return NULL;
}

static void follow(struct answer *a, const ldns_rdf *name, ldns_rr_type type)
{
    ldns_rdf *at = ldns_rdf_clone(name);
    for (int i = 0; at && i < ALIASES_MAX; i++) {
        ldns_rdf *target = look_up(a, at, type);
        ldns_rdf_deep_free(at);
        at = target;
        if (at)
            ldns_dname2canonical(at);
    }
    if (at)
        ldns_rdf_deep_free(at);
    if (ldns_pkt_get_rcode(a->reply) == LDNS_RCODE_SERVFAIL) {
        /* A failure tells nothing else. */
        ldns_rr_list *answer = ldns_pkt_answer(a->reply);
        while (ldns_rr_list_rr_count(answer))
            ldns_rr_free(ldns_rr_list_pop_rr(answer));
        ldns_pkt_set_ancount(a->reply, 0);
    }
}

ldns_pkt *dns_answer(const struct dns_world *world, const ldns_pkt *query)
{
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    ldns_rr_type type = ldns_rr_get_type(question);
    ldns_rdf *name = ldns_rdf_clone(ldns_rr_owner(question));
    ldns_dname2canonical(name);
    struct answer a = {.world = world,
                       .wants_dnssec = ldns_pkt_edns_do(query),
                       .asks_validated =
                           ldns_pkt_ad(query) && !ldns_pkt_cd(query),
                       .is_secure = true};
    if (dns_world_fault(world, name, type) != DNS_FAULT_SILENT) {
        a.reply = ldns_pkt_new();
        ldns_pkt_set_id(a.reply, ldns_pkt_id(query));
        ldns_pkt_set_qr(a.reply, true);
        ldns_pkt_set_rd(a.reply, ldns_pkt_rd(query));
        ldns_pkt_set_ra(a.reply, true);
        ldns_pkt_set_cd(a.reply, ldns_pkt_cd(query));
        if (ldns_pkt_edns(query))
            ldns_pkt_set_edns_udp_size(a.reply, 1232);
        ldns_pkt_set_edns_do(a.reply, a.wants_dnssec);
        ldns_pkt_push_rr(a.reply, LDNS_SECTION_QUESTION,
                         ldns_rr_clone(question));
        follow(&a, name, type);
        /* RFC 6840 5.7: what a validating resolver says to those who ask. */
        bool fails = ldns_pkt_get_rcode(a.reply) == LDNS_RCODE_SERVFAIL;
        ldns_pkt_set_ad(a.reply, a.asks_validated && a.is_secure && !fails);
    }
    ldns_rdf_deep_free(name);
    return a.reply;
}
