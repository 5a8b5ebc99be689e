#include "deliver/nta_recipient.h"

#include <stdlib.h>

#include "rules/nta.h"

struct nta_recipient_query {
    struct arena *arena;
    const struct resolver *resolver;
    struct nta_recipient_wish wish;
    nta_recipient_on_done *on_done;
    void *ctx;
    struct dns_query *open;
    struct hosts_query *hosts;
};

static void finish(struct nta_recipient_query *query,
                   const struct nta_recipient_answer *answer)
{
    nta_recipient_on_done *on_done = query->on_done;
    void *ctx = query->ctx;
    free(query);
    on_done(answer, ctx);
}

static void finish_without(struct nta_recipient_query *query,
                           enum nta_recipient state, enum why why)
{
    finish(query, &(struct nta_recipient_answer){.state = state, .why = why});
}

/* An ntamx without address is no next hop; where a look-up failed it is an
 * unknown one (NTA-5). */
static void on_hosts(const struct hosts *hosts, void *ctx)
{
    struct nta_recipient_query *query = ctx;
    query->hosts = NULL;
    if (hosts->kind == HOSTS_USABLE)
        finish(query, &(struct nta_recipient_answer){
                          .state = NTA_RECIPIENT_MET,
                          .has_hops = true,
                          .hosts = hosts,
                      });
    else if (hosts->kind == HOSTS_LOOK_UP_FAILED)
        finish_without(query, NTA_RECIPIENT_UNKNOWN, WHY_LOOKUP_FAILED);
    else
        finish_without(query, NTA_RECIPIENT_UNMET, WHY_NO_DANE);
}

static void find_hops(struct nta_recipient_query *query,
                      const struct nta_record *record)
{
    struct mail_host *named =
        arena_alloc(query->arena, record->hop_count * sizeof *named);
    for (size_t i = 0; i < record->hop_count; i++)
        named[i] = (struct mail_host){.name = record->hops[i].host,
                                      .preference = record->hops[i].preference};
    query->hosts = hosts_find_named(query->arena, query->resolver, named,
                                    record->hop_count, DNS_SECURE,
                                    query->wish.seed, on_hosts, query);
}

static enum nta_finding judge(struct nta_recipient_query *query,
                              const struct dns_answer *answer,
                              struct nta_record *record)
{
    size_t count = answer->outcome == DNS_FOUND ? answer->count : 0;
    struct slice *texts =
        arena_alloc(query->arena, (count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++)
        texts[i] = answer->records[i].data;
    return nta_judge(query->arena, texts, count, answer->security == DNS_SECURE,
                     query->wish.month, record);
}

static void on_record(const struct dns_answer *answer, void *ctx)
{
    static const enum why whys[] = {
        [NTA_FINDING_NONE] = WHY_NO_NTA_RECORD,
        [NTA_FINDING_INSECURE] = WHY_NTA_NOT_SECURE,
        [NTA_FINDING_INVALID] = WHY_NTA_INVALID,
        [NTA_FINDING_DATES] = WHY_NTA_DATES,
    };
    struct nta_recipient_query *query = ctx;
    struct nta_record record;
    query->open = NULL;
    if (answer->outcome == DNS_FAILED) { /* NTA-4 */
        finish_without(query, NTA_RECIPIENT_UNKNOWN, WHY_LOOKUP_FAILED);
        return;
    }
    enum nta_finding finding = judge(query, answer, &record);
    if (finding != NTA_FINDING_VALID)
        finish_without(query, NTA_RECIPIENT_UNMET, whys[finding]);
    else if (record.hop_count)
        find_hops(query, &record);
    else
        finish(query,
               &(struct nta_recipient_answer){.state = NTA_RECIPIENT_MET});
}

struct nta_recipient_query *
nta_recipient_start(struct arena *arena, const struct resolver *resolver,
                    const struct nta_recipient_wish *wish,
                    nta_recipient_on_done *on_done, void *ctx)
{
    struct nta_recipient_query *query = xcalloc(1, sizeof *query);
    *query = (struct nta_recipient_query){.arena = arena,
                                          .resolver = resolver,
                                          .wish = *wish,
                                          .on_done = on_done,
                                          .ctx = ctx};
    query->open = resolver_ask(resolver, query->wish.domain, DNS_TYPE_TXT,
                               on_record, query);
    return query;
}

void nta_recipient_cancel(struct nta_recipient_query **query)
{
    struct nta_recipient_query *old = *query;
    *query = NULL;
    if (!old)
        return;
    if (old->open)
        resolver_cancel(old->resolver, old->open);
    hosts_cancel(&old->hosts);
    free(old);
}
