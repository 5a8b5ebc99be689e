/* One query at a time: the MX RRset, then A and AAAA of every candidate at
 * once. Candidates are brought into order before their addresses are asked, so
 * that the answers' own order (which a resolver may rotate) has no say. */
#include "dns/hosts.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/random.h"
#include "dns/bind.h"

/* More MX records than any real domain has; the rest is ignored, and said. */
enum { CANDIDATES_MOST = 64 };

static const char *const kind_names[] = {"usable", "no-domain", "null-mx",
                                         "no-host", "look-up-fails"};
_Static_assert(sizeof kind_names / sizeof *kind_names == HOSTS_KIND_COUNT,
               "one name a kind");

const char *hosts_kind_name(enum hosts_kind kind)
{
    return kind_names[kind];
}

/* One mail host whose addresses are being asked for. */
struct candidate {
    struct hosts_query *query;
    const char *name;
    unsigned preference;
    struct dns_query *a;
    struct dns_query *aaaa;
    const char *address_name;
    const char **ipv4;
    const char **ipv6;
    size_t ipv4_count;
    size_t ipv6_count;
    bool is_insecure; /* an answer with addresses is */
    const char *failure;
};

struct hosts_query {
    const struct resolver *resolver;
    struct arena *arena; /* the caller's: the result lives there */
    const char *domain;
    uint64_t seed;
    hosts_on_done *on_done;
    void *ctx;
    struct dns_query *mx;
    struct candidate *candidate;
    size_t count;
    size_t open;          /* address look-ups without an answer */
    const char *next_hop; /* that the MX belongs to; NULL: named otherwise */
    struct bind_query *bind;
    struct hosts *hosts;
    struct hosts_note *note;
    size_t note_size;
};

static void add_note(struct hosts_query *query, const char *name,
                     const char *text)
{
    if (query->hosts->note_count == query->note_size) {
        return;
    }
    query->note[query->hosts->note_count++] =
        (struct hosts_note){arena_strdup(query->arena, name), text};
}

static void finish(struct hosts_query *query, enum hosts_kind kind)
{
    hosts_on_done *on_done = query->on_done;
    void *ctx = query->ctx;
    struct hosts *hosts = query->hosts;
    hosts->kind = kind;
    free(query->candidate);
    free(query);
    on_done(hosts, ctx);
}

/* --- addresses ---------------------------------------------------------- */

static struct mail_host host_of(struct arena *arena, const struct candidate *c)
{
    size_t count = c->ipv4_count + c->ipv6_count;
    const char **address = arena_alloc(arena, (count + 1) * sizeof *address);
    for (size_t i = 0; i < count; i++) {
        address[i] =
            i < c->ipv4_count ? c->ipv4[i] : c->ipv6[i - c->ipv4_count];
    }
    return (struct mail_host){
        .name = c->name,
        .address_name = c->address_name != NULL ? c->address_name : c->name,
        .preference = c->preference,
        .addresses = address,
        .address_count = count,
        .is_secure = count != 0 && !c->is_insecure,
        .is_named_securely = c->query->hosts->security == DNS_SECURE,
        .failure = count == 0 ? c->failure : NULL};
}

static void on_bound(void *ctx)
{
    struct hosts_query *query = ctx;
    query->bind = NULL;
    finish(query, HOSTS_USABLE);
}

/* The hosts are known; what binds them is asked last. */
static void bind_all(struct hosts_query *query, struct mail_host *host)
{
    query->bind =
        bind_hosts(query->arena, query->resolver, host, query->hosts->count,
                   query->next_hop, on_bound, query);
    if (query->bind == NULL) {
        finish(query, HOSTS_USABLE);
    }
}

/* A host whose look-up failed is unknown; it counts only beside one that has
 * an address, for otherwise ORDER-7 itself has no answer yet. */
static void finish_addresses(struct hosts_query *query)
{
    struct hosts *hosts = query->hosts;
    size_t reachable = 0;
    struct mail_host *host =
        arena_alloc(query->arena, (query->count + 1) * sizeof *host);
    for (size_t i = 0; i < query->count; i++) {
        struct mail_host one = host_of(query->arena, &query->candidate[i]);
        if (one.address_count == 0 && one.failure == NULL) {
            add_note(query, one.name, "no address");
            continue;
        }
        if (one.address_count != 0 &&
            strcasecmp(one.address_name, one.name) != 0 && hosts->from_mx) {
            add_note(query, one.name, "alias followed");
        }
        reachable += one.address_count != 0;
        if (one.failure != NULL) {
            hosts->failure = one.failure;
        }
        host[hosts->count++] = one;
    }
    hosts->host = host;
    if (reachable != 0) {
        hosts->failure = NULL;
        bind_all(query, host);
    } else {
        finish(query, hosts->count != 0 ? HOSTS_LOOK_UP_FAILED : HOSTS_NONE);
    }
}

