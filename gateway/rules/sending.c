#include "rules/sending.h"

bool sending_needs_dmarc(const struct sending *sending)
{
    return sending->key != TRI_YES && sending->bounce == TRI_YES;
}

/* zivverbounce.DOMAIN lies below DOMAIN: aligned unless aspf=s. */
static enum tri by_reverse_path(const struct sending *sending)
{
    if (sending->bounce != TRI_YES || sending->spf_strict == TRI_NO)
        return sending->bounce;
    return sending->spf_strict == TRI_YES ? TRI_NO : TRI_UNKNOWN;
}

enum sender_dns sending_alignment(const struct sending *sending)
{
    enum tri path = by_reverse_path(sending);
    if (sending->key == TRI_YES || path == TRI_YES)
        return SENDER_DNS_ALIGNED;
    return sending->key == TRI_UNKNOWN || path == TRI_UNKNOWN
               ? SENDER_DNS_UNKNOWN
               : SENDER_DNS_MISSING;
}
