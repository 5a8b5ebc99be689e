#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/certificate.h"
#include "engine/world_dns.h"
#include "engine/config.h"
#include "engine/evidence.h"
#include "engine/world_policy.h"
#include "peer/dns_ask.h"
#include "peer/mailhost.h"
#include "peer/smsbox.h"

enum { HOST_FIRST = 10, HOST_LAST = 199, REPLIES_MOST = 16 };

/* One mail host, under its name; it stays when its posture changes. */
struct host {
    struct world *world;
    const char *name, *domain;
    char address[BLOCK_ADDRESS_BYTES];
    const struct posture_host *posture;
    struct mailhost *mailhost;
    bool listening;
    struct host *next;
};

struct world {
    struct arena *arena;
    struct world_settings settings;
    const struct world_spec *spec;
    struct dns *dns;
    struct host *hosts;
    struct smsbox *smsbox;
    unsigned host_count;
    struct world_policies *policies;
};

static struct host *find_host(const struct world *w, const char *name)
{
    struct host *h = w->hosts;
    while (h && strcmp(h->name, name) != 0)
        h = h->next;
    return h;
}

static const char *host_address(void *ctx, const char *name)
{
    const struct world *w = ctx;
    const struct host *h = find_host(w, name);
    return h ? h->address : world_policies_address(w->policies, name);
}

static const char *level_of(const struct posture_host *host)
{
    static const char *const levels[] = {"none", "tls", "pkix", "dane"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(host->reaches, levels[i]) == 0)
            return levels[i];
    return strcmp(host->reaches, "dane-only") == 0 ? "dane" : "none";
}

/* The posture that one connection meets. */
static struct recorder_host describe(const struct host *h,
                                     const struct mailhost_session *session)
{
    const struct posture_host *at = h->posture;
    if (at->later && session->number > 1)
        at = at->later;
    const char *posture = at->posture;
    const struct world_settings *s = &h->world->settings;
    int64_t now_s = s->clock_runs ? clock_wall_s() : s->now_s;
    return (struct recorder_host){.host = h->name,
                                  .domain = h->domain,
                                  .address = h->address,
                                  .posture = posture ? posture : "",
                                  .level = level_of(at),
                                  .ask = dns_ask(h->world->dns),
                                  .now_s = now_s};
}

static void on_message(void *ctx, const struct mailhost_message *message)
{
    struct host *h = ctx;
    struct recorder_host host = describe(h, message->session);
    recorder_message(h->world->settings.recorder, &host, message);
}

static void on_close(void *ctx, const struct mailhost_session *session)
{
    struct host *h = ctx;
    struct recorder_host host = describe(h, session);
    recorder_connection(h->world->settings.recorder, &host, session);
}

static struct tls_range versions(const struct posture_host *host)
{
    struct tls_range low = {0, 0, false}, high = {0, 0, false};
    if (!tls_range_parse(host->tls_min, &low) ||
        !tls_range_parse(host->tls_max, &high))
        BUG("TLS versions %s, %s", host->tls_min, host->tls_max);
    return (struct tls_range){low.lowest, high.highest,
                              host->has_legacy_ciphers};
}

static const struct pki_chain *host_chain(const struct world *w,
                                          const struct posture_host *host)
{
    struct pki_request request = {.name = host->name,
                                  .kind = certificate_kind(host->certificate),
                                  .now_s = w->settings.now_s};
    return pki_chain_find(w->settings.pki, &request);
}

static SSL_CTX *host_tls(const struct world *w, const struct posture_host *host)
{
    return pki_server(w->settings.pki, host_chain(w, host), versions(host));
}

/* What a TLSA record says; for a certificate that is never shown any digest
 * will do, and for one that the chain lacks too. */
static const char *host_association(void *ctx, const struct posture_host *host,
                                    const struct posture_tlsa *tlsa)
{
    static const char other[] = "c0ffee00c0ffee00c0ffee00c0ffee00"
                                "c0ffee00c0ffee00c0ffee00c0ffee00";
    const struct world *w = ctx;
    const char *text = NULL;
    if (tlsa->of != POSTURE_TLSA_OF_OTHER)
        text = pki_chain_association(host_chain(w, host), w->arena,
                                     (unsigned)tlsa->of, tlsa->selector,
                                     tlsa->matching);
    return text ? text : other;
}

