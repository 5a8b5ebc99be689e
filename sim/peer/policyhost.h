/* policyhost - the HTTPS server of a domain's MTA-STS policy (RFC 8461 3.3): it
 * serves one text, misbehaves where its settings say so, and tells of each
 * connection once. */
#ifndef PEER_POLICYHOST_H
#define PEER_POLICYHOST_H

#include <stdint.h>

#include "base/status.h"
#include "peer/loop.h"
#include "peer/tls.h"

struct policyhost;

enum policyhost_fault {
    POLICYHOST_FAULT_NONE,
    POLICYHOST_FAULT_NOT_FOUND, /* 404, the policy in its body */
    POLICYHOST_FAULT_ERROR,     /* 500, the same */
    POLICYHOST_FAULT_REDIRECT,  /* 302 to where the policy really is */
    POLICYHOST_FAULT_HTML,      /* text/html */
    POLICYHOST_FAULT_OVERSIZED, /* a good policy, padded beyond 64 KiB */
    POLICYHOST_FAULT_SILENT,    /* no answer ever */
    POLICYHOST_FAULT_CUT,       /* it ends within the policy */
    POLICYHOST_FAULT_COUNT
};

/* Copied. */
struct policyhost_settings {
    const char *name;    /* "mta-sts.hospital.example" */
    const char *address; /* fixed at creation */
    uint16_t port;       /* fixed at creation; 0 picks one */
    SSL_CTX *tls;
    const char *policy;
    enum policyhost_fault fault;
};

/* One connection. Borrowed for the call. */
struct policyhost_fetch {
    const char *tls;         /* "1.3"; NULL: the handshake never ended */
    const char *sni;         /* NULL: none */
    const char *tls_failure; /* NULL: it did not fail */
    const char *request;     /* its first line; "" when none came */
    const char *host;        /* the Host field; "" when there is none */
    int status;              /* of the answer; 0: none was given */
    bool is_policy;          /* the whole policy was served, and well */
};

typedef void policyhost_on_fetch(void *ctx,
                                 const struct policyhost_fetch *fetch);

/* policyhost_create - and listen. ST_TEMP: the address cannot be had. */
enum status policyhost_create(struct loop *loop,
                              const struct policyhost_settings *settings,
                              policyhost_on_fetch *on_fetch, void *ctx,
                              struct policyhost **out,
                              struct err *err) MUST_USE;
void policyhost_destroy(struct policyhost **host);

/* policyhost_change - from the next connection on. */
void policyhost_change(struct policyhost *host,
                       const struct policyhost_settings *settings);
/* Connections are refused, or taken again. */
void policyhost_deafen(struct policyhost *host);
enum status policyhost_listen(struct policyhost *host,
                              struct err *err) MUST_USE;
uint16_t policyhost_port(const struct policyhost *host);

#endif
