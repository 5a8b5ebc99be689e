/* dkim - the keys that mail is signed with (MAIL-1), and their records in the
 * DNS: RFC 6376 3.6.1, RFC 8301, RFC 8463. */
#ifndef MAIL_DKIM_H
#define MAIL_DKIM_H

#include "base/alloc.h"

enum dkim_algorithm {
    DKIM_ALGORITHM_RSA_SHA256,
    DKIM_ALGORITHM_ED25519_SHA256,
    DKIM_ALGORITHM_COUNT
};
const char *dkim_algorithm_name(enum dkim_algorithm algorithm);

enum { DKIM_RSA_BITS = 2048 }; /* the least of our own; RFC 8301 3.2 */

/* A private key. */
struct dkim_key;

/* dkim_key_load - a PEM file with an RSA (2048 bits or more) or Ed25519 key,
 * without password; the kind of key says the algorithm.
 *
 * owner   caller: dkim_key_destroy
 * errors  ST_INVAL: what is wrong with the file
 */
enum status dkim_key_load(const char *path, struct dkim_key **out,
                          struct err *err) MUST_USE;
/* dkim_key_later - the same file, read when the key is first asked about: to
 * parse keys costs more than all else at start. One that cannot be read then is
 * told in the log and never usable. */
struct dkim_key *dkim_key_later(const char *path);
struct dkim_key *dkim_key_generate(enum dkim_algorithm algorithm);
/* dkim_key_write - PKCS#8 PEM into a new file that its owner alone may read.
 * errors: ST_INVAL: it is there already, or cannot be written */
enum status dkim_key_write(const struct dkim_key *key, const char *path,
                           struct err *err) MUST_USE;
void dkim_key_destroy(struct dkim_key **key);

enum dkim_algorithm dkim_key_algorithm(const struct dkim_key *key);
unsigned dkim_key_bits(const struct dkim_key *key);

/* dkim_key_record - the key record to publish: "v=DKIM1; k=ed25519; p=..." */
char *dkim_key_record(struct arena *arena, const struct dkim_key *key);

/* What the TXT records at a selector make of a key. */
enum dkim_published {
    DKIM_PUBLISHED_GOOD,    /* a receiver can verify with it */
    DKIM_PUBLISHED_NONE,    /* no key record */
    DKIM_PUBLISHED_TWICE,   /* several: undefined by RFC 6376 3.6.2.2 */
    DKIM_PUBLISHED_INVALID, /* malformed, or not for mail or SHA-256 */
    DKIM_PUBLISHED_REVOKED, /* p= is empty */
    DKIM_PUBLISHED_OTHER,   /* another key */
    DKIM_PUBLISHED_NO_KEY,  /* of dkim_key_later: the file holds none */
    DKIM_PUBLISHED_COUNT
};
enum dkim_published dkim_key_published(struct dkim_key *key,
                                       const struct slice *texts, size_t count);

/* One key under its name: SELECTOR._domainkey.DOMAIN */
struct dkim_selector {
    const char *domain; /* lower-case A-labels */
    const char *selector;
    struct dkim_key *key;
};

/* All keys of the gateway. */
struct dkim_ring {
    const struct dkim_selector *selectors;
    size_t count;
};

/* dkim_ring_find - those of that very domain, in the ring's order; a copy in
 * the arena. domain: any ASCII case. */
struct dkim_ring dkim_ring_find(struct arena *arena,
                                const struct dkim_ring *ring,
                                const char *domain);

#endif
