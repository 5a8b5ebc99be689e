#include "deliver/sender_dns.h"

#include <ctype.h>
#include <string.h>

#include "base/log.h"
#include "rules/alignment.h"
#include "rules/sending.h"

/* One question that is open, or was. */
struct look_up {
    struct sender_dns_query *query;
    struct look_up *next;
    struct dns_query *open;
    const struct dkim_selector *ours; /* a key of the gateway */
    struct dkim_seen *seen;           /* a key of an older signature */
};

struct sender_dns_query {
    struct arena *arena;
    struct sender_dns_wish wish;
    struct sender_dns_answer *answer;
    sender_dns_on_done *on_done;
    void *ctx;
    struct look_up *look_ups;
    size_t open_count;
    struct dkim_selector *signers;
    struct dkim_ring own; /* host_name's keys */
    struct sending sending;
    struct alignment *path;
    bool is_second; /* what only matters later was asked */
};

static void proceed(struct sender_dns_query *query);

static const char *lower(struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text);
    for (char *p = out; *p != '\0'; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    return out;
}

static struct look_up *ask(struct sender_dns_query *query, const char *name,
                           enum dns_type type, dns_on_answer *on_answer)
{
    struct look_up *look_up = ARENA_NEW(query->arena, struct look_up);
    look_up->query = query;
    look_up->next = query->look_ups;
    query->look_ups = look_up;
    query->open_count++;
    look_up->open =
        resolver_ask(query->wish.resolver, name, type, on_answer, look_up);
    return look_up;
}

static void answered(struct look_up *look_up)
{
    struct sender_dns_query *query = look_up->query;
    look_up->open = NULL;
    query->open_count--;
    if (query->open_count == 0) {
        proceed(query);
    }
}

