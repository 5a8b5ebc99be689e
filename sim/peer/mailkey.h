/* mailkey - the keys with which mail is signed for the world's domains, and the
 * records that publish them (RFC 6376 3.6.1, RFC 8463 4).
 *
 * Each domain has an Ed25519 key of its own; the RSA one, which costs a fifth
 * of a second to make, is one for all, and one for each process and its
 * children. Made when first asked for; the others are kept as long as the set.
 */
#ifndef PEER_MAILKEY_H
#define PEER_MAILKEY_H

#include "base/alloc.h"

struct mailkeys;

enum mailkey_kind {
    MAILKEY_KIND_ED25519,
    MAILKEY_KIND_RSA,
    MAILKEY_KIND_COUNT
};

/* Under which selector each kind is published: "lasthop1", "lasthop2". */
const char *mailkey_selector(enum mailkey_kind kind);

/* mailkey_owner - who else has a domain's key of this kind: its own name where
 * nobody has, one name for all otherwise. */
const char *mailkey_owner(enum mailkey_kind kind, const char *domain);

/* mailkeys_prepare - makes the dear one, before workers are forked off that
 * each would make it. */
void mailkeys_prepare(void);

struct mailkeys *mailkeys_create(void);
void mailkeys_destroy(struct mailkeys **keys);

/* mailkey_pem - the private key, PKCS #8. */
const char *mailkey_pem(struct mailkeys *keys, enum mailkey_kind kind,
                        const char *domain);
/* mailkey_record - the TXT record that publishes it. */
const char *mailkey_record(struct mailkeys *keys, enum mailkey_kind kind,
                           const char *domain);

#endif
