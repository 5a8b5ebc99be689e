#include "deliver/attempt.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deliver/destination.h"
#include "deliver/nta.h"
#include "deliver/posting.h"
#include "deliver/sealing.h"

struct attempt {
    const struct deliver_settings *settings;
    const struct deliver_world *world;
    const struct store_item *item;
    int64_t now_ms;
    struct attempt_hooks hooks;
    struct arena *arena;
    const char *address; /* of the recipient */
    struct facts facts;
    struct decision decision;
    struct destination_query *hosts_query;
    const struct hosts *hosts;
    struct reach_query *reach_query;
    enum minimum asked; /* by reach_query */
    const struct reached *reached[MINIMUM_COUNT];
    struct nta nta;
    struct outbound *connection; /* that stands; it carries the content */
    struct sealing sealing;
    struct posting posting;
    void (*after_sealing)(struct attempt *a);
    int64_t asked_ms; /* monotonic: the latest look-up */
    struct attempt_report report;
};

/* --- the end ------------------------------------------------------------- */

static void quit_all(struct attempt *a)
{
    if (a->connection != NULL) {
        a->world->transport->quit(a->connection);
        a->connection = NULL;
    }
}

static void finish(struct attempt *a, enum delivery delivery)
{
    quit_all(a);
    a->report.delivery = delivery;
    a->hooks.on_done(a->hooks.ctx, &a->report);
}

/* --- sending over the connection that was measured (TRANSPORT-1) ---------- */

static void on_sent(struct outbound *outbound, const struct sent *sent,
                    void *ctx)
{
    struct attempt *a = ctx;
    HAND_STEP(a->hooks.hold);
    (void)outbound;
    attempt_take_reply(a->arena, &a->report, &sent->reply);
    a->report.takes_notify = sent->takes_notify;
    switch (sent->kind) {
    case SENT_ACCEPTED:
        a->report.status = NULL;
        finish(a, a->decision.kind == DECISION_CHOSEN ? a->decision.delivery
                                                      : DELIVERY_NOTIFICATION);
        return;
    case SENT_PERMANENT:
        finish(a, DELIVERY_FAILED);
        return;
    case SENT_TEMPORARY:
        a->report.why = WHY_REFUSED_BY_SERVER;
        finish(a, DELIVERY_DEFERRED);
        return;
    case SENT_LOST:
        a->report.why = WHY_NO_CONNECTION;
        finish(a, DELIVERY_DEFERRED);
        return;
    case SENT_KIND_COUNT:
        break;
    }
    BUG("sent %d", (int)sent->kind);
}

static bool is_nta(const struct attempt *a)
{
    return a->decision.kind == DECISION_CHOSEN &&
           a->decision.method == METHOD_NTA7516;
}

static const char *from_of(const struct attempt *a)
{
    return attempt_from(a->settings, a->item->message);
}

/* What the mail is signed with is asked before its way is taken. */
static void seal_first(struct attempt *a, const char *from,
                       struct slice content, void (*then)(struct attempt *a))
{
    a->after_sealing = then;
    a->asked_ms = clock_mono_ms();
    if (sealing_ask(&a->sealing, from, content)) {
        then(a);
    }
}

static void on_sealing(void *ctx)
{
    struct attempt *a = ctx;
    HAND_STEP(a->hooks.hold);
    a->after_sealing(a);
}

static void on_posted(void *ctx)
{
    struct attempt *a = ctx;
    HAND_STEP(a->hooks.hold);
    struct posting *posting = &a->posting;
    if (posting->status != ST_OK) {
        a->report.why = WHY_NO_CONNECTION;
        finish(a, DELIVERY_DEFERRED);
        return;
    }
    posting->mail.seal = &a->sealing.seal;
    posting->mail.hold = a->hooks.hold;
    a->report.links = posting->mail.links;
    a->world->transport->send(a->connection, &posting->mail, on_sent, a);
}

static void send_over(struct attempt *a, const struct reached *reached)
{
    a->report.host = reached->host;
    a->report.tls = reached->measure.tls;
    a->posting = (struct posting){.arena = a->arena,
                                  .hold = a->hooks.hold,
                                  .world = a->world,
                                  .on_done = on_posted,
                                  .ctx = a,
                                  .wish = {.settings = a->settings,
                                           .item = a->item,
                                           .now_ms = a->now_ms,
                                           .decision = &a->decision,
                                           .spool = a->world->spool,
                                           .sender = &a->sealing.answer}};
    posting_start(&a->posting);
}

/* TRANSPORT-7, and ORDER-6 where no host takes a greeting or EHLO. */
static void on_best(const struct reached *reached, void *ctx)
{
    struct attempt *a = ctx;
    HAND_STEP(a->hooks.hold);
    a->reach_query = NULL;
    if (reached->reach.outcome == REACH_REACHED) {
        a->connection = reached->connection;
        send_over(a, reached);
        return;
    }
    attempt_take_reason(a->arena, &a->report, reached);
    a->report.why = reached->reach.why;
    finish(a, reached->reach.outcome == REACH_REFUSED ? DELIVERY_FAILED
                                                      : DELIVERY_DEFERRED);
}