/* The texts of an answer, in the arena. */
static size_t take_texts(struct sender_dns_query *query,
                         const struct dns_answer *answer,
                         const struct slice **out)
{
    size_t count = answer->outcome == DNS_FOUND ? answer->count : 0;
    struct slice *texts =
        arena_alloc(query->arena, (count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        texts[i] = arena_slice(query->arena, answer->records[i].data);
    }
    *out = texts;
    return count;
}

/* --- keys ----------------------------------------------------------------- */

static const char *key_name(struct sender_dns_query *query,
                            const char *selector, const char *domain)
{
    return arena_printf(query->arena, "%s._domainkey.%s", selector, domain);
}

/* By selector, whatever came first. */
static void add_signer(struct sender_dns_query *query,
                       const struct dkim_selector *ours)
{
    size_t at = query->answer->signers.count++;
    for (;
         at > 0 && strcmp(query->signers[at - 1].selector, ours->selector) > 0;
         at--) {
        query->signers[at] = query->signers[at - 1];
    }
    query->signers[at] = *ours;
}

static void take_key(struct sender_dns_query *query,
                     const struct dkim_selector *ours, enum tri state)
{
    bool is_senders = strcasecmp(ours->domain, query->answer->domain) == 0;
    if (state == TRI_YES) {
        add_signer(query, ours);
    }
    if (is_senders && (state == TRI_YES || query->sending.key != TRI_YES)) {
        /* YES before UNKNOWN before NO */
        query->sending.key = state == TRI_NO ? query->sending.key : state;
    }
}

static void on_key(const struct dns_answer *answer, void *ctx)
{
    struct look_up *look_up = ctx;
    struct sender_dns_query *query = look_up->query;
    const struct dkim_selector *ours = look_up->ours;
    const struct slice *texts;
    enum tri state = TRI_UNKNOWN;
    if (answer->outcome != DNS_FAILED) {
        size_t count = take_texts(query, answer, &texts);
        state =
            dkim_key_published(ours->key, texts, count) == DKIM_PUBLISHED_GOOD
                ? TRI_YES
                : TRI_NO;
    }
    if (state != TRI_YES) {
        log_info("deliver", "key not used", "d=%s s=%s why=%s", ours->domain,
                 ours->selector,
                 state == TRI_NO ? "not published" : "look-up failed");
    }
    take_key(query, ours, state);
    answered(look_up);
}

static void ask_keys(struct sender_dns_query *query,
                     const struct dkim_ring *ring)
{
    for (size_t i = 0; i < ring->count; i++) {
        const struct dkim_selector *ours = &ring->selectors[i];
        ask(query, key_name(query, ours->selector, ours->domain), DNS_TYPE_TXT,
            on_key)
            ->ours = ours;
    }
}

static void on_seen(const struct dns_answer *answer, void *ctx)
{
    struct look_up *look_up = ctx;
    struct dkim_seen *seen = look_up->seen;
    seen->is_unknown = answer->outcome == DNS_FAILED;
    seen->count = take_texts(look_up->query, answer, &seen->texts);
    answered(look_up);
}

static void ask_seen(struct sender_dns_query *query)
{
    const char *selectors[DKIM_SEEN_MAX];
    struct sender_dns_answer *answer = query->answer;
    answer->seen_count = dkim_seal_selectors(query->arena, query->wish.content,
                                             answer->domain, selectors);
    struct dkim_seen *seen =
        arena_alloc(query->arena, (answer->seen_count + 1) * sizeof *seen);
    answer->seen = seen;
    for (size_t i = 0; i < answer->seen_count; i++) {
        seen[i].selector = selectors[i];
        ask(query, key_name(query, selectors[i], answer->domain), DNS_TYPE_TXT,
            on_seen)
            ->seen = &seen[i];
    }
}

/* --- the return path ------------------------------------------------------ */

static const char *path_name(const struct sender_dns_query *query)
{
    return arena_printf(query->arena, SENDER_DNS_LABEL ".%s",
                        query->answer->domain);
}

static void on_bounce(const struct dns_answer *answer, void *ctx)
{
    struct look_up *look_up = ctx;
    struct sender_dns_query *query = look_up->query;
    bool leads_here =
        answer->outcome == DNS_FOUND && answer->count == 1 &&
        strcasecmp(answer->records[0].text, query->wish.return_host) == 0;
    query->sending.bounce = answer->outcome == DNS_FAILED ? TRI_UNKNOWN
                            : leads_here                  ? TRI_YES
                                                          : TRI_NO;
    answered(look_up);
}

static void on_dmarc(const struct dns_answer *answer, void *ctx);

static void ask_dmarc(struct sender_dns_query *query)
{
    const char *name = alignment_question(query->path);
    if (name != NULL) {
        ask(query, name, DNS_TYPE_TXT, on_dmarc);
        return;
    }
    query->sending.path_apart =
        alignment_is_apart(query->path) ? TRI_YES : TRI_NO;
}

static void on_dmarc(const struct dns_answer *answer, void *ctx)
{
    struct look_up *look_up = ctx;
    struct sender_dns_query *query = look_up->query;
    const struct slice *texts;
    if (answer->outcome == DNS_FAILED) {
        query->sending.path_apart = TRI_UNKNOWN;
    } else {
        size_t count = take_texts(query, answer, &texts);
        alignment_answer(query->path, texts, count);
        ask_dmarc(query);
    }
    answered(look_up);
}

/* --- the walk ------------------------------------------------------------- */

static bool is_own(const struct sender_dns_query *query)
{
    return strcasecmp(query->answer->domain, query->wish.host_name) == 0;
}

static void finish(struct sender_dns_query *query)
{
    struct sender_dns_answer *answer = query->answer;
    answer->bounce = query->sending.bounce;
    answer->signers.selectors = query->signers;
    /* Its own mail needs no alias: the return path lies there. */
    answer->state =
        is_own(query) ? SENDER_DNS_ALIGNED : sending_alignment(&query->sending);
}

static void ask_second(struct sender_dns_query *query)
{
    query->is_second = true;
    if (is_own(query)) {
        return;
    }
    if (query->answer->signers.count == 0) {
        ask_keys(query, &query->own);
    }
    if (sending_needs_dmarc(&query->sending)) {
        query->path = alignment_create(query->arena, query->answer->domain,
                                       path_name(query), query->wish.discovery);
        ask_dmarc(query);
    }
}

static void proceed(struct sender_dns_query *query)
{
    if (!query->is_second) {
        ask_second(query);
        if (query->open_count != 0) {
            return;
        }
    }
    finish(query);
    query->on_done(query->ctx);
}

struct sender_dns_query *sender_dns_start(struct arena *arena,
                                          const struct sender_dns_wish *wish,
                                          struct sender_dns_answer *answer,
                                          sender_dns_on_done *on_done,
                                          void *ctx)
{
    struct sender_dns_query *query = ARENA_NEW(arena, struct sender_dns_query);
    *query = (struct sender_dns_query){.arena = arena,
                                       .wish = *wish,
                                       .answer = answer,
                                       .on_done = on_done,
                                       .ctx = ctx,
                                       .sending.bounce = TRI_NO};
    *answer = (struct sender_dns_answer){.domain = lower(arena, wish->domain)};
    struct dkim_ring senders =
        dkim_ring_find(arena, wish->ring, answer->domain);
    query->own = dkim_ring_find(arena, wish->ring, wish->host_name);
    query->signers =
        arena_alloc(arena, (wish->ring->count + 1) * sizeof *query->signers);
    ask_keys(query, &senders);
    ask_seen(query);
    if (!is_own(query)) {
        ask(query, path_name(query), DNS_TYPE_CNAME, on_bounce);
    }
    if (query->open_count == 0) {
        finish(query);
        return NULL;
    }
    return query;
}

void sender_dns_cancel(struct sender_dns_query **query)
{
    struct sender_dns_query *old = *query;
    *query = NULL;
    for (struct look_up *l = old != NULL ? old->look_ups : NULL; l != NULL;
         l = l->next) {
        if (l->open != NULL) {
            resolver_cancel(old->wish.resolver, l->open);
        }
    }
}
