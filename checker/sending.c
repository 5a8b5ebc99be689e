#include "checker/sending.h"

#include <string.h>

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* Relaxed alignment needs the same organizational domain alone; strict the same
 * name, which zivverbounce never has (RFC 7489 3.1). */
static enum sending_dns alignment(const struct sending *s,
                                  const struct sending_dns_words *w)
{
    if (s->has_ed25519 || s->has_rsa)
        return SENDING_DNS_ALIGNED;
    bool strict = is(w->dmarc, "strict"), unread = is(w->dmarc, "servfail");
    bool hidden_bounce = is(w->bounce, "servfail");
    if (s->has_bounce && !strict && !unread)
        return SENDING_DNS_ALIGNED;
    if (is(w->dkim, "servfail") || ((s->has_bounce || hidden_bounce) &&
                                    !strict && (unread || hidden_bounce)))
        return SENDING_DNS_UNKNOWN;
    return SENDING_DNS_MISSING;
}

struct sending sending_of(const struct world_spec *world, const char *domain)
{
    const struct organization *o = world_organization_of(world, domain);
    const struct posture *p = world_posture(world, domain);
    struct sending s = {.dns = SENDING_DNS_MISSING};
    if (!o || !p || p->dns == POSTURE_DNS_NO_DOMAIN)
        return s;
    const struct sending_dns_words *w = &o->dns;
    bool keys = !is(o->nta, "no-dkim");
    s.has_ed25519 = keys && (is(w->dkim, "good") || is(w->dkim, "ed25519"));
    s.has_rsa = keys && (is(w->dkim, "good") || is(w->dkim, "rsa"));
    s.has_bounce = is(w->bounce, "good");
    s.has_dmarc = !is(o->nta, "no-dmarc") && !is(w->dmarc, "none") &&
                  !is(w->dmarc, "servfail");
    s.dns = alignment(&s, w);
    return s;
}

const char *sending_dns_name(enum sending_dns dns)
{
    static const char *const names[] = {[SENDING_DNS_ALIGNED] = "aligned",
                                        [SENDING_DNS_MISSING] = "missing",
                                        [SENDING_DNS_UNKNOWN] = "unknown"};
    return names[dns];
}
