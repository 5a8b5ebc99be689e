/* dkim_key - what a key and a key record are made of, for signer and verifier
 * (RFC 6376 3.6.1). Internal to the DKIM files of this room. */
#ifndef MAIL_DKIM_KEY_H
#define MAIL_DKIM_KEY_H

#include "mail/dkim.h"

enum { DKIM_HASH_BYTES = 32, DKIM_RSA_BITS_VERIFIED = 1024 };

/* A record that can verify something. */
struct dkim_record {
    bool is_revoked; /* the rest is empty then */
    bool is_strict;  /* t=s: i= must be of d= itself */
    enum dkim_algorithm algorithm;
    struct slice key; /* p=, decoded */
};

/* dkim_record_is - the text claims to be a key record: it has p=. */
bool dkim_record_is(struct slice text);
/* dkim_record_parse - false: malformed, of an unknown kind, or not for mail
 * and SHA-256. */
bool dkim_record_parse(struct arena *arena, struct slice text,
                       struct dkim_record *out);

/* dkim_unfold_base64 - decoded, white space anywhere left out. */
bool dkim_unfold_base64(struct arena *arena, struct slice text,
                        struct slice *out);

/* Of a SHA-256 hash; RSA PKCS#1 1.5, or Ed25519 over it (RFC 8463 3). */
struct slice dkim_key_sign(struct arena *arena, const struct dkim_key *key,
                           const unsigned char hash[DKIM_HASH_BYTES]);
bool dkim_record_verify(const struct dkim_record *record,
                        const unsigned char hash[DKIM_HASH_BYTES],
                        struct slice signature);

#endif
