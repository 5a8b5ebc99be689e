/* A line is all that concerns one target: its open links, and the leases that
 * wait for one. A lease is what the caller holds, a link the connection behind
 * it. Waiting ones are served on the next turn of the loop (on_turn). */
#include "deliver/transport_pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "deliver/transport_key.h"
#include "net/loop.h"

enum { AGE_MS = 60000 };

struct line {
    struct pool *pool;
    struct line *next;
    char *key;
    char *host;
    struct link *links;
    struct lease *waiting; /* the first */
    size_t link_count, waiting_count;
    size_t failures;     /* connections in a row that found no server */
    struct measure down; /* of the latest of them */
    bool is_suspect; /* the latest connection was of no use: nobody waits for
                        another one */
};

struct link {
    struct line *line;
    struct link *next;
    struct outbound *inner;
    struct measure measure;
    size_t uses;
    int64_t opened_ms; /* wall clock */
    bool is_idle;
    int64_t idle_since_ms; /* monotonic */
};

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

struct pool {
    struct transport face;
    struct loop *loop;
    struct transport *inner;
    struct transport_pool_settings settings;
    struct line *lines;
    struct loop_timer *timer;
    bool is_due; /* on_turn is deferred */
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

/* --- lines -----------------------------------------------------------------
 */

static struct line *find_line(struct pool *pool,
                              const struct transport_target *target)
{
    char *key = transport_key(target);
    for (struct line *line = pool->lines; line != NULL; line = line->next) {
        if (strcmp(line->key, key) == 0) {
            free(key);
            return line;
        }
    }
    struct line *line = xcalloc(1, sizeof *line);
    line->pool = pool;
    line->key = key;
    line->host = xstrdup(target->host->name);
    line->next = pool->lines;
    pool->lines = line;
    return line;
}

static void drop_empty_lines(struct pool *pool)
{
    for (struct line **at = &pool->lines, *line; (line = *at) != NULL;) {
        if (line->links != NULL || line->waiting != NULL) {
            at = &line->next;
            continue;
        }
        *at = line->next;
        free(line->key);
        free(line->host);
        free(line);
    }
}

/* --- links -----------------------------------------------------------------
 */

static void drop_link(struct link *link)
{
    struct line *line = link->line;
    struct link **at = &line->links;
    while (*at != link) {
        at = &(*at)->next;
    }
    *at = link->next;
    line->link_count--;
    line->pool->inner->quit(link->inner);
    free(link);
}

static bool is_reusable(const struct link *link)
{
    const struct pool *pool = link->line->pool;
    int64_t age_ms = clock_wall_ms() - link->opened_ms;
    return link->measure.kind == MEASURE_MEASURED && link->measure.usable &&
           link->uses < pool->settings.uses && age_ms >= 0 && age_ms < AGE_MS &&
           pool->inner->is_ready(link->inner);
}

/* An idle one that still stands; others are dropped on the way. */
static struct link *find_idle(struct line *line)
{
    for (struct link *link = line->links, *next; link != NULL; link = next) {
        next = link->next;
        if (link->is_idle && is_reusable(link)) {
            return link;
        }
        if (link->is_idle) {
            drop_link(link);
        }
    }
    return NULL;
}

static size_t count_links(const struct pool *pool, const char *host)
{
    size_t count = 0;
    for (const struct line *line = pool->lines; line; line = line->next) {
        count += strcmp(line->host, host) == 0 ? line->link_count : 0;
    }
    return count;
}

/* Closes one that nobody uses, of that host or (NULL) of any. */
static bool drop_one_idle(struct pool *pool, const char *host)
{
    for (struct line *line = pool->lines; line != NULL; line = line->next) {
        if (host != NULL && strcmp(line->host, host) != 0) {
            continue;
        }
        for (struct link *link = line->links; link; link = link->next) {
            if (link->is_idle) {
                drop_link(link);
                return true;
            }
        }
    }
    return false;
}

static bool has_room(struct pool *pool, const char *host)
{
    if (count_links(pool, host) >= pool->settings.connections_per_host &&
        !drop_one_idle(pool, host)) {
        return false;
    }
    if (pool->inner->open_count(pool->inner->self) <
        pool->settings.connections) {
        return true;
    }
    drop_one_idle(pool, NULL); /* which counts until it is closed */
    return false;
}

static bool needs_another(const struct line *line)
{
    return line->link_count == 0 || line->is_suspect ||
           line->waiting_count > line->link_count * line->pool->settings.share;
}

/* --- opening ---------------------------------------------------------------
 */

static bool is_down(const struct measure *measure)
{
    return measure->kind == MEASURE_UNKNOWN &&
           measure->why == WHY_NO_CONNECTION && measure->reply.line[0] == '\0';
}

static struct lease *take_waiting(struct line *line)
{
    struct lease *lease = line->waiting;
    line->waiting = lease->next;
    lease->next = NULL;
    line->waiting_count--;
    return lease;
}

static void note_opened(struct line *line, const struct measure *measure)
{
    line->is_suspect = !measure->usable;
    line->failures = is_down(measure) ? line->failures + 1 : 0;
    if (line->failures > 0) {
        line->down = *measure;
    }
}

static void on_inner_opened(struct outbound *inner,
                            const struct measure *measure, void *ctx)
{
    struct lease *lease = ctx;
    struct link *link = lease->link;
    (void)inner;
    link->measure = *measure;
    link->opened_ms = clock_wall_ms();
    note_opened(link->line, measure);
    lease->is_open = true;
    wake(lease->pool);
    lease->on_opened(handle_of(lease), &link->measure, lease->ctx);
}

static void open_link(struct lease *lease, transport_on_opened *on_opened)
{
    struct line *line = lease->line;
    struct transport *inner = lease->pool->inner;
    struct link *link = xcalloc(1, sizeof *link);
    link->line = line;
    link->next = line->links;
    line->links = link;
    line->link_count++;
    link->uses = 1;
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
    link->is_idle = false;
    link->uses++;
    lease->link = link;
    lease->is_reused = true;
    lease->is_open = true;
    lease->on_opened(handle_of(lease), &link->measure, lease->ctx);
}

/* Serves one that waits; a callback may change everything. */
static bool serve_one(struct pool *pool)
{
    for (struct line *line = pool->lines; line != NULL; line = line->next) {
        if (line->waiting == NULL) {
            continue;
        }
        if (line->failures >= pool->settings.failures) {
            answer_down(take_waiting(line));
            return true;
        }
        struct link *idle = find_idle(line);
        if (idle != NULL) {
            hand_over(take_waiting(line), idle);
            return true;
        }
        if (needs_another(line) && has_room(pool, line->host)) {
            open_link(take_waiting(line), on_inner_opened);
            return true;
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
    drop_empty_lines(pool);
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
    lease->line = find_line(pool, target);
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
    drop_link(lease->link);
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
    } else if (lease->is_open && !lease->is_sending && is_reusable(link)) {
        link->is_idle = true;
        link->idle_since_ms = clock_mono_ms();
        loop_timer_start(pool->timer, pool->settings.idle_ms);
    } else {
        drop_link(link);
    }
    free(lease);
    wake(pool);
}

static void drop_idle_since(struct pool *pool, int64_t since_ms)
{
    for (struct line *line = pool->lines; line != NULL; line = line->next) {
        for (struct link *link = line->links, *next; link; link = next) {
            next = link->next;
            if (link->is_idle && link->idle_since_ms <= since_ms) {
                drop_link(link);
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
    drop_empty_lines(pool);
    loop_timer_destroy(&pool->timer);
    free(pool);
}
