/* Fixtures and a scenario's changes, put together to one world. */
#include <string.h>

#include "engine/read.h"

static void bad_name(struct reading *r, struct place place, const char *met,
                     const char *const *words, const char *what)
{
    diagnostics_add_near(r->list, place, met, words, "no %s `%s`", what, met);
    r->bad = true;
}

const struct account *world_account(const struct world_spec *world,
                                    const char *address)
{
    for (const struct organization *o = world->organizations; o; o = o->next)
        for (const struct account *a = o->accounts; a; a = a->next)
            if (slice_is_nocase(slice_of(a->address), address))
                return a;
    return NULL;
}

static bool claims(const struct organization *o, const char *domain)
{
    for (const char *const *d = o->domains; *d; d++)
        if (slice_is_nocase(slice_of(*d), domain))
            return true;
    return false;
}

const struct organization *world_organization_of(const struct world_spec *world,
                                                 const char *domain)
{
    const struct organization *o = world->organizations;
    while (o && !claims(o, domain))
        o = o->next;
    return o;
}

const struct posture *world_posture(const struct world_spec *world,
                                    const char *domain)
{
    const struct domain *d = world->domains;
    while (d && !slice_is_nocase(slice_of(d->name), domain))
        d = d->next;
    return d ? d->posture : NULL;
}

static const struct published *find_published(const struct published *p,
                                              const char *domain)
{
    while (p && !slice_is_nocase(slice_of(p->domain), domain))
        p = p->next;
    return p;
}

const struct published *world_spf(const struct world_spec *world,
                                  const char *domain)
{
    return find_published(world->spf, domain);
}

const char *world_dmarc(const struct world_spec *world, const char *domain)
{
    const struct published *own = find_published(world->dmarc, domain);
    const struct organization *o = world_organization_of(world, domain);
    return own ? own->text : o ? organization_dmarc(o) : "none";
}

const char *world_setting(const struct world_spec *world, const char *name,
                          const char *otherwise)
{
    const struct setting *s = world->settings;
    while (s && strcmp(s->name, name) != 0)
        s = s->next;
    return s ? s->value : otherwise;
}

/* The organizations of a world that is being built, which may be changed. */
struct building {
    struct reading *r;
    struct world_spec *world;
    struct organization *organizations;
};

static struct organization *find(struct building *b, const char *name)
{
    struct organization *o = b->organizations;
    while (o && strcmp(o->name, name) != 0)
        o = o->next;
    return o;
}

static struct account *copy_accounts(struct arena *arena,
                                     const struct account *from)
{
    struct account *first = NULL, **end = &first;
    for (; from; from = from->next) {
        *end = ARENA_NEW(arena, struct account);
        **end = *from;
        (*end)->next = NULL;
        end = &(*end)->next;
    }
    return first;
}

static void copy_organization(struct building *b, struct organization ***end,
                              const struct organization *from)
{
    struct organization *o = ARENA_NEW(b->r->arena, struct organization);
    *o = *from;
    o->next = NULL;
    o->accounts = copy_accounts(b->r->arena, from->accounts);
    **end = o;
    *end = &o->next;
}

static void copy_organizations(struct building *b)
{
    const struct fixtures *f = b->r->fixtures;
    struct organization **end = &b->organizations;
    for (const char *const *name = fixtures_organizations(f); *name; name++) {
        const struct organization *from = fixtures_organization(f, *name);
        if (from)
            copy_organization(b, &end, from);
    }
}

static void change_organization(struct arena *arena, struct organization *o,
                                const struct node *map)
{
    o->transport_security =
        node_text(map, "transport-security", o->transport_security);
    o->nta = node_text(map, "nta", o->nta);
    read_sending_dns(&o->dns, node_get(map, "dns"));
    const struct node *idd = node_get(map, "inbound-direct-delivery");
    if (idd)
        o->inbound_direct_delivery = node_is_text(idd, "yes");
    const struct node *spf = node_get(map, "spf-authentication");
    if (spf)
        o->needs_credentials = node_is_text(spf, "no");
    const struct node *addresses = node_get(map, "spf-addresses");
    if (addresses)
        o->spf_addresses = read_texts(arena, addresses).texts;
}