static void reach_best(struct attempt *a)
{
    struct reach_wish wish = {.best = true};
    a->reach_query =
        reach_start(a->arena, a->world->transport, a->hosts, &wish, on_best, a);
}

/* --- deciding ------------------------------------------------------------ */

static void decided(struct attempt *a)
{
    a->report.decision = &a->decision;
    a->report.reached = a->reached;
    a->report.nta_reached = a->nta.reached;
    a->report.hosts = a->hosts;
    a->report.method = a->decision.method;
    a->report.delivery = a->decision.delivery;
    a->report.idd = a->decision.idd;
    a->report.why = a->decision.why;
    a->report.until_host_wait = a->decision.until_host_wait;
    a->hooks.on_decided(a->hooks.ctx, &a->report);
}

static void step(struct attempt *a);

/* ORDER-7: a domain that has next hops of NTA 7516 alone takes nothing else. */
static bool has_hosts(struct attempt *a)
{
    if (a->hosts->kind == HOSTS_USABLE) {
        return true;
    }
    a->facts.destination = DESTINATION_NO_HOST;
    return false;
}

/* The carrier of what goes directly. */
static const struct reached *carrier(const struct attempt *a)
{
    const struct reached *reached =
        is_nta(a) ? a->nta.reached : a->reached[a->decision.minimum];
    if (reached == NULL || a->connection == NULL) {
        BUG("direct without a connection");
    }
    return reached;
}

static void send_direct(struct attempt *a)
{
    send_over(a, carrier(a));
}

static const struct slice no_content = {"", 0};

static void chosen(struct attempt *a)
{
    if (a->decision.delivery != DELIVERY_DIRECT) {
        if (!has_hosts(a)) {
            step(a);
            return;
        }
        decided(a);
        seal_first(a, a->settings->from, no_content, reach_best);
        return;
    }
    const struct reached *reached = carrier(a);
    a->report.is_measured = true;
    a->report.level = reached->measure.level;
    a->report.host = reached->host;
    a->report.tls = reached->measure.tls;
    decided(a);
    seal_first(a, from_of(a), a->item->message->content, send_direct);
}

/* Of a server that refused, put off or is barred, for status and DSN. */
static void take_last_reason(struct attempt *a)
{
    attempt_take_reason(a->arena, &a->report, a->nta.reached);
    for (size_t i = 0; i < MINIMUM_COUNT; i++) {
        attempt_take_reason(a->arena, &a->report, a->reached[i]);
    }
}

static void failed(struct attempt *a)
{
    if (a->decision.status == NULL) {
        take_last_reason(a);
    } else {
        a->report.status = a->decision.status;
    }
    decided(a);
    finish(a, DELIVERY_FAILED);
}

static void waits(struct attempt *a)
{
    decided(a);
    take_last_reason(a);
    finish(a, DELIVERY_DEFERRED);
}

static void on_nta(void *ctx)
{
    struct attempt *a = ctx;
    HAND_STEP(a->hooks.hold);
    const struct reached *reached = a->nta.reached;
    if (a->connection == NULL && reached != NULL) {
        a->connection = reached->connection;
    }
    step(a);
}

static void on_reached(const struct reached *reached, void *ctx)
{
    struct attempt *a = ctx;
    HAND_STEP(a->hooks.hold);
    a->reach_query = NULL;
    a->reached[a->asked] = reached;
    a->facts.reach[a->asked] = reached->reach;
    if (reached->connection != NULL) {
        quit_all(a); /* of another minimum: not wanted after all */
        a->connection = reached->connection;
    }
    step(a);
}

static void on_hosts(const struct hosts *hosts, void *ctx)
{
    struct attempt *a = ctx;
    HAND_STEP(a->hooks.hold);
    a->hosts_query = NULL;
    a->hosts = hosts;
    a->facts.destination = attempt_destination(hosts->kind);
    if (hosts->kind == HOSTS_NONE) {
        nta_ask_destination(&a->nta);
        return;
    }
    step(a);
}

static void find_hosts(struct attempt *a, hosts_on_done *on_done)
{
    a->asked_ms = clock_mono_ms();
    a->hosts_query =
        destination_find(a->arena, a->world, attempt_domain(a->address),
                         attempt_seed(a->settings), on_done, a);
}

static void take_sender_dns(struct attempt *a)
{
    a->facts.sender_dns = a->sealing.answer.state;
}

static void on_sender_dns(struct attempt *a)
{
    take_sender_dns(a);
    step(a);
}

/* MAIL-2 */
static bool ask_sender_dns(struct attempt *a)
{
    const struct store_message *message = a->item->message;
    a->after_sealing = on_sender_dns;
    if (!sealing_ask(&a->sealing, from_of(a), message->content)) {
        return false;
    }
    take_sender_dns(a);
    return true;
}

