/* packet - one DNS answer in wire form, read for one type. */
#ifndef DNS_PACKET_H
#define DNS_PACKET_H

#include "base/alloc.h"
#include "dns/resolver.h"

/* dns_packet_read - fill outcome, name, alias, failure and records of *answer
 * (security is not touched); texts stand in the arena. answer->name holds the
 * name that was asked. Octets that are no DNS packet: DNS_FAILED. */
void dns_packet_read(struct arena *arena, struct slice octets,
                     enum dns_type type, struct dns_answer *answer);

/* dns_rcode_word - "server failure", "refused", ... RFC 6895 2.3. */
const char *dns_rcode_word(int rcode);

#endif
