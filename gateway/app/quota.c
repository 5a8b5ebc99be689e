#include "app/quota.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/address.h"

enum { MINUTE_S = 60 };

struct row {
    char client[NET_ADDRESS_TEXT_BYTES]; /* "": nobody's yet */
    int64_t minute;                      /* of the wall clock */
    unsigned told, lookups;
    unsigned long untold;
};

struct quota {
    struct row rows[QUOTA_CLIENTS + 1]; /* the last is the others' */
    struct loop_timer *timer;           /* the end of a minute */
    bool is_timed;
    quota_rest_fn *rest;
    void *ctx;
};

static int64_t minute_now(void)
{
    return clock_wall_s() / MINUTE_S;
}

static void tell_rest(struct quota *quota, struct row *row)
{
    unsigned long count = row->untold;
    row->untold = 0;
    if (count)
        quota->rest(quota->ctx, row->client, count, row->minute * MINUTE_S);
}

void quota_poke(struct quota *quota)
{
    int64_t now = minute_now();
    for (size_t i = 0; i <= QUOTA_CLIENTS; i++)
        if (quota->rows[i].minute != now)
            tell_rest(quota, &quota->rows[i]);
}

static void set_timer(struct quota *quota)
{
    int64_t left_s = MINUTE_S - clock_wall_s() % MINUTE_S;
    if (!quota->is_timed)
        loop_timer_start(quota->timer, left_s * 1000);
    quota->is_timed = true;
}

static void on_minute(void *ctx)
{
    struct quota *quota = ctx;
    bool is_any = false;
    quota->is_timed = false;
    quota_poke(quota);
    for (size_t i = 0; i <= QUOTA_CLIENTS; i++)
        is_any |= quota->rows[i].untold > 0;
    if (is_any)
        set_timer(quota);
}

struct quota *quota_create(struct loop *loop, quota_rest_fn *rest, void *ctx)
{
    struct quota *quota = xcalloc(1, sizeof *quota);
    quota->timer = loop_timer_create(loop, on_minute, quota);
    quota->rest = rest;
    quota->ctx = ctx;
    return quota;
}

void quota_destroy(struct quota **quota_inout)
{
    struct quota *quota = *quota_inout;
    *quota_inout = NULL;
    if (!quota)
        return;
    for (size_t i = 0; i <= QUOTA_CLIENTS; i++)
        tell_rest(quota, &quota->rows[i]);
    loop_timer_destroy(&quota->timer);
    free(quota);
}

/* His own; else a free one, or one whose minute is over; else the others'. */
static struct row *find(struct quota *quota, const char *client, int64_t now)
{
    struct row *stale = NULL;
    for (size_t i = 0; i < QUOTA_CLIENTS; i++) {
        struct row *row = &quota->rows[i];
        if (strcmp(row->client, client) == 0)
            return row;
        if (!stale && (!row->client[0] || row->minute != now))
            stale = row;
    }
    return stale ? stale : &quota->rows[QUOTA_CLIENTS];
}

static struct row *row_of(struct quota *quota, const char *client)
{
    int64_t now = minute_now();
    struct row *row = find(quota, client, now);
    bool is_shared = row == &quota->rows[QUOTA_CLIENTS];
    const char *name = is_shared ? QUOTA_OTHERS : client;
    if (strcmp(row->client, name) == 0 && row->minute == now)
        return row;
    tell_rest(quota, row);
    *row = (struct row){.minute = now};
    snprintf(row->client, sizeof row->client, "%s", name);
    return row;
}

bool quota_may_tell(struct quota *quota, const char *client)
{
    struct row *row = row_of(quota, client);
    if (row->told < QUOTA_REFUSALS) {
        row->told++;
        return true;
    }
    row->untold++;
    set_timer(quota);
    return false;
}

bool quota_may_look_up(struct quota *quota, const char *client)
{
    struct row *row = row_of(quota, client);
    if (row->lookups == QUOTA_LOOKUPS)
        return false;
    row->lookups++;
    return true;
}

void quota_give_back(struct quota *quota, const char *client, unsigned count)
{
    struct row *row = row_of(quota, client);
    row->lookups -= count < row->lookups ? count : row->lookups;
}
