#include "store/destinations.h"

#include <ctype.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { SLOW_MOST = 1024 }; /* so many are remembered without anything due */

struct destinations {
    void *tree;
    size_t share_first, share_most, count;
    struct due_domain lists[DUE_STATE_COUNT]; /* list heads; RESTS:
                                              slow ones, longest first */
    size_t slow_count;                        /* in that list */
    bool is_latest; /* the next turn is the latest's */
};

static const struct due_cursor beginning = {INT64_MIN, INT64_MIN};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct due_domain *)a)->name,
                  ((const struct due_domain *)b)->name);
}

static void destination_free(void *arg)
{
    struct due_domain *d = arg;
    free(d->name);
    free(d);
}

struct destinations *destinations_create(size_t share_first, size_t share_most)
{
    struct destinations *all = xcalloc(1, sizeof *all);
    all->share_first = share_first;
    all->share_most = share_most;
    for (size_t i = 0; i < DUE_STATE_COUNT; i++)
        all->lists[i].next = all->lists[i].previous = &all->lists[i];
    return all;
}

void destinations_destroy(struct destinations **destinations)
{
    if (*destinations)
        tdestroy((*destinations)->tree, destination_free);
    free(*destinations);
    *destinations = NULL;
}

static void unlink_from_list(struct destinations *all, struct due_domain *d)
{
    if (!d->next)
        return;
    all->slow_count -= d->state == DUE_RESTS;
    d->previous->next = d->next;
    d->next->previous = d->previous;
    d->next = d->previous = NULL;
}

static void link_last(struct due_domain *list, struct due_domain *d)
{
    d->previous = list->previous;
    d->next = list;
    list->previous->next = d;
    list->previous = d;
}

static void forget(struct destinations *all, struct due_domain *d)
{
    unlink_from_list(all, d);
    if (!tdelete(d, &all->tree, compare))
        BUG("no destination %s", d->name);
    destination_free(d);
    all->count--;
}

/* With nothing due and nothing in hand only its slowness is worth keeping. */
static void remember(struct destinations *all, struct due_domain *d)
{
    if (d->in_hand)
        return;
    if (!d->is_slow) {
        forget(all, d);
        return;
    }
    link_last(&all->lists[DUE_RESTS], d);
    if (++all->slow_count > SLOW_MOST)
        forget(all, all->lists[DUE_RESTS].next);
}

/* Into the list that it belongs to, as the last; d may be gone afterwards. */
static void place(struct destinations *all, struct due_domain *d,
                  bool is_something_due)
{
    unlink_from_list(all, d);
    bool is_full = all->share_most && d->in_hand >= d->share;
    d->state = !is_something_due ? DUE_RESTS
               : !d->in_hand     ? DUE_IS_NEXT
               : is_full         ? DUE_IS_FULL
                                 : DUE_SHARES;
    if (d->state == DUE_RESTS)
        remember(all, d);
    else
        link_last(&all->lists[d->state], d);
}

static struct due_domain *find(struct destinations *all, const char *address)
{
    const char *at = strrchr(address, '@');
    struct due_domain key = {.name = xstrdup(at ? at + 1 : address)};
    for (char *p = key.name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    struct due_domain **found = tfind(&key, &all->tree, compare);
    if (found) {
        free(key.name);
        return *found;
    }
    struct due_domain *d = xcalloc(1, sizeof *d);
    d->name = key.name;
    d->cursor[0] = d->cursor[1] = beginning;
    d->share = all->share_first;
    if (!tsearch(d, &all->tree, compare))
        BUG("no memory for a destination");
    all->count++;
    return d;
}

static bool is_behind(struct due_cursor row, struct due_cursor cursor)
{
    return row.due_ms < cursor.due_ms ||
           (row.due_ms == cursor.due_ms && row.n <= cursor.n);
}

void destinations_wake(struct destinations *all, enum store_kind kind,
                       const char *address, struct due_cursor row)
{
    struct due_domain *d = find(all, address);
    if (is_behind(row, d->cursor[kind]))
        d->cursor[kind] = (struct due_cursor){row.due_ms, row.n - 1};
    if (d->state == DUE_RESTS)
        place(all, d, true);
}

static struct due_domain *take_of(const struct due_domain *list, bool is_latest)
{
    struct due_domain *d = is_latest ? list->previous : list->next;
    return d != list ? d : NULL;
}

struct due_domain *destinations_next(struct destinations *all, bool idle_only)
{
    struct due_domain *d = take_of(&all->lists[DUE_IS_NEXT], all->is_latest);
    if (!d && !idle_only)
        d = take_of(&all->lists[DUE_SHARES], false);
    return d;
}

void destinations_took(struct destinations *all, struct due_domain *d)
{
    all->is_latest ^= d->state == DUE_IS_NEXT;
    d->in_hand++;
    place(all, d, true);
}

void destinations_rest(struct destinations *all, struct due_domain *d)
{
    place(all, d, false);
}

static void adapt(const struct destinations *all, struct due_domain *d,
                  enum store_heard heard)
{
    switch (heard) {
    case STORE_HEARD:
        d->is_slow = false;
        d->share =
            d->share * 2 < all->share_most ? d->share * 2 : all->share_most;
        return;
    case STORE_HEARD_NOTHING:
        d->is_slow = true;
        d->share = 1;
        return;
    case STORE_HEARD_UNKNOWN:
        return;
    }
    BUG("heard %d", (int)heard);
}

void destinations_gave(struct destinations *all, struct due_domain *d,
                       enum store_heard heard)
{
    if (d->in_hand == 0)
        BUG("%s has nothing in hand", d->name);
    d->in_hand--;
    adapt(all, d, heard);
    place(all, d, d->state != DUE_RESTS);
}

static void rewind_one(const void *node, VISIT which, int depth)
{
    struct due_domain *d = *(struct due_domain *const *)node;
    (void)depth;
    if (which == preorder || which == leaf)
        d->cursor[0] = d->cursor[1] = beginning;
}

void destinations_rewind(struct destinations *all)
{
    twalk(all->tree, rewind_one);
}

size_t destinations_count(const struct destinations *all)
{
    return all->count;
}
