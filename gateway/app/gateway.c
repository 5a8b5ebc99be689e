/* Start: what a submitter needs comes first, so that `listening` is said
 * quickly; the last hop (resolver, trust store, runner) is made on the first
 * turn of the loop, before any connection is served.
 *
 * Stop: no new connections, open attempts go back into the queue, messages
 * under way to the disk get their reply, then the store is closed. */
#include "app/gateway.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "app/bounces.h"
#include "app/confine.h"
#include "app/control.h"
#include "app/guests.h"
#include "app/journal_past.h"
#include "app/keys.h"
#include "app/submission.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/zone.h"
#include "deliver/deliver.h"
#include "deliver/policies.h"
#include "deliver/transport_pool.h"
#include "deliver/transport_smtp.h"
#include "dns/resolver_ub.h"
#include "net/workers.h"

enum {
    SHARE = 10,
    USES_MOST = 50,
    FAILURES = 10,
    IDLE_MS = 1000
}; /* of connections */
enum { STOP_PAUSE_MS = 5, STOP_TURNS = 400, LAST_TURNS = 4 };

struct gateway {
    const struct config *config;
    struct arena *arena;
    struct loop *loop;
    struct workers *workers;
    struct organizations *organizations;
    struct directory directory;
    struct keys *keys;
    struct journal *journal;
    struct store *store;
    struct auth *auth;
    struct tls_server *tls_server, *portal_tls; /* NULL: no portal */
    struct tls_client *tls_client;
    struct resolver *resolver;
    struct transport *smtp;
    struct transport *transport; /* the pool before it */
    struct policies_settings policies_settings;
    struct policies *policies;
    struct deliver *deliver;
    struct submission *submission;
    struct bounces *bounces; /* NULL: no such listener */
    struct guests *guests;
    struct control *control;
    struct err *err;
    enum status status;
};

static void on_journal(void *ctx, const struct store_event *event)
{
    struct gateway *g = ctx;
    journal_event(g->journal, event);
}

static void on_written(void *ctx, const char *event_id)
{
    struct gateway *g = ctx;
    if (g->store)
        store_event_written(g->store, event_id);
}

static void on_accepted(void *ctx, const char *message_id)
{
    struct gateway *g = ctx;
    if (g->deliver)
        deliver_new_message(g->deliver, message_id);
}

static void on_poke(void *ctx)
{
    struct gateway *g = ctx;
    if (g->submission)
        submission_poke(g->submission);
    if (g->deliver)
        deliver_poke(g->deliver);
}

static void on_stop(void *ctx)
{
    struct gateway *g = ctx;
    loop_stop(g->loop);
}

static void tell_reload(const char *what, enum status status,
                        const struct err *err)
{
    if (status == ST_OK)
        log_info("gateway", "reloaded", "what=%s", what);
    else
        log_error("gateway", "not reloaded", "what=%s error=\"%s\"", what,
                  err->text);
}

/* SIGHUP: what others changed beside a running gateway. One that is no good
 * leaves things as they are. */
static void on_reload(void *ctx)
{
    struct gateway *g = ctx;
    const struct config *config = g->config;
    struct err err;
    tell_reload("journal", journal_reopen(g->journal, &err), &err);
    tell_reload("directory", organizations_refresh(g->organizations, &err),
                &err);
    tell_reload("submission certificate",
                tls_server_reload(g->tls_server, config->submission.certificate,
                                  config->submission.key, &err),
                &err);
    tell_reload("portal certificate", guests_reload(g->guests, &err), &err);
}

static void on_policy(void *ctx, const struct store_policy *policy)
{
    struct gateway *g = ctx;
    policies_take(g->policies, policy);
}

static void keep_policy(void *ctx, const struct store_policy *policy)
{
    struct gateway *g = ctx;
    store_policy_keep(g->store, policy);
}

