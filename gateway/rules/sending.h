/* sending - the DNS settings of a sending domain (MAIL-2): what follows from
 * its key records and its zivverbounce alias for a mail whose From is there.
 *
 * Pure: the caller looks up; TRI_UNKNOWN is a look-up that failed. DMARC
 * alignment as rules/alignment says; a signature is always by the From domain
 * itself, so that adkim= makes no difference. */
#ifndef RULES_SENDING_H
#define RULES_SENDING_H

#include "base/status.h"
#include "rules/decide.h"

struct sending {
    enum tri key;        /* a key of ours is published for the From domain */
    enum tri bounce;     /* its zivverbounce is the return-path host */
    enum tri path_apart; /* its zivverbounce does not align; see below */
};

/* sending_needs_dmarc - path_apart is looked at: alignment hangs on a
 * reverse-path below the From domain. */
bool sending_needs_dmarc(const struct sending *sending);

/* sending_alignment - ALIGNED by signature or by reverse-path; UNKNOWN where
 * neither is certain and one may be (ORDER-5). */
enum sender_dns sending_alignment(const struct sending *sending);

#endif