/* Answers one question; true where the answer is there at once. */
static bool answer(struct attempt *a)
{
    a->asked_ms = clock_mono_ms();
    switch (a->decision.question) {
    case QUESTION_DESTINATION:
        find_hosts(a, on_hosts);
        return false;
    case QUESTION_NTA_SENDER:
        return nta_ask_sender(&a->nta);
    case QUESTION_SENDER_DNS:
        return ask_sender_dns(a);
    case QUESTION_NTA_RECIPIENT:
        nta_ask_recipient(&a->nta, a->hosts);
        return false;
    case QUESTION_REACH: {
        if (!has_hosts(a)) {
            return true;
        }
        struct reach_wish wish = {.minimum = a->decision.minimum};
        a->asked = wish.minimum;
        a->reach_query = reach_start(a->arena, a->world->transport, a->hosts,
                                     &wish, on_reached, a);
        return false;
    }
    case QUESTION_SHARES:
        attempt_gather_shares(a->world->directory, a->item, &a->facts);
        return true;
    }
    BUG("question %d", (int)a->decision.question);
}

static void step(struct attempt *a)
{
    do {
        decide(&a->facts, &a->decision);
    } while (a->decision.kind == DECISION_ASK && answer(a));
    switch (a->decision.kind) {
    case DECISION_ASK:
        return;
    case DECISION_CHOSEN:
        chosen(a);
        return;
    case DECISION_WAIT:
        waits(a);
        return;
    case DECISION_FAIL:
        failed(a);
        return;
    }
}

/* --- a status notification: no decision, only a destination --------------- */

static void on_dsn_hosts(const struct hosts *hosts, void *ctx)
{
    struct attempt *a = ctx;
    HAND_STEP(a->hooks.hold);
    a->hosts_query = NULL;
    a->hosts = hosts;
    switch (hosts->kind) {
    case HOSTS_USABLE:
        seal_first(a, a->settings->host_name, no_content, reach_best);
        return;
    case HOSTS_LOOK_UP_FAILED:
        a->report.why = WHY_LOOKUP_FAILED;
        finish(a, DELIVERY_DEFERRED);
        return;
    case HOSTS_NO_DOMAIN:
    case HOSTS_NULL_MX:
    case HOSTS_NONE:
        finish(a, DELIVERY_FAILED);
        return;
    case HOSTS_KIND_COUNT:
        break;
    }
    BUG("hosts %d", (int)hosts->kind);
}

/* --- start and end ------------------------------------------------------- */

struct attempt *attempt_start(const struct deliver_settings *settings,
                              const struct deliver_world *world,
                              const struct store_item *item, int64_t now_ms,
                              const struct attempt_hooks *hooks)
{
    struct attempt *a = xcalloc(1, sizeof *a);
    a->settings = settings;
    a->world = world;
    a->item = item;
    a->now_ms = now_ms;
    a->hooks = *hooks;
    a->arena = arena_create();
    a->report = (struct attempt_report){.tls = "", .method = METHOD_NONE};
    a->sealing = (struct sealing){.arena = a->arena,
                                  .settings = settings,
                                  .resolver = world->resolver,
                                  .now_s = now_ms / 1000,
                                  .on_done = on_sealing,
                                  .ctx = a};
    if (item->kind == STORE_KIND_DSN) {
        a->address = item->dsn->to;
        find_hosts(a, on_dsn_hosts);
        return a;
    }
    a->address = item->recipient->address;
    attempt_gather(settings, world->directory, item, now_ms, &a->facts);
    a->facts.sender_nta_open = true;
    a->nta = (struct nta){.arena = a->arena,
                          .world = world,
                          .message = item->message,
                          .keys = settings->keys,
                          .discovery = settings->discovery,
                          .domain = attempt_domain(a->address),
                          .now_ms = now_ms,
                          .seed = attempt_seed(settings),
                          .facts = &a->facts,
                          .on_done = on_nta,
                          .ctx = a};
    step(a);
    return a;
}

int64_t attempt_looks_up_ms(const struct attempt *a)
{
    bool is_looking = a->hosts_query != NULL || a->sealing.query != NULL ||
                      a->nta.sender != NULL || a->nta.recipient != NULL;
    return is_looking ? clock_mono_ms() - a->asked_ms : 0;
}

void attempt_give_up(struct attempt *a)
{
    if (a->hosts_query != NULL && a->item->kind == STORE_KIND_RECIPIENT) {
        destination_cancel(&a->hosts_query);
        a->facts.destination = DESTINATION_LOOKUP_FAILED;
        step(a);
        return;
    }
    a->report.why = WHY_LOOKUP_FAILED;
    finish(a, DELIVERY_DEFERRED);
}

void attempt_destroy(struct attempt **attempt)
{
    struct attempt *a = *attempt;
    *attempt = NULL;
    if (a == NULL) {
        return;
    }
    destination_cancel(&a->hosts_query);
    nta_cancel(&a->nta);
    sealing_cancel(&a->sealing);
    posting_cancel(&a->posting);
    reach_cancel(&a->reach_query);
    quit_all(a);
    arena_destroy(&a->arena);
    free(a);
}
