#include "app/submission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/auth_lock.h"
#include "base/clock.h"
#include "base/log.h"

enum { DISCARD_MS = 5000 };

struct client {
    struct submission *submission;
    struct client *next, **back; /* list of all */
    struct conn *conn;
    struct server_session *session;
    struct auth_request *auth; /* under way, or NULL */
    struct sender *sender;     /* under way, or NULL */
    struct intake *intake;     /* under way, or NULL */
    bool waiting;              /* for an answer to a want, or for TLS */
    bool eof;                  /* the client will send no more */
    struct server_settings settings;
    char *user;   /* after AUTH; NULL before */
    char *by_spf; /* the organization in this transaction (AUTH-3), or NULL */
    char ip[64];
};

struct submission {
    struct submission_world world;
    struct sender_world sender;
    struct auth_lock *auth_lock;
    struct listener *listener;
    struct client *clients;
    size_t count;
    bool stopping;
};

static void pump(struct client *c);

static void client_free(struct client *c)
{
    struct submission *s = c->submission;
    *c->back = c->next;
    if (c->next)
        c->next->back = c->back;
    s->count--;
    auth_cancel(&c->auth);
    sender_cancel(&c->sender);
    intake_forget(&c->intake);
    server_session_destroy(&c->session);
    free(c->user);
    free(c->by_spf);
    free(c);
}

static void drop(struct client *c)
{
    conn_abort(&c->conn);
    client_free(c);
}

static void hang_up(struct client *c)
{
    conn_close(&c->conn);
    client_free(c);
}

static void flush(struct client *c)
{
    struct slice out = server_session_take(c->session);
    if (out.n)
        conn_write(c->conn, out);
}

/* Answers a want, and goes on with what was pipelined behind it. */
static void resume(struct client *c, const struct reply *reply)
{
    c->waiting = false;
    server_session_resume(c->session, reply);
    pump(c);
}

static void on_auth(void *ctx, bool right)
{
    struct client *c = ctx;
    struct auth_lock *lock = c->submission->auth_lock;
    struct slice user = server_session_want(c->session)->user;
    c->auth = NULL;
    if (right) {
        free(c->user);
        c->user = xasprintf("%.*s", SLICE_ARG(user));
        auth_lock_passed(lock, c->ip, user);
    } else {
        auth_lock_failed(lock, c->ip, user, clock_wall_ms());
    }
    resume(c, right ? &server_reply_auth_ok : &server_reply_auth_wrong);
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
    const struct submission *s = c->submission;
    const struct config_organization *owner = NULL;
    if (c->user)
        return valid_hash(s, slice_of(c->user), &owner) ? owner : NULL;
    return c->by_spf
               ? organizations_named(s->world.intake.organizations, c->by_spf)
               : NULL;
}

static void begin_auth(struct client *c, const struct server_want *want)
{
    struct submission *s = c->submission;
    if (auth_lock_is_closed(s->auth_lock, c->ip, want->user, clock_wall_ms())) {
        server_session_resume(c->session, &server_reply_auth_locked);
        return;
    }
    struct err err;
    (void)organizations_refresh(s->world.intake.organizations, &err);
    const char *hash = valid_hash(s, want->user, NULL);
    c->waiting = true;
    conn_set_deadline_ms(c->conn, 0);
    c->auth =
        auth_check(s->world.auth, want->user, want->secret, hash, on_auth, c);
}

static void on_sender(void *ctx, const struct config_organization *organization,
                      const struct reply *reply)
{
    struct client *c = ctx;
    c->sender = NULL;
    c->by_spf = organization ? xstrdup(organization->name) : NULL;
    resume(c, reply);
}

static void mail_with_credentials(struct client *c,
                                  const struct sender_question *question)
{
    const struct config_organization *organization = organization_of(c);
    struct arena *arena = arena_create();
    server_session_resume(
        c->session, organization
                        ? sender_with_credentials(arena, &c->submission->sender,
                                                  organization, question)
                        : &server_reply_unauthorised);
    arena_destroy(&arena);
}

static void begin_mail(struct client *c, const struct server_want *want)
{
    struct submission *s = c->submission;
    struct sender_question question = {want->envelope->reverse_path,
                                       server_session_helo(c->session), c->ip};
    free(c->by_spf);
    c->by_spf = NULL;
    struct err err;
    (void)organizations_refresh(s->world.intake.organizations, &err);
    if (c->user) {
        mail_with_credentials(c, &question);
        return;
    }
    c->waiting = true;
    conn_set_deadline_ms(c->conn, 0);
    c->sender = sender_by_spf(&s->sender, &question, on_sender, c);
}

