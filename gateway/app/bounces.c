/* A client asks the store at most one thing at a time: whose return path a
 * recipient is; then, for one recipient after the other, for his message, and
 * to record what the mail reports. Such a question outlives the client; what
 * was recorded is journalled in any case. What a client holds meanwhile are
 * local parts, never a message (CONN-10). */
#include "app/bounces.h"

#include <stdlib.h>
#include <string.h>

#include "app/quota.h"
#include "base/clock.h"
#include "base/log.h"
#include "deliver/bounce.h"
#include "deliver/stored.h"
#include "session/server.h"
#include "store/hand.h"

enum {
    RECIPIENTS_MAX = 100, /* RFC 5321 4.5.3.1.8 */
    /* A bounce may hold the whole message, and what is said of it. */
    OVERHEAD_BYTES = 16 << 20
};

static const struct reply nobody = {550, "5.1.1", "No such return path"};

/* Under way to the store. */
struct question {
    struct client *client;         /* NULL: gone */
    struct bounces *owner;         /* NULL: gone */
    struct question *next, **back; /* list of all */
    struct arena *arena;
    struct slice local;       /* find: of the recipient */
    struct slice domain;      /* the same */
    struct store_event event; /* record; id NULL: none */
};

struct client {
    struct service_client base;  /* the first */
    struct question *question;   /* NULL: none */
    char *found[RECIPIENTS_MAX]; /* local parts of the recipients so far */
    size_t found_count;
    size_t recorded; /* STORE: so many of them are */
};

struct bounces {
    struct bounces_world world;
    struct quota *quota;
    struct service *service;
    struct question *questions;
};

static void record_next(struct client *c);

static void forget_recipients(struct client *c)
{
    while (c->found_count)
        free(c->found[--c->found_count]);
    c->recorded = 0;
}

/* --- questions to the store ------------------------------------------------
 */

static struct question *ask(struct client *c)
{
    struct question *q = xcalloc(1, sizeof *q);
    struct bounces *b = service_ctx(&c->base);
    q->client = c;
    q->owner = b;
    q->next = b->questions;
    q->back = &b->questions;
    if (q->next)
        q->next->back = &q->next;
    b->questions = q;
    q->arena = arena_create();
    c->question = q;
    service_wait(&c->base);
    return q;
}

static struct client *end_question(struct question *q)
{
    struct client *c = q->client;
    if (q->owner) {
        *q->back = q->next;
        if (q->next)
            q->next->back = q->back;
    }
    arena_destroy(&q->arena);
    free(q);
    if (c)
        c->question = NULL;
    return c;
}

static struct slice domain_of(struct slice address)
{
    for (size_t i = address.n; i > 0; i--)
        if (address.p[i - 1] == '@')
            return slice_from(address, i);
    return (struct slice){0};
}

/* MAIL-2: the address was given out under the gateway's own return-path host,
 * or under that of a domain of the sender's organization. */
static bool is_given_out(const struct bounces *b, struct slice domain,
                         const struct store_item *item)
{
    static const char under[] = "zivverbounce.";
    if (slice_is_nocase(domain, b->world.config->bounces.host))
        return true;
    if (!slice_starts_nocase(domain, under))
        return false;
    const struct config_organization *owner = organizations_owner(
        b->world.organizations, slice_from(domain, sizeof under - 1));
    return owner && strcmp(owner->name, item->message->organization) == 0;
}

/* Whoever is named twice is one recipient. */
static void remember(struct client *c, struct slice local)
{
    for (size_t i = 0; i < c->found_count; i++)
        if (slice_is(local, c->found[i]))
            return;
    c->found[c->found_count++] = xasprintf("%.*s", SLICE_ARG(local));
}

static void on_found(void *ctx, const struct store_found *found)
{
    struct question *q = ctx;
    bool is_aside = found->status == ST_OK && q->owner &&
                    (found->item->guard == STORE_GUARD_ASIDE ||
                     !stored_is_usable(found->item));
    bool is_live = q->owner && found->status == ST_OK && !is_aside &&
                   is_given_out(q->owner, q->domain, found->item);
    if (found->item)
        store_item_release(found->item);
    if (is_live && q->client)
        remember(q->client, q->local);
    struct client *c = end_question(q);
    if (c)
        service_resume(&c->base, is_live ? &server_reply_rcpt_ok
                                 : found->status == ST_TEMP || is_aside
                                     ? &server_reply_not_stored
                                     : &nobody);
}

