/* What scenarios set in the name server. Read on in dns_server.c (sockets),
 * dns_answer.c (one reply), dns_zone.c (the data), dns_sign.c (signatures). */
#include "peer/dns.h"

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "peer/dns_private.h"
#include "peer/dns_sign.h"

static const char *const fault_names[] = {
    [DNS_FAULT_NONE] = "none",           [DNS_FAULT_BOGUS] = "bogus",
    [DNS_FAULT_EXPIRED] = "expired",     [DNS_FAULT_UNSIGNED] = "unsigned",
    [DNS_FAULT_SERVFAIL] = "servfail",   [DNS_FAULT_NXDOMAIN] = "nxdomain",
    [DNS_FAULT_TRUNCATED] = "truncated", [DNS_FAULT_SILENT] = "silent",
};
_Static_assert(sizeof fault_names / sizeof *fault_names == DNS_FAULT_COUNT,
               "a name for each fault");

const char *dns_fault_name(enum dns_fault fault)
{
    return fault_names[fault];
}

bool dns_fault_parse(const char *text, enum dns_fault *out)
{
    for (int i = 0; i < DNS_FAULT_COUNT; i++)
        if (!strcmp(text, fault_names[i])) {
            *out = (enum dns_fault)i;
            return true;
        }
    return false;
}

/* --- Life --- */

void dns_prepare(void)
{
    dns_sign_prepare();
}

struct dns *dns_create(struct loop *loop, int64_t now_s)
{
    struct dns *dns = xcalloc(1, sizeof *dns);
    dns->loop = loop;
    dns->udp = dns->tcp = -1;
    dns->arena = arena_create();
    dns_tree_init(&dns->world.tree);
    dns->world.now_s = now_s;
    ldns_rr *ds = dns_sign_ds(dns->world.tree.zones->origin, 0);
    char *text = ldns_rr2str(ds);
    dns->trust_anchor = xasprintf("%.*s", (int)strcspn(text, "\n"), text);
    for (char *p = dns->trust_anchor; *p; p++)
        if (*p == '\t')
            *p = ' ';
    LDNS_FREE(text);
    ldns_rr_free(ds);
    return dns;
}

static void fault_unlink(struct dns_fault_at **link)
{
    struct dns_fault_at *fault = *link;
    *link = fault->next;
    ldns_rdf_deep_free(fault->name);
    free(fault);
}

void dns_destroy(struct dns **dns)
{
    struct dns *d = *dns;
    *dns = NULL;
    if (!d)
        return;
    dns_close(d);
    while (d->world.faults)
        fault_unlink(&d->world.faults);
    dns_tree_release(&d->world.tree);
    arena_destroy(&d->arena);
    free(d->queries);
    free(d->trust_anchor);
    free(d);
}

void dns_set_clock(struct dns *dns, int64_t now_s)
{
    dns->world.now_s = now_s;
}

void dns_follow_real_clock(struct dns *dns)
{
    dns->world.clock_runs = true;
}

const char *dns_trust_anchor(const struct dns *dns)
{
    return dns->trust_anchor;
}

const struct dns_query *dns_queries(const struct dns *dns, size_t *count_out)
{
    *count_out = dns->query_count;
    return dns->queries;
}

/* --- What scenarios set --- */

static ldns_rdf *name_of(const char *text)
{
    ldns_rdf *name = NULL;
    if (ldns_str2rdf_dname(&name, text) != LDNS_STATUS_OK)
        return NULL;
    ldns_dname2canonical(name);
    return name;
}

enum status dns_zone_add(struct dns *dns, const char *name, bool is_signed,
                         struct err *err)
{
    ldns_rdf *origin = name_of(name);
    if (!origin)
        return err_set(err, ST_INVAL, "no domain name: %s", name);
    unsigned labels = ldns_dname_label_count(origin);
    if (labels > 1) {
        ldns_rdf *top = ldns_dname_clone_from(origin, (uint16_t)(labels - 1));
        struct dns_zone *found = dns_tree_find(&dns->world.tree, top, false);
        if (ldns_dname_compare(found->origin, top))
            dns_tree_add(&dns->world.tree, top, true);
        ldns_rdf_deep_free(top);
    }
    dns_tree_add(&dns->world.tree, origin, is_signed);
    ldns_rdf_deep_free(origin);
    return ST_OK;
}

