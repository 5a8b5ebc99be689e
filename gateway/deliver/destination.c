#include "deliver/destination.h"

#include <stdlib.h>

#include "deliver/policies.h"

struct destination_query {
    struct arena *arena;
    char *domain;
    hosts_on_done *on_done;
    void *ctx;
    struct hosts_query *hosts_query;
    struct policy_query *policy_query;
    const struct hosts *hosts;
    struct policy_answer policy;
};

static void add_note(struct hosts *hosts, struct hosts_note *notes,
                     const char *name, const char *note)
{
    notes[hosts->note_count++] = (struct hosts_note){name, note};
}

/* RFC 8461 5: enforce binds each host; testing is told and binds none. */
static void bind_host(const struct sts_policy *policy, struct mail_host *host,
                      struct hosts *hosts, struct hosts_note *notes)
{
    bool is_named = sts_names_host(policy, host->name);
    if (policy->mode == STS_MODE_ENFORCE)
        host->sts = is_named ? HOST_STS_NAMED : HOST_STS_UNNAMED;
    if (!is_named)
        add_note(hosts, notes, host->name, "not named by the MTA-STS policy");
}

/* The hosts again, with what the policy makes of them. */
static const struct hosts *bind_hosts_by(struct destination_query *query)
{
    const struct sts_policy *policy = query->policy.policy;
    const struct hosts *from = query->hosts;
    if (!policy && !query->policy.note)
        return from;
    struct hosts *hosts = ARENA_NEW(query->arena, struct hosts);
    size_t room = from->note_count + from->count + 1;
    struct hosts_note *notes = arena_alloc(query->arena, room * sizeof *notes);
    struct mail_host *host =
        arena_alloc(query->arena, (from->count + 1) * sizeof *host);
    *hosts = *from;
    hosts->note = notes;
    hosts->host = host;
    for (size_t i = 0; i < from->note_count; i++)
        notes[i] = from->note[i];
    if (query->policy.note)
        add_note(hosts, notes, query->domain, query->policy.note);
    for (size_t i = 0; i < from->count; i++) {
        host[i] = from->host[i];
        if (policy && policy->mode != STS_MODE_NONE)
            bind_host(policy, &host[i], hosts, notes);
    }
    return hosts;
}

static void finish_if_whole(struct destination_query *query)
{
    if (query->hosts_query || query->policy_query)
        return;
    hosts_on_done *on_done = query->on_done;
    void *ctx = query->ctx;
    const struct hosts *hosts = bind_hosts_by(query);
    free(query);
    on_done(hosts, ctx);
}

static void on_hosts(const struct hosts *hosts, void *ctx)
{
    struct destination_query *query = ctx;
    query->hosts_query = NULL;
    query->hosts = hosts;
    finish_if_whole(query);
}

static void on_policy(const struct policy_answer *answer, void *ctx)
{
    struct destination_query *query = ctx;
    query->policy_query = NULL;
    query->policy = *answer;
    finish_if_whole(query);
}

struct destination_query *destination_find(struct arena *arena,
                                           const struct deliver_world *world,
                                           const char *domain, uint64_t seed,
                                           hosts_on_done *on_done, void *ctx)
{
    struct destination_query *query = xcalloc(1, sizeof *query);
    query->arena = arena;
    query->domain = arena_strdup(arena, domain);
    query->on_done = on_done;
    query->ctx = ctx;
    query->hosts_query =
        hosts_find(arena, world->resolver, domain, seed, on_hosts, query);
    if (world->policies)
        query->policy_query =
            policies_find(world->policies, arena, domain, on_policy, query);
    return query;
}

void destination_cancel(struct destination_query **query)
{
    struct destination_query *old = *query;
    *query = NULL;
    if (!old)
        return;
    hosts_cancel(&old->hosts_query);
    policies_cancel(&old->policy_query);
    free(old);
}