static void find(struct service_client *base, const struct server_want *want)
{
    struct client *c = (struct client *)base;
    struct slice recipient = want->recipient, domain = domain_of(recipient);
    if (c->found_count == RECIPIENTS_MAX || domain.n == 0) {
        service_resume(base, &nobody);
        return;
    }
    struct question *q = ask(c);
    q->domain = arena_slice(q->arena, domain);
    /* Hexadecimal digits, as they were given out; some servers shout. */
    char *local = arena_text(
        q->arena, (struct slice){recipient.p, recipient.n - domain.n - 1});
    for (char *p = local; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    q->local = slice_of(local);
    store_find(q->owner->world.store, &(struct store_question){q->local, false},
               on_found, q);
}

static void on_recorded(void *ctx, const struct store_answer *answer)
{
    struct question *q = ctx;
    const struct bounces_world *world = q->owner ? &q->owner->world : NULL;
    bool is_stored = answer->status == ST_OK;
    if (world && is_stored) {
        if (q->event.id)
            journal_event(world->journal, &q->event);
        world->on_taken(world->ctx);
    }
    struct client *c = end_question(q);
    if (!c)
        return;
    if (is_stored) {
        record_next(c);
        return;
    }
    forget_recipients(c);
    service_resume(&c->base, answer->fault == STORE_FAULT_FULL
                                 ? &server_reply_full
                                 : &server_reply_not_stored);
}

/* What the mail reports of this recipient is recorded; false: nothing. */
static bool record(struct question *q, const struct store_item *item)
{
    const struct bounces_world *world = &q->owner->world;
    const struct server_want *want =
        server_session_want(q->client->base.session);
    struct store_record record;
    struct store_dsn dsn;
    const struct hand_work work = {HAND_BOUNCE, item->message->n, item->id};
    HAND_STEP_WHOLE(store_hand(world->store), &work);
    struct bounce bounce = {.item = item,
                            .content = want->content,
                            .is_null_path = want->envelope->reverse_path.n == 0,
                            .now_ms = clock_wall_ms()};
    if (!bounce_take(q->arena, world->settings, &bounce, &record, &dsn))
        return false;
    q->event = record.event;
    store_record(world->store, &record, on_recorded, q);
    return true;
}

static void on_message(void *ctx, const struct store_found *found)
{
    struct question *q = ctx;
    bool is_asked = q->client && q->owner;
    bool is_recorded =
        is_asked && found->status == ST_OK && record(q, found->item);
    if (found->item)
        store_item_release(found->item);
    if (is_recorded)
        return;
    struct client *c = end_question(q);
    if (c && found->status != ST_TEMP) { /* nothing, or he is gone by now */
        record_next(c);
    } else if (c) {
        forget_recipients(c);
        service_resume(&c->base, &server_reply_not_stored);
    }
}

/* One recipient after the other: 250 when all that is reported is durable. */
static void record_next(struct client *c)
{
    const struct bounces *b = service_ctx(&c->base);
    const struct bounces_world *world = &b->world;
    if (c->recorded < c->found_count) {
        struct slice local = slice_of(c->found[c->recorded++]);
        store_find(world->store, &(struct store_question){local, true},
                   on_message, ask(c));
        return;
    }
    forget_recipients(c);
    world->on_taken(world->ctx);
    service_resume(&c->base, &server_reply_stored);
}

/* --- the service ------------------------------------------------------------
 */

static void begin_mail(struct service_client *base,
                       const struct server_want *want)
{
    const struct bounces *b = service_ctx(base);
    (void)want;
    forget_recipients((struct client *)base);
    service_resume(base, journal_is_behind(b->world.journal)
                             ? &server_reply_not_stored
                             : &server_reply_mail_ok);
}

static void begin_store(struct service_client *base,
                        const struct server_want *want)
{
    (void)want; /* it stays the session's until all is recorded */
    record_next((struct client *)base);
}

static void on_refused(const struct service_client *base,
                       enum server_stage stage, const char *reply)
{
    const struct bounces *b = service_ctx(base);
    if (quota_may_tell(b->quota, base->client))
        log_info("bounces", "refused", "client=%s stage=%s reply=%s", base->ip,
                 server_stage_name(stage), reply);
}

static void on_rest(void *ctx, const char *client, unsigned long count,
                    int64_t since_s)
{
    (void)ctx;
    log_info("bounces", "refused besides", "client=%s count=%lu since=%lld",
             client, count, (long long)since_s);
}

static bool is_busy(const struct service_client *base)
{
    return ((const struct client *)base)->question != NULL;
}

static void on_gone(struct service_client *base)
{
    struct client *c = (struct client *)base;
    if (c->question)
        c->question->client = NULL;
    forget_recipients(c);
}

static const struct service_owner owner = {
    .client_bytes = sizeof(struct client),
    .want = {[SERVER_WANT_MAIL] = begin_mail,
             [SERVER_WANT_RCPT] = find,
             [SERVER_WANT_STORE] = begin_store},
    .refused = on_refused,
    .is_busy = is_busy,
    .gone = on_gone};

enum status bounces_create(const struct bounces_world *world,
                           struct bounces **out, struct err *err)
{
    const struct config *config = world->config;
    struct bounces *b = xcalloc(1, sizeof *b);
    b->world = *world;
    b->quota = quota_create(world->loop, on_rest, b);
    enum status status = service_create(
        &(struct service_settings){
            .area = "bounces",
            .loop = world->loop,
            .tls = world->tls,
            .listen = &config->bounces.listen,
            .limits = &config->settings,
            .session = {.host_name = config->bounces.host,
                        .is_open = true,
                        .recipients_max = RECIPIENTS_MAX,
                        .message_bytes_max =
                            (size_t)config->settings.message_bytes +
                            OVERHEAD_BYTES,
                        .spool = store_spool(world->store)},
            .owner = &owner,
            .ctx = b},
        &b->service, err);
    if (status == ST_OK)
        *out = b;
    else
        bounces_destroy(&b);
    return status;
}

struct service *bounces_service(const struct bounces *bounces)
{
    return bounces->service;
}

void bounces_destroy(struct bounces **bounces)
{
    struct bounces *b = *bounces;
    *bounces = NULL;
    if (!b)
        return;
    service_destroy(&b->service);
    quota_destroy(&b->quota);
    for (struct question *q = b->questions; q; q = q->next)
        q->owner = NULL;
    free(b);
}