void dns_zone_remove(struct dns *dns, const char *name)
{
    ldns_rdf *origin = name_of(name);
    if (!origin)
        return;
    dns_tree_remove(&dns->world.tree, origin);
    for (struct dns_fault_at **link = &dns->world.faults; *link;)
        if (!ldns_dname_compare((*link)->name, origin) ||
            ldns_dname_is_subdomain((*link)->name, origin))
            fault_unlink(link);
        else
            link = &(*link)->next;
    ldns_rdf_deep_free(origin);
}

enum status dns_record_add(struct dns *dns, const char *name, const char *type,
                           const char *data, struct err *err)
{
    ldns_rdf *owner = name_of(name);
    if (!owner)
        return err_set(err, ST_INVAL, "no domain name: %s", name);
    char *text = xasprintf("%s 0 IN %s %s", ".", type, data);
    ldns_rr *rr = NULL;
    ldns_status status = ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL);
    free(text);
    if (status != LDNS_STATUS_OK) {
        ldns_rdf_deep_free(owner);
        return err_set(err, ST_INVAL, "%s: no %s record: %s (%s)", name, type,
                       data, ldns_get_errorstr_by_id(status));
    }
    ldns_rdf_deep_free(ldns_rr_owner(rr));
    ldns_rr_set_owner(rr, owner);
    ldns_rr2canonical(rr);
    struct dns_zone *zone = dns_tree_find(&dns->world.tree, owner, false);
    if (ldns_rr_list_contains_rr(zone->records, rr))
        ldns_rr_free(rr);
    else
        ldns_rr_list_push_rr(zone->records, rr);
    return ST_OK;
}

void dns_record_remove(struct dns *dns, const char *name, const char *type)
{
    ldns_rdf *owner = name_of(name);
    if (!owner)
        return;
    ldns_rr_type wanted = type ? ldns_get_rr_type_by_name(type) : 0;
    struct dns_zone *zone = dns_tree_find(&dns->world.tree, owner, false);
    ldns_rr_list *kept = ldns_rr_list_new();
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        ldns_rr *rr = ldns_rr_list_rr(zone->records, i);
        bool goes = !ldns_dname_compare(ldns_rr_owner(rr), owner) &&
                    (!type || ldns_rr_get_type(rr) == wanted);
        if (goes)
            ldns_rr_free(rr);
        else
            ldns_rr_list_push_rr(kept, rr);
    }
    ldns_rr_list_free(zone->records);
    zone->records = kept;
    ldns_rdf_deep_free(owner);
}

enum status dns_fault_set(struct dns *dns, const char *name, const char *type,
                          enum dns_fault fault, struct err *err)
{
    ldns_rdf *at = name_of(name);
    if (!at)
        return err_set(err, ST_INVAL, "no domain name: %s", name);
    ldns_rr_type wanted = type ? ldns_get_rr_type_by_name(type) : 0;
    if (type && !wanted) {
        ldns_rdf_deep_free(at);
        return err_set(err, ST_INVAL, "no record type: %s", type);
    }
    for (struct dns_fault_at **link = &dns->world.faults; *link;)
        if ((*link)->type == wanted && !ldns_dname_compare((*link)->name, at))
            fault_unlink(link);
        else
            link = &(*link)->next;
    if (fault == DNS_FAULT_NONE) {
        ldns_rdf_deep_free(at);
        return ST_OK;
    }
    struct dns_fault_at *new = xcalloc(1, sizeof *new);
    *new = (struct dns_fault_at){at, wanted, fault, dns->world.faults};
    dns->world.faults = new;
    return ST_OK;
}

const char *dns_reverse_name(struct arena *arena, const char *address)
{
    struct in_addr in;
    if (inet_pton(AF_INET, address, &in) != 1)
        return NULL;
    uint32_t a = ntohl(in.s_addr);
    return arena_printf(arena, "%u.%u.%u.%u.in-addr.arpa", a & 255,
                        a >> 8 & 255, a >> 16 & 255, a >> 24);
}