static void on_intake(void *ctx, const struct reply *reply)
{
    struct client *c = ctx;
    c->intake = NULL;
    if (c->submission->stopping) {
        server_session_resume(c->session, reply);
        server_session_end(c->session, &server_reply_shutdown);
        c->waiting = false;
        pump(c);
        return;
    }
    resume(c, reply);
}

static void begin_intake(struct client *c, const struct server_want *want,
                         const struct config_organization *organization)
{
    struct arena *arena = arena_create();
    struct slice helo = server_session_helo(c->session);
    struct intake_client who = {.organization = organization,
                                .is_by_spf = !c->user,
                                .helo = arena_text(arena, helo),
                                .ip = c->ip};
    struct reply refusal;
    conn_set_deadline_ms(c->conn, 0);
    if (intake_begin(&c->submission->world.intake, &who, want, on_intake, c,
                     arena, &c->intake, &refusal) == ST_OK)
        c->waiting = true;
    else
        server_session_resume(c->session, &refusal);
    arena_destroy(&arena);
}

static void begin_store(struct client *c, const struct server_want *want)
{
    struct err err;
    (void)organizations_refresh(c->submission->world.intake.organizations,
                                &err);
    const struct config_organization *organization = organization_of(c);
    if (organization)
        begin_intake(c, want, organization);
    else /* CONN-8: no MAIL was answered with 250; or AUTH-2, revoked since */
        server_session_resume(c->session, &server_reply_unauthorised);
}

static void begin_tls(struct client *c)
{
    struct err err;
    flush(c);
    c->waiting = true;
    conn_set_deadline_ms(c->conn, server_session_deadline_ms(c->session));
    if (conn_start_tls_server(c->conn, c->submission->world.tls, &err) == ST_OK)
        return;
    log_warn("submission", "no handshake", "client=%s error=%s", c->ip,
             err.text);
    drop(c);
}

/* Meets the session's want; false: the client is gone or waits. */
static bool meet_want(struct client *c)
{
    const struct server_want *want = server_session_want(c->session);
    switch (want->kind) {
    case SERVER_WANT_NONE:
        return true;
    case SERVER_WANT_STARTTLS:
        begin_tls(c);
        return false;
    case SERVER_WANT_AUTH:
        begin_auth(c, want);
        return !c->waiting;
    case SERVER_WANT_MAIL:
        begin_mail(c, want);
        return !c->waiting;
    case SERVER_WANT_STORE:
        begin_store(c, want);
        return !c->waiting;
    case SERVER_WANT_PAUSE: /* AUTH-2: nothing is read until TIMEOUT */
        flush(c);
        c->waiting = true;
        conn_set_deadline_ms(c->conn, want->pause_ms);
        return false;
    case SERVER_WANT_CLOSE:
        flush(c);
        hang_up(c);
        return false;
    case SERVER_WANT_RCPT:
    case SERVER_WANT_COUNT:
        break;
    }
    BUG("want %d", (int)want->kind);
}

/* Feeds and answers until the session needs the client or an answer; c may be
 * gone afterwards. */
static void pump(struct client *c)
{
    while (!c->waiting && meet_want(c)) {
        if (conn_room(c->conn) == 0)
            return; /* the client does not read: DRAINED goes on */
        size_t used = server_session_feed(c->session, conn_input(c->conn));
        conn_consume(c->conn, used);
        flush(c);
        if (used == 0 &&
            server_session_want(c->session)->kind == SERVER_WANT_NONE) {
            if (c->eof)
                hang_up(c);
            else
                conn_set_deadline_ms(c->conn,
                                     server_session_deadline_ms(c->session));
            return;
        }
    }
}

static void on_tls_ready(struct client *c)
{
    c->waiting = false;
    server_session_tls_ready(c->session, conn_tls(c->conn)->version);
    pump(c);
}

