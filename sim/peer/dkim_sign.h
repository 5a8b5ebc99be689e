/* dkim_sign - a submitter's own DKIM signature (RFC 6376, 8463: Ed25519,
 * relaxed/relaxed), so that it can be seen what becomes of it. */
#ifndef PEER_DKIM_SIGN_H
#define PEER_DKIM_SIGN_H

#include "base/alloc.h"

struct dkim_signing {
    const char *domain, *selector;
    const char *pem;    /* an Ed25519 private key */
    const char *fields; /* what is signed: "From:To:Subject" */
};

/* dkim_sign - the whole DKIM-Signature field, with its line end. */
const char *dkim_sign(struct arena *arena, const struct dkim_signing *how,
                      struct slice message);

#endif
