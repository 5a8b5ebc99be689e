#include "rules/sending.h"

bool sending_needs_dmarc(const struct sending *sending)
{
    return sending->key != TRI_YES && sending->bounce == TRI_YES;
}

/* Leading back here is not enough: it must align. */
static enum tri by_reverse_path(const struct sending *sending)
{
    if (sending->bounce != TRI_YES || sending->path_apart == TRI_NO)
        return sending->bounce;
    return sending->path_apart == TRI_YES ? TRI_NO : TRI_UNKNOWN;
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
