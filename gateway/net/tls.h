/* tls - what TLS is allowed to be, and what a handshake turned out to be.
 *
 * Contexts are made once and used by many connections. TLS 1.2 is the least,
 * always, on both sides (CONN-1, TRANSPORT-7, RFC 8996). An outgoing handshake
 * is never broken off for a certificate: the facts say what is wrong with it,
 * and the caller decides (TRANSPORT-2). */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct tls_server;
struct tls_client;

/* tls_server_create - from PEM files: chain (leaf first) and key. ST_INVAL
 * with the file and what is wrong. */
enum status tls_server_create(const char *chain_file, const char *key_file,
                              struct tls_server **out,
                              struct err *err) MUST_USE;
void tls_server_destroy(struct tls_server **server);

/* tls_client_create - trust_file: PEM roots; NULL: the system's. */
enum status tls_client_create(const char *trust_file, struct tls_client **out,
                              struct err *err) MUST_USE;
void tls_client_destroy(struct tls_client **client);

/* For one outgoing handshake. TLSA records (RFC 7672) will stand here. */
struct tls_client_options {
    const char *host;         /* SNI and the name to match; no final dot */
    bool rfc9325_suites_only; /* where pkix or more is asked */
};

/* The first thing wrong with a server's certificate for our purpose, in the
 * order in which it is worth telling. */
enum tls_fault {
    TLS_FAULT_NONE,
    TLS_FAULT_NO_CERTIFICATE,
    TLS_FAULT_SELF_SIGNED,
    TLS_FAULT_UNTRUSTED, /* no chain to a trusted root */
    TLS_FAULT_EXPIRED,
    TLS_FAULT_NOT_YET_VALID,
    TLS_FAULT_WRONG_HOST,
    TLS_FAULT_WEAK_KEY, /* RSA below 2048, EC below 256, a weaker hash than
                           SHA-256 in the chain */
    TLS_FAULT_COUNT
};
const char *tls_fault_name(enum tls_fault fault); /* "self-signed" .. */

struct tls_facts {
    char version[8];         /* "1.3"; of a failed handshake "" */
    char cipher[64];         /* OpenSSL's name */
    char sni[256];           /* server: what the client asked for */
    char offered_version[8]; /* server: the client's highest, "1.0" .. "1.3";
                                "" when no client hello was understood */
    bool version_refused;    /* server: refused for offered_version (CONN-1) */
    char error[256];         /* of a failed handshake */

    /* client: the server's certificate, verified at the wall time of the
     * handshake. pkix is all of the following six (TRANSPORT-2). */
    bool pkix;
    bool chain_ok;     /* a chain to a trusted root, dates aside */
    bool in_time;      /* every certificate of that chain valid now */
    bool name_ok;      /* host in subjectAltName; wildcard = first label */
    bool key_ok;       /* RSA >= 2048, EC >= 256 in the whole chain */
    bool signature_ok; /* SHA-256 or better, the root's own aside */
    bool has_certificate;
    bool self_signed;
    bool expired;
    bool not_yet_valid;
    enum tls_fault fault; /* the first of them; NONE with pkix */
};

#endif