static void take_addresses(struct candidate *c, const struct dns_answer *answer,
                           const char ***texts_out, size_t *count_out)
{
    struct arena *arena = c->query->arena;
    if (answer->outcome == DNS_FAILED) {
        c->failure = arena_printf(arena, "%s: %s", c->name, answer->failure);
    }
    if (answer->outcome == DNS_FOUND) {
        const char **texts = arena_alloc(arena, answer->count * sizeof *texts);
        for (size_t i = 0; i < answer->count; i++) {
            texts[i] = arena_strdup(arena, answer->records[i].text);
        }
        *texts_out = texts;
        *count_out = answer->count;
        c->address_name = arena_strdup(arena, answer->name);
        c->is_insecure |= answer->security != DNS_SECURE;
    }
    if (--c->query->open == 0) {
        finish_addresses(c->query);
    }
}

static void on_a(const struct dns_answer *answer, void *ctx)
{
    struct candidate *c = ctx;
    c->a = NULL;
    take_addresses(c, answer, &c->ipv4, &c->ipv4_count);
}

static void on_aaaa(const struct dns_answer *answer, void *ctx)
{
    struct candidate *c = ctx;
    c->aaaa = NULL;
    take_addresses(c, answer, &c->ipv6, &c->ipv6_count);
}

static void ask_addresses(struct hosts_query *query)
{
    query->open = query->count * 2;
    for (size_t i = 0; i < query->count; i++) {
        struct candidate *c = &query->candidate[i];
        c->query = query;
        c->a = resolver_ask(query->resolver, c->name, DNS_TYPE_A, on_a, c);
        c->aaaa =
            resolver_ask(query->resolver, c->name, DNS_TYPE_AAAA, on_aaaa, c);
    }
}

/* --- the MX RRset ------------------------------------------------------- */

static bool is_address_literal(const char *name)
{
    unsigned char octets[16];
    return inet_pton(AF_INET, name, octets) == 1 ||
           inet_pton(AF_INET6, name, octets) == 1 || name[0] == '[';
}

static int compare_candidates(const void *left, const void *right)
{
    const struct candidate *a = left;
    const struct candidate *b = right;
    if (a->preference != b->preference) {
        return a->preference < b->preference ? -1 : 1;
    }
    return strcasecmp(a->name, b->name);
}

/* Fisher-Yates within each run of equal preference. */
static void shuffle_equals(struct hosts_query *query)
{
    struct prng prng = {query->seed};
    for (const char *p = query->domain; *p != '\0'; p++) {
        prng.state = prng.state * 31 + (unsigned char)*p;
    }
    struct candidate *all = query->candidate;
    for (size_t start = 0, end; start < query->count; start = end) {
        for (end = start + 1;
             end < query->count && all[end].preference == all[start].preference;
             end++) {
        }
        for (size_t n = end - start; n > 1; n--) {
            size_t other = start + prng_below(&prng, n);
            struct candidate kept = all[start + n - 1];
            all[start + n - 1] = all[other];
            all[other] = kept;
        }
    }
}

