/* One entry a domain that has, or may have, a policy; those with nothing to
 * remember go when nobody asks any more. */
#include "deliver/policies.h"

#include <ctype.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/policy_fetch.h"

struct policy_query {
    struct policy_entry *entry;
    struct policy_query *next;
    struct arena *arena;
    policies_on_done *on_done;
    void *ctx;
};

struct policy_entry {
    char *domain; /* first: tree order */
    struct policies *policies;
    struct sts_kept kept;
    char *text; /* of the policy; NULL: none */
    size_t text_bytes;
    /* While somebody asks: */
    struct policy_query *askers;
    struct policy_query *told; /* those of an answer that is being told */
    bool is_telling;           /* it stays until all of them are told */
    struct dns_query *query;
    struct policy_fetch *fetch;
    char id[STS_ID_BYTES]; /* of the record; "": none that is valid */
};

struct policies {
    const struct policies_settings *settings;
    void *tree;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct policy_entry *)a)->domain,
                  ((const struct policy_entry *)b)->domain);
}

static void entry_free(void *arg)
{
    struct policy_entry *entry = arg;
    free(entry->domain);
    free(entry->text);
    free(entry);
}

static struct policy_entry *entry_of(struct policies *policies,
                                     const char *domain)
{
    struct policy_entry key = {.domain = xstrdup(domain)};
    for (char *p = key.domain; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    struct policy_entry **found = tfind(&key, &policies->tree, compare);
    if (found) {
        free(key.domain);
        return *found;
    }
    struct policy_entry *entry = xcalloc(1, sizeof *entry);
    entry->domain = key.domain;
    entry->policies = policies;
    if (!tsearch(entry, &policies->tree, compare))
        BUG("no memory for a policy");
    return entry;
}

static void forget_if_empty(struct policy_entry *entry)
{
    if (entry->askers || entry->is_telling || entry->text ||
        entry->kept.failed_id[0])
        return;
    tdelete(entry, &entry->policies->tree, compare);
    entry_free(entry);
}

static void set_text(struct policy_entry *entry, struct slice text)
{
    free(entry->text);
    entry->text = xmalloc(text.n + 1);
    memcpy(entry->text, text.p, text.n);
    entry->text_bytes = text.n;
}

/* --- the answer ----------------------------------------------------------- */

static const char *note_of(struct arena *arena, const struct sts_policy *policy,
                           const char *failure)
{
    const char *mode = policy ? sts_mode_name(policy->mode) : NULL;
    if (failure && policy)
        return arena_printf(arena, "MTA-STS %s, kept: not fetched: %s", mode,
                            failure);
    if (failure)
        return arena_printf(arena, "no MTA-STS policy: not fetched: %s",
                            failure);
    return policy ? arena_printf(arena, "MTA-STS %s", mode) : NULL;
}

/* Those who ask are told one after another; each may cancel others,
 * and ask again. */
static void answer(struct policy_entry *entry, enum sts_step step,
                   const char *failure)
{
    struct err err;
    if (failure)
        log_warn("deliver", "no MTA-STS policy fetched", "domain=%s why=%s",
                 entry->domain, failure);
    entry->told = entry->askers;
    entry->askers = NULL;
    entry->is_telling = true;
    while (entry->told) {
        struct policy_query *query = entry->told;
        struct sts_policy *policy = NULL;
        entry->told = query->next;
        if (step == STS_STEP_KEPT) {
            policy = ARENA_NEW(query->arena, struct sts_policy);
            struct slice text = {entry->text, entry->text_bytes};
            if (sts_policy_parse(query->arena, text, policy, &err) != ST_OK)
                BUG("kept policy of %s: %s", entry->domain, err.text);
        }
        query->on_done(
            &(struct policy_answer){policy,
                                    note_of(query->arena, policy, failure)},
            query->ctx);
        free(query);
    }
    entry->is_telling = false;
    forget_if_empty(entry);
}

/* --- the fetch ------------------------------------------------------------ */

static void keep(struct policy_entry *entry, struct slice text,
                 int64_t max_age_s)
{
    const struct policies_settings *settings = entry->policies->settings;
    sts_keep(&entry->kept, entry->id, max_age_s, clock_wall_s());
    set_text(entry, text);
    struct store_policy policy = {entry->domain, entry->kept.id,
                                  entry->kept.fetched_s, entry->kept.until_s,
                                  text};
    if (settings->keep)
        settings->keep(settings->ctx, &policy);
}

static void on_fetched(struct slice text, const char *failure, void *ctx)
{
    struct policy_entry *entry = ctx;
    struct arena *arena = arena_create();
    struct sts_policy policy;
    struct err err;
    entry->fetch = NULL;
    if (!failure && sts_policy_parse(arena, text, &policy, &err) != ST_OK)
        failure = err.text;
    if (!failure)
        keep(entry, text, policy.max_age_s);
    arena_destroy(&arena);
    if (failure)
        answer(entry,
               sts_after_failure(&entry->kept, entry->id, clock_wall_s()),
               failure);
    else
        answer(entry, STS_STEP_KEPT, NULL);
}

/* --- the record ----------------------------------------------------------- */

static void read_id(struct policy_entry *entry, const struct dns_answer *record)
{
    struct arena *arena = arena_create();
    size_t count = record->outcome == DNS_FOUND ? record->count : 0;
    struct slice *texts = arena_alloc(arena, (count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++)
        texts[i] = record->records[i].data;
    (void)sts_record(texts, count, entry->id);
    arena_destroy(&arena);
}

static void on_record(const struct dns_answer *record, void *ctx)
{
    struct policy_entry *entry = ctx;
    entry->query = NULL;
    read_id(entry, record);
    enum sts_step step = sts_plan(&entry->kept, entry->id, clock_wall_s());
    if (step == STS_STEP_FETCH)
        entry->fetch = policy_fetch_start(entry->policies->settings,
                                          entry->domain, on_fetched, entry);
    else
        answer(entry, step, NULL);
}

/* --- the interface -------------------------------------------------------- */

struct policies *policies_create(const struct policies_settings *settings)
{
    struct policies *policies = xcalloc(1, sizeof *policies);
    policies->settings = settings;
    return policies;
}

void policies_destroy(struct policies **policies)
{
    if (*policies)
        tdestroy((*policies)->tree, entry_free);
    free(*policies);
    *policies = NULL;
}

void policies_take(struct policies *policies, const struct store_policy *policy)
{
    struct arena *arena = arena_create();
    struct sts_policy parsed;
    struct err err;
    if (sts_policy_parse(arena, policy->text, &parsed, &err) == ST_OK) {
        struct policy_entry *entry = entry_of(policies, policy->domain);
        sts_keep(&entry->kept, policy->id, policy->until_s - policy->fetched_s,
                 policy->fetched_s);
        set_text(entry, policy->text);
    } else {
        log_error("deliver", "a kept policy is not right",
                  "domain=%.100s error=%s", policy->domain, err.text);
    }
    arena_destroy(&arena);
}

struct policy_query *policies_find(struct policies *policies,
                                   struct arena *arena, const char *domain,
                                   policies_on_done *on_done, void *ctx)
{
    struct policy_entry *entry = entry_of(policies, domain);
    struct policy_query *query = xcalloc(1, sizeof *query);
    *query = (struct policy_query){.entry = entry,
                                   .next = entry->askers,
                                   .arena = arena,
                                   .on_done = on_done,
                                   .ctx = ctx};
    entry->askers = query;
    if (!entry->query && !entry->fetch) {
        char *name = xasprintf("_mta-sts.%s", entry->domain);
        entry->query = resolver_ask(policies->settings->resolver, name,
                                    DNS_TYPE_TXT, on_record, entry);
        free(name);
    }
    return query;
}

static bool take_out(struct policy_query **at, struct policy_query *query)
{
    while (*at && *at != query)
        at = &(*at)->next;
    if (!*at)
        return false;
    *at = query->next;
    return true;
}

static void stop(struct policy_entry *entry)
{
    if (entry->query)
        resolver_cancel(entry->policies->settings->resolver, entry->query);
    entry->query = NULL;
    policy_fetch_cancel(&entry->fetch);
    forget_if_empty(entry);
}

void policies_cancel(struct policy_query **query)
{
    struct policy_query *old = *query;
    *query = NULL;
    if (!old)
        return;
    struct policy_entry *entry = old->entry;
    bool was_asking = take_out(&entry->askers, old);
    if (!was_asking && !take_out(&entry->told, old))
        BUG("a query that was answered is cancelled");
    if (was_asking && !entry->askers)
        stop(entry);
    free(old);
}
