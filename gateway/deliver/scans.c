#include "deliver/scans.h"

#include <stdlib.h>
#include <string.h>

struct scan {
    struct scan *next;
    struct scans *scans;
    char *id; /* of the message */
    struct arena *arena;
    struct mail_scan found;
    bool is_found, is_telling;
    struct scan_share *shares;
    const struct scan_share *source; /* whose copy is being read; NULL: none */
    struct slice content;            /* the same */
    struct hand_hold hold;           /* the same */
    struct work *work;
};

struct scans {
    struct workers *workers;
    struct scan *first;
    size_t count;
};

struct scans *scans_create(struct workers *workers)
{
    struct scans *scans = xcalloc(1, sizeof *scans);
    scans->workers = workers;
    return scans;
}

void scans_destroy(struct scans **scans)
{
    if (*scans && (*scans)->first)
        BUG("a scan is still shared");
    free(*scans);
    *scans = NULL;
}

size_t scans_count(const struct scans *scans)
{
    return scans->count;
}

static void free_unless_shared(struct scan *scan)
{
    if (scan->shares || scan->is_telling)
        return;
    struct scan **at = &scan->scans->first;
    while (*at != scan)
        at = &(*at)->next;
    *at = scan->next;
    arena_destroy(&scan->arena);
    free(scan->id);
    free(scan);
}

static void run(void *ctx)
{
    struct scan *scan = ctx;
    HAND_STEP(scan->hold);
    mail_scan(scan->arena, scan->content, &scan->found);
}

static struct scan_share *first_untold(const struct scan *scan)
{
    struct scan_share *share = scan->shares;
    while (share && !share->done)
        share = share->next;
    return share;
}

/* Each once; any of them may be released meanwhile. */
static void tell(void *ctx)
{
    struct scan *scan = ctx;
    struct scan_share *share;
    scan->is_found = scan->is_telling = true;
    scan->source = NULL;
    while ((share = first_untold(scan))) {
        loop_fn *done = share->done;
        share->done = NULL;
        done(share->ctx);
    }
    scan->is_telling = false;
    free_unless_shared(scan);
}

static void begin(struct scan *scan, const struct scan_share *source)
{
    scan->source = source;
    scan->content = source->message->content;
    scan->hold = source->hold;
    scan->scans->count++;
    workers_put(scan->scans->workers,
                &(struct work_order){scan->content.n, run, tell, scan},
                &scan->work);
}

static struct scan *find(struct scans *scans, const char *id)
{
    struct scan *scan = scans->first;
    while (scan && strcmp(scan->id, id) != 0)
        scan = scan->next;
    return scan;
}

void scans_ask(struct scans *scans, const struct store_message *message,
               struct scan_share *share, loop_fn *done, void *ctx)
{
    struct scan *scan = find(scans, message->id);
    bool is_new = !scan;
    if (is_new) {
        scan = xcalloc(1, sizeof *scan);
        scan->scans = scans;
        scan->id = xstrdup(message->id);
        scan->arena = arena_create();
        scan->next = scans->first;
        scans->first = scan;
    }
    *share = (struct scan_share){scan->shares, scan, message,
                                 done,         ctx,  share->hold};
    scan->shares = share;
    if (is_new) {
        begin(scan, share);
    } else if (scan->is_found) {
        share->done = NULL;
        done(ctx);
    }
}

const struct mail_scan *scans_found(const struct scan_share *share)
{
    return share->scan && share->scan->is_found ? &share->scan->found : NULL;
}

void scans_release(struct scan_share *share)
{
    struct scan *scan = share->scan;
    if (!scan)
        return;
    struct scan_share **at = &scan->shares;
    while (*at != share)
        at = &(*at)->next;
    *at = share->next;
    share->scan = NULL;
    if (scan->source == share) {
        work_cancel(&scan->work);
        arena_destroy(&scan->arena);
        scan->arena = arena_create();
        scan->source = NULL;
        if (scan->shares) {
            begin(scan, scan->shares); /* the others still need it */
            return;
        }
    }
    free_unless_shared(scan);
}