static void set_reply(struct mailhost_settings *m,
                      const struct posture_reply *reply)
{
    static const struct {
        const char *command;
        enum mailhost_stage stage;
    } stages[] = {{"connect", MAILHOST_STAGE_GREETING},
                  {"starttls", MAILHOST_STAGE_STARTTLS},
                  {"mail", MAILHOST_STAGE_MAIL},
                  {"rcpt", MAILHOST_STAGE_RCPT},
                  {"data", MAILHOST_STAGE_DATA},
                  {"end-of-data", MAILHOST_STAGE_CONTENT},
                  {"ehlo", MAILHOST_STAGE_EHLO}};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        if (strcmp(stages[i].command, reply->command) == 0)
            m->reply[stages[i].stage] = reply->reply;
    if (strcmp(reply->command, "ehlo") == 0)
        m->reply[MAILHOST_STAGE_TLS_EHLO] = reply->reply;
}

static struct mailhost_settings
posture_settings(const struct world *w, const struct host *h,
                 const struct posture_host *posture)
{
    static const enum mailhost_starttls kinds[] = {
        [POSTURE_STARTTLS_OFFERED] = MAILHOST_STARTTLS_OFFERED,
        [POSTURE_STARTTLS_ABSENT] = MAILHOST_STARTTLS_ABSENT,
        [POSTURE_STARTTLS_REFUSED] = MAILHOST_STARTTLS_REFUSED,
        [POSTURE_STARTTLS_STRIPPED] = MAILHOST_STARTTLS_STRIPPED,
        [POSTURE_STARTTLS_GARBAGE] = MAILHOST_STARTTLS_GARBAGE,
        [POSTURE_STARTTLS_CLOSES] = MAILHOST_STARTTLS_CLOSES};
    _Static_assert(sizeof kinds / sizeof *kinds == POSTURE_STARTTLS_COUNT,
                   "a kind per way of STARTTLS");
    struct mailhost_settings m = {.name = h->name,
                                  .address = h->address,
                                  .port = (uint16_t)w->settings.block->port,
                                  .tls = host_tls(w, posture),
                                  .starttls = kinds[posture->starttls]};
    m.capabilities = posture->extensions;
    m.delay_ms = posture->delay_ms;
    m.drop_in_data_bytes = posture->drop_in_data_bytes;
    for (const struct posture_reply *r = posture->replies; r; r = r->next)
        set_reply(&m, r);
    return m;
}

/* With what comes later, in the caller's place. */
static struct mailhost_settings host_settings(const struct world *w,
                                              const struct host *h,
                                              struct mailhost_settings *later)
{
    struct mailhost_settings m = posture_settings(w, h, h->posture);
    if (h->posture->later) {
        *later = posture_settings(w, h, h->posture->later);
        m.later = later;
    }
    return m;
}

static enum status apply_reachable(struct host *h, struct err *err)
{
    enum status status = ST_OK;
    if (h->posture->reachable && !h->listening)
        status = mailhost_listen(h->mailhost, err);
    if (!h->posture->reachable && h->listening)
        mailhost_deafen(h->mailhost);
    h->listening = h->posture->reachable;
    return status;
}

static enum status add_host(struct world *w, const char *domain,
                            const struct posture_host *posture, struct err *err)
{
    if (HOST_FIRST + w->host_count > HOST_LAST)
        return err_set(err, ST_INVAL, "too many mail hosts in one world");
    struct host *h = ARENA_NEW(w->arena, struct host);
    h->world = w;
    h->name = posture->name;
    h->domain = domain;
    h->posture = posture;
    h->listening = true;
    block_address(w->settings.block, HOST_FIRST + w->host_count, h->address);
    struct mailhost_settings later, settings = host_settings(w, h, &later);
    struct mailhost_events events = {
        .on_message = on_message, .on_close = on_close, .ctx = h};
    enum status status = mailhost_create(w->settings.loop, &settings, &events,
                                         &h->mailhost, err);
    if (status != ST_OK)
        return err_wrap(err, "%s", h->name);
    h->next = w->hosts;
    w->hosts = h;
    w->host_count++;
    return apply_reachable(h, err);
}

