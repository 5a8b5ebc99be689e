/* Host after host: open, compare, quit or keep. Connections that are not kept
 * say QUIT in the background; the transport counts them. */
#include "deliver/reach.h"

#include <stdlib.h>

struct reach_query {
    struct arena *arena;
    const struct transport *transport;
    const struct hosts *hosts;
    struct reach_wish wish;
    reach_on_done *on_done;
    void *ctx;
    struct outbound *open; /* being measured */
    size_t next;           /* the host after that */
    bool plain;            /* best: TLS failed, the host is tried again */
    size_t measured;
    size_t unreachable; /* unknown for lack of a connection */
    size_t unknown;     /* for any other reason */
    struct reach_host *tried;
    struct reached *reached;
};

static void finish(struct reach_query *query)
{
    reach_on_done *on_done = query->on_done;
    void *ctx = query->ctx;
    struct reached *reached = query->reached;
    free(query);
    on_done(reached, ctx);
}

static bool has_minimum(const struct measure *measure, enum minimum minimum)
{
    switch (minimum) {
    case MINIMUM_TLS:
        return measure->level >= LEVEL_TLS;
    case MINIMUM_PKIX:
        return measure->level >= LEVEL_PKIX;
    case MINIMUM_CERTIFICATE:
        return measure->level >= LEVEL_PKIX && measure->certificate;
    case MINIMUM_DANE:
        return measure->level >= LEVEL_DANE;
    case MINIMUM_COUNT:
        break;
    }
    BUG("minimum %d", (int)minimum);
}

static bool is_good(const struct reach_query *query,
                    const struct measure *measure)
{
    if (measure->kind != MEASURE_MEASURED || !measure->usable) {
        return false;
    }
    return query->wish.best || has_minimum(measure, query->wish.minimum);
}

static enum reach_outcome outcome_of(const struct reach_query *query)
{
    if (query->unknown != 0) {
        return REACH_UNKNOWN;
    }
    if (query->unreachable != 0) {
        return query->measured != 0 ? REACH_WEAK_AND_UNREACHABLE
                                    : REACH_UNKNOWN;
    }
    return query->measured != 0 ? REACH_TOO_WEAK : REACH_REFUSED;
}

/* The word of the best host measured, else of the first unknown one, else of
 * the first. */
static const struct reach_host *telling_host(const struct reach_query *query)
{
    const struct reach_host *best = &query->tried[0];
    for (size_t i = 1; i < query->reached->count; i++) {
        const struct reach_host *host = &query->tried[i];
        bool is_better =
            host->kind == MEASURE_MEASURED
                ? best->kind != MEASURE_MEASURED || host->level > best->level
                : host->kind == MEASURE_UNKNOWN &&
                      best->kind == MEASURE_REFUSED;
        if (is_better) {
            best = host;
        }
    }
    return best;
}

static void give_up(struct reach_query *query)
{
    if (query->reached->count == 0) {
        BUG("no host to reach");
    }
    const struct reach_host *telling = telling_host(query);
    query->reached->reach =
        (struct reach){outcome_of(query), telling->level, telling->why};
    finish(query);
}

static void note_host(struct reach_query *query, const struct mail_host *host,
                      const struct measure *measure)
{
    query->tried[query->reached->count++] = (struct reach_host){
        host->name, measure->kind, measure->level, measure->why};
    switch (measure->kind) {
    case MEASURE_MEASURED:
        query->measured++;
        break;
    case MEASURE_UNKNOWN:
        if (measure->why == WHY_NO_CONNECTION) {
            query->unreachable++;
        } else {
            query->unknown++;
        }
        break;
    case MEASURE_REFUSED:
    case MEASURE_KIND_COUNT:
        break;
    }
    if (measure->reply.line[0] != '\0') {
        query->reached->reply = measure->reply;
        query->reached->reply_host = host->name;
    }
}

static void try_next(struct reach_query *query);

static void on_opened(struct outbound *outbound, const struct measure *measure,
                      void *ctx)
{
    struct reach_query *query = ctx;
    const struct mail_host *host = &query->hosts->host[query->next];
    query->open = NULL;
    if (is_good(query, measure) &&
        !(query->wish.best && measure->starttls_refused)) {
        note_host(query, host, measure);
        query->reached->reach =
            (struct reach){REACH_REACHED, measure->level, measure->why};
        query->reached->connection = outbound;
        query->reached->host = host->name;
        query->reached->measure = *measure;
        finish(query);
        return;
    }
    bool plain_is_next =
        query->wish.best && !query->plain && measure->kind == MEASURE_MEASURED;
    if (plain_is_next) {
        query->plain = true;
    } else {
        note_host(query, host, measure);
        query->plain = false;
        query->next++;
    }
    query->transport->quit(outbound);
    try_next(query);
}

static void try_next(struct reach_query *query)
{
    if (query->next == query->hosts->count) {
        give_up(query);
        return;
    }
    const struct mail_host *host = &query->hosts->host[query->next];
    struct transport_target target = {
        .host = host,
        .plain = query->plain,
        .strict = !query->wish.best && query->wish.minimum != MINIMUM_TLS};
    query->open = query->transport->open(query->transport->self, &target,
                                         on_opened, query);
}

struct reach_query *reach_start(struct arena *arena,
                                const struct transport *transport,
                                const struct hosts *hosts,
                                const struct reach_wish *wish,
                                reach_on_done *on_done, void *ctx)
{
    struct reach_query *query = xcalloc(1, sizeof *query);
    query->arena = arena;
    query->transport = transport;
    query->hosts = hosts;
    query->wish = *wish;
    query->on_done = on_done;
    query->ctx = ctx;
    query->reached = ARENA_NEW(arena, struct reached);
    query->tried = arena_alloc(arena, hosts->count * sizeof *query->tried);
    query->reached->hosts = query->tried;
    try_next(query);
    return query;
}

void reach_cancel(struct reach_query **query)
{
    struct reach_query *old = *query;
    *query = NULL;
    if (old == NULL) {
        return;
    }
    if (old->open != NULL) {
        old->transport->quit(old->open);
    }
    free(old);
}
