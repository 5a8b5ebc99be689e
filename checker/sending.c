#include "checker/sending.h"

#include <string.h>

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* The scenario's world answers, not its name servers. */
static enum ask_answer look_up(void *ctx, struct arena *arena, const char *name,
                               const char *type, const char *const **texts_out)
{
    static const char prefix[] = "_dmarc.";
    const struct world_spec *world = ctx;
    const char **texts = arena_alloc(arena, 2 * sizeof *texts);
    bool asked = is(type, "TXT") && strncmp(name, prefix, 7) == 0;
    texts[0] = asked ? world_dmarc(world, name + 7) : "none";
    texts[1] = NULL;
    *texts_out = texts;
    return is(texts[0], "none")       ? ASK_ANSWER_NONE
           : is(texts[0], "servfail") ? ASK_ANSWER_FAILED
                                      : ASK_ANSWER_FOUND;
}

/* As a receiver would judge mail that only its return path speaks for. */
static struct sending_dmarc dmarc_of(const struct world_spec *world,
                                     const char *domain,
                                     enum dmarc_discovery by)
{
    struct arena *arena = arena_create();
    struct ask ask = {look_up, (void *)(uintptr_t)world};
    struct dmarc_message message = {
        .from_domain = domain,
        .spf = {arena_printf(arena, "zivverbounce.%s", domain), true}};
    struct dmarc_verdict v;
    dmarc_check(arena, &ask, by, &message, &v);
    bool unread = is(v.result, "temperror");
    struct sending_dmarc out = {
        .is_recorded = !unread && !is(v.result, "none"),
        .is_unread = unread,
        .has_path = v.is_spf_aligned,
        .is_enforced = !v.is_partial &&
                       (is(v.policy, "quarantine") || is(v.policy, "reject"))};
    arena_destroy(&arena);
    return out;
}

static enum sending_dns alignment(const struct sending *s,
                                  const struct sending_dns_words *w)
{
    const struct sending_dmarc *d = &s->dmarc[s->discovery];
    bool hidden = is(w->bounce, "servfail");
    if (sending_aligns(s, s->discovery))
        return SENDING_DNS_ALIGNED;
    if (is(w->dkim, "servfail"))
        return SENDING_DNS_UNKNOWN;
    if ((s->has_bounce || hidden) && (d->is_unread || (hidden && d->has_path)))
        return SENDING_DNS_UNKNOWN;
    return SENDING_DNS_MISSING;
}

bool sending_aligns(const struct sending *sending, enum dmarc_discovery by)
{
    return sending->has_ed25519 || sending->has_rsa ||
           (sending->has_bounce && sending->dmarc[by].has_path);
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
    s.discovery =
        is(world_setting(world, "dmarc_discovery", "rfc7489"), "rfc9989")
            ? DMARC_DISCOVERY_WALK
            : DMARC_DISCOVERY_PSL;
    for (unsigned by = 0; by < 2; by++)
        s.dmarc[by] = dmarc_of(world, domain, (enum dmarc_discovery)by);
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