static enum status place_host(struct world *w, const char *domain,
                              const struct posture_host *posture,
                              struct err *err)
{
    struct host *h = find_host(w, posture->name);
    if (!h)
        return add_host(w, domain, posture, err);
    h->posture = posture;
    struct mailhost_settings later, settings = host_settings(w, h, &later);
    mailhost_change(h->mailhost, &settings);
    return apply_reachable(h, err);
}

static bool has_hosts(const struct posture *posture)
{
    return posture->mx != POSTURE_MX_NULL &&
           posture->mx != POSTURE_MX_NO_HOST &&
           posture->dns != POSTURE_DNS_NO_DOMAIN;
}

static enum status place_domain(struct world *w, const struct domain *d,
                                struct err *err)
{
    enum status status = ST_OK;
    const struct posture_host *h = d->posture->hosts;
    for (; h && has_hosts(d->posture) && status == ST_OK; h = h->next)
        status = place_host(w, d->name, h, err);
    for (h = d->posture->nta_hosts; h && status == ST_OK; h = h->next)
        status = place_host(w, d->name, h, err);
    if (status == ST_OK)
        status = world_policies_place(w->policies, &w->settings, d->posture,
                                      d->name, err);
    if (status != ST_OK)
        return status;
    struct zone_settings zone = {.arena = w->arena,
                                 .dns = w->dns,
                                 .organization =
                                     world_organization_of(w->spec, d->name),
                                 .gateway_host = w->settings.gateway_host,
                                 .keys = w->settings.keys,
                                 .has_spf = world_spf(w->spec, d->name) != NULL,
                                 .dmarc = world_dmarc(w->spec, d->name),
                                 .address = host_address,
                                 .association = host_association,
                                 .ctx = w};
    return world_zone_add(&zone, d, err);
}

/* The first domain of a name is the one that holds. */
static bool is_shadowed(const struct world_spec *spec, const struct domain *d)
{
    return world_posture(spec, d->name) != d->posture;
}

static void remove_zones(struct world *w, const char *domain)
{
    dns_zone_remove(w->dns, domain);
    dns_zone_remove(w->dns,
                    arena_printf(w->arena, POSTURE_ZONE_PREFIX "%s", domain));
}

static bool sending_dns_differs(const struct sending_dns_words *a,
                                const struct sending_dns_words *b)
{
    return strcmp(a->spf, b->spf) != 0 || strcmp(a->bounce, b->bounce) != 0 ||
           strcmp(a->dkim, b->dkim) != 0 || strcmp(a->dmarc, b->dmarc) != 0;
}

/* What the domain publishes as a sender has changed. */
static bool sends_otherwise(const struct world_spec *now,
                            const struct world_spec *before, const char *domain)
{
    const struct organization *a = world_organization_of(now, domain);
    const struct organization *b = world_organization_of(before, domain);
    return a && b &&
           (strcmp(a->nta, b->nta) != 0 ||
            sending_dns_differs(&a->dns, &b->dns));
}

static enum status
place_domains(struct world *w, const struct world_spec *before, struct err *err)
{
    enum status status = ST_OK;
    for (const struct domain *d = w->spec->domains; d && status == ST_OK;
         d = d->next) {
        const struct posture *old =
            before ? world_posture(before, d->name) : NULL;
        if (is_shadowed(w->spec, d) ||
            (old == d->posture && !sends_otherwise(w->spec, before, d->name)))
            continue;
        if (old)
            remove_zones(w, d->name);
        status = place_domain(w, d, err);
    }
    return status;
}

/* What the scenario itself words; some of it stands above or below a domain. */
static enum status publish_texts(struct world *w, struct err *err)
{
    enum status status = ST_OK;
    const struct published *p;
    for (p = w->spec->spf; p && status == ST_OK; p = p->next)
        status = world_spf_add(w->dns, p->domain,
                               block_text(w->arena, w->settings.block, p->text),
                               err);
    for (p = w->spec->dmarc; p && status == ST_OK; p = p->next)
        status = world_dmarc_add(w->arena, w->dns, p->domain, p->text, err);
    return status;
}