static void read_organizations(struct building *b, const struct node *map)
{
    const struct node *changes = node_get(map, "organizations");
    for (const struct node *n = changes ? changes->first : NULL; n;
         n = n->next) {
        struct organization *o = find(b, n->key);
        if (o)
            change_organization(b->r->arena, o, n);
        else
            bad_name(b->r, n->key_place, n->key,
                     fixtures_organizations(b->r->fixtures), "organization");
    }
}

/* Further ones, that no organization claims. */
static void add_domains(struct building *b, struct organization *o,
                        const struct node *list)
{
    size_t count = 0, more = 0;
    while (o->domains[count])
        count++;
    for (const struct node *n = list ? list->first : NULL; n; n = n->next)
        more++;
    const char **domains =
        arena_alloc(b->r->arena, (count + more + 1) * sizeof *domains);
    memcpy(domains, o->domains, count * sizeof *domains);
    o->domains = domains;
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        domains[count++] = read_lower(b->r->arena, n->text);
        for (const struct organization *c = b->organizations; c; c = c->next)
            if (c != o && claims(c, n->text)) {
                diagnostics_add(b->r->list, n->place,
                                "`%s` belongs to the organization `%s`",
                                n->text, c->name);
                b->r->bad = true;
            }
    }
}

static void read_sender(struct building *b, const struct node *map)
{
    const struct node *sender = node_get(map, "sender");
    const struct node *name = node_get(sender, "organization");
    struct organization *o = find(b, name ? name->text : "clinic");
    if (!o && name)
        bad_name(b->r, name->place, name->text,
                 fixtures_organizations(b->r->fixtures), "organization");
    if (!o)
        return;
    change_organization(b->r->arena, o, sender);
    add_domains(b, o, node_get(sender, "domains"));
    b->world->sender = o;
}

static struct account *find_account(struct organization *o, const char *address)
{
    struct account *a = o->accounts;
    while (a && !slice_is_nocase(slice_of(a->address), address))
        a = a->next;
    return a;
}

static struct account *add_account(struct building *b, struct organization *o,
                                   const char *address)
{
    struct account *a = ARENA_NEW(b->r->arena, struct account);
    a->address = read_lower(b->r->arena, address);
    a->name = a->address;
    a->next = o->accounts;
    o->accounts = a;
    return a;
}

static void read_account(struct building *b, const struct node *n)
{
    struct organization *o = b->organizations;
    while (o && !claims(o, address_domain(n->key)))
        o = o->next;
    if (!o) {
        diagnostics_add(b->r->list, n->key_place,
                        "no organization claims the domain `%s`",
                        address_domain(n->key));
        b->r->bad = true;
        return;
    }
    struct account *a = find_account(o, n->key);
    if (!a)
        a = add_account(b, o, n->key);
    const struct node *two_factor = node_get(n, "two-factor");
    if (two_factor)
        a->two_factor = node_is_text(two_factor, "yes");
    const struct node *status = node_get(n, "status");
    if (status)
        a->suspended = node_is_text(status, "suspended");
}

static void read_share(struct building *b, const struct node *n)
{
    const struct node *name = node_get(n, "organization");
    if (name && !find(b, name->text)) {
        bad_name(b->r, name->place, name->text,
                 fixtures_organizations(b->r->fixtures), "organization");
        return;
    }
    if (!name && !b->world->sender)
        return;
    struct share *s = ARENA_NEW(b->r->arena, struct share);
    *s = (struct share){.recipient = read_lower(b->r->arena, n->key),
                        .organization =
                            name ? name->text : b->world->sender->name,
                        .sms = node_text(n, "sms", NULL),
                        .access_code = node_text(n, "access-code", NULL),
                        .place = n->key_place,
                        .next = b->world->shares};
    b->world->shares = s;
}

