/* What a sending domain publishes (MAIL-2), and its side of NTA 7516 (NTA-1):
 * all of it right, or one thing wrong. */
#include <stdio.h>
#include <string.h>

#include "engine/world_dns.h"
#include "engine/world_dns_private.h"

#define NTA_RIGHT                                                              \
    "v=NTA7516-1;startdate=2019-06;enddate=2099-12;provider=Lasthop"
#define SPF_END_RIGHT "-all"
#define DMARC_RIGHT "v=DMARC1; p=reject; adkim=r; aspf=r"

/* What a word changes; NULL: as it is right. "" is left out. */
struct sending {
    const char *word;
    const char *record, *spf_end, *dmarc;
    bool lacks_keys, has_second_record;
    const char *txt_fault;
};

static const struct sending sendings[] = {
    {.word = "no", .record = ""},
    {.word = "yes"},
    {.word = "not-yet",
     .record =
         "v=NTA7516-1;startdate=2098-01;enddate=2099-12;provider=Lasthop"},
    {.word = "ended",
     .record =
         "v=NTA7516-1;startdate=2019-06;enddate=2022-05;provider=Lasthop"},
    {.word = "invalid",
     .record =
         "v=NTA7516-1;startdate=2019-13;enddate=2099-12;provider=Lasthop"},
    {.word = "legacy",
     .record = "v=NTA7516;version:2019-06;expire:2099-12;provider:Lasthop"},
    {.word = "twice", .has_second_record = true},
    {.word = "insecure"}, /* the zone is not signed */
    {.word = "bogus", .txt_fault = "bogus"},
    {.word = "servfail", .txt_fault = "servfail"},
    {.word = "no-spf", .spf_end = ""},
    {.word = "spf-neutral", .spf_end = "?all"},
    {.word = "spf-soft", .spf_end = "~all"},
    {.word = "no-dkim", .lacks_keys = true},
    {.word = "no-dmarc", .dmarc = ""},
    {.word = "dmarc-none", .dmarc = "v=DMARC1; p=none"},
    {.word = "dmarc-half", .dmarc = "v=DMARC1; p=reject; pct=50"},
    {.word = "dmarc-quarantine", .dmarc = "v=DMARC1; p=quarantine"},
};

static const struct sending *sending_of(const struct organization *o)
{
    for (size_t i = 0; i < sizeof sendings / sizeof *sendings; i++)
        if (strcmp(sendings[i].word, o->nta) == 0)
            return &sendings[i];
    BUG("nta: %s", o->nta);
}

bool world_sending_is_signed(const struct organization *organization)
{
    return strcmp(organization->nta, "insecure") != 0;
}

static enum status add_text(const struct zone_settings *z, const char *name,
                            const char *text, struct err *err)
{
    return *text ? world_record_add(z->dns, name, "TXT", err, "\"%s\"", text)
                 : ST_OK;
}

static enum status add_spf(const struct zone_settings *z, const char *domain,
                           const char *end, struct err *err)
{
    if (!end)
        end = SPF_END_RIGHT;
    if (z->has_spf || !*end)
        return ST_OK;
    return add_text(
        z, domain,
        arena_printf(z->arena, "v=spf1 a:%s %s", z->gateway_host, end), err);
}

static enum status add_keys(const struct zone_settings *z, const char *domain,
                            struct err *err)
{
    enum status status = ST_OK;
    for (const struct key_record *k = z->organization->key_records;
         k && status == ST_OK; k = k->next)
        status = add_text(
            z, arena_printf(z->arena, "%s._domainkey.%s", k->selector, domain),
            k->txt, err);
    return status;
}

/* The domain's posture may publish a record of its own, which then holds. */
static enum status add_record(const struct zone_settings *z,
                              const struct sending *s,
                              const struct domain *domain, struct err *err)
{
    if (domain->posture->txt)
        return ST_OK;
    enum status status =
        add_text(z, domain->name, s->record ? s->record : NTA_RIGHT, err);
    if (status == ST_OK && s->has_second_record)
        status = add_text(z, domain->name, NTA_RIGHT ";second=yes", err);
    if (status == ST_OK && s->txt_fault)
        status =
            world_fault_set(z->dns, domain->name, "TXT", s->txt_fault, err);
    return status;
}

enum status world_sending_add(const struct zone_settings *z,
                              const struct domain *domain, struct err *err)
{
    const struct sending *s = sending_of(z->organization);
    const char *name = domain->name;
    enum status status = add_spf(z, name, s->spf_end, err);
    if (status == ST_OK)
        status = add_text(z, arena_printf(z->arena, "_dmarc.%s", name),
                          s->dmarc ? s->dmarc : DMARC_RIGHT, err);
    if (status == ST_OK)
        status = world_record_add(
            z->dns, arena_printf(z->arena, "zivverbounce.%s", name), "CNAME",
            err, "%s.", z->gateway_host);
    if (status == ST_OK && !s->lacks_keys)
        status = add_keys(z, name, err);
    return status == ST_OK ? add_record(z, s, domain, err) : status;
}
