/* dns_ask - the world's zones, asked without a network, as a validating
 * resolver would answer; what is asked so is no evidence. */
#ifndef PEER_DNS_ASK_H
#define PEER_DNS_ASK_H

#include "peer/ask.h"
#include "peer/dns.h"

/* Good as long as the dns. */
struct ask dns_ask(struct dns *dns);

#endif
