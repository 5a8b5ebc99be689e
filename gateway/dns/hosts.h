/* hosts - the mail hosts of a domain, in the order in which they are tried.
 *
 * TRANSPORT-4, ORDER-7, RFC 5321 5.1, RFC 7505. */
#ifndef DNS_HOSTS_H
#define DNS_HOSTS_H

#include "base/alloc.h"
#include "dns/resolver.h"
#include "net/tls.h"

enum hosts_kind {
    HOSTS_USABLE,         /* at least one host with an address */
    HOSTS_NO_DOMAIN,      /* the domain does not exist */
    HOSTS_NULL_MX,        /* RFC 7505 */
    HOSTS_NONE,           /* nothing left that has an address */
    HOSTS_LOOK_UP_FAILED, /* cannot be answered now */
    HOSTS_KIND_COUNT
};
const char *hosts_kind_name(enum hosts_kind kind);

/* What secure TLSA records demand of every connection to a host
 * (TRANSPORT-3). */
struct host_binding {
    bool tls_mandatory; /* there are some; with no usable one TLS alone is asked
                           for, and the certificate says the level */
    const struct tls_tlsa *tlsa; /* the usable ones */
    size_t tlsa_count;
    const char *names[TLS_DANE_NAMES]; /* the TLSA base domain first */
};

/* What an MTA-STS policy that is enforced demands of every connection to a host
 * (TRANSPORT-6). */
enum host_sts {
    HOST_STS_NONE,   /* none is enforced */
    HOST_STS_NAMED,  /* pkix, or dane */
    HOST_STS_UNNAMED /* no connection: the policy does not name it */
};

struct mail_host {
    const char *name; /* as the MX record (or the domain itself) says it */
    const char *address_name; /* where the addresses stand, behind aliases */
    unsigned preference;
    const char *const *addresses; /* IPv4 first; not to be used when failure is
                                     set */
    size_t address_count;
    const char *failure;    /* the address or TLSA look-up failed: the host is
                               unknown */
    bool is_secure;         /* the addresses, aliases included */
    bool is_named_securely; /* by a secure MX, or its secure absence; else a
                               match proves no more than the certificate */
    struct host_binding binding;
    enum host_sts sts; /* set by who knows the policy */
};

/* What was noticed on the way, for the explanation (TRANSPORT-4). */
struct hosts_note {
    const char *name;
    const char *note; /* "alias followed", "address literal skipped", ... */
};

struct hosts {
    enum hosts_kind kind;
    bool from_mx;               /* false: the domain's own address record */
    enum dns_security security; /* of the MX answer, or of its absence */
    const struct mail_host *host;
    size_t count;
    const struct hosts_note *note;
    size_t note_count;
    const char *failure; /* HOSTS_LOOK_UP_FAILED: what happened */
};

struct hosts_query;

/* The result stands in the arena that was given to hosts_find(). The query is
 * over: its handle is no longer valid. */
typedef void hosts_on_done(const struct hosts *hosts, void *ctx);

/* hosts_find - answers later, never from within the call.
 *
 * in      seed: the order of equal preferences; the same seed and the same
 *         answers give the same order */
struct hosts_query *hosts_find(struct arena *arena,
                               const struct resolver *resolver,
                               const char *domain, uint64_t seed,
                               hosts_on_done *on_done, void *ctx);
/* hosts_find_named - the same for hosts that something else than MX names, such
 * as ntamx (NTA-3): the addresses are asked for, in order of preference.
 *
 * in      named: name and preference alone count; at least one; security: of
 *         what names them */
struct hosts_query *hosts_find_named(struct arena *arena,
                                     const struct resolver *resolver,
                                     const struct mail_host *named,
                                     size_t count, enum dns_security security,
                                     uint64_t seed, hosts_on_done *on_done,
                                     void *ctx);
void hosts_cancel(struct hosts_query **query);

#endif
