/* dkim_canon - canonicalisation and hashing, RFC 6376 3.4. Internal to the DKIM
 * files of this room.
 *
 * Nothing is copied: what a hash needs is fed to it piece by piece, so that a
 * large body costs no memory. */
#ifndef MAIL_DKIM_CANON_H
#define MAIL_DKIM_CANON_H

#include "mail/dkim_key.h"
#include "mail/message.h"

enum dkim_canon { DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED };

/* A running SHA-256. */
struct dkim_hash;
struct dkim_hash *dkim_hash_create(void);
void dkim_hash_put(struct dkim_hash *hash, struct slice octets);
/* Ends and frees it. */
void dkim_hash_end(struct dkim_hash **hash, unsigned char out[DKIM_HASH_BYTES]);

/* dkim_hash_body - 3.4.3, 3.4.4. limit: of l=, or -1. false: the body has less
 * than that. */
bool dkim_hash_body(enum dkim_canon canon, struct slice body, int64_t limit,
                    unsigned char out[DKIM_HASH_BYTES]);

/* dkim_hash_field - 3.4.1, 3.4.2: a header field with its CRLF. */
void dkim_hash_field(struct dkim_hash *hash, enum dkim_canon canon,
                     const struct mail_field *field);
/* dkim_hash_signature - the DKIM-Signature field itself, 3.7: what b= holds
 * left out, and no CRLF at its end. value: of b= within the field's body */
void dkim_hash_signature(struct dkim_hash *hash, enum dkim_canon canon,
                         const struct mail_field *field, struct slice value);

#endif
