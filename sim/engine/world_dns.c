#include "engine/world_dns.h"

#include <stdio.h>
#include <string.h>

#include "engine/posture_sts.h"
#include "engine/world_dns_private.h"

enum { DATA_BYTES = 4096 };

enum status world_record_add(struct dns *dns, const char *name,
                             const char *type, struct err *err, const char *fmt,
                             ...)
{
    char data[DATA_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(data, sizeof data, fmt, args);
    va_end(args);
    return dns_record_add(dns, name, type, data, err);
}

enum status world_fault_set(struct dns *dns, const char *name, const char *type,
                            const char *word, struct err *err)
{
    enum dns_fault fault;
    if (!word)
        return ST_OK;
    if (!dns_fault_parse(word, &fault))
        BUG("fault %s", word);
    return dns_fault_set(dns, name, type, fault, err);
}

static const char *below(struct arena *arena, const char *label,
                         const char *domain)
{
    return arena_printf(arena, "%s.%s", label, domain);
}

/* name: where the host's addresses stand. A record is there, or at the alias of
 * it that the MX names (RFC 7672 2.2.3). */
static enum status add_tlsa(const struct zone_settings *z, const char *name,
                            const struct posture_host *host, struct err *err)
{
    const char *here = below(z->arena, "_25._tcp", name);
    const char *alias = below(z->arena, "_25._tcp", host->name);
    enum status status = ST_OK;
    for (const struct posture_tlsa *t = host->tlsa; t && status == ST_OK;
         t = t->next)
        status = world_record_add(z->dns, t->is_at_alias ? alias : here, "TLSA",
                                  err, "%u %u %u %s", t->usage, t->selector,
                                  t->matching, z->association(z->ctx, host, t));
    return status == ST_OK
               ? world_fault_set(z->dns, here, "TLSA", host->tlsa_fault, err)
               : status;
}

/* name: the host's own, or the real one behind its alias. */
static enum status add_host(const struct zone_settings *z, const char *name,
                            const struct posture_host *host, struct err *err)
{
    const char *address = z->address(z->ctx, host->name);
    enum status status = ST_OK;
    if (address)
        status = world_record_add(z->dns, name, "A", err, "%s", address);
    if (status == ST_OK)
        status = world_fault_set(z->dns, name, "A", host->address_fault, err);
    if (status == ST_OK)
        status =
            world_fault_set(z->dns, name, "AAAA", host->address_fault, err);
    return status == ST_OK ? add_tlsa(z, name, host, err) : status;
}

/* The MX name is an alias; the host itself stands beside it. */
static enum status add_alias(const struct zone_settings *z, const char *domain,
                             const struct posture_host *host, struct err *err)
{
    const char *real = below(z->arena, "host", domain);
    enum status status =
        world_record_add(z->dns, host->name, "CNAME", err, "%s.", real);
    return status == ST_OK ? add_host(z, real, host, err) : status;
}

static enum status add_mx_host(const struct zone_settings *z,
                               const struct domain *d,
                               const struct posture_host *host, struct err *err)
{
    enum posture_mx mx = d->posture->mx;
    enum status status = ST_OK;
    if (mx != POSTURE_MX_IMPLICIT)
        status = world_record_add(z->dns, d->name, "MX", err, "%u %s.",
                                  host->preference, host->name);
    if (status != ST_OK || mx == POSTURE_MX_NO_HOST)
        return status;
    if (mx == POSTURE_MX_ALIAS)
        return add_alias(z, d->name, host, err);
    return add_host(z, host->name, host, err);
}

/* What no mail host is, at the best preference of all (TRANSPORT-4). */
static enum status add_beside(const struct zone_settings *z,
                              const struct domain *d, struct err *err)
{
    const struct posture *p = d->posture;
    if (p->mx == POSTURE_MX_DOT)
        return dns_record_add(z->dns, d->name, "MX", "0 .", err);
    const char *address = p->mx == POSTURE_MX_LITERAL && p->hosts
                              ? z->address(z->ctx, p->hosts->name)
                              : NULL;
    return address
               ? world_record_add(z->dns, d->name, "MX", err, "0 %s.", address)
               : ST_OK;
}

static enum status add_mail(const struct zone_settings *z,
                            const struct domain *d, struct err *err)
{
    if (d->posture->mx == POSTURE_MX_NULL)
        return dns_record_add(z->dns, d->name, "MX", "0 .", err);
    enum status status = add_beside(z, d, err);
    for (const struct posture_host *h = d->posture->hosts; h && status == ST_OK;
         h = h->next)
        status = add_mx_host(z, d, h, err);
    for (const struct posture_host *h = d->posture->nta_hosts;
         h && status == ST_OK; h = h->next)
        status = add_host(z, h->name, h, err);
    if (status == ST_OK)
        status =
            world_fault_set(z->dns, d->name, "MX", d->posture->mx_fault, err);
    return status;
}

/* @DOMAIN@ in a text is the domain. */
static const char *fill(struct arena *arena, const char *text,
                        const char *domain)
{
    static const char word[] = "@DOMAIN@";
    const char *at;
    while ((at = strstr(text, word)))
        text = arena_printf(arena, "%.*s%s%s", (int)(at - text), text, domain,
                            at + sizeof word - 1);
    return text;
}

/* MTA-STS: the record, and where the policy is (RFC 8461 3). */
static enum status add_sts(const struct zone_settings *z,
                           const struct domain *d, struct err *err)
{
    const struct posture_sts *sts = d->posture->sts;
    enum status status = ST_OK;
    if (!sts)
        return ST_OK;
    const char *owner = below(z->arena, "_mta-sts", d->name);
    const char *host = below(z->arena, POSTURE_STS_LABEL, d->name);
    const char *address = z->address(z->ctx, host);
    for (const char *const *t = sts->records; *t && status == ST_OK; t++)
        status = world_record_add(z->dns, owner, "TXT", err, "\"%s\"", *t);
    if (status == ST_OK)
        status = world_fault_set(z->dns, owner, "TXT", sts->record_fault, err);
    if (status == ST_OK && address && sts->host != POSTURE_STS_HOST_NO_ADDRESS)
        status = world_record_add(z->dns, host, "A", err, "%s", address);
    return status;
}

static enum status add_texts(const struct zone_settings *z,
                             const struct domain *d, struct err *err)
{
    enum status status = ST_OK;
    for (const char *const *t = d->posture->txt; t && *t && status == ST_OK;
         t++)
        status = world_record_add(z->dns, d->name, "TXT", err, "\"%s\"",
                                  fill(z->arena, *t, d->name));
    return status == ST_OK ? world_fault_set(z->dns, d->name, "TXT",
                                             d->posture->txt_fault, err)
                           : status;
}

/* A zone of the hosts' own, where they have one. */
static enum status add_host_zone(const struct zone_settings *z,
                                 const struct domain *d, struct err *err)
{
    enum posture_host_zone zone = d->posture->host_zone;
    if (zone == POSTURE_HOST_ZONE_SAME)
        return ST_OK;
    return dns_zone_add(
        z->dns, arena_printf(z->arena, POSTURE_ZONE_PREFIX "%s", d->name),
        zone == POSTURE_HOST_ZONE_SECURE, err);
}

enum status world_zone_add(const struct zone_settings *settings,
                           const struct domain *domain, struct err *err)
{
    enum posture_dns answer = domain->posture->dns;
    if (answer == POSTURE_DNS_NO_DOMAIN)
        return ST_OK;
    bool is_signed = answer != POSTURE_DNS_INSECURE &&
                     (!settings->organization ||
                      world_sending_is_signed(settings->organization));
    enum status status =
        dns_zone_add(settings->dns, domain->name, is_signed, err);
    if (status == ST_OK)
        status = add_host_zone(settings, domain, err);
    if (status == ST_OK)
        status = add_texts(settings, domain, err);
    if (status == ST_OK)
        status = add_sts(settings, domain, err);
    if (status == ST_OK)
        status = add_mail(settings, domain, err);
    if (status == ST_OK && settings->organization)
        status = world_sending_add(settings, domain, err);
    return status == ST_OK ? status : err_wrap(err, "%s", domain->name);
}

enum status world_spf_add(struct dns *dns, const char *domain, const char *text,
                          struct err *err)
{
    if (strcmp(text, "none") == 0)
        return ST_OK;
    if (strcmp(text, "servfail") == 0)
        return dns_fault_set(dns, domain, "TXT", DNS_FAULT_SERVFAIL, err);
    return world_record_add(dns, domain, "TXT", err, "\"%s\"", text);
}