/* The same host twice is tried once, at its better preference. */
static bool has_candidate(const struct hosts_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++) {
        if (strcasecmp(query->candidate[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void sort_candidates(struct hosts_query *query)
{
    qsort(query->candidate, query->count, sizeof *query->candidate,
          compare_candidates);
    size_t all = query->count;
    query->count = 0;
    for (size_t i = 0; i < all; i++) {
        struct candidate one = query->candidate[i];
        if (has_candidate(query, one.name)) {
            continue;
        }
        if (query->count == CANDIDATES_MOST) {
            add_note(query, one.name, "too many hosts, ignored");
            break;
        }
        query->candidate[query->count++] = one;
    }
    shuffle_equals(query);
}

static void take_mx(struct hosts_query *query, const struct dns_answer *answer)
{
    size_t roots = 0;
    query->hosts->from_mx = true;
    for (size_t i = 0; i < answer->count; i++) {
        const char *name = answer->records[i].text;
        roots += strcmp(name, ".") == 0;
    }
    if (roots == answer->count) {
        finish(query, HOSTS_NULL_MX);
        return;
    }
    for (size_t i = 0; i < answer->count; i++) {
        const struct dns_record *record = &answer->records[i];
        if (strcmp(record->text, ".") == 0) {
            add_note(query, ".", "null MX beside others, ignored");
        } else if (is_address_literal(record->text)) {
            add_note(query, record->text, "address literal skipped");
        } else {
            query->candidate[query->count++] = (struct candidate){
                .name = arena_strdup(query->arena, record->text),
                .preference = record->preference};
        }
    }
    if (query->count == 0) {
        finish(query, HOSTS_NONE);
        return;
    }
    sort_candidates(query);
    ask_addresses(query);
}

/* Room for that many, and for what is noted of them. */
static void begin_candidates(struct hosts_query *query, size_t count)
{
    query->candidate = xcalloc(count + 1, sizeof *query->candidate);
    query->note_size = 2 * count + 2;
    query->note =
        arena_alloc(query->arena, query->note_size * sizeof *query->note);
    query->hosts->note = query->note;
}

static void on_mx(const struct dns_answer *answer, void *ctx)
{
    struct hosts_query *query = ctx;
    query->mx = NULL;
    query->hosts->security = answer->security;
    begin_candidates(query, answer->count);
    switch (answer->outcome) {
    case DNS_FOUND:
        take_mx(query, answer);
        return;
    case DNS_NO_DATA:
        query->candidate[0] = (struct candidate){.name = query->domain};
        query->count = 1;
        ask_addresses(query);
        return;
    case DNS_NO_DOMAIN:
        finish(query, HOSTS_NO_DOMAIN);
        return;
    case DNS_FAILED:
        query->hosts->failure = arena_strdup(query->arena, answer->failure);
        finish(query, HOSTS_LOOK_UP_FAILED);
        return;
    case DNS_OUTCOME_COUNT:
        break;
    }
    BUG("outcome %d", (int)answer->outcome);
}

static struct hosts_query *create(struct arena *arena,
                                  const struct resolver *resolver,
                                  const char *domain, uint64_t seed,
                                  hosts_on_done *on_done, void *ctx)
{
    struct hosts_query *query = xcalloc(1, sizeof *query);
    query->resolver = resolver;
    query->arena = arena;
    query->domain = arena_strdup(arena, domain);
    query->seed = seed;
    query->on_done = on_done;
    query->ctx = ctx;
    query->hosts = ARENA_NEW(arena, struct hosts);
    return query;
}

struct hosts_query *hosts_find(struct arena *arena,
                               const struct resolver *resolver,
                               const char *domain, uint64_t seed,
                               hosts_on_done *on_done, void *ctx)
{
    struct hosts_query *query =
        create(arena, resolver, domain, seed, on_done, ctx);
    query->next_hop = query->domain;
    query->mx =
        resolver_ask(resolver, query->domain, DNS_TYPE_MX, on_mx, query);
    return query;
}

struct hosts_query *hosts_find_named(struct arena *arena,
                                     const struct resolver *resolver,
                                     const struct mail_host *named,
                                     size_t count, enum dns_security security,
                                     uint64_t seed, hosts_on_done *on_done,
                                     void *ctx)
{
    struct hosts_query *query =
        create(arena, resolver, named[0].name, seed, on_done, ctx);
    query->hosts->from_mx = true;
    query->hosts->security = security;
    begin_candidates(query, count);
    for (size_t i = 0; i < count; i++) {
        query->candidate[query->count++] =
            (struct candidate){.name = arena_strdup(arena, named[i].name),
                               .preference = named[i].preference};
    }
    sort_candidates(query);
    ask_addresses(query);
    return query;
}

static void cancel_one(const struct resolver *resolver, struct dns_query *query)
{
    if (query != NULL) {
        resolver_cancel(resolver, query);
    }
}

void hosts_cancel(struct hosts_query **query)
{
    struct hosts_query *old = *query;
    *query = NULL;
    if (old == NULL) {
        return;
    }
    cancel_one(old->resolver, old->mx);
    bind_cancel(&old->bind);
    for (size_t i = 0; i < old->count; i++) {
        cancel_one(old->resolver, old->candidate[i].a);
        cancel_one(old->resolver, old->candidate[i].aaaa);
    }
    free(old->candidate);
    free(old);
}