/* TRANSPORT-6: a policy in force outlives a restart. */
static enum status take_policies(struct gateway *g)
{
    g->policies_settings = (struct policies_settings){
        .loop = g->loop,
        .keep = keep_policy,
        .ctx = g,
        .https_port = (uint16_t)g->config->outbound.https_port,
        .timeout_ms = g->config->settings.sts_timeout_ms,
        .bind_address = g->config->outbound.address};
    g->policies = policies_create(&g->policies_settings);
    return store_policies(g->store, clock_wall_s(), on_policy, g, g->err);
}

static void post(void *loop, void (*fn)(void *arg), void *arg)
{
    loop_post_as(loop, "answer of another thread", fn, arg);
}

/* Unknown users cost what known ones do: the first credential's hash, or the
 * default of those made by command. */
static const char *dummy_hash(const struct gateway *g)
{
    const struct config_organization *o = g->config->organizations.items;
    for (size_t i = 0; i < g->config->organizations.count; i++) {
        const struct config_credential *c = o[i].credentials.items;
        if (o[i].credentials.count)
            return c[0].password_hash;
    }
    return "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$"
           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
}

/* deliver/retry.h */
static int64_t longest_wait_ms(const struct config_settings *s)
{
    return s->retry_first_ms > s->retry_longest_ms ? s->retry_first_ms
                                                   : s->retry_longest_ms;
}

/* Of each handshake under way a little, of each key that stays more. */
static size_t heap_bytes(const struct config *config)
{
    enum { LEAST = 512 << 10, OF_SESSION = 1024, OF_KEY = 16 << 10 };
    const struct config_settings *s = &config->settings;
    return LEAST +
           OF_SESSION * (size_t)(3 * s->sessions_total + s->connections) +
           OF_KEY * (config->dkim.count + 2);
}

/* What the configured user need not be able to read. */
static enum status read_keys(struct gateway *g)
{
    const struct config *config = g->config;
    enum status status =
        tls_server_create(config->submission.certificate,
                          config->submission.key, &g->tls_server, g->err);
    if (status == ST_OK && config->portal.listen.address)
        status = tls_server_create(config->portal.certificate,
                                   config->portal.key, &g->portal_tls, g->err);
    return status == ST_OK && config->user ? keys_load(config, &g->keys, g->err)
                                           : status;
}

static enum status start_intake(struct gateway *g)
{
    const struct config *config = g->config;
    enum status status = journal_open(
        &(struct journal_settings){.descriptor =
                                       (int)config->journal.descriptor,
                                   .file = config->journal.file,
                                   .loop = g->loop,
                                   .written = on_written,
                                   .ctx = g},
        &g->journal, g->err);
    if (status == ST_OK)
        status = confine_enter(config, g->err);
    if (status == ST_OK)
        status = store_open(
            &(struct store_settings){
                .directory = config->state,
                .keep_finished_ms = config->settings.keep_finished_ms,
                .longest_wait_ms = longest_wait_ms(&config->settings),
                .share_first = DELIVER_SHARE_FIRST,
                .share_most = DELIVER_SHARE_MOST,
                .post = post,
                .loop = g->loop,
                .sync = journal_sync,
                .sync_ctx = g->journal,
                .has_past = journal_has_past,
                .past = config->journal.file},
            &g->store, g->err);
    if (status == ST_OK && config->control)
        status =
            control_create(&(struct control_settings){g->loop, config->control,
                                                      g->store, on_poke, g},
                           &g->control, g->err);
    if (status != ST_OK)
        return status;
    g->organizations = organizations_create(g->arena, config);
    status = organizations_refresh(g->organizations, g->err);
    if (status != ST_OK)
        return status;
    g->directory = organizations_directory(g->organizations);
    g->auth =
        auth_create(&(struct auth_settings){post, g->loop, dummy_hash(g)});
    status = guests_create(&(struct guests_world){config, g->loop, g->workers,
                                                  g->store, g->organizations,
                                                  g->auth, g->journal,
                                                  g->portal_tls, on_poke, g},
                           &g->guests, g->err);
    if (status != ST_OK)
        return status;
    struct submission_world world = {
        .loop = g->loop,
        .tls = g->tls_server,
        .auth = g->auth,
        .intake = {.config = config,
                   .organizations = g->organizations,
                   .journal = g->journal,
                   .store = g->store,
                   .on_accepted = on_accepted,
                   .ctx = g}};
    return submission_create(&world, &g->submission, g->err);
}

