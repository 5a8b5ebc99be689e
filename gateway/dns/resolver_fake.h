/* resolver_fake - a resolver that answers from a table; for tests alone. */
#ifndef DNS_RESOLVER_FAKE_H
#define DNS_RESOLVER_FAKE_H

#include "dns/resolver.h"

enum { RESOLVER_FAKE_RECORDS = 8 };

/* One answer. records: "10 mx.b.example" (MX) or an address, up to the first
 * NULL; none with outcome 0 (DNS_FOUND) is DNS_NO_DATA. alias: the name where
 * the records stand. */
struct resolver_fake_row {
    const char *name;
    enum dns_type type;
    enum dns_outcome outcome;
    enum dns_security security;
    const char *alias;
    const char *records[RESOLVER_FAKE_RECORDS];
};

struct resolver_fake;

/* A question without a row is answered DNS_NO_DATA where some row has the
 * name, else DNS_NO_DOMAIN. The rows must outlive it. */
struct resolver_fake *resolver_fake_create(const struct resolver_fake_row *rows,
                                           size_t count);
const struct resolver *resolver_fake_face(struct resolver_fake *fake);
/* Other rows from now on. */
void resolver_fake_set(struct resolver_fake *fake,
                       const struct resolver_fake_row *rows, size_t count);
/* Answers what is open, and what that asks, until nothing is; returns how
 * many questions were answered. */
size_t resolver_fake_run(struct resolver_fake *fake);
size_t resolver_fake_open(const struct resolver_fake *fake);
void resolver_fake_destroy(struct resolver_fake **fake);

#endif
