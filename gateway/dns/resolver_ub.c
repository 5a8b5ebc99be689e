/* libunbound may call back from inside ub_resolve_event(); therefore every
 * answer is put on a list first and handed out by an event of its own. */
#include "dns/resolver_ub.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unbound-event.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "dns/packet.h"
#include "net/loop.h"

enum { CLASS_IN = 1, SECURE = 2, BOGUS = 1 };

struct ub_resolver;

struct dns_query {
    struct ub_resolver *owner;
    struct dns_query *next; /* in waiting, or in answered */
    struct dns_query *previous;
    int async_id;
    bool is_answered;
    enum dns_type type;
    struct arena *arena;
    struct dns_answer answer;
    dns_on_answer *on_answer;
    void *ctx;
};

struct ub_resolver {
    struct resolver face;
    struct ub_ctx *ub;
    struct event *hand_out;
    struct dns_query waiting; /* list heads */
    struct dns_query answered;
};

static void list_init(struct dns_query *head)
{
    head->next = head;
    head->previous = head;
}

static void list_add(struct dns_query *head, struct dns_query *query)
{
    query->previous = head->previous;
    query->next = head;
    head->previous->next = query;
    head->previous = query;
}

static void list_remove(struct dns_query *query)
{
    query->previous->next = query->next;
    query->next->previous = query->previous;
}

static void query_free(struct dns_query *query)
{
    list_remove(query);
    arena_destroy(&query->arena);
    free(query);
}

static void on_hand_out(evutil_socket_t fd, short what, void *ctx)
{
    struct ub_resolver *self = ctx;
    struct dns_query *head = &self->answered;
    (void)fd;
    (void)what;
    while (head->next != head) {
        struct dns_query *query = head->next;
        struct arena *arena = query->arena;
        struct dns_answer answer = query->answer;
        dns_on_answer *on_answer = query->on_answer;
        void *query_ctx = query->ctx;
        query->arena = NULL;
        list_remove(query);
        free(query);
        on_answer(&answer, query_ctx);
        arena_destroy(&arena);
    }
}

static void set_answered(struct dns_query *query)
{
    query->is_answered = true;
    list_remove(query);
    list_add(&query->owner->answered, query);
    event_active(query->owner->hand_out, EV_TIMEOUT, 1);
}

static void fail(struct dns_query *query, const char *word)
{
    query->answer.outcome = DNS_FAILED;
    query->answer.failure = arena_strdup(query->arena, word);
    set_answered(query);
}

static void on_resolved(void *ctx, int rcode, void *packet, int packet_len,
                        int sec, char *why_bogus, int was_ratelimited)
{
    struct dns_query *query = ctx;
    (void)was_ratelimited;
    if (sec == BOGUS) {
        query->answer.security = DNS_BOGUS;
        fail(query, why_bogus != NULL ? why_bogus : "bogus");
        return;
    }
    query->answer.security = sec == SECURE ? DNS_SECURE : DNS_INSECURE;
    if (rcode == 0) {
        struct slice octets = {packet, (size_t)packet_len};
        dns_packet_read(query->arena, octets, query->type, &query->answer);
        set_answered(query);
    } else {
        fail(query, dns_rcode_word(rcode));
    }
}

static struct dns_query *ask(void *self, const char *name, enum dns_type type,
                             dns_on_answer *on_answer, void *ctx)
{
    struct ub_resolver *resolver = self;
    struct dns_query *query = xcalloc(1, sizeof *query);
    query->owner = resolver;
    query->type = type;
    query->arena = arena_create();
    query->answer.name = arena_strdup(query->arena, name);
    query->on_answer = on_answer;
    query->ctx = ctx;
    list_add(&resolver->waiting, query);
    int rc = ub_resolve_event(resolver->ub, query->answer.name, (int)type,
                              CLASS_IN, query, on_resolved, &query->async_id);
    if (rc != 0 && !query->is_answered) {
        fail(query, ub_strerror(rc));
    }
    return query;
}

static void cancel(void *self, struct dns_query *query)
{
    struct ub_resolver *resolver = self;
    if (!query->is_answered) {
        /* From here on libunbound no longer calls back for it. */
        ub_cancel(resolver->ub, query->async_id);
    }
    query_free(query);
}

static enum status configure(struct ub_ctx *ub,
                             const struct resolver_ub_settings *settings,
                             struct err *err)
{
    static const struct {
        const char *name;
        const char *value;
    } option[] = {
        {"do-ip6:", "no"},
        {"trust-anchor-signaling:", "no"},
        /* Whether these names exist is the resolver's to say, not the
           library's. */
        {"local-zone:", "test. transparent"},
        {"local-zone:", "127.in-addr.arpa. transparent"},
        {"unblock-lan-zones:", "yes"},
        /* A denial denies what was asked for, and no neighbour. */
        {"aggressive-nsec:", "no"},
    };
    for (size_t i = 0; i < sizeof option / sizeof *option; i++) {
        int rc = ub_ctx_set_option(ub, option[i].name, option[i].value);
        if (rc != 0) {
            return err_set(err, ST_INVAL, "resolver: %s %s", option[i].name,
                           ub_strerror(rc));
        }
    }
    int rc = ub_ctx_set_fwd(ub, settings->server);
    if (rc != 0) {
        return err_set(err, ST_INVAL, "resolver %s: %s", settings->server,
                       ub_strerror(rc));
    }
    if (settings->trust_anchor != NULL) {
        /* libunbound reads it at the first question only. */
        if (access(settings->trust_anchor, R_OK) != 0) {
            return err_set(err, ST_INVAL, "trust anchor %s: %s",
                           settings->trust_anchor, strerror(errno));
        }
        rc = ub_ctx_add_ta_file(ub, settings->trust_anchor);
        if (rc != 0) {
            return err_set(err, ST_INVAL, "trust anchor %s: %s",
                           settings->trust_anchor, ub_strerror(rc));
        }
    }
    return ST_OK;
}

enum status resolver_ub_create(struct loop *loop,
                               const struct resolver_ub_settings *settings,
                               struct resolver **out, struct err *err)
{
    struct ub_ctx *ub = ub_ctx_create_event(loop_event_base(loop));
    if (ub == NULL) {
        return err_set(err, ST_INVAL, "resolver: no context");
    }
    enum status status = configure(ub, settings, err);
    if (status != ST_OK) {
        ub_ctx_delete(ub);
        return status;
    }
    struct ub_resolver *self = xcalloc(1, sizeof *self);
    self->face = (struct resolver){self, ask, cancel};
    self->ub = ub;
    self->hand_out =
        event_new(loop_event_base(loop), -1, EV_PERSIST, on_hand_out, self);
    list_init(&self->waiting);
    list_init(&self->answered);
    *out = &self->face;
    return ST_OK;
}

void resolver_ub_destroy(struct resolver **resolver)
{
    if (*resolver == NULL) {
        return;
    }
    struct ub_resolver *self = (*resolver)->self;
    *resolver = NULL;
    while (self->waiting.next != &self->waiting) {
        cancel(self, self->waiting.next);
    }
    while (self->answered.next != &self->answered) {
        cancel(self, self->answered.next);
    }
    ub_ctx_delete(self->ub);
    event_free(self->hand_out);
    free(self);
}
