#include "app/submission.h"

#include <stdlib.h>

#include "app/auth_lock.h"
#include "app/quota.h"
#include "base/clock.h"

struct client {
    struct service_client base; /* the first */
    struct auth_request *auth;  /* under way, or NULL */
    struct sender *sender;      /* under way, or NULL */
    struct intake *intake;      /* under way, or NULL */
    char *user;                 /* after AUTH; NULL before */
    char *by_spf; /* the organization in this transaction (AUTH-3), or NULL */
    unsigned lookups; /* of the session for nothing so far, this one's too */
    unsigned asked;   /* of them for the MAIL under way */
};

/* A check needs 111 at most (RFC 7208 4.6.4): one in a session is always made
 * to its end. Those that authorise cost nothing (CONN-10). */
enum { LOOKUPS_MAX = 120 };

struct submission {
    struct submission_world world;
    struct sender_world sender;
    struct auth_lock *auth_lock;
    struct quota *quota;
    struct service *service;
};

static struct submission *submission_of(const struct client *c)
{
    return service_ctx(&c->base);
}

static void on_auth(void *ctx, bool right)
{
    struct client *c = ctx;
    struct auth_lock *lock = submission_of(c)->auth_lock;
    struct slice user = server_session_want(c->base.session)->user;
    c->auth = NULL;
    if (right) {
        free(c->user);
        c->user = xasprintf("%.*s", SLICE_ARG(user));
        auth_lock_passed(lock, c->base.client, user);
    } else {
        auth_lock_failed(lock, c->base.client, user, clock_wall_ms());
    }
    service_resume(&c->base,
                   right ? &server_reply_auth_ok : &server_reply_auth_wrong);
}

/* NULL: no such user, or his credential was revoked (AUTH-2). */
static const char *valid_hash(const struct submission *s, struct slice user,
                              const struct config_organization **owner_out)
{
    const struct config_organization *owner;
    const struct config_credential *credential =
        organizations_user(s->world.intake.organizations, user, &owner);
    if (!credential || credential->status != 0)
        return NULL;
    if (owner_out)
        *owner_out = owner;
    return credential->password_hash;
}

/* Who authorises what this client sends now; NULL: nobody (any more). */
static const struct config_organization *organization_of(const struct client *c)
{
    const struct submission *s = submission_of(c);
    const struct config_organization *owner = NULL;
    if (c->user)
        return valid_hash(s, slice_of(c->user), &owner) ? owner : NULL;
    return c->by_spf
               ? organizations_named(s->world.intake.organizations, c->by_spf)
               : NULL;
}

static void begin_auth(struct service_client *base,
                       const struct server_want *want)
{
    struct client *c = (struct client *)base;
    struct submission *s = submission_of(c);
    if (auth_lock_is_closed(s->auth_lock, c->base.client, want->user,
                            clock_wall_ms())) {
        service_resume(&c->base, &server_reply_auth_locked);
        return;
    }
    struct err err;
    (void)organizations_refresh(s->world.intake.organizations, &err);
    const struct auth_question question = {.client = c->base.client,
                                           .user = want->user,
                                           .password = want->secret,
                                           .hash =
                                               valid_hash(s, want->user, NULL)};
    c->auth = auth_check(s->world.auth, &question, on_auth, c);
    if (c->auth)
        service_wait(&c->base);
    else
        service_resume(&c->base, &server_reply_auth_busy);
}

static bool may_look_up(void *ctx)
{
    struct client *c = ctx;
    if (c->lookups == LOOKUPS_MAX ||
        !quota_may_look_up(submission_of(c)->quota, c->base.client))
        return false;
    c->lookups++;
    c->asked++;
    return true;
}

static void on_sender(void *ctx, const struct config_organization *organization,
                      const struct reply *reply)
{
    struct client *c = ctx;
    c->sender = NULL;
    if (organization) {
        quota_give_back(submission_of(c)->quota, c->base.client, c->asked);
        c->lookups -= c->asked;
    }
    c->by_spf = organization ? xstrdup(organization->name) : NULL;
    service_resume(&c->base, reply);
}

static void mail_with_credentials(struct client *c,
                                  const struct sender_question *question)
{
    const struct config_organization *organization = organization_of(c);
    struct arena *arena = arena_create();
    service_resume(
        &c->base,
        organization ? sender_with_credentials(arena, &submission_of(c)->sender,
                                               organization, question)
                     : &server_reply_unauthorised);
    arena_destroy(&arena);
}

static void begin_mail(struct service_client *base,
                       const struct server_want *want)
{
    struct client *c = (struct client *)base;
    struct submission *s = submission_of(c);
    struct sender_question question = {
        .reverse_path = want->envelope->reverse_path,
        .helo = server_session_helo(c->base.session),
        .ip = c->base.ip,
        .may_look_up = may_look_up,
        .ctx = c};
    free(c->by_spf);
    c->by_spf = NULL;
    if (journal_is_behind(s->world.intake.journal)) {
        service_resume(base, &server_reply_not_stored);
        return;
    }
    struct err err;
    (void)organizations_refresh(s->world.intake.organizations, &err);
    if (c->user) {
        mail_with_credentials(c, &question);
        return;
    }
    service_wait(&c->base);
    c->asked = 0;
    c->sender = sender_by_spf(&s->sender, &question, on_sender, c);
}

