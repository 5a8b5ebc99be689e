/* tls - TLS versions as the scenarios write them, and client contexts.
 *
 * Both ends of the world may speak versions that no gateway should accept:
 * TLS 1.0 and 1.1 need security level 0 before any certificate is loaded. */
#ifndef PEER_TLS_H
#define PEER_TLS_H

#include <stdbool.h>

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

/* OpenSSL's numbers (0x0301 is TLS 1.0 .. 0x0304 is TLS 1.3); both 0: any
 * version from 1.0 on. */
struct tls_range {
    int lowest;
    int highest;
    bool has_legacy_ciphers; /* in TLS 1.2 none that RFC 9325 recommends */
};

/* tls_range_parse - "1.2", "1.0-1.2" or "any"; false for anything else. */
bool tls_range_parse(const char *text, struct tls_range *out);
/* "1.0" .. "1.3"; "?" for anything else. */
const char *tls_version_name(int version);
/* What the connection runs on: "1.0" .. "1.3". */
const char *tls_connection_version(const SSL *ssl);

/* tls_context_pin - these versions alone, and what old ones need; before any
 * certificate is set. */
void tls_context_pin(SSL_CTX *context, struct tls_range range);

/* tls_client_create - accepts any certificate in the handshake: whoever uses
 * it judges the peer afterwards. owner: caller, by tls_context_destroy(). */
SSL_CTX *tls_client_create(struct tls_range range);
void tls_context_destroy(SSL_CTX **context);

#endif
