/* dns_answer - the reply to one query, as a resolver that has looked up all
 * there is would give it: aliases followed, denials proved. */
#ifndef PEER_DNS_ANSWER_H
#define PEER_DNS_ANSWER_H

#include <ldns/ldns.h>

#include "peer/dns.h"
#include "peer/dns_zone.h"

struct dns_fault_at {
    ldns_rdf *name;
    ldns_rr_type type; /* 0: any */
    enum dns_fault fault;
    struct dns_fault_at *next;
};

struct dns_world {
    struct dns_tree tree;
    struct dns_fault_at *faults;
    int64_t now_s;
    bool clock_runs; /* the real one, whatever now_s says */
};

enum dns_fault dns_world_fault(const struct dns_world *world,
                               const ldns_rdf *name, ldns_rr_type type);

/* dns_answer - the reply to a query with one question. owner: caller. NULL: no
 * reply is to be sent. */
ldns_pkt *dns_answer(const struct dns_world *world, const ldns_pkt *query);

#endif
