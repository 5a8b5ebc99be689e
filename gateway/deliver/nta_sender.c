/* The record and SPF stand in one answer, for both are TXT at the domain. Then
 * each selector, then DMARC. */
#include "deliver/nta_sender.h"

#include "rules/dmarc.h"
#include "rules/nta.h"

struct nta_sender_query {
    struct arena *arena; /* holds the query too */
    const struct resolver *resolver;
    const struct nta_sender_wish *wish;
    nta_sender_on_done *on_done;
    void *ctx;
    struct dns_query *open;
    size_t selector; /* the next */
    struct dmarc *dmarc;
};

static void finish(struct nta_sender_query *query, bool is_met, enum why why)
{
    nta_sender_on_done *on_done = query->on_done;
    void *ctx = query->ctx;
    struct arena *arena = query->arena;
    arena_destroy(&arena);
    on_done(is_met, why, ctx);
}

/* The texts of an answer; none where there are none. */
struct texts {
    struct slice *text;
    size_t count;
};

static struct texts texts_of(struct arena *arena,
                             const struct dns_answer *answer)
{
    struct texts texts = {NULL, 0};
    if (answer->outcome != DNS_FOUND)
        return texts;
    texts.text = arena_alloc(arena, (answer->count + 1) * sizeof *texts.text);
    for (; texts.count < answer->count; texts.count++)
        texts.text[texts.count] = answer->records[texts.count].data;
    return texts;
}

/* An answer that proves nothing is a fault of its own: NTA-1. */
static bool is_proven(struct nta_sender_query *query,
                      const struct dns_answer *answer)
{
    if (answer->outcome == DNS_FAILED) {
        finish(query, false, WHY_SENDER_LOOKUP_FAILED);
        return false;
    }
    if (answer->outcome == DNS_FOUND && answer->security != DNS_SECURE) {
        finish(query, false, WHY_SENDER_DNS_NOT_SECURE);
        return false;
    }
    return true;
}

static void ask(struct nta_sender_query *query, const char *name,
                dns_on_answer *on_answer)
{
    query->open =
        resolver_ask(query->resolver, name, DNS_TYPE_TXT, on_answer, query);
}

static void proceed(struct nta_sender_query *query);

static void on_dmarc(const struct dns_answer *answer, void *ctx)
{
    struct nta_sender_query *query = ctx;
    query->open = NULL;
    if (!is_proven(query, answer))
        return;
    struct texts texts = texts_of(query->arena, answer);
    dmarc_answer(query->dmarc, texts.text, texts.count);
    proceed(query);
}

static void on_selector(const struct dns_answer *answer, void *ctx)
{
    struct nta_sender_query *query = ctx;
    query->open = NULL;
    if (!is_proven(query, answer))
        return;
    struct texts texts = texts_of(query->arena, answer);
    struct dkim_key *key = query->wish->keys.selectors[query->selector].key;
    if (dkim_key_published(key, texts.text, texts.count) !=
        DKIM_PUBLISHED_GOOD) {
        finish(query, false, WHY_SENDER_DKIM_MISSING);
        return;
    }
    query->selector++;
    proceed(query);
}

/* Every selector, then what DMARC asks, then all is met. */
static void proceed(struct nta_sender_query *query)
{
    const struct nta_sender_wish *wish = query->wish;
    if (query->selector < wish->keys.count) {
        ask(query,
            arena_printf(query->arena, "%s._domainkey.%s",
                         wish->keys.selectors[query->selector].selector,
                         wish->domain),
            on_selector);
        return;
    }
    if (!query->dmarc)
        query->dmarc =
            dmarc_create(query->arena, wish->domain, wish->discovery);
    const char *name = dmarc_question(query->dmarc);
    if (name) {
        ask(query, name, on_dmarc);
        return;
    }
    struct dmarc_policy policy = dmarc_policy(query->dmarc);
    finish(query, dmarc_is_strict(&policy), WHY_SENDER_DMARC_WEAK);
}

static void on_record(const struct dns_answer *answer, void *ctx)
{
    static const enum why whys[] = {
        [NTA_FINDING_NONE] = WHY_SENDER_NO_NTA_RECORD,
        [NTA_FINDING_INSECURE] = WHY_SENDER_DNS_NOT_SECURE,
        [NTA_FINDING_INVALID] = WHY_SENDER_NTA_INVALID,
        [NTA_FINDING_DATES] = WHY_SENDER_NTA_DATES,
    };
    struct nta_sender_query *query = ctx;
    struct nta_record record;
    query->open = NULL;
    if (answer->outcome == DNS_FAILED) {
        finish(query, false, WHY_SENDER_LOOKUP_FAILED);
        return;
    }
    struct texts texts = texts_of(query->arena, answer);
    enum nta_finding finding =
        nta_judge(query->arena, texts.text, texts.count,
                  answer->security == DNS_SECURE, query->wish->month, &record);
    if (finding != NTA_FINDING_VALID)
        finish(query, false, whys[finding]);
    else if (!nta_spf_is_strict(query->arena, texts.text, texts.count))
        finish(query, false, WHY_SENDER_SPF_WEAK);
    else if (!query->wish->keys.count)
        finish(query, false, WHY_SENDER_DKIM_MISSING);
    else
        proceed(query);
}

struct nta_sender_query *nta_sender_start(const struct resolver *resolver,
                                          const struct nta_sender_wish *wish,
                                          nta_sender_on_done *on_done,
                                          void *ctx)
{
    struct arena *arena = arena_create();
    struct nta_sender_query *query = ARENA_NEW(arena, struct nta_sender_query);
    *query = (struct nta_sender_query){.arena = arena,
                                       .resolver = resolver,
                                       .wish = wish,
                                       .on_done = on_done,
                                       .ctx = ctx};
    ask(query, wish->domain, on_record);
    return query;
}

void nta_sender_cancel(struct nta_sender_query **query)
{
    struct nta_sender_query *old = *query;
    *query = NULL;
    if (!old)
        return;
    if (old->open)
        resolver_cancel(old->resolver, old->open);
    struct arena *arena = old->arena;
    arena_destroy(&arena);
}
