/* An item that is due becomes a job: its attempt, then the records of what
 * came of it. The job ends when its last record is durable and journalled.
 * recorder.c holds the records. */
#include "deliver/deliver.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/attempt.h"
#include "deliver/events.h"
#include "deliver/notice.h"
#include "deliver/places.h"
#include "deliver/recorder.h"
#include "deliver/retry.h"
#include "deliver/scans.h"
#include "deliver/stored.h"
#include "deliver/transport.h"
#include "net/loop.h"
#include "store/hand.h"

enum {
    STORE_PAUSE_MS = 1000,  /* after the store could not answer */
    ALONE_MOST_MS = 5000,   /* a suspect */
    TIMER_LEAST_MS = 100,   /* a frozen wall clock must not spin the loop */
    TIMER_MOST_MS = 3600000 /* a moved wall clock is seen at last */
};

struct job {
    struct deliver *deliver;
    struct job *next;
    struct job *previous;
    struct store_item *item;
    struct attempt *attempt;
    int64_t since_ms; /* monotonic */
    enum store_heard heard;
    struct hand_hold hold; /* until its last record is durable */
};

/* Survives the runner, for the store answers in any case. */
struct claim {
    struct deliver *deliver; /* NULL: the runner is gone */
};

struct deliver {
    struct deliver_settings settings;
    struct deliver_world world;
    struct recorder *recorder;
    struct loop_timer *timer;
    struct job jobs; /* list head */
    struct places *places;
    struct job *alone; /* nothing is taken up beside it; NULL: none */
    struct loop_timer *alone_timer;
    struct claim *claim; /* under way, or NULL */
    bool claim_again;
    bool is_busy; /* `settled` is owed */
};

static void claim(struct deliver *d);

static void check_settled(struct deliver *d)
{
    struct transport *transport = d->world.transport;
    if (!d->is_busy || places_taken(d->places) != 0 || d->claim != NULL ||
        recorder_open_count(d->recorder) != 0) {
        return;
    }
    if (transport->trim != NULL) {
        transport->trim(transport->self);
    }
    if (transport->open_count(transport->self) != 0) {
        return;
    }
    d->is_busy = false;
    struct arena *arena = arena_create();
    d->world.journal(d->world.ctx,
                     &(struct store_event){.line = event_settled(arena).line});
    arena_destroy(&arena);
}

static void on_connection_closed(void *ctx)
{
    check_settled(ctx);
}

/* --- the end of a job ---------------------------------------------------- */

static void job_free(struct job *job)
{
    hand_put_down(&job->hold);
    if (job->deliver->alone == job) {
        job->deliver->alone = NULL;
    }
    attempt_destroy(&job->attempt);
    store_item_release(job->item);
    job->previous->next = job->next;
    job->next->previous = job->previous;
    places_give(job->deliver->places);
    free(job);
}

/* What was recorded may have made something due: a DSN, a later attempt. */
static void on_finished(void *ctx)
{
    struct job *job = ctx;
    struct deliver *d = job->deliver;
    job_free(job);
    claim(d);
}

static void record(struct job *job, const struct store_record *record,
                   const struct event_line *event)
{
    struct store_record full = *record;
    full.item = job->item;
    full.event = (struct store_event){event->id, event->line};
    full.heard = job->heard;
    bool is_last = full.change != STORE_CHANGE_DECIDED;
    recorder_put(job->deliver->recorder, &full, is_last ? on_finished : NULL,
                 job);
}

static int64_t earlier(int64_t until_ms, int64_t mark_ms, int64_t now_ms)
{
    return mark_ms > now_ms && mark_ms < until_ms ? mark_ms : until_ms;
}

/* When the recipient is tried again: at a time that changes what follows too.
 */
static int64_t next_ms(const struct job *job,
                       const struct attempt_report *report, int64_t now_ms)
{
    const struct deliver_settings *settings = &job->deliver->settings;
    const struct store_item *item = job->item;
    const struct retry retry = {settings->retry_first_ms,
                                settings->retry_longest_ms,
                                settings->queue_lifetime_ms};
    int64_t until_ms =
        retry_next_ms(&retry, item->attempts + 1, item->created_ms, now_ms);
    if (report->until_host_wait) {
        until_ms =
            earlier(until_ms, item->created_ms + settings->unknown_host_wait_ms,
                    now_ms);
    }
    if (item->kind == STORE_KIND_RECIPIENT &&
        notice_is_wanted(item, MAIL_DSN_ACTION_DELAYED,
                         settings->delay_notice_default)) {
        until_ms =
            earlier(until_ms,
                    item->created_ms + settings->delay_notice_after_ms, now_ms);
    }
    return until_ms;
}

