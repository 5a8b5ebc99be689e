/* Who waits is served on the next turn of the loop (on_turn). */
#include "deliver/transport_pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "deliver/measure.h"
#include "deliver/transport_lines.h"
#include "net/loop.h"

/* Handed out as a struct outbound. */
struct lease {
    struct pool *pool;
    struct line *line;
    struct lease *next; /* in the line */
    struct link *link;  /* NULL: waiting */
    struct transport_target target;
    bool is_open;   /* on_opened was called */
    bool is_reused; /* the link had carried something before */
    bool is_sending;
    struct transport_mail mail;
    transport_on_opened *on_opened;
    transport_on_sent *on_sent;
    void *ctx;
};

static void on_turn(void *ctx);

static void wake(struct pool *pool)
{
    if (!pool->is_due) {
        pool->is_due = true;
        loop_defer(pool->loop, on_turn, pool);
    }
}

static struct outbound *handle_of(struct lease *lease)
{
    return (struct outbound *)(void *)lease;
}

/* --- opening ---------------------------------------------------------------
 */

static struct lease *take_waiting(struct line *line)
{
    struct lease *lease = line->waiting;
    line->waiting = lease->next;
    lease->next = NULL;
    line->waiting_count--;
    return lease;
}

static void on_inner_opened(struct outbound *inner,
                            const struct measure *measure, void *ctx)
{
    struct lease *lease = ctx;
    struct link *link = lease->link;
    (void)inner;
    link->measure = *measure;
    link->opened_ms = clock_wall_ms();
    line_note(link->line, measure, clock_mono_ms() - link->since_ms);
    lease->is_open = true;
    wake(lease->pool);
    lease->on_opened(handle_of(lease), &link->measure, lease->ctx);
}

static void open_link(struct lease *lease, transport_on_opened *on_opened)
{
    struct transport *inner = lease->pool->inner;
    struct link *link = link_create(lease->line, lease);
    lease->link = link;
    lease->is_reused = false;
    link->inner = inner->open(inner->self, &lease->target, on_opened, lease);
}

/* Nobody has to find out once more. */
static void answer_down(struct lease *lease)
{
    lease->is_open = true;
    lease->on_opened(handle_of(lease), &lease->line->down, lease->ctx);
}

static void hand_over(struct lease *lease, struct link *link)
{
    link->lease = lease;
    link->uses++;
    lease->link = link;
    lease->is_reused = true;
    lease->is_open = true;
    lease->on_opened(handle_of(lease), &link->measure, lease->ctx);
}

/* Serves one of the line; a callback may change everything. */
static bool serve_line(struct line *line)
{
    struct pool *pool = line->pool;
    if (line->waiting == NULL) {
        return false;
    }
    if (line_is_down(line)) {
        answer_down(take_waiting(line));
        return true;
    }
    struct link *idle = line_find_idle(line);
    if (idle != NULL) {
        hand_over(take_waiting(line), idle);
        return true;
    }
    if (!line_needs_another(line) || !line_has_room(line)) {
        return false;
    }
    pool->is_longest ^= line->link_count == 0;
    open_link(take_waiting(line), on_inner_opened);
    return true;
}

/* Those who have no connection come first, the latest and the longest by turns:
 * however many wait for silent servers, one for another is next. */
static bool serve_one(struct pool *pool)
{
    bool is_longest = pool->is_longest;
    for (int pass = 0; pass < 2; pass++) {
        struct line *line = is_longest ? pool->last_line : pool->lines;
        while (line != NULL) {
            if ((line->link_count == 0) == (pass == 0) && serve_line(line)) {
                return true;
            }
            line = is_longest ? line->previous : line->next;
        }
    }
    return false;
}

static void on_turn(void *ctx)
{
    struct pool *pool = ctx;
    pool->is_due = false;
    while (serve_one(pool)) {
    }
    lines_drop_empty(pool, false);
}

/* --- the interface ----------------------------------------------------------
 */

static struct outbound *open_host(void *self,
                                  const struct transport_target *target,
                                  transport_on_opened *on_opened, void *ctx)
{
    struct pool *pool = self;
    struct lease *lease = xcalloc(1, sizeof *lease);
    lease->pool = pool;
    lease->line = line_find(pool, target);
    lease->target = *target;
    lease->on_opened = on_opened;
    lease->ctx = ctx;
    struct lease **at = &lease->line->waiting;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = lease;
    lease->line->waiting_count++;
    wake(pool);
    return handle_of(lease);
}

static void tell_sent(struct lease *lease, const struct sent *sent)
{
    lease->is_sending = false;
    lease->on_sent(handle_of(lease), sent, lease->ctx);
}

static void on_inner_sent(struct outbound *inner, const struct sent *sent,
                          void *ctx);

/* In place of one that the server had given up. */
static void on_reopened(struct outbound *inner, const struct measure *measure,
                        void *ctx)
{
    struct lease *lease = ctx;
    const struct measure *old = &lease->link->measure;
    bool is_same = measure->usable && measure->kind == old->kind &&
                   measure->level == old->level &&
                   measure->certificate == old->certificate &&
                   strcmp(measure->tls, old->tls) == 0;
    lease->link->opened_ms = clock_wall_ms();
    lease->link->measure = *measure;
    if (is_same) {
        lease->pool->inner->send(inner, &lease->mail, on_inner_sent, lease);
        return;
    }
    const struct sent sent = {.kind = SENT_LOST, .reply = measure->reply};
    tell_sent(lease, &sent);
}

