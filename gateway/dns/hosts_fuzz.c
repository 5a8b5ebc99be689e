/* The mail hosts of a domain whose DNS says anything: the input answers each
 * question, in an order that it chooses too. One result comes, in order of
 * preference, with an address or a reason for each host. */
#include "dns/hosts.h"

#include "base/test_fuzz.h"

enum { QUESTIONS_MOST = 4000, RECORDS_MOST = 6 };

struct dns_query {
    struct dns_query *next;
    char *name;
    enum dns_type type;
    dns_on_answer *on_answer;
    void *ctx;
};

struct world {
    struct arena *arena;
    struct slice in;
    struct dns_query *open;
    int asked, done;
};

static struct dns_query *ask(void *self, const char *name, enum dns_type type,
                             dns_on_answer *on_answer, void *ctx)
{
    struct world *w = self;
    struct dns_query *q = xcalloc(1, sizeof *q);
    FUZZ_MUST(w->asked++ < QUESTIONS_MOST && *name);
    *q = (struct dns_query){w->open, xstrdup(name), type, on_answer, ctx};
    w->open = q;
    return q;
}

static void take_off(struct world *w, struct dns_query *query)
{
    struct dns_query **at = &w->open;
    while (*at && *at != query)
        at = &(*at)->next;
    FUZZ_MUST(*at);
    *at = query->next;
}

static void drop(struct dns_query *query)
{
    free(query->name);
    free(query);
}

static void cancel(void *self, struct dns_query *query)
{
    take_off(self, query);
    drop(query);
}

static const char *some_name(struct world *w)
{
    static const char *const names[] = {
        "a.example", "b.example", "d.example",   ".",
        "192.0.2.1", "x..y",      "c.d.example", "_25._tcp.a.example"};
    return names[fuzz_octet(&w->in) % 8];
}

/* As dns_packet_read would fill it. */
static void fill(struct world *w, enum dns_type type, struct dns_record *r)
{
    static const char *const v4[] = {"127.0.0.1", "192.0.2.1", "10.0.0.1"};
    static const char *const v6[] = {"::1", "2001:db8::1", "::ffff:127.0.0.1"};
    unsigned char c = fuzz_octet(&w->in);
    *r = (struct dns_record){.preference = c % 4};
    switch (type) {
    case DNS_TYPE_A:
        r->text = v4[c % 3];
        break;
    case DNS_TYPE_AAAA:
        r->text = v6[c % 3];
        break;
    case DNS_TYPE_MX:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
        r->text = some_name(w);
        break;
    case DNS_TYPE_TXT:
    case DNS_TYPE_TLSA:
        r->data = fuzz_take(&w->in, c % 40);
        break;
    }
}

static void answer(struct world *w, struct dns_query *q)
{
    struct dns_record records[RECORDS_MOST];
    unsigned char how = fuzz_octet(&w->in);
    struct dns_answer a = {.outcome = (enum dns_outcome)(how % 4),
                           .security = how & 4 ? DNS_SECURE : DNS_INSECURE,
                           .alias = how & 8,
                           .records = records};
    a.name = a.alias ? some_name(w) : q->name;
    if (a.outcome == DNS_FAILED) {
        a.failure = "bogus";
        a.security = how & 16 ? DNS_BOGUS : a.security;
    }
    for (; a.outcome == DNS_FOUND && a.count <= how / 16U % RECORDS_MOST;)
        fill(w, q->type, &records[a.count++]);
    take_off(w, q);
    q->on_answer(&a, q->ctx);
    drop(q);
}

static void check_host(const struct mail_host *host)
{
    FUZZ_MUST(*host->name && (host->address_count > 0 || host->failure));
    for (size_t i = 0; i < host->address_count; i++)
        FUZZ_MUST(*host->addresses[i]);
    FUZZ_MUST(!host->binding.tlsa_count || host->binding.tls_mandatory);
    FUZZ_MUST(!host->binding.tls_mandatory || host->is_secure ||
              strcmp(host->name, host->address_name) != 0);
}

static void on_done(const struct hosts *hosts, void *ctx)
{
    struct world *w = ctx;
    w->done++;
    FUZZ_MUST(hosts->kind < HOSTS_KIND_COUNT);
    FUZZ_MUST((hosts->kind == HOSTS_LOOK_UP_FAILED) ==
              (hosts->failure != NULL));
    for (size_t i = 0; i < hosts->count; i++) {
        check_host(&hosts->host[i]);
        FUZZ_MUST(i == 0 ||
                  hosts->host[i - 1].preference <= hosts->host[i].preference);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.arena = arena_create(), .in = fuzz_input(data, size)};
    struct resolver resolver = {&w, ask, cancel};
    struct hosts_query *query =
        hosts_find(w.arena, &resolver, "d.example", 7, on_done, &w);
    while (w.open && w.in.n) {
        struct dns_query *q = w.open;
        for (int i = fuzz_octet(&w.in) % 4; i > 0 && q->next; i--)
            q = q->next;
        answer(&w, q);
    }
    FUZZ_MUST(w.done == (w.open == NULL));
    if (w.open)
        hosts_cancel(&query);
    FUZZ_MUST(!w.open);
    arena_destroy(&w.arena);
    return 0;
}
