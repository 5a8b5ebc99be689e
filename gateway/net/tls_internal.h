/* tls_internal - contexts to sessions, and verification; inside net alone. */
#ifndef NET_TLS_INTERNAL_H
#define NET_TLS_INTERNAL_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "net/tls.h"

/* facts must outlive the session: the client hello is noted there. */
SSL *tls_server_session(struct tls_server *server, struct tls_facts *facts);
/* facts and now_s: what TLSA records are worth is begun here. */
SSL *tls_client_session(struct tls_client *client,
                        const struct tls_client_options *options, int64_t now_s,
                        struct tls_facts *facts);

/* TLSA records of the options, and after the handshake what they made of it. */
void tls_dane_apply(SSL *ssl, const struct tls_client_options *options,
                    int64_t now_s, struct tls_facts *facts);
void tls_dane_note(SSL *ssl, struct tls_facts *facts);

/* chain: as it was verified, leaf first. */
bool tls_ocsp_revoked(SSL *ssl, X509 *leaf, STACK_OF(X509) * chain,
                      X509_STORE *roots);

/* After the handshake: version and cipher, and what the certificate is worth
 * (client; host NULL: a server's side). */
void tls_note_success(SSL *ssl, const char *host, int64_t now_s,
                      struct tls_facts *facts);
/* After a failed one: takes OpenSSL's error queue. */
void tls_note_failure(struct tls_facts *facts);

/* tls_verify - fill the certificate's part of facts. */
void tls_verify(SSL *ssl, X509_STORE *roots, const char *host, int64_t now_s,
                struct tls_facts *facts);

#endif