static const struct published *read_published(struct arena *arena,
                                              const struct node *map)
{
    const struct published *first = NULL;
    for (const struct node *n = map ? map->first : NULL; n; n = n->next) {
        struct published *s = ARENA_NEW(arena, struct published);
        *s = (struct published){read_lower(arena, n->key), n->text, first};
        first = s;
    }
    return first;
}

static const struct setting *read_settings(struct building *b,
                                           const struct node *map)
{
    const struct setting *first = NULL;
    for (const struct node *n = map ? map->first : NULL; n; n = n->next) {
        if (strcmp(n->key, "certificate") == 0 || strcmp(n->key, "dies") == 0)
            continue;
        struct setting *s = ARENA_NEW(b->r->arena, struct setting);
        *s = (struct setting){
            .name = n->key, .value = n->text, .place = n->place, .next = first};
        first = s;
    }
    return first;
}

/* The domains of a map come before those that are there already. */
static const struct domain *read_domains(struct reading *r,
                                         const struct node *map,
                                         const struct domain *behind)
{
    for (const struct node *n = map ? map->first : NULL; n; n = n->next) {
        const char *name = read_lower(r->arena, n->key);
        const struct posture *p = read_domain_posture(r, n, name);
        struct domain *d = ARENA_NEW(r->arena, struct domain);
        *d = (struct domain){
            .name = name, .posture = p, .place = n->key_place, .next = behind};
        behind = d;
    }
    return behind;
}

static const struct domain *own_domains(struct building *b)
{
    const struct domain *first = NULL;
    for (const struct organization *o = b->organizations; o; o = o->next)
        for (const char *const *name = o->domains; *name; name++) {
            struct domain *d = ARENA_NEW(b->r->arena, struct domain);
            *d = (struct domain){
                .name = *name,
                .posture = posture_at(b->r->arena,
                                      fixtures_posture(b->r->fixtures, o->mail),
                                      *name),
                .place = o->place,
                .next = first};
            first = d;
        }
    return first;
}

static void read_accounts(struct building *b, const struct node *map)
{
    const struct node *accounts = node_get(map, "accounts");
    for (const struct node *n = accounts ? accounts->first : NULL; n;
         n = n->next)
        read_account(b, n);
}

struct world_spec *read_world(struct reading *r, const struct node *map)
{
    struct building b = {.r = r};
    b.world = ARENA_NEW(r->arena, struct world_spec);
    copy_organizations(&b);
    read_sender(&b, map);
    read_organizations(&b, map);
    read_accounts(&b, map);
    const struct node *shared = node_get(map, "shared");
    for (const struct node *n = shared ? shared->first : NULL; n; n = n->next)
        read_share(&b, n);
    b.world->organizations = b.organizations;
    b.world->domains =
        read_domains(r, node_get(map, "domains"), own_domains(&b));
    b.world->spf = read_published(r->arena, node_get(map, "spf"));
    b.world->dmarc = read_published(r->arena, node_get(map, "dmarc"));
    const struct node *gateway = node_get(map, "gateway");
    b.world->settings = read_settings(&b, gateway);
    b.world->gateway_certificate = node_text(gateway, "certificate", NULL);
    b.world->gateway_dies = node_text(gateway, "dies", NULL);
    b.world->sms = node_text(map, "sms", "none");
    return b.world;
}

const struct world_spec *read_change(struct reading *r, const struct node *map,
                                     const struct world_spec *before)
{
    struct world_spec *world = ARENA_NEW(r->arena, struct world_spec);
    *world = *before;
    struct building b = {.r = r, .world = world};
    struct organization **end = &b.organizations;
    for (const struct organization *o = before->organizations; o; o = o->next)
        copy_organization(&b, &end, o);
    world->organizations = b.organizations;
    struct organization *sender =
        before->sender ? find(&b, before->sender->name) : NULL;
    world->sender = sender;
    if (sender && node_get(map, "sender"))
        change_organization(r->arena, sender, node_get(map, "sender"));
    read_organizations(&b, map);
    read_accounts(&b, map);
    world->domains = read_domains(r, node_get(map, "domains"), before->domains);
    world->sms = node_text(map, "sms", before->sms);
    return world;
}