static struct deliver_settings deliver_settings(const struct config *config)
{
    const struct config_settings *s = &config->settings;
    return (struct deliver_settings){
        .host_name = config->host_name,
        .return_host = config->bounces.host,
        .discovery = (enum dmarc_discovery)s->dmarc_discovery,
        .from = config->notification.from,
        .portal = config->notification.portal,
        .attachments = {.link_above = (size_t)s->attachment_link_above,
                        .at_limit = s->attachment_link_at_limit},
        .generic_subject = s->notification_subject != 0,
        .nta_header = s->nta_header,
        .dane_satisfies = s->dane_satisfies,
        .idd_requires_account = s->idd_requires_account,
        .unknown_host_wait_ms = s->unknown_host_wait_ms,
        .queue_lifetime_ms = s->queue_lifetime_ms,
        .delay_notice_default = s->delay_notice_default,
        .delay_notice_after_ms = s->delay_notice_after_ms,
        .retry_first_ms = s->retry_first_ms,
        .retry_longest_ms = s->retry_longest_ms,
        .random_seed = (uint64_t)s->random_seed};
}

static enum status start_bounces(struct gateway *g,
                                 const struct deliver_settings *settings)
{
    const struct bounces_world world = {.loop = g->loop,
                                        .tls = g->tls_server,
                                        .config = g->config,
                                        .organizations = g->organizations,
                                        .journal = g->journal,
                                        .store = g->store,
                                        .settings = settings,
                                        .on_taken = on_poke,
                                        .ctx = g};
    return g->config->bounces.listen.address
               ? bounces_create(&world, &g->bounces, g->err)
               : ST_OK;
}

static enum status start_last_hop(struct gateway *g)
{
    const struct config *config = g->config;
    enum status status =
        resolver_ub_create(g->loop,
                           &(struct resolver_ub_settings){
                               config->dns.resolver, config->dns.trust_anchor},
                           &g->resolver, g->err);
    if (status == ST_OK)
        status =
            tls_client_create(config->outbound.trust, &g->tls_client, g->err);
    if (!g->keys)
        g->keys = keys_later(config);
    if (status != ST_OK)
        return status;
    const struct transport_pool_settings pool = {
        .connections = (size_t)config->settings.connections,
        .connections_per_host = (size_t)config->settings.connections_per_host,
        .share = SHARE,
        .uses = USES_MOST,
        .failures = FAILURES,
        .idle_ms = IDLE_MS};
    struct transport_smtp_settings *smtp =
        ARENA_NEW(g->arena, struct transport_smtp_settings);
    *smtp = (struct transport_smtp_settings){
        .spool = store_spool(g->store),
        .host_name = config->host_name,
        .bind_address = config->outbound.address,
        .smtp_port = (uint16_t)config->outbound.smtp_port,
        .connect_timeout_ms = config->settings.connect_timeout_ms,
        .reply_timeout_ms = config->settings.smtp_timeout_ms,
        .transaction_timeout_ms = config->settings.smtp_transaction_ms,
        .workers = g->workers,
        .tls = g->tls_client};
    struct deliver_settings *settings =
        ARENA_NEW(g->arena, struct deliver_settings);
    *settings = deliver_settings(config);
    settings->keys = keys_ring(g->keys);
    g->smtp = transport_smtp_create(g->loop, smtp);
    g->transport = transport_pool_create(g->loop, g->smtp, &pool);
    g->policies_settings.resolver = g->resolver;
    g->policies_settings.tls = g->tls_client;
    g->deliver = deliver_create(
        settings, &(struct deliver_world){.loop = g->loop,
                                          .resolver = g->resolver,
                                          .transport = g->transport,
                                          .policies = g->policies,
                                          .workers = g->workers,
                                          .store = g->store,
                                          .spool = store_spool(g->store),
                                          .directory = &g->directory,
                                          .journal = on_journal,
                                          .ctx = g});
    deliver_poke(g->deliver);
    submission_set_resolver(g->submission, g->resolver);
    return start_bounces(g, settings);
}

