/* pki - the world's certificates: a public-like root and an intermediate, made
 * once, and leaves minted on request with the fault that is asked for.
 *
 * Validity is relative to the second given with each request; nothing here
 * reads a clock. Chains and contexts are cached by name, kind and day and live
 * as long as the pki. */
#ifndef PEER_PKI_H
#define PEER_PKI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "peer/tls.h"

struct pki;
struct pki_chain;

enum pki_kind {
    PKI_KIND_VALID,
    PKI_KIND_SELF_SIGNED,          /* right name, valid now, own issuer */
    PKI_KIND_EXPIRED,              /* ended at least a day ago */
    PKI_KIND_NOT_YET_VALID,        /* begins at least a day from now */
    PKI_KIND_WRONG_HOST,           /* a valid chain for another name */
    PKI_KIND_CN_ONLY,              /* the name in the subject alone */
    PKI_KIND_WILDCARD,             /* "*.": instead of the first label; valid */
    PKI_KIND_UNTRUSTED_CA,         /* issued by a root nobody trusts */
    PKI_KIND_MISSING_INTERMEDIATE, /* leaf alone is sent */
    PKI_KIND_WEAK_KEY,             /* RSA 1024 */
    PKI_KIND_SHA1_SIGNED,
    PKI_KIND_REVOKED,       /* good, but the OCSP response stapled says so */
    PKI_KIND_DOMAIN_NAME,   /* for the host's name less its first label */
    PKI_KIND_PART_WILDCARD, /* "m*.": a wildcard within the first label */
    PKI_KIND_WIDE_WILDCARD, /* "*." instead of the first two labels */
    PKI_KIND_CLIENT_ONLY,   /* its extended key usage is clientAuth */
    PKI_KIND_WEAK_ISSUER,   /* its intermediate has RSA 1024 */
    PKI_KIND_SHA1_ISSUER,   /* its intermediate is signed with SHA-1 */
    PKI_KIND_COUNT
};

/* "valid", "self-signed", "expired", "not-yet-valid", "wrong-host", "cn-only",
 * "wildcard", "untrusted-ca", "missing-intermediate", "weak-key",
 * "sha1-signed", "revoked", "domain-name", "part-wildcard", "wide-wildcard",
 * "client-only", "weak-issuer", "sha1-issuer". */
const char *pki_kind_name(enum pki_kind kind);
bool pki_kind_parse(const char *text, enum pki_kind *out);

struct pki_request {
    const char *name;              /* subjectAltName, a host name */
    const char *const *more_names; /* further ones, NULL at the end; or NULL */
    enum pki_kind kind;
    int64_t now_s; /* the scenario's clock, UTC seconds */
};

struct pki *pki_create(void);
void pki_destroy(struct pki **pki);

/* The root alone, for a gateway's trust file; lives as long as the pki. */
const char *pki_root_pem(const struct pki *pki);

/* pki_chain_find - the chain for a request, minted when it is new. */
const struct pki_chain *pki_chain_find(struct pki *pki,
                                       const struct pki_request *request);
/* Leaf first, then what a server with this fault sends along. */
const char *pki_chain_pem(const struct pki_chain *chain);
const char *pki_chain_key_pem(const struct pki_chain *chain);
/* pki_chain_association - what a TLSA record with this selector and matching
 * type says of the chain's depth-th certificate (0: leaf, 1: intermediate, 2:
 * root), in hex; RFC 6698 2.1. NULL when the chain has none so deep, or for
 * other types. */
const char *pki_chain_association(const struct pki_chain *chain,
                                  struct arena *arena, unsigned depth,
                                  unsigned selector, unsigned matching);

/* pki_server - a context that serves this chain with these versions; owned by
 * the pki. */
SSL_CTX *pki_server(struct pki *pki, const struct pki_chain *chain,
                    struct tls_range range);

/* pki_verify - judge what the peer of a finished handshake has shown against
 * the run's root, as of now_s, for host (subjectAltName alone, SHA-256 and
 * RSA 2048 or EC 256 at least). NULL when it passes, else a short text. */
const char *pki_verify(struct pki *pki, const SSL *ssl, const char *host,
                       int64_t now_s);

#endif
