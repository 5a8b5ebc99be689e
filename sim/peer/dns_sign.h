/* dns_sign - the one key of all zones, and signatures made with it.
 *
 * Signatures are remembered for the whole process by what they sign and the
 * day, so that the same world is signed once and not for every scenario. */
#ifndef PEER_DNS_SIGN_H
#define PEER_DNS_SIGN_H

#include <ldns/ldns.h>

#include "peer/dns.h"

/* Makes the key, which is otherwise made when it is first wanted. */
void dns_sign_prepare(void);

/* owner: caller, by ldns_rr_free(). */
ldns_rr *dns_sign_dnskey(const ldns_rdf *origin, uint32_t ttl_s);
ldns_rr *dns_sign_ds(const ldns_rdf *origin, uint32_t ttl_s);

/* dns_sign - the RRSIG over one RRset, with the fault that is asked for; NULL
 * for DNS_FAULT_UNSIGNED. owner: caller. */
ldns_rr *dns_sign(const ldns_rr_list *rrset, const ldns_rdf *signer,
                  int64_t now_s, enum dns_fault fault);

/* For tests: how many signatures were really computed so far. */
unsigned long dns_sign_count(void);

#endif