static void on_inner_sent(struct outbound *inner, const struct sent *sent,
                          void *ctx)
{
    struct lease *lease = ctx;
    bool is_stale = lease->is_reused && sent->is_at_start &&
                    (sent->kind == SENT_LOST || sent->kind == SENT_TEMPORARY);
    (void)inner;
    if (!is_stale) {
        tell_sent(lease, sent);
        return;
    }
    struct measure measure = lease->link->measure;
    link_drop(lease->link);
    open_link(lease, on_reopened);
    lease->link->measure = measure;
}

static void send_mail(struct outbound *outbound,
                      const struct transport_mail *mail,
                      transport_on_sent *on_sent, void *ctx)
{
    struct lease *lease = (struct lease *)(void *)outbound;
    lease->mail = *mail;
    lease->on_sent = on_sent;
    lease->ctx = ctx;
    lease->is_sending = true;
    lease->pool->inner->send(lease->link->inner, &lease->mail, on_inner_sent,
                             lease);
}

static void forget_waiting(struct lease *lease)
{
    struct lease **at = &lease->line->waiting;
    while (*at != NULL && *at != lease) {
        at = &(*at)->next;
    }
    if (*at == lease) { /* not one that was answered without a link */
        *at = lease->next;
        lease->line->waiting_count--;
    }
}

static void quit(struct outbound *outbound)
{
    struct lease *lease = (struct lease *)(void *)outbound;
    struct pool *pool = lease->pool;
    struct link *link = lease->link;
    if (link == NULL) {
        forget_waiting(lease);
    } else if (lease->is_open && !lease->is_sending && link_is_reusable(link)) {
        link->lease = NULL;
        link->idle_since_ms = clock_mono_ms();
        loop_timer_start(pool->timer, pool->settings.idle_ms);
    } else {
        link_drop(link);
    }
    free(lease);
    wake(pool);
}

static void drop_idle_since(struct pool *pool, int64_t since_ms)
{
    for (struct line *line = pool->lines; line != NULL; line = line->next) {
        for (struct link *link = line->links, *next; link; link = next) {
            next = link->next;
            if (link->lease == NULL && link->idle_since_ms <= since_ms) {
                link_drop(link);
            }
        }
    }
    wake(pool);
}

static void trim(void *self)
{
    drop_idle_since(self, INT64_MAX);
}

static void on_timer(void *ctx)
{
    struct pool *pool = ctx;
    drop_idle_since(pool, clock_mono_ms() - pool->settings.idle_ms);
    if (pool->lines != NULL) {
        loop_timer_start(pool->timer, pool->settings.idle_ms);
    }
}

static size_t open_count(void *self)
{
    const struct pool *pool = self;
    return pool->inner->open_count(pool->inner->self);
}

/* --- in a hurry (TRANSPORT-8) ----------------------------------------------
 */

static size_t short_of(void *self)
{
    const struct pool *pool = self;
    size_t count = 0;
    if (open_count(self) < pool->settings.connections) {
        return 0;
    }
    for (const struct line *line = pool->lines; line; line = line->next) {
        count += line->waiting != NULL && line->links == NULL;
    }
    return count;
}

static int64_t waits_ms(const struct pool *pool, const struct link *link)
{
    return link->lease != NULL && pool->inner->waits_ms != NULL
               ? pool->inner->waits_ms(link->inner)
               : 0;
}

static struct link *find_longest(const struct pool *pool, int64_t least_ms)
{
    struct link *longest = NULL;
    for (const struct line *line = pool->lines; line; line = line->next) {
        for (struct link *link = line->links; link; link = link->next) {
            int64_t link_ms = waits_ms(pool, link);
            if (link_ms >= least_ms && link_ms > 0) {
                least_ms = link_ms;
                longest = link;
            }
        }
    }
    return longest;
}

static void give_up(struct lease *lease)
{
    const struct sent lost = {.kind = SENT_LOST};
    const struct measure none = measure_no_connection();
    int64_t took_ms = clock_mono_ms() - lease->link->since_ms;
    link_drop(lease->link);
    lease->link = NULL;
    wake(lease->pool);
    if (lease->is_sending) {
        tell_sent(lease, &lost);
        return;
    }
    line_note(lease->line, &none, took_ms);
    lease->is_open = true;
    lease->on_opened(handle_of(lease), &none, lease->ctx);
}

static size_t hurry(void *self, size_t most, int64_t least_ms)
{
    struct pool *pool = self;
    size_t count = 0;
    struct link *link;
    while (count < most && (link = find_longest(pool, least_ms)) != NULL) {
        log_info("deliver", "given up for others", "host=%s", link->line->host);
        give_up(link->lease);
        count++;
    }
    return count;
}

static void on_closed(void *ctx)
{
    struct pool *pool = ctx;
    wake(pool);
    if (pool->face.on_closed != NULL) {
        pool->face.on_closed(pool->face.on_closed_ctx);
    }
}

struct transport *
transport_pool_create(struct loop *loop, struct transport *inner,
                      const struct transport_pool_settings *settings)
{
    struct pool *pool = xcalloc(1, sizeof *pool);
    pool->face = (struct transport){.self = pool,
                                    .open = open_host,
                                    .send = send_mail,
                                    .quit = quit,
                                    .trim = trim,
                                    .short_of = short_of,
                                    .hurry = hurry,
                                    .open_count = open_count};
    pool->loop = loop;
    pool->inner = inner;
    pool->settings = *settings;
    pool->timer = loop_timer_create(loop, on_timer, pool);
    inner->on_closed = on_closed;
    inner->on_closed_ctx = pool;
    return &pool->face;
}

void transport_pool_destroy(struct transport **transport)
{
    if (*transport == NULL) {
        return;
    }
    struct pool *pool = (*transport)->self;
    *transport = NULL;
    pool->inner->on_closed = NULL;
    trim(pool);
    lines_drop_empty(pool, true);
    loop_timer_destroy(&pool->timer);
    free(pool);
}
