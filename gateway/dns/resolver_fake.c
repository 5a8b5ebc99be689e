#include "dns/resolver_fake.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct dns_query {
    struct dns_query *next;
    char *name;
    enum dns_type type;
    dns_on_answer *on_answer;
    void *ctx;
};

struct resolver_fake {
    struct resolver face;
    const struct resolver_fake_row *rows;
    size_t count;
    struct dns_query *open; /* oldest first */
};

static struct dns_query *ask(void *self, const char *name, enum dns_type type,
                             dns_on_answer *on_answer, void *ctx)
{
    struct resolver_fake *fake = self;
    struct dns_query *query = xcalloc(1, sizeof *query);
    *query = (struct dns_query){NULL, xstrdup(name), type, on_answer, ctx};
    struct dns_query **end = &fake->open;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = query;
    return query;
}

static void unlink_query(struct resolver_fake *fake, struct dns_query *query)
{
    struct dns_query **at = &fake->open;
    while (*at != query) {
        if (*at == NULL) {
            BUG("no such question");
        }
        at = &(*at)->next;
    }
    *at = query->next;
}

static void query_free(struct dns_query *query)
{
    free(query->name);
    free(query);
}

static void cancel(void *self, struct dns_query *query)
{
    unlink_query(self, query);
    query_free(query);
}

static struct dns_record record_of(const char *text, enum dns_type type)
{
    struct dns_record record = {.text = text, .data = slice_of(text)};
    if (type == DNS_TYPE_MX) {
        char *rest;
        record.preference = (unsigned)strtoul(text, &rest, 10);
        record.text = rest + strspn(rest, " ");
    }
    return record;
}

static void answer_one(struct resolver_fake *fake, struct dns_query *query)
{
    struct dns_record records[RESOLVER_FAKE_RECORDS];
    struct dns_answer answer = {.outcome = DNS_NO_DOMAIN,
                                .name = query->name,
                                .failure = "server failure",
                                .records = records};
    for (size_t i = 0; i < fake->count; i++) {
        const struct resolver_fake_row *row = &fake->rows[i];
        if (strcmp(row->name, query->name) != 0) {
            continue;
        }
        if (row->type != query->type) {
            answer.outcome = DNS_NO_DATA;
            continue;
        }
        for (size_t k = 0; k < RESOLVER_FAKE_RECORDS && row->records[k] != NULL;
             k++) {
            records[answer.count++] = record_of(row->records[k], query->type);
        }
        bool is_empty = row->outcome == DNS_FOUND && answer.count == 0;
        answer.outcome = is_empty ? DNS_NO_DATA : row->outcome;
        answer.security = row->security;
        answer.alias = row->alias != NULL;
        answer.name = row->alias != NULL ? row->alias : query->name;
        break;
    }
    query->on_answer(&answer, query->ctx);
}

struct resolver_fake *resolver_fake_create(const struct resolver_fake_row *rows,
                                           size_t count)
{
    struct resolver_fake *fake = xcalloc(1, sizeof *fake);
    fake->face = (struct resolver){fake, ask, cancel};
    resolver_fake_set(fake, rows, count);
    return fake;
}

const struct resolver *resolver_fake_face(struct resolver_fake *fake)
{
    return &fake->face;
}

void resolver_fake_set(struct resolver_fake *fake,
                       const struct resolver_fake_row *rows, size_t count)
{
    fake->rows = rows;
    fake->count = count;
}

size_t resolver_fake_run(struct resolver_fake *fake)
{
    size_t answered = 0;
    while (fake->open != NULL) {
        struct dns_query *query = fake->open;
        fake->open = query->next;
        answer_one(fake, query);
        query_free(query);
        answered++;
    }
    return answered;
}

size_t resolver_fake_open(const struct resolver_fake *fake)
{
    size_t open = 0;
    for (const struct dns_query *q = fake->open; q != NULL; q = q->next) {
        open++;
    }
    return open;
}

void resolver_fake_destroy(struct resolver_fake **fake)
{
    struct resolver_fake *old = *fake;
    *fake = NULL;
    if (old == NULL) {
        return;
    }
    while (old->open != NULL) {
        cancel(old, old->open);
    }
    free(old);
}
