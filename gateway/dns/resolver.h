/* resolver - asking the DNS, as an interface that a test can fake.
 *
 * An implementation answers every question exactly once, later and never from
 * within resolver_ask(); a cancelled question is never answered. Validation is
 * the implementation's: a bogus answer carries no records. */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/status.h"

/* The numbers of the DNS itself. */
enum dns_type {
    DNS_TYPE_A = 1,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_PTR = 12,
    DNS_TYPE_MX = 15,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_TLSA = 52
};

enum dns_outcome {
    DNS_FOUND,     /* at least one record of the type */
    DNS_NO_DATA,   /* the name exists, the type does not */
    DNS_NO_DOMAIN, /* NXDOMAIN */
    DNS_FAILED,    /* SERVFAIL, time-out, bogus, unreadable */
    DNS_OUTCOME_COUNT
};

enum dns_security {
    DNS_INSECURE,
    DNS_BOGUS, /* outcome is DNS_FAILED then */
    DNS_SECURE,
    DNS_SECURITY_COUNT
};

struct dns_record {
    unsigned preference; /* MX */
    const char *text;    /* MX: the exchange, PTR, CNAME: the name, lower case,
                            without    the final dot,
                            "." for the root; A, AAAA: the address */
    struct slice data;   /* TXT: the strings joined; TLSA: the whole rdata */
};

struct dns_answer {
    enum dns_outcome outcome;
    enum dns_security security;
    const char *name;    /* where the records stand, behind every alias */
    bool alias;          /* name differs from the one that was asked */
    const char *failure; /* DNS_FAILED: what happened, in words */
    const struct dns_record *records;
    size_t count;
};

struct dns_query;

/* The answer is valid during the call alone. */
typedef void dns_on_answer(const struct dns_answer *answer, void *ctx);

struct resolver {
    void *self;
    struct dns_query *(*ask)(void *self, const char *name, enum dns_type type,
                             dns_on_answer *on_answer, void *ctx);
    void (*cancel)(void *self, struct dns_query *query);
};

/* resolver_ask - name as A-labels, with or without the final dot. The handle
 * is valid until the answer or the cancel. */
static inline struct dns_query *
resolver_ask(const struct resolver *resolver, const char *name,
             enum dns_type type, dns_on_answer *on_answer, void *ctx)
{
    return resolver->ask(resolver->self, name, type, on_answer, ctx);
}

static inline void resolver_cancel(const struct resolver *resolver,
                                   struct dns_query *query)
{
    resolver->cancel(resolver->self, query);
}

#endif
