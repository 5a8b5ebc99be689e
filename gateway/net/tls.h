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

#include "base/slice.h"
#include "base/status.h"

struct tls_server;
struct tls_client;

/* tls_server_create - from PEM files: chain (leaf first) and key. ST_INVAL
 * with the file and what is wrong. */
enum status tls_server_create(const char *chain_file, const char *key_file,
                              struct tls_server **out,
                              struct err *err) MUST_USE;
void tls_server_destroy(struct tls_server **server);
/* tls_server_reload - handshakes that begin from now on show what the files
 * hold now; those under way keep what they have. errors: all is as it was. */
enum status tls_server_reload(struct tls_server *server, const char *chain_file,
                              const char *key_file, struct err *err) MUST_USE;

/* tls_client_create - trust_file: PEM roots; NULL: the system's. */
enum status tls_client_create(const char *trust_file, struct tls_client **out,
                              struct err *err) MUST_USE;
void tls_client_destroy(struct tls_client **client);

/* A usable TLSA record (RFC 6698 2.1, RFC 7672 3.1). */
struct tls_tlsa {
    unsigned usage; /* 2 DANE-TA, 3 DANE-EE */
    unsigned selector;
    unsigned matching;
    struct slice data;
};

enum { TLS_DANE_NAMES = 3 };

/* For one outgoing handshake. */
struct tls_client_options {
    const char *host;         /* SNI and the name to match; no final dot */
    bool rfc9325_suites_only; /* where pkix or more is asked */
    const struct tls_tlsa *tlsa;
    size_t tlsa_count; /* 0: the host is not bound */
    /* With TLSA records: the TLSA base domain, which is the SNI then, and the
     * other names that a DANE-TA certificate may be for; up to the first NULL
     * (RFC 7672 3.2.2). */
    const char *dane_names[TLS_DANE_NAMES];
};

/* What TLSA records made of a handshake (TRANSPORT-3). */
enum tls_dane {
    TLS_DANE_NONE,     /* none were given */
    TLS_DANE_UNUSABLE, /* OpenSSL takes none of them */
    TLS_DANE_MATCH,
    TLS_DANE_MISMATCH,
    TLS_DANE_COUNT
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
    TLS_FAULT_REVOKED,  /* so says a stapled OCSP response */
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
     * handshake. pkix is all of the following seven (TRANSPORT-2). */
    bool pkix;
    bool chain_ok;     /* a chain to a trusted root, dates aside */
    bool in_time;      /* every certificate of that chain valid now */
    bool name_ok;      /* host in subjectAltName; wildcard = first label */
    bool key_ok;       /* RSA >= 2048, EC >= 256 in the whole chain */
    bool signature_ok; /* SHA-256 or better, the root's own aside */
    bool not_revoked;  /* by a stapled OCSP response, where there is one */
    bool has_certificate;
    bool self_signed;
    bool expired;
    bool not_yet_valid;
    enum tls_fault fault; /* the first of them; NONE with pkix */
    enum tls_dane dane;   /* beside the certificate, never instead of it */
    bool rfc9325;         /* the suite is one of RFC 9325 4.2 */
};

#endif
