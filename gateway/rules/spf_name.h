/* spf_name - domain names as SPF makes them: octets with dots between labels,
 * not yet known to be possible. Pure; of rules/spf alone. */
#ifndef RULES_SPF_NAME_H
#define RULES_SPF_NAME_H

#include "base/alloc.h"
#include "rules/ip.h"

/* spf_name_fit - a final dot goes, and labels at the left until 253 octets are
 * left (RFC 7208 7.3); false: no name that the DNS can be asked for. */
bool spf_name_fit(struct slice *name);
/* spf_name_is_full - it has several labels and is no address literal (RFC 7208
 * 4.3). */
bool spf_name_is_full(struct slice name);
/* spf_name_text - in presentation format (RFC 1035 5.1). */
char *spf_name_text(struct arena *arena, struct slice name);
/* spf_name_is_within - it is the domain, or below it. */
bool spf_name_is_within(struct slice name, struct slice domain);
/* spf_name_of_ip - "1.2.0.192", nibbles for IPv6: the %{i} macro. */
char *spf_name_of_ip(struct arena *arena, const struct ip *ip);
/* spf_name_reverse - "1.2.0.192.in-addr.arpa". */
char *spf_name_reverse(struct arena *arena, const struct ip *ip);

#endif