static void on_sms(void *ctx, const struct smsbox_message *message)
{
    struct world *w = ctx;
    json_t *sms = json_object();
    evidence_set_octets(sms, "to", slice_of(message->to));
    evidence_set_octets(sms, "text", slice_of(message->text));
    json_object_set_new(sms, "accepted", json_boolean(message->is_accepted));
    recorder_add(w->settings.recorder, "sms", sms);
}

static enum smsbox_fault sms_fault(const struct world *w)
{
    enum smsbox_fault fault;
    if (!smsbox_fault_parse(w->spec->sms, &fault))
        BUG("SMS service: %s", w->spec->sms);
    return fault;
}

static enum status serve_sms(struct world *w, struct err *err)
{
    char address[BLOCK_ADDRESS_BYTES];
    block_address(w->settings.block, BLOCK_HOST_SMS, address);
    struct smsbox_settings settings = {.address = address,
                                       .port =
                                           (uint16_t)w->settings.block->port,
                                       .path = config_sms_path,
                                       .token = config_sms_token,
                                       .fault = sms_fault(w)};
    return smsbox_create(w->settings.loop, &settings, on_sms, w, &w->smsbox,
                         err);
}

static enum status serve_names(struct world *w, struct err *err)
{
    char address[BLOCK_ADDRESS_BYTES], gateway[BLOCK_ADDRESS_BYTES];
    char bounces[BLOCK_ADDRESS_BYTES], portal[BLOCK_ADDRESS_BYTES];
    block_address(w->settings.block, BLOCK_HOST_RESOLVER, address);
    block_address(w->settings.block, BLOCK_HOST_GATEWAY, gateway);
    block_address(w->settings.block, BLOCK_HOST_BOUNCES, bounces);
    block_address(w->settings.block, BLOCK_HOST_PORTAL, portal);
    w->dns = dns_create(w->settings.loop, w->settings.now_s);
    if (w->settings.clock_runs)
        dns_follow_real_clock(w->dns);
    uint16_t port = w->settings.dns_port;
    enum status status = dns_listen(
        w->dns, address, port ? port : (uint16_t)w->settings.block->port, err);
    if (status == ST_OK)
        status = world_zone_gateway(
            &(struct zone_settings){.arena = w->arena,
                                    .dns = w->dns,
                                    .gateway_host = w->settings.gateway_host,
                                    .keys = w->settings.keys},
            gateway, bounces, portal, err);
    return status;
}

enum status world_create(const struct world_settings *settings,
                         const struct world_spec *spec, struct world **out,
                         struct err *err)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->arena = arena_create();
    w->settings = *settings;
    w->spec = spec;
    w->policies = world_policies_create();
    enum status status = serve_names(w, err);
    if (status == ST_OK)
        status = serve_sms(w, err);
    if (status == ST_OK)
        status = place_domains(w, NULL, err);
    if (status == ST_OK)
        status = publish_texts(w, err);
    *out = w;
    if (status != ST_OK)
        world_destroy(out);
    return status;
}

void world_destroy(struct world **world)
{
    struct world *w = *world;
    if (!w)
        return;
    for (struct host *h = w->hosts; h; h = h->next)
        mailhost_destroy(&h->mailhost);
    smsbox_destroy(&w->smsbox);
    world_policies_destroy(&w->policies);
    dns_destroy(&w->dns);
    arena_destroy(&w->arena);
    free(w);
    *world = NULL;
}

enum status world_change(struct world *world, const struct world_spec *spec,
                         struct err *err)
{
    const struct world_spec *before = world->spec;
    world->spec = spec;
    enum status status = place_domains(world, before, err);
    if (status == ST_OK)
        status = smsbox_set_fault(world->smsbox, sms_fault(world), err);
    return status == ST_OK ? publish_texts(world, err) : status;
}

void world_set_clock(struct world *world, int64_t now_s)
{
    world->settings.now_s = now_s;
    dns_set_clock(world->dns, now_s);
}

bool world_is_idle(const struct world *world)
{
    for (const struct host *h = world->hosts; h; h = h->next)
        if (mailhost_open_count(h->mailhost) > 0)
            return false;
    return smsbox_open_count(world->smsbox) == 0;
}

const char *world_host_address(const struct world *world, const char *host)
{
    const struct host *h = find_host(world, host);
    return h ? h->address : NULL;
}

const char *world_trust_anchor(const struct world *world)
{
    return dns_trust_anchor(world->dns);
}
