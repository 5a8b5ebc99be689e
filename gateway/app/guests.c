#include "app/guests.h"

#include <stdlib.h>
#include <string.h>

#include "portal/portal.h"

struct guests {
    struct guests_world world;
    struct tls_client *sms_tls;
    struct portal *portal; /* NULL: none is configured */
};

static void on_journal(void *ctx, const struct store_event *event)
{
    const struct guests *g = ctx;
    journal_event(g->world.journal, event);
}

static void on_mail(void *ctx)
{
    const struct guests *g = ctx;
    g->world.on_mail(g->world.ctx);
}

static void on_share(void *ctx, const struct portal_share *share)
{
    const struct guests *g = ctx;
    organizations_earned(g->world.organizations, share);
}

static bool find_account(void *ctx, const char *address,
                         struct portal_account *out)
{
    const struct guests *g = ctx;
    const struct config_account *account =
        organizations_account(g->world.organizations, address);
    *out = (struct portal_account){NULL, NULL, NULL};
    if (!account || account->status != CONFIG_STATUS_ACTIVE ||
        !account->two_factor || !account->password_hash || !account->totp)
        return false;
    *out = (struct portal_account){account->address, account->password_hash,
                                   account->totp};
    return true;
}

static const char *find_share(void *ctx, const char *organization,
                              const char *recipient, const char *kind)
{
    const struct guests *g = ctx;
    enum right right;
    return right_find(slice_of(kind), &right)
               ? organizations_share(g->world.organizations, organization,
                                     recipient, right)
               : NULL;
}

static void *check(void *ctx, const char *user, const struct secret *password,
                   const char *hash, void (*on_done)(void *visit, bool right),
                   void *visit)
{
    const struct guests *g = ctx;
    /* The portal has one turn like any client, and a bound of its own. */
    const struct auth_question question = {.client = "portal",
                                           .user = slice_of(user),
                                           .password = password,
                                           .hash = hash,
                                           .is_bounded = true};
    return auth_check(g->world.auth, &question, on_done, visit);
}

static void cancel(void *check_in)
{
    struct auth_request *request = check_in;
    auth_cancel(&request);
}

static struct portal_sms sms_settings(const struct guests *g)
{
    const struct config *config = g->world.config;
    return (struct portal_sms){.address = config->sms.address.address,
                               .port = config->sms.address.port,
                               .host = config->sms.host,
                               .path = config->sms.path,
                               .tls = g->sms_tls,
                               .token = config->sms.token,
                               .bind_address = config->outbound.address};
}

static struct portal_settings settings(const struct guests *g)
{
    const struct config *config = g->world.config;
    const struct config_settings *s = &config->settings;
    return (struct portal_settings){
        .address = config->portal.listen.address,
        .port = config->portal.listen.port,
        .tls = g->world.tls,
        .base = config->notification.portal,
        .from = config->notification.from,
        .host_name = config->host_name,
        .sms = sms_settings(g),
        .limits = {.tries = (unsigned)s->code_tries,
                   .void_tries = (unsigned)s->code_void_tries,
                   .codes = (unsigned)s->codes_per_window,
                   .lock_ms = s->code_lock_ms,
                   .window_ms = s->code_window_ms},
        .code_sms_ms = s->code_sms_ms,
        .code_email_ms = s->code_email_ms,
        .session_ms = s->portal_session_ms,
        .notice_ms = s->queue_lifetime_ms,
        .reply_bytes = (size_t)s->portal_reply_bytes,
        .replies_per_hour = s->portal_replies_per_hour};
}

static enum status open_portal(struct guests *g,
                               const unsigned char key[PORTAL_KEY_BYTES],
                               struct err *err)
{
    const struct config *config = g->world.config;
    enum status status = ST_OK;
    if (config->sms.address.address && config->sms.tls)
        status = tls_client_create(config->outbound.trust, &g->sms_tls, err);
    if (status != ST_OK)
        return status;
    struct portal_settings portal = settings(g);
    memcpy(portal.key, key, PORTAL_KEY_BYTES);
    struct portal_world world = {.loop = g->world.loop,
                                 .workers = g->world.workers,
                                 .store = g->world.store,
                                 .ctx = g,
                                 .journal = on_journal,
                                 .on_mail = on_mail,
                                 .on_share = on_share,
                                 .account = find_account,
                                 .share = find_share,
                                 .address_key = directory_key,
                                 .check = check,
                                 .cancel = cancel};
    return portal_create(&portal, &world, &g->portal, err);
}

enum status guests_create(const struct guests_world *world, struct guests **out,
                          struct err *err)
{
    struct guests *g = xcalloc(1, sizeof *g);
    unsigned char key[PORTAL_KEY_BYTES];
    g->world = *world;
    enum status status =
        store_portal_start(world->store, on_share, g, key, err);
    if (status == ST_OK && world->config->portal.listen.address)
        status = open_portal(g, key, err);
    if (status != ST_OK)
        guests_destroy(&g);
    *out = g;
    return status;
}

enum status guests_reload(struct guests *g, struct err *err)
{
    const struct config *config = g->world.config;
    return g->world.tls
               ? tls_server_reload(g->world.tls, config->portal.certificate,
                                   config->portal.key, err)
               : ST_OK;
}

void guests_stop(struct guests *g)
{
    if (g->portal)
        portal_stop(g->portal);
}

size_t guests_count(const struct guests *g)
{
    return g->portal ? portal_open_count(g->portal) : 0;
}

void guests_destroy(struct guests **guests)
{
    struct guests *g = *guests;
    *guests = NULL;
    if (!g)
        return;
    portal_destroy(&g->portal);
    tls_client_destroy(&g->sms_tls);
    free(g);
}
