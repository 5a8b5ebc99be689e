/* What a sending domain publishes (MAIL-2), and its side of NTA 7516 (NTA-1):
 * all of it right, or one thing wrong. */
#include <stdio.h>
#include <string.h>

#include "engine/message_sign.h"
#include "engine/world_dns.h"
#include "engine/world_dns_private.h"

#define NTA_RIGHT                                                              \
    "v=NTA7516-1;startdate=2019-06;enddate=2099-12;provider=Lasthop"
#define SPF_END_RIGHT "-all"

/* What a word changes; NULL: as it is right. "" is left out. */
struct sending {
    const char *word;
    const char *record, *spf_end;
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
    {.word = "no-dmarc"}, /* these: organization_dmarc() */
    {.word = "dmarc-none"},
    {.word = "dmarc-half"},
    {.word = "dmarc-quarantine"},
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

/* A character-string of TXT holds 255 octets at most; a key record has more. */
static enum status add_text(const struct zone_settings *z, const char *name,
                            const char *text, struct err *err)
{
    enum { STRING_MOST = 250 };
    const char *data = "";
    if (!*text)
        return ST_OK;
    for (size_t n = strlen(text), part; n; n -= part, text += part) {
        part = n < STRING_MOST ? n : STRING_MOST;
        data = arena_printf(z->arena, "%s%s\"%.*s\"", data, *data ? " " : "",
                            (int)part, text);
    }
    return dns_record_add(z->dns, name, "TXT", data, err);
}

/* What a word of `dns:` stands for; NULL: not in this list. */
struct meaning {
    const char *word, *text;
};

static const char *meaning_of(const struct meaning *all, const char *word)
{
    while (all->word && strcmp(all->word, word) != 0)
        all++;
    return all->text;
}

static enum status add_spf(const struct zone_settings *z, const char *domain,
                           const char *end, struct err *err)
{
    static const struct meaning ends[] = {
        {"none", ""}, {"soft", "~all"}, {"neutral", "?all"}, {NULL, NULL}};
    const char *asked = meaning_of(ends, z->organization->dns.spf);
    if (asked)
        end = asked;
    if (!end)
        end = SPF_END_RIGHT;
    if (z->has_spf || !*end)
        return ST_OK;
    return add_text(
        z, domain,
        arena_printf(z->arena, "v=spf1 a:%s %s", z->gateway_host, end), err);
}

enum status world_dmarc_add(struct arena *arena, struct dns *dns,
                            const char *domain, const char *text,
                            struct err *err)
{
    const char *name = arena_printf(arena, "_dmarc.%s", domain);
    return world_spf_add(dns, name, text, err);
}

/* What stands at a selector; "" for nothing. */
static const char *key_text(const struct zone_settings *z, const char *domain,
                            enum mailkey_kind kind, const char *word)
{
    static const char *const kinds[] = {
        [MAILKEY_KIND_ED25519] = "ed25519", [MAILKEY_KIND_RSA] = "rsa"};
    bool is_one = strcmp(word, kinds[MAILKEY_KIND_ED25519]) == 0 ||
                  strcmp(word, kinds[MAILKEY_KIND_RSA]) == 0;
    if (strcmp(word, "none") == 0 || (is_one && strcmp(word, kinds[kind]) != 0))
        return "";
    if (strcmp(word, "revoked") == 0) /* RFC 6376 3.6.1: an empty p= */
        return arena_printf(z->arena, "v=DKIM1; k=%s; p=", kinds[kind]);
    if (strcmp(word, "other") == 0) /* nobody here has that one */
        return mailkey_record(z->keys, MAILKEY_KIND_ED25519,
                              "somebody-else.example");
    return mailkey_record(z->keys, kind, domain);
}

static enum status add_keys(const struct zone_settings *z, const char *domain,
                            const char *word, struct err *err)
{
    enum status status = ST_OK;
    for (unsigned kind = 0; kind < MAILKEY_KIND_COUNT && status == ST_OK;
         kind++) {
        const char *name = arena_printf(z->arena, "%s._domainkey.%s",
                                        mailkey_selector(kind), domain);
        status = add_text(z, name, key_text(z, domain, kind, word), err);
        if (status == ST_OK && strcmp(word, "servfail") == 0)
            status = world_fault_set(z->dns, name, NULL, word, err);
    }
    return status;
}

static enum status add_bounce(const struct zone_settings *z, const char *domain,
                              struct err *err)
{
    const char *word = z->organization->dns.bounce;
    const char *name = arena_printf(z->arena, "zivverbounce.%s", domain);
    const char *to = strcmp(word, "wrong") == 0
                         ? "bounce.somebody-else.example"
                         : world_bounce_host(z->arena, z->gateway_host);
    if (strcmp(word, "none") == 0)
        return ST_OK;
    enum status status =
        world_record_add(z->dns, name, "CNAME", err, "%s.", to);
    if (status == ST_OK && strcmp(word, "servfail") == 0)
        status = world_fault_set(z->dns, name, NULL, word, err);
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
    const char *keys = s->lacks_keys ? "none" : z->organization->dns.dkim;
    enum status status = add_spf(z, name, s->spf_end, err);
    if (status == ST_OK)
        status = world_dmarc_add(z->arena, z->dns, name, z->dmarc, err);
    if (status == ST_OK)
        status = add_bounce(z, name, err);
    if (status == ST_OK)
        status = add_keys(z, name, keys, err);
    if (status == ST_OK) /* of the organization's own mail server */
        status = add_text(z,
                          arena_printf(z->arena, "%s._domainkey.%s",
                                       message_own_selector, name),
                          message_own_record(z->arena, z->keys, name), err);
    return status == ST_OK ? add_record(z, s, domain, err) : status;
}

const char *world_bounce_host(struct arena *arena, const char *gateway_host)
{
    return arena_printf(arena, "bounce.%s", gateway_host);
}

static enum status add_gateway_hosts(const struct zone_settings *z,
                                     const char *address, const char *bounces,
                                     const char *portal, struct err *err)
{
    const char *host = z->gateway_host;
    const char *bounce = world_bounce_host(z->arena, host);
    const struct {
        const char *name, *type, *data;
    } records[] = {
        {host, "A", address},
        {host, "MX", arena_printf(z->arena, "10 %s.", host)},
        {arena_printf(z->arena, "portal.%s", host), "A", portal},
        {bounce, "A", bounces},
        {bounce, "MX", arena_printf(z->arena, "10 %s.", bounce)},
    };
    enum status status = ST_OK;
    for (size_t i = 0; i < sizeof records / sizeof *records && status == ST_OK;
         i++)
        status = dns_record_add(z->dns, records[i].name, records[i].type,
                                records[i].data, err);
    return status;
}

enum status world_zone_gateway(const struct zone_settings *z,
                               const char *address, const char *bounces,
                               const char *portal, struct err *err)
{
    const char *host = z->gateway_host, *dot = strchr(host, '.');
    const char *spf = arena_printf(z->arena, "v=spf1 a:%s -all", host);
    enum status status = dns_zone_add(z->dns, dot ? dot + 1 : host, true, err);
    if (status == ST_OK)
        status = add_gateway_hosts(z, address, bounces, portal, err);
    if (status == ST_OK)
        status = add_text(z, host, spf, err);
    if (status == ST_OK)
        status = add_text(z, world_bounce_host(z->arena, host), spf, err);
    if (status == ST_OK)
        status = world_dmarc_add(z->arena, z->dns, host,
                                 "v=DMARC1; p=reject; adkim=r; aspf=r", err);
    return status == ST_OK ? add_keys(z, host, "good", err) : status;
}
