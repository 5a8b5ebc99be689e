#include "deliver/transport_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "deliver/transport_key.h"
#include "net/loop.h"

enum {
    AGE_MS = 60000,
    DOWN_MS = 60000, /* so long a server is not asked again that... */
    SLOW_MS = 1000   /* ...did not say for so long that it is down */
};

struct line *line_find(struct pool *pool, const struct transport_target *target)
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
    *(line->next != NULL ? &line->next->previous : &pool->last_line) = line;
    pool->lines = line;
    return line;
}

/* By the wall clock, also where that went back. */
static bool is_known_down(const struct line *line)
{
    int64_t left_ms = line->down_until_ms - clock_wall_ms();
    return left_ms > 0 && left_ms <= DOWN_MS;
}

static void line_free(struct pool *pool, struct line *line)
{
    *(line->next != NULL ? &line->next->previous : &pool->last_line) =
        line->previous;
    *(line->previous != NULL ? &line->previous->next : &pool->lines) =
        line->next;
    free(line->key);
    free(line->host);
    free(line);
}

void lines_drop_empty(struct pool *pool, bool is_end)
{
    for (struct line *line = pool->lines, *next; line != NULL; line = next) {
        next = line->next;
        if (line->links == NULL && line->waiting == NULL &&
            (is_end || !is_known_down(line))) {
            line_free(pool, line);
        }
    }
}

struct link *link_create(struct line *line, struct lease *lease)
{
    struct link *link = xcalloc(1, sizeof *link);
    link->line = line;
    link->lease = lease;
    link->next = line->links;
    line->links = link;
    line->link_count++;
    link->uses = 1;
    link->since_ms = clock_mono_ms();
    return link;
}

void link_drop(struct link *link)
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

bool link_is_reusable(const struct link *link)
{
    const struct pool *pool = link->line->pool;
    int64_t age_ms = clock_wall_ms() - link->opened_ms;
    return link->measure.kind == MEASURE_MEASURED && link->measure.usable &&
           link->uses < pool->settings.uses && age_ms >= 0 && age_ms < AGE_MS &&
           pool->inner->is_ready(link->inner);
}

struct link *line_find_idle(struct line *line)
{
    for (struct link *link = line->links, *next; link != NULL; link = next) {
        next = link->next;
        if (link->lease == NULL && link_is_reusable(link)) {
            return link;
        }
        if (link->lease == NULL) {
            link_drop(link);
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
            if (link->lease == NULL) {
                link_drop(link);
                return true;
            }
        }
    }
    return false;
}

bool line_has_room(struct line *line)
{
    struct pool *pool = line->pool;
    const char *host = line->host;
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

bool line_needs_another(const struct line *line)
{
    return line->link_count == 0 || line->is_suspect ||
           line->waiting_count > line->link_count * line->pool->settings.share;
}

static bool is_down(const struct measure *measure)
{
    return measure->kind == MEASURE_UNKNOWN &&
           measure->why == WHY_NO_CONNECTION && measure->reply.line[0] == '\0';
}

void line_note(struct line *line, const struct measure *measure,
               int64_t took_ms)
{
    line->is_suspect = !measure->usable;
    line->failures = is_down(measure) ? line->failures + 1 : 0;
    line->down_until_ms = 0;
    if (line->failures == 0) {
        return;
    }
    line->down = *measure;
    if (line->failures >= line->pool->settings.failures && took_ms >= SLOW_MS) {
        line->down_until_ms = clock_wall_ms() + DOWN_MS;
        loop_timer_start(line->pool->timer, line->pool->settings.idle_ms);
    }
}

bool line_is_down(struct line *line)
{
    size_t most = line->pool->settings.failures;
    if (line->down_until_ms != 0 && !is_known_down(line)) {
        line->failures = most - 1;
        line->is_suspect = false;
        line->down_until_ms = 0;
    }
    return line->failures >= most;
}
