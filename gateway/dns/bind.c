/* Per host: the names under which its TLSA records may stand, expanded first
 * (RFC 7672 2.2.3), asked one after the other until one has any. */
#include "dns/bind.h"

#include <stdlib.h>
#include <strings.h>

enum { SHA256_BYTES = 32, SHA512_BYTES = 64, RDATA_HEAD_BYTES = 3 };

bool bind_read(struct slice rdata, struct tls_tlsa *out)
{
    if (rdata.n <= RDATA_HEAD_BYTES) {
        return false;
    }
    *out = (struct tls_tlsa){.usage = (unsigned char)rdata.p[0],
                             .selector = (unsigned char)rdata.p[1],
                             .matching = (unsigned char)rdata.p[2],
                             .data = slice_from(rdata, RDATA_HEAD_BYTES)};
    bool is_length_right = out->matching == 0   ? true
                           : out->matching == 1 ? out->data.n == SHA256_BYTES
                           : out->matching == 2 ? out->data.n == SHA512_BYTES
                                                : false;
    return (out->usage == 2 || out->usage == 3) && out->selector <= 1 &&
           is_length_right;
}

/* One host that is being asked about. */
struct binding {
    struct bind_query *query;
    struct mail_host *host;
    const char *base[2]; /* TLSA base domains left to try */
    size_t next;
    size_t count;
    struct dns_query *open;
};

struct bind_query {
    struct arena *arena;
    const struct resolver *resolver;
    const char *next_hop;
    bind_on_done *on_done;
    void *ctx;
    struct binding *binding;
    size_t count;
    size_t open;
};

static void finish_one(struct bind_query *query)
{
    if (--query->open != 0) {
        return;
    }
    bind_on_done *on_done = query->on_done;
    void *ctx = query->ctx;
    free(query->binding);
    free(query);
    on_done(ctx);
}

static void fail(struct binding *b, const char *what, const char *why)
{
    b->host->failure =
        arena_printf(b->query->arena, "%s of %s: %s", what, b->host->name, why);
    finish_one(b->query);
}

/* RFC 7672 3.2.2: the base domain, what it was expanded from, the next hop. */
static void take_names(struct binding *b, const char *base)
{
    struct host_binding *out = &b->host->binding;
    size_t n = 0;
    out->names[n++] = base;
    if (strcasecmp(base, b->host->name) != 0) {
        out->names[n++] = b->host->name;
    }
    const char *next_hop = b->query->next_hop;
    if (next_hop != NULL && strcasecmp(next_hop, base) != 0) {
        out->names[n] = next_hop;
    }
}

static void take_records(struct binding *b, const struct dns_answer *answer,
                         const char *base)
{
    struct arena *arena = b->query->arena;
    struct host_binding *out = &b->host->binding;
    struct tls_tlsa *tlsa = arena_alloc(arena, answer->count * sizeof *tlsa);
    for (size_t i = 0; i < answer->count; i++) {
        struct slice rdata = arena_slice(arena, answer->records[i].data);
        if (bind_read(rdata, &tlsa[out->tlsa_count])) {
            out->tlsa_count++;
        }
    }
    out->tlsa = tlsa;
    out->tls_mandatory = true;
    take_names(b, base);
}

static void ask_next(struct binding *b);

static void on_tlsa(const struct dns_answer *answer, void *ctx)
{
    struct binding *b = ctx;
    b->open = NULL;
    if (answer->outcome == DNS_FAILED) {
        fail(b, "TLSA", answer->failure);
        return;
    }
    if (answer->outcome == DNS_FOUND && answer->security == DNS_SECURE) {
        take_records(b, answer, b->base[b->next]);
        finish_one(b->query);
        return;
    }
    b->next++;
    ask_next(b);
}

static void ask_next(struct binding *b)
{
    if (b->next == b->count) {
        finish_one(b->query);
        return;
    }
    const char *name =
        arena_printf(b->query->arena, "_25._tcp.%s", b->base[b->next]);
    b->open = resolver_ask(b->query->resolver, name, DNS_TYPE_TLSA, on_tlsa, b);
}

/* The addresses are insecure, but the alias on the way may be secure. */
static void on_alias(const struct dns_answer *answer, void *ctx)
{
    struct binding *b = ctx;
    b->open = NULL;
    if (answer->outcome == DNS_FAILED) {
        fail(b, "alias", answer->failure);
        return;
    }
    if (answer->outcome == DNS_FOUND && answer->security == DNS_SECURE) {
        b->base[b->count++] = b->host->name;
    }
    ask_next(b);
}

static bool is_alias(const struct mail_host *host)
{
    return strcasecmp(host->name, host->address_name) != 0;
}

static bool is_asked(const struct mail_host *host)
{
    return host->address_count != 0 && (host->is_secure || is_alias(host));
}

static void start(struct bind_query *query, struct mail_host *host)
{
    struct binding *b = &query->binding[query->count++];
    *b = (struct binding){.query = query, .host = host};
    if (!host->is_secure) {
        b->open = resolver_ask(query->resolver, host->name, DNS_TYPE_CNAME,
                               on_alias, b);
        return;
    }
    b->base[b->count++] = host->address_name;
    if (is_alias(host)) {
        b->base[b->count++] = host->name;
    }
    ask_next(b);
}

struct bind_query *bind_hosts(struct arena *arena,
                              const struct resolver *resolver,
                              struct mail_host *hosts, size_t count,
                              const char *next_hop, bind_on_done *on_done,
                              void *ctx)
{
    size_t asked = 0;
    for (size_t i = 0; i < count; i++) {
        asked += is_asked(&hosts[i]);
    }
    if (asked == 0) {
        return NULL;
    }
    struct bind_query *query = xcalloc(1, sizeof *query);
    *query = (struct bind_query){.arena = arena,
                                 .resolver = resolver,
                                 .next_hop = next_hop,
                                 .on_done = on_done,
                                 .ctx = ctx,
                                 .open = asked};
    query->binding = xcalloc(asked, sizeof *query->binding);
    for (size_t i = 0; i < count; i++) {
        if (is_asked(&hosts[i])) {
            start(query, &hosts[i]);
        }
    }
    return query;
}

void bind_cancel(struct bind_query **query)
{
    struct bind_query *old = *query;
    *query = NULL;
    if (old == NULL) {
        return;
    }
    for (size_t i = 0; i < old->count; i++) {
        if (old->binding[i].open != NULL) {
            resolver_cancel(old->resolver, old->binding[i].open);
        }
    }
    free(old->binding);
    free(old);
}
