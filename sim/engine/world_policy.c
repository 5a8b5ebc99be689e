#include "engine/world_policy.h"

#include <stdlib.h>
#include <string.h>

#include "engine/certificate.h"
#include "peer/policyhost.h"

struct policy_host {
    char *name, *domain;
    char address[BLOCK_ADDRESS_BYTES];
    struct recorder *recorder;
    struct policyhost *server;
    struct policy_host *next;
};

struct world_policies {
    struct policy_host *hosts;
    unsigned count;
};

struct world_policies *world_policies_create(void)
{
    return xcalloc(1, sizeof(struct world_policies));
}

void world_policies_destroy(struct world_policies **policies)
{
    struct world_policies *old = *policies;
    *policies = NULL;
    while (old && old->hosts) {
        struct policy_host *h = old->hosts;
        old->hosts = h->next;
        policyhost_destroy(&h->server);
        free(h->name);
        free(h->domain);
        free(h);
    }
    free(old);
}

static struct policy_host *find(const struct world_policies *policies,
                                const char *name)
{
    struct policy_host *h = policies->hosts;
    while (h && strcmp(h->name, name) != 0)
        h = h->next;
    return h;
}

const char *world_policies_address(const struct world_policies *policies,
                                   const char *host)
{
    const struct policy_host *h = find(policies, host);
    return h ? h->address : NULL;
}

static void on_fetch(void *ctx, const struct policyhost_fetch *fetch)
{
    const struct policy_host *h = ctx;
    struct recorder_host host = {
        .host = h->name, .domain = h->domain, .address = h->address};
    recorder_fetch(h->recorder, &host, fetch);
}

static enum policyhost_fault fault_of(enum posture_sts_host host)
{
    static const enum policyhost_fault faults[] = {
        [POSTURE_STS_HOST_SERVES] = POLICYHOST_FAULT_NONE,
        [POSTURE_STS_HOST_NOT_FOUND] = POLICYHOST_FAULT_NOT_FOUND,
        [POSTURE_STS_HOST_ERROR] = POLICYHOST_FAULT_ERROR,
        [POSTURE_STS_HOST_REDIRECT] = POLICYHOST_FAULT_REDIRECT,
        [POSTURE_STS_HOST_HTML] = POLICYHOST_FAULT_HTML,
        [POSTURE_STS_HOST_OVERSIZED] = POLICYHOST_FAULT_OVERSIZED,
        [POSTURE_STS_HOST_SILENT] = POLICYHOST_FAULT_SILENT,
        [POSTURE_STS_HOST_CUT] = POLICYHOST_FAULT_CUT,
        [POSTURE_STS_HOST_REFUSED] = POLICYHOST_FAULT_NONE,
        [POSTURE_STS_HOST_NO_ADDRESS] = POLICYHOST_FAULT_NONE};
    _Static_assert(sizeof faults / sizeof *faults == POSTURE_STS_HOST_COUNT,
                   "a fault per way of serving");
    return faults[host];
}

static enum status add(struct world_policies *policies,
                       const struct world_settings *settings,
                       const struct policyhost_settings *of, const char *domain,
                       struct policy_host **out, struct err *err)
{
    if (POLICY_HOST_FIRST + policies->count > POLICY_HOST_LAST)
        return err_set(err, ST_INVAL, "too many policy hosts in one world");
    struct policyhost_settings server = *of;
    struct policy_host *h = xcalloc(1, sizeof *h);
    h->name = xstrdup(of->name);
    h->domain = xstrdup(domain);
    h->recorder = settings->recorder;
    block_address(settings->block, POLICY_HOST_FIRST + policies->count++,
                  h->address);
    h->next = policies->hosts;
    policies->hosts = *out = h;
    server.address = h->address;
    return policyhost_create(settings->loop, &server, on_fetch, h, &h->server,
                             err);
}

static enum status serve(struct policy_host *h,
                         const struct policyhost_settings *server, bool listens,
                         struct err *err)
{
    policyhost_change(h->server, server);
    if (listens)
        return policyhost_listen(h->server, err);
    policyhost_deafen(h->server);
    return ST_OK;
}

enum status world_policies_place(struct world_policies *policies,
                                 const struct world_settings *settings,
                                 const struct posture *posture,
                                 const char *domain, struct err *err)
{
    const struct posture_sts *sts = posture->sts;
    struct arena *arena = arena_create();
    struct policyhost_settings server = {
        .name = arena_printf(arena, POSTURE_STS_LABEL ".%s", domain),
        .port = (uint16_t)settings->block->port,
        .policy = ""};
    struct policy_host *h = find(policies, server.name);
    enum status status = ST_OK;
    if (sts) {
        struct pki_request request = {.name = server.name,
                                      .kind =
                                          certificate_kind(sts->certificate),
                                      .now_s = settings->now_s};
        server.policy = posture_sts_text(arena, posture, domain);
        server.fault = fault_of(sts->host);
        server.tls =
            pki_server(settings->pki, pki_chain_find(settings->pki, &request),
                       (struct tls_range){0x0303, 0x0304, false});
    }
    if (sts && !h)
        status = add(policies, settings, &server, domain, &h, err);
    if (status == ST_OK && h && sts)
        status = serve(h, &server, sts->host != POSTURE_STS_HOST_REFUSED, err);
    else if (status == ST_OK && h)
        policyhost_deafen(h->server);
    arena_destroy(&arena);
    return status == ST_OK ? status : err_wrap(err, "policy of %s", domain);
}