/* DSN-2 */
static bool is_delay_told(const struct job *job, int64_t now_ms)
{
    const struct deliver_settings *settings = &job->deliver->settings;
    const struct store_item *item = job->item;
    return item->kind == STORE_KIND_RECIPIENT &&
           now_ms >= item->created_ms + settings->delay_notice_after_ms &&
           notice_is_wanted(item, MAIL_DSN_ACTION_DELAYED,
                            settings->delay_notice_default);
}

static void defer(struct job *job, struct arena *arena,
                  const struct attempt_report *report, int64_t now_ms)
{
    const struct deliver_settings *settings = &job->deliver->settings;
    const struct store_item *item = job->item;
    struct store_record change = {.change = STORE_CHANGE_DEFERRED,
                                  .until_ms = next_ms(job, report, now_ms)};
    struct store_dsn dsn;
    if (is_delay_told(job, now_ms)) {
        struct notice notice =
            notice_of(report, MAIL_DSN_ACTION_DELAYED, now_ms);
        notice.will_retry_until_ms =
            item->created_ms + settings->queue_lifetime_ms;
        dsn = notice_compose(arena, settings, item, &notice);
        change.dsn = &dsn;
    }
    struct event_line event =
        event_deferred(arena, item, report, change.until_ms);
    record(job, &change, &event);
}

static void finish_dsn(struct job *job, struct arena *arena,
                       const struct attempt_report *report, bool is_over)
{
    const char *outcome = report->delivery == DELIVERY_NOTIFICATION ? "sent"
                          : is_over                                 ? "dropped"
                                                                    : "failed";
    struct event_line event =
        job->item->dsn->conversation != NULL
            ? event_mailed(arena, job->item, report, outcome)
            : event_dsn(arena, job->item, report, outcome);
    struct store_record change = {.change = STORE_CHANGE_FINISHED};
    record(job, &change, &event);
}

/* What an outcome tells the sender, if anything: a failure; a success where
 * nobody further on tells it. A notification is never more than passed on. */
static bool is_told(const struct job *job, const struct attempt_report *report,
                    enum mail_dsn_action *action)
{
    bool is_failure = report->delivery == DELIVERY_FAILED;
    *action = is_failure ? MAIL_DSN_ACTION_FAILED : MAIL_DSN_ACTION_RELAYED;
    if (report->delivery == DELIVERY_DIRECT && report->takes_notify) {
        return false;
    }
    return notice_is_wanted(job->item, *action, false);
}

static void finish_recipient(struct job *job, struct arena *arena,
                             const struct attempt_report *report,
                             int64_t now_ms)
{
    enum mail_dsn_action action;
    bool has_dsn = is_told(job, report, &action);
    struct event_line event = event_outcome(arena, job->item, report, has_dsn);
    struct store_record change = {.change = STORE_CHANGE_FINISHED,
                                  .method = method_name(report->method),
                                  .delivery = delivery_name(report->delivery),
                                  .links = report->links};
    struct store_dsn dsn;
    if (has_dsn) {
        struct notice notice = notice_of(report, action, now_ms);
        dsn =
            notice_compose(arena, &job->deliver->settings, job->item, &notice);
        change.dsn = &dsn;
    }
    record(job, &change, &event);
}

/* The lifetime is over: what would wait has failed (DSN-3). */
static void give_up(const struct job *job, struct attempt_report *report)
{
    report->delivery = DELIVERY_FAILED;
    if (report->status == NULL) {
        report->status = "4.4.7";
    }
    if (report->method == METHOD_NONE &&
        !method_find(slice_of(job->item->method), &report->method)) {
        report->method = METHOD_NONE;
    }
}