static void on_first_turn(void *ctx)
{
    struct gateway *g = ctx;
    g->status = start_last_hop(g);
    if (g->status != ST_OK)
        loop_stop(g->loop);
}

static void run(struct gateway *g)
{
    const struct config *config = g->config;
    loop_signal(g->loop, SIGTERM, on_stop, g);
    loop_signal(g->loop, SIGINT, on_stop, g);
    loop_signal(g->loop, SIGUSR1, on_poke, g);
    loop_signal(g->loop, SIGHUP, on_reload, g);
    loop_defer(g->loop, on_first_turn, g);
    journal_listening(g->journal, config->submission.listen.address,
                      service_port(submission_service(g->submission)),
                      config->host_name);
    loop_run(g->loop);
}

static void last_turns(struct gateway *g)
{
    for (int i = 0; i < LAST_TURNS; i++)
        loop_run_once(g->loop, 0);
}

static void answer_all(struct gateway *g)
{
    journal_flush(g->journal);
    store_drain(g->store);
    last_turns(g);
}

static void stop(struct gateway *g)
{
    deliver_destroy(&g->deliver);
    /* Its connections are not waited for. */
    control_destroy(&g->control);
    service_stop(submission_service(g->submission));
    guests_stop(g->guests);
    if (g->bounces)
        service_stop(bounces_service(g->bounces));
    for (int i = 0;
         i < STOP_TURNS && (service_count(submission_service(g->submission)) ||
                            conn_count(g->loop) || guests_count(g->guests));
         i++)
        loop_run_once(g->loop, STOP_PAUSE_MS);
    /* Whoever still waits for the store is answered while he exists. */
    answer_all(g);
}

static void release(struct gateway *g)
{
    submission_destroy(&g->submission);
    guests_destroy(&g->guests);
    bounces_destroy(&g->bounces);
    control_destroy(&g->control);
    auth_destroy(&g->auth);
    if (g->store)
        answer_all(g); /* nobody asks any more */
    store_close(&g->store);
    last_turns(g); /* what the store posted at its end is freed */
    policies_destroy(&g->policies);
    transport_pool_destroy(&g->transport);
    transport_smtp_destroy(&g->smtp);
    if (g->resolver)
        resolver_ub_destroy(&g->resolver);
    keys_destroy(&g->keys);
    tls_client_destroy(&g->tls_client);
    tls_server_destroy(&g->tls_server);
    tls_server_destroy(&g->portal_tls);
    journal_close(&g->journal);
    workers_destroy(&g->workers);
    loop_destroy(&g->loop);
    arena_destroy(&g->arena);
}

/* A connection needs one; the usual limit of 1024 would be the first to bind.
 */
static void raise_descriptors(const struct config_settings *settings)
{
    struct rlimit limit;
    rlim_t wanted =
        (rlim_t)(2 * settings->sessions_total + settings->connections + 100);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < wanted)
        log_info("gateway", "fewer descriptors than sessions and connections",
                 "limit=%llu", (unsigned long long)limit.rlim_max);
}

enum status gateway_serve(const struct config *config, struct err *err)
{
    struct gateway g = {.config = config, .err = err, .status = ST_OK};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);  /* until there is something to reload */
    signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is want of room */
    raise_descriptors(&config->settings);
    secret_heap_open(heap_bytes(config));
    g.arena = arena_create();
    g.loop = loop_create();
    g.workers = workers_create(g.loop);
    g.status = zone_use(config->settings.nta_time_zone, err);
    if (g.status == ST_OK)
        g.status = read_keys(&g);
    if (g.status == ST_OK)
        g.status = confine_identity(config, err);
    if (g.status == ST_OK)
        g.status = start_intake(&g);
    if (g.status == ST_OK)
        g.status = take_policies(&g);
    if (g.status == ST_OK)
        g.status = journal_write_late(g.journal, g.store, err);
    if (g.status == ST_OK) {
        run(&g);
        stop(&g);
    }
    release(&g);
    return g.status;
}
