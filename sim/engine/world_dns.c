#include "engine/world_dns.h"

#include <stdio.h>
#include <string.h>

enum { DATA_BYTES = 1024 };

static enum status add(struct dns *dns, const char *name, const char *type,
                       struct err *err, const char *fmt, ...) PRINTF_LIKE(5, 6);
static enum status add(struct dns *dns, const char *name, const char *type,
                       struct err *err, const char *fmt, ...)
{
    char data[DATA_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(data, sizeof data, fmt, args);
    va_end(args);
    return dns_record_add(dns, name, type, data, err);
}

static const char *below(struct arena *arena, const char *label,
                         const char *domain)
{
    return arena_printf(arena, "%s.%s", label, domain);
}

static enum status add_host(const struct zone_settings *z, const char *name,
                            const struct posture_host *host, struct err *err)
{
    const char *address = z->address(z->ctx, host->name);
    return address ? add(z->dns, name, "A", err, "%s", address) : ST_OK;
}

/* The MX name is an alias; the host itself stands beside it. */
static enum status add_alias(const struct zone_settings *z, const char *domain,
                             const struct posture_host *host, struct err *err)
{
    const char *real = below(z->arena, "host", domain);
    enum status status = add(z->dns, host->name, "CNAME", err, "%s.", real);
    return status == ST_OK ? add_host(z, real, host, err) : status;
}

static enum status add_mx_host(const struct zone_settings *z,
                               const struct domain *d,
                               const struct posture_host *host, struct err *err)
{
    enum posture_mx mx = d->posture->mx;
    enum status status = ST_OK;
    if (mx != POSTURE_MX_IMPLICIT)
        status = add(z->dns, d->name, "MX", err, "%u %s.", host->preference,
                     host->name);
    if (status != ST_OK || mx == POSTURE_MX_NO_HOST)
        return status;
    if (mx == POSTURE_MX_ALIAS)
        return add_alias(z, d->name, host, err);
    return add_host(z, host->name, host, err);
}

static enum status add_mail(const struct zone_settings *z,
                            const struct domain *d, struct err *err)
{
    enum status status = ST_OK;
    if (d->posture->mx == POSTURE_MX_NULL)
        return dns_record_add(z->dns, d->name, "MX", "0 .", err);
    for (const struct posture_host *h = d->posture->hosts; h && status == ST_OK;
         h = h->next)
        status = add_mx_host(z, d, h, err);
    if (status == ST_OK && d->posture->dns == POSTURE_DNS_MX_BOGUS)
        status = dns_fault_set(z->dns, d->name, "MX", DNS_FAULT_BOGUS, err);
    if (status == ST_OK && d->posture->dns == POSTURE_DNS_MX_SERVFAIL)
        status = dns_fault_set(z->dns, d->name, "MX", DNS_FAULT_SERVFAIL, err);
    return status;
}

/* The DNS settings of a sending domain (MAIL-2). */
static enum status add_sending(const struct zone_settings *z,
                               const char *domain, struct err *err)
{
    const char *keys = below(z->arena, "_domainkey", domain);
    enum status status = ST_OK;
    if (!z->has_spf)
        status = add(z->dns, domain, "TXT", err, "\"v=spf1 a:%s -all\"",
                     z->gateway_host);
    if (status == ST_OK)
        status = add(z->dns, below(z->arena, "_dmarc", domain), "TXT", err,
                     "\"v=DMARC1; p=reject; adkim=r; aspf=r\"");
    if (status == ST_OK)
        status = add(z->dns, below(z->arena, "zivverbounce", domain), "CNAME",
                     err, "%s.", z->gateway_host);
    for (const struct key_record *k = z->organization->key_records;
         k && status == ST_OK; k = k->next)
        status = add(z->dns, below(z->arena, k->selector, keys), "TXT", err,
                     "\"%s\"", k->txt);
    return status;
}

enum status world_zone_add(const struct zone_settings *settings,
                           const struct domain *domain, struct err *err)
{
    enum posture_dns answer = domain->posture->dns;
    if (answer == POSTURE_DNS_NO_DOMAIN)
        return ST_OK;
    enum status status = dns_zone_add(settings->dns, domain->name,
                                      answer != POSTURE_DNS_INSECURE, err);
    if (status == ST_OK)
        status = add_mail(settings, domain, err);
    if (status == ST_OK && settings->organization)
        status = add_sending(settings, domain->name, err);
    return status == ST_OK ? status : err_wrap(err, "%s", domain->name);
}

enum status world_spf_add(struct dns *dns, const char *domain, const char *text,
                          struct err *err)
{
    if (strcmp(text, "none") == 0)
        return ST_OK;
    if (strcmp(text, "servfail") == 0)
        return dns_fault_set(dns, domain, "TXT", DNS_FAULT_SERVFAIL, err);
    return add(dns, domain, "TXT", err, "\"%s\"", text);
}

enum status world_zone_gateway(struct dns *dns, const char *gateway_host,
                               const char *portal, const char *address,
                               struct err *err)
{
    const char *dot = strchr(gateway_host, '.');
    enum status status =
        dns_zone_add(dns, dot ? dot + 1 : gateway_host, true, err);
    if (status == ST_OK)
        status = add(dns, gateway_host, "A", err, "%s", address);
    if (status == ST_OK)
        status = add(dns, gateway_host, "MX", err, "10 %s.", gateway_host);
    if (status == ST_OK)
        status = add(dns, portal, "A", err, "%s", address);
    return status;
}
