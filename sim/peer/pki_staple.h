/* pki_staple - the OCSP response that a server hands out about its own
 * certificate (RFC 6066 8); what pki.h is built from. */
#ifndef PEER_PKI_STAPLE_H
#define PEER_PKI_STAPLE_H

#include <stdint.h>

#include "base/slice.h"
#include "peer/tls.h"

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

/* pki_staple_revoked - DER of a response that says revoked, since a day before
 * from_s; good from from_s to until_s. *out borrows what is returned;
 * owner: caller, by free(). */
char *pki_staple_revoked(X509 *leaf, X509 *issuer, EVP_PKEY *issuer_key,
                         int64_t from_s, int64_t until_s, struct slice *out);
/* pki_staple_serve - sent to clients that ask for it; the octets are borrowed
 * as long as the context lives. */
void pki_staple_serve(SSL_CTX *context, const struct slice *response);

#endif