static void on_intake(void *ctx, const struct reply *reply)
{
    struct client *c = ctx;
    c->intake = NULL;
    service_resume(&c->base, reply);
}

static void begin_intake(struct client *c, const struct server_want *want,
                         const struct config_organization *organization)
{
    struct arena *arena = arena_create();
    struct slice helo = server_session_helo(c->base.session);
    struct intake_client who = {.organization = organization,
                                .is_by_spf = !c->user,
                                .helo = arena_text(arena, helo),
                                .ip = c->base.ip};
    struct reply refusal;
    if (intake_begin(&submission_of(c)->world.intake, &who, want, on_intake, c,
                     arena, &c->intake, &refusal) == ST_OK)
        service_wait(&c->base);
    else
        service_resume(&c->base, &refusal);
    arena_destroy(&arena);
}

static void begin_store(struct service_client *base,
                        const struct server_want *want)
{
    struct client *c = (struct client *)base;
    struct err err;
    (void)organizations_refresh(submission_of(c)->world.intake.organizations,
                                &err);
    const struct config_organization *organization = organization_of(c);
    if (organization)
        begin_intake(c, want, organization);
    else /* CONN-8: no MAIL was answered with 250; or AUTH-2, revoked since */
        service_resume(&c->base, &server_reply_unauthorised);
}

static void on_rest(void *ctx, const char *client, unsigned long count,
                    int64_t since_s)
{
    const struct submission *s = ctx;
    journal_refusals(s->world.intake.journal, client, count, since_s);
}

static void on_refused(const struct service_client *base,
                       enum server_stage stage, const char *reply)
{
    const struct submission *s = service_ctx(base);
    if (quota_may_tell(s->quota, base->client))
        journal_refused(s->world.intake.journal, server_stage_name(stage),
                        reply, base->ip);
}

static void on_no_handshake(const struct service_client *base,
                            const struct tls_facts *tls)
{
    const struct submission *s = service_ctx(base);
    if (!quota_may_tell(s->quota, base->client))
        return;
    journal_handshake_refused(
        s->world.intake.journal, base->ip, tls->offered_version,
        tls->version_refused ? "TLS below 1.2 is not accepted"
                             : conn_error(base->conn));
}

static bool is_busy(const struct service_client *base)
{
    return ((const struct client *)base)->intake != NULL;
}

static void on_gone(struct service_client *base)
{
    struct client *c = (struct client *)base;
    auth_cancel(&c->auth);
    sender_cancel(&c->sender);
    intake_forget(&c->intake);
    free(c->user);
    free(c->by_spf);
}

static const struct service_owner owner = {
    .client_bytes = sizeof(struct client),
    .want = {[SERVER_WANT_AUTH] = begin_auth,
             [SERVER_WANT_MAIL] = begin_mail,
             [SERVER_WANT_STORE] = begin_store},
    .refused = on_refused,
    .no_handshake = on_no_handshake,
    .is_busy = is_busy,
    .gone = on_gone};

static enum status listen_at(struct submission *s, struct err *err)
{
    const struct config *config = s->world.intake.config;
    const struct config_settings *settings = &config->settings;
    return service_create(
        &(struct service_settings){
            .area = "submission",
            .loop = s->world.loop,
            .tls = s->world.tls,
            .listen = &config->submission.listen,
            .limits = settings,
            .session = {.host_name = config->host_name,
                        .recipients_max = (size_t)settings->recipients,
                        .message_bytes_max = (size_t)settings->message_bytes,
                        .spool = store_spool(s->world.intake.store),
                        .auth_pause_first_ms = settings->auth_pause_first_ms,
                        .auth_pause_longest_ms =
                            settings->auth_pause_longest_ms},
            .owner = &owner,
            .ctx = s},
        &s->service, err);
}

enum status submission_create(const struct submission_world *world,
                              struct submission **out, struct err *err)
{
    struct submission *s = xcalloc(1, sizeof *s);
    s->world = *world;
    s->sender =
        (struct sender_world){.loop = world->loop,
                              .config = world->intake.config,
                              .organizations = world->intake.organizations};
    const struct config_settings *settings = &world->intake.config->settings;
    s->auth_lock = auth_lock_create(&(struct auth_lock_settings){
        (unsigned)settings->auth_lock_failures, settings->auth_lock_ms});
    s->quota = quota_create(world->loop, on_rest, s);
    enum status status = listen_at(s, err);
    if (status != ST_OK) {
        quota_destroy(&s->quota);
        auth_lock_destroy(&s->auth_lock);
        free(s);
        return status;
    }
    *out = s;
    return ST_OK;
}

void submission_set_resolver(struct submission *submission,
                             const struct resolver *resolver)
{
    submission->sender.resolver = resolver;
}

struct service *submission_service(const struct submission *submission)
{
    return submission->service;
}

void submission_poke(struct submission *submission)
{
    quota_poke(submission->quota);
}

void submission_destroy(struct submission **submission)
{
    struct submission *s = *submission;
    *submission = NULL;
    if (!s)
        return;
    service_destroy(&s->service);
    quota_destroy(&s->quota);
    auth_lock_destroy(&s->auth_lock);
    free(s);
}