/* A code that would be good no longer is not sent. */
static bool is_late(const struct store_item *item, int64_t at_ms)
{
    return item->kind == STORE_KIND_DSN && item->dsn->conversation != NULL &&
           at_ms >= item->dsn->until_ms;
}

static void on_done(void *ctx, const struct attempt_report *done)
{
    struct job *job = ctx;
    const struct deliver_settings *settings = &job->deliver->settings;
    const struct retry retry = {.lifetime_ms = settings->queue_lifetime_ms};
    struct attempt_report report = *done;
    job->heard = attempt_heard(done, clock_mono_ms() - job->since_ms);
    int64_t now_ms = clock_wall_ms();
    struct arena *arena = arena_create();
    bool is_over = report.delivery == DELIVERY_DEFERRED &&
                   (retry_is_over(&retry, job->item->created_ms, now_ms) ||
                    is_late(job->item, next_ms(job, &report, now_ms)));
    if (is_over) {
        give_up(job, &report);
    }
    if (report.delivery == DELIVERY_DEFERRED) {
        defer(job, arena, &report, now_ms);
    } else if (job->item->kind == STORE_KIND_DSN) {
        finish_dsn(job, arena, &report, is_over);
    } else {
        finish_recipient(job, arena, &report, now_ms);
    }
    arena_destroy(&arena);
    attempt_destroy(&job->attempt);
}

static void on_decided(void *ctx, const struct attempt_report *report)
{
    struct job *job = ctx;
    const struct deliver *d = job->deliver;
    const struct directory *directory = d->world.directory;
    enum policy policy =
        directory->policy(directory->self, job->item->message->organization);
    struct arena *arena = arena_create();
    struct event_line event = event_decided(arena, job->item, report, policy,
                                            d->settings.dane_satisfies);
    bool is_chosen = report->decision->kind == DECISION_CHOSEN;
    struct store_record change = {
        .change = STORE_CHANGE_DECIDED,
        .method = is_chosen ? method_name(report->method) : NULL};
    record(job, &change, &event);
    arena_destroy(&arena);
}

/* --- claiming ------------------------------------------------------------ */

/* Without its content nothing is decided; it may come back from a backup. What
 * is set aside may be released (KEEP-4). */
static struct job *put_off(struct job *job, enum why why)
{
    struct attempt_report report = {.method = METHOD_NONE,
                                    .delivery = DELIVERY_DEFERRED,
                                    .tls = "",
                                    .status = "4.3.0",
                                    .why = why};
    on_done(job, &report);
    return job;
}

static struct hand_hold take_in_hand(const struct deliver *d,
                                     const struct store_item *item)
{
    const struct hand_work work = {
        item->kind == STORE_KIND_DSN ? HAND_DSN : HAND_RECIPIENT,
        item->message->n, item->id};
    return hand_take(store_hand(d->world.store), &work);
}

static struct job *start_job(struct deliver *d, struct store_item *item)
{
    struct job *job = xcalloc(1, sizeof *job);
    job->deliver = d;
    job->item = item;
    job->next = &d->jobs;
    job->previous = d->jobs.previous;
    job->previous->next = job;
    d->jobs.previous = job;
    job->since_ms = clock_mono_ms();
    places_take(d->places);
    if (!stored_is_usable(item) || (item->kind == STORE_KIND_RECIPIENT &&
                                    item->message->content_fault != NULL)) {
        return put_off(job, WHY_CONTENT_GONE);
    }
    if (item->guard == STORE_GUARD_ASIDE) {
        return put_off(job, WHY_SET_ASIDE);
    }
    job->hold = take_in_hand(d, item);
    HAND_STEP(job->hold);
    struct attempt_hooks hooks = {on_decided, on_done, job, job->hold};
    job->attempt =
        attempt_start(&d->settings, &d->world, item, clock_wall_ms(), &hooks);
    return job;
}

static void arm_timer(struct deliver *d, int64_t delay_ms)
{
    if (delay_ms < TIMER_LEAST_MS) {
        delay_ms = TIMER_LEAST_MS;
    }
    loop_timer_start(d->timer,
                     delay_ms > TIMER_MOST_MS ? TIMER_MOST_MS : delay_ms);
}