static void on_error(struct client *c)
{
    const struct tls_facts *tls = conn_tls(c->conn);
    if (conn_failure(c->conn) == CONN_FAILURE_HANDSHAKE && tls)
        journal_handshake_refused(
            c->submission->world.intake.journal, c->ip, tls->offered_version,
            tls->version_refused ? "TLS below 1.2 is not accepted"
                                 : conn_error(c->conn));
    log_info("submission", "connection ended", "client=%s error=%s", c->ip,
             conn_error(c->conn));
    hang_up(c); /* flushes the alert, where there is one */
}

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    struct client *c = ctx;
    (void)conn;
    switch (event) {
    case CONN_EVENT_CONNECTED:
        break;
    case CONN_EVENT_DRAINED:
    case CONN_EVENT_DATA:
        pump(c);
        break;
    case CONN_EVENT_TLS_READY:
        on_tls_ready(c);
        break;
    case CONN_EVENT_EOF:
        c->eof = true;
        pump(c);
        break;
    case CONN_EVENT_TIMEOUT:
        server_session_timed_out(c->session);
        c->waiting = false;
        pump(c);
        break;
    case CONN_EVENT_ERROR:
        on_error(c);
        break;
    case CONN_EVENT_COUNT:
        BUG("event");
    }
}

static void on_refused(void *ctx, enum server_stage stage, const char *reply)
{
    const struct client *c = ctx;
    journal_refused(c->submission->world.intake.journal,
                    server_stage_name(stage), reply, c->ip);
}

static bool are_too_many(const struct submission *s, const char *ip)
{
    const struct config_settings *limits = &s->world.intake.config->settings;
    int64_t count = 0;
    for (const struct client *c = s->clients; c; c = c->next)
        count += strcmp(c->ip, ip) == 0;
    return count > limits->sessions_per_address ||
           (int64_t)s->count > limits->sessions_total;
}

static void on_accept(struct conn *conn, void *ctx)
{
    struct submission *s = ctx;
    const struct config *config = s->world.intake.config;
    struct client *c = xcalloc(1, sizeof *c);
    c->submission = s;
    c->conn = conn;
    snprintf(c->ip, sizeof c->ip, "%s", conn_peer(conn));
    c->settings = (struct server_settings){
        .host_name = config->host_name,
        .recipients_max = (size_t)config->settings.recipients,
        .message_bytes_max = (size_t)config->settings.message_bytes,
        .spool = store_spool(s->world.intake.store),
        .idle_timeout_ms = config->settings.idle_timeout_ms,
        .auth_pause_first_ms = config->settings.auth_pause_first_ms,
        .auth_pause_longest_ms = config->settings.auth_pause_longest_ms,
        .discard_timeout_ms = DISCARD_MS,
        .on_refused = on_refused,
        .ctx = c};
    c->session = server_session_create(&c->settings);
    c->next = s->clients;
    c->back = &s->clients;
    if (c->next)
        c->next->back = &c->next;
    s->clients = c;
    s->count++;
    conn_set_handler(conn, on_event, c);
    if (are_too_many(s, c->ip))
        server_session_end(c->session, &server_reply_too_many);
    flush(c);
    pump(c);
}

enum status submission_create(const struct submission_world *world,
                              struct submission **out, struct err *err)
{
    const struct config_endpoint *at = &world->intake.config->submission.listen;
    struct submission *s = xcalloc(1, sizeof *s);
    s->world = *world;
    s->sender =
        (struct sender_world){.loop = world->loop,
                              .config = world->intake.config,
                              .organizations = world->intake.organizations};
    const struct config_settings *settings = &world->intake.config->settings;
    s->auth_lock = auth_lock_create(&(struct auth_lock_settings){
        (unsigned)settings->auth_lock_failures, settings->auth_lock_ms});
    enum status status = listener_create(
        world->loop,
        &(struct listener_settings){.address = at->address, .port = at->port},
        on_accept, s, &s->listener, err);
    if (status != ST_OK) {
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

uint16_t submission_port(const struct submission *submission)
{
    return listener_port(submission->listener);
}

void submission_stop(struct submission *s)
{
    listener_destroy(&s->listener);
    for (struct client *c = s->clients, *next; c; c = next) {
        next = c->next;
        if (c->intake)
            continue;
        auth_cancel(&c->auth);
        sender_cancel(&c->sender);
        server_session_end(c->session, &server_reply_shutdown);
        c->waiting = false;
        pump(c);
    }
    s->stopping = true;
}

size_t submission_session_count(const struct submission *submission)
{
    return submission->count;
}

void submission_destroy(struct submission **submission)
{
    struct submission *s = *submission;
    if (!s)
        return;
    listener_destroy(&s->listener);
    while (s->clients)
        drop(s->clients);
    auth_lock_destroy(&s->auth_lock);
    free(s);
    *submission = NULL;
}
