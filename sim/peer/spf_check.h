/* spf_check - what a strict receiver makes of SPF (RFC 7208 check_host): its
 * own small reading, IPv4 clients alone, for evidence.
 *
 * Knows all mechanisms but ptr (which never matches) and of macros %{d}, %{i},
 * %{s}, %{l}, %{o}, %{h}, without transformers. */
#ifndef PEER_SPF_CHECK_H
#define PEER_SPF_CHECK_H

#include "peer/ask.h"

struct spf_client {
    const char *address; /* "127.65.3.1" */
    const char *helo;
    const char *sender; /* of MAIL FROM; "": postmaster at the EHLO name */
};

/* spf_check - "pass", "fail", "softfail", "neutral", "none", "permerror" or
 * "temperror" (RFC 8601 2.7.2); the domain that was asked is *domain_out. */
const char *spf_check(struct arena *arena, const struct ask *ask,
                      const struct spf_client *client, const char **domain_out);

#endif
