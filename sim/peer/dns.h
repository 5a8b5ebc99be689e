/* dns - the name server of a scenario: a signed tree from the root down, served
 * as the resolver's upstream ("recursive" role) over UDP and TCP.
 *
 * Zones: the root, the top-level domain of each added zone, and each added
 * zone itself. Signatures are made when they are asked for, as of the second
 * given with dns_set_clock(): inception a day before, expiration 30 days after.
 * A query with AD and without CD takes the resolver's word (RFC 6840 5.7): the
 * answer says AD when all of it is secure, SERVFAIL when it is bogus.
 * Any name below no added zone is denied by the zone that encloses it. */
#ifndef PEER_DNS_H
#define PEER_DNS_H

#include <stdint.h>

#include "base/alloc.h"
#include "peer/loop.h"

struct dns;

/* dns_prepare - makes the zones' key, before workers are forked off that each
 * would make one. */
void dns_prepare(void);

/* What is wrong with one name's answers. */
enum dns_fault {
    DNS_FAULT_NONE,
    DNS_FAULT_BOGUS,     /* the signature is flipped */
    DNS_FAULT_EXPIRED,   /* signed, but the signature ended a month ago */
    DNS_FAULT_UNSIGNED,  /* the signature is missing: bogus too */
    DNS_FAULT_SERVFAIL,  /* also stands for a time-out of the resolver */
    DNS_FAULT_NXDOMAIN,  /* the name is denied though it, or one below, is */
    DNS_FAULT_TRUNCATED, /* over UDP always "ask over TCP" */
    DNS_FAULT_SILENT,    /* no answer at all */
    DNS_FAULT_COUNT
};

/* "none", "bogus", "expired", "unsigned", "servfail", "nxdomain", "truncated",
 * "silent". */
const char *dns_fault_name(enum dns_fault fault);
bool dns_fault_parse(const char *text, enum dns_fault *out);

/* One question that was answered, in order of arrival. */
struct dns_query {
    const char *name;  /* lower case, without the last dot; "." for the root */
    const char *type;  /* "MX" */
    const char *rcode; /* "NOERROR", "NXDOMAIN", "SERVFAIL", "" when silent */
    bool tcp;
};

struct dns *dns_create(struct loop *loop, int64_t now_s);
void dns_destroy(struct dns **dns);

/* dns_listen - UDP and TCP on address:port; port 0 picks one. */
enum status dns_listen(struct dns *dns, const char *address, uint16_t port,
                       struct err *err) MUST_USE;
uint16_t dns_port(const struct dns *dns);

/* The second as of which answers are signed; call it at each `advance`. */
void dns_set_clock(struct dns *dns, int64_t now_s);
/* From now on they are signed as of the real second. */
void dns_follow_real_clock(struct dns *dns);

/* ". IN DS ..." for a resolver's trust anchor; lives as long as the dns. The
 * key is one per process: the line is the same for every scenario. */
const char *dns_trust_anchor(const struct dns *dns);

/* dns_zone_add - a domain of its own; its parents come by themselves. Not
 * signed: the parent proves that there is no DS. Adding it again changes only
 * that. ST_INVAL: no domain name. */
enum status dns_zone_add(struct dns *dns, const char *name, bool is_signed,
                         struct err *err) MUST_USE;
/* dns_zone_remove - with all records and faults below it. */
void dns_zone_remove(struct dns *dns, const char *name);

/* dns_record_add - one record, with its data as in a zone file ("10
 * mx1.hospital.example."; names in data are absolute with or without the last
 * dot). It lands in the deepest zone that encloses the name. Names may be given
 * without the last dot. TTL is 0. The same record again changes nothing (RFC
 * 2181 5). ST_INVAL: name, type or data is wrong. */
enum status dns_record_add(struct dns *dns, const char *name, const char *type,
                           const char *data, struct err *err) MUST_USE;
/* dns_record_remove - all records of the type, or of any type for NULL. */
void dns_record_remove(struct dns *dns, const char *name, const char *type);

/* dns_fault_set - from now on; type NULL: any type at this name. A positive
 * answer and a denial are both affected. DNS_FAULT_NONE takes it back. */
enum status dns_fault_set(struct dns *dns, const char *name, const char *type,
                          enum dns_fault fault, struct err *err) MUST_USE;

/* dns_reverse_name - "127.1.2.3" -> "3.2.1.127.in-addr.arpa"; NULL when it is
 * no IPv4 address. */
const char *dns_reverse_name(struct arena *arena, const char *address);

/* Evidence: questions so far; valid until the next turn of the loop. */
const struct dns_query *dns_queries(const struct dns *dns, size_t *count_out);

#endif