static void take_due(struct deliver *d, const struct store_due *due)
{
    if (due->status != ST_OK) {
        log_warn("deliver", "queue not readable", "pause_ms=%d",
                 (int)STORE_PAUSE_MS);
        arm_timer(d, STORE_PAUSE_MS);
        return;
    }
    for (size_t i = 0; i < due->count; i++) {
        d->is_busy = true;
        struct job *job = start_job(d, due->items[i]);
        if (due->is_alone) { /* KEEP-4; but no silent server holds others up */
            d->alone = job;
            loop_timer_start(d->alone_timer, ALONE_MOST_MS);
        }
    }
    d->claim_again |= places_more(d->places, due->more) || due->unseen;
    if (!due->more && !due->unseen && due->next_ms >= 0) {
        arm_timer(d, due->next_ms - clock_wall_ms());
    }
}

static void on_due(void *ctx, const struct store_due *due)
{
    struct claim *done = ctx;
    struct deliver *d = done->deliver;
    free(done);
    if (d == NULL) {
        for (size_t i = 0; i < due->count; i++) {
            store_item_release(due->items[i]);
        }
        return;
    }
    d->claim = NULL;
    take_due(d, due);
    if (d->claim_again) {
        claim(d);
    }
    check_settled(d);
}

/* claim - ask for what is due; while the answer is under way, once more after
 * it. */
static void claim(struct deliver *d)
{
    if (d->claim != NULL || d->alone != NULL) {
        d->claim_again = true;
        return;
    }
    d->claim_again = false;
    struct places_wish wish = places_wish(d->places);
    d->claim = xcalloc(1, sizeof *d->claim);
    d->claim->deliver = d;
    (wish.idle_only ? store_due_idle : store_due)(
        d->world.store, clock_wall_ms(), wish.limit, on_due, d->claim);
}

static void end_look_ups(void *ctx, size_t most)
{
    struct deliver *d = ctx;
    struct job *next;
    for (struct job *job = d->jobs.next; most > 0 && job != &d->jobs;
         job = next) {
        next = job->next;
        if (job->attempt != NULL &&
            attempt_looks_up_ms(job->attempt) >= PLACES_PATIENCE_MS) {
            attempt_give_up(job->attempt);
            most--;
        }
    }
}

static void on_alone_over(void *ctx)
{
    struct deliver *d = ctx;
    d->alone = NULL;
    claim(d);
}

static void on_timer(void *ctx)
{
    claim(ctx);
}

/* --- the interface ------------------------------------------------------- */

struct deliver *deliver_create(const struct deliver_settings *settings,
                               const struct deliver_world *world)
{
    struct deliver *d = xcalloc(1, sizeof *d);
    d->settings = *settings;
    d->world = *world;
    d->jobs.next = &d->jobs;
    d->jobs.previous = &d->jobs;
    d->timer = loop_timer_create(world->loop, on_timer, d);
    d->world.scans = scans_create(world->workers);
    const struct places_world places = {world->loop, world->transport,
                                        end_look_ups, d};
    d->places = places_create(&places);
    d->alone_timer = loop_timer_create(world->loop, on_alone_over, d);
    d->recorder = recorder_create(world);
    d->world.transport->on_closed = on_connection_closed;
    d->world.transport->on_closed_ctx = d;
    return d;
}

void deliver_poke(struct deliver *d)
{
    d->is_busy = true;
    claim(d);
}

void deliver_new_message(struct deliver *d, const char *message_id)
{
    log_debug("deliver", "new message", "message=%s", message_id);
    deliver_poke(d);
}

void deliver_destroy(struct deliver **deliver)
{
    struct deliver *d = *deliver;
    *deliver = NULL;
    if (d == NULL) {
        return;
    }
    d->world.transport->on_closed = NULL;
    recorder_destroy(&d->recorder);
    while (d->jobs.next != &d->jobs) {
        job_free(d->jobs.next);
    }
    if (d->world.transport->trim != NULL) {
        d->world.transport->trim(d->world.transport->self);
    }
    if (d->claim != NULL) {
        d->claim->deliver = NULL;
    }
    scans_destroy(&d->world.scans);
    loop_timer_destroy(&d->timer);
    places_destroy(&d->places);
    loop_timer_destroy(&d->alone_timer);
    free(d);
}
