/* posture - what a recipient's domain offers: its DNS, hosts, TLS, faults.
 *
 * Read from fixtures/postures/NAME.yaml or described in place in a scenario; a
 * domain of a scenario is a posture under a name. The engine builds hosts from
 * it, the checker reads `reaches` and `why`. */
#ifndef ENGINE_POSTURE_H
#define ENGINE_POSTURE_H

#include "engine/node.h"

/* Hosts in a zone of their own lie below this and the domain. */
#define POSTURE_ZONE_PREFIX "mail-"

enum posture_mx {
    POSTURE_MX_HOSTS,    /* MX records, one a host */
    POSTURE_MX_NULL,     /* RFC 7505 */
    POSTURE_MX_IMPLICIT, /* no MX; the domain's own address */
    POSTURE_MX_ALIAS,    /* the MX name is a CNAME of the host */
    POSTURE_MX_NO_HOST,  /* an MX whose host has no address */
    POSTURE_MX_LITERAL,  /* an address literal beside the hosts */
    POSTURE_MX_DOT,      /* a null MX beside the hosts */
    POSTURE_MX_COUNT
};
enum posture_dns {
    POSTURE_DNS_SECURE,
    POSTURE_DNS_INSECURE,  /* the zone is not signed */
    POSTURE_DNS_NO_DOMAIN, /* NXDOMAIN */
    POSTURE_DNS_COUNT
};
/* Where the hosts lie: MX and host may be in zones of different strength. */
enum posture_host_zone {
    POSTURE_HOST_ZONE_SAME,     /* LABEL.DOMAIN */
    POSTURE_HOST_ZONE_SECURE,   /* LABEL.mail-DOMAIN, signed */
    POSTURE_HOST_ZONE_INSECURE, /* LABEL.mail-DOMAIN, not signed */
    POSTURE_HOST_ZONE_COUNT
};
/* Which certificate of the host a TLSA record is about. */
enum posture_tlsa_of {
    POSTURE_TLSA_OF_LEAF,
    POSTURE_TLSA_OF_INTERMEDIATE,
    POSTURE_TLSA_OF_ROOT,
    POSTURE_TLSA_OF_OTHER, /* one that the host never shows */
    POSTURE_TLSA_OF_COUNT
};
enum posture_starttls {
    POSTURE_STARTTLS_OFFERED,
    POSTURE_STARTTLS_ABSENT,
    POSTURE_STARTTLS_REFUSED,  /* offered, then 454 */
    POSTURE_STARTTLS_STRIPPED, /* another word stands in its place */
    POSTURE_STARTTLS_GARBAGE,  /* 220, then octets that are no TLS */
    POSTURE_STARTTLS_CLOSES,   /* 220, then the connection ends */
    POSTURE_STARTTLS_COUNT
};
enum posture_certificate {
    POSTURE_CERTIFICATE_GOOD,
    POSTURE_CERTIFICATE_SELF_SIGNED,
    POSTURE_CERTIFICATE_EXPIRED,
    POSTURE_CERTIFICATE_NOT_YET_VALID,
    POSTURE_CERTIFICATE_WRONG_HOST,
    POSTURE_CERTIFICATE_UNTRUSTED_CA,
    POSTURE_CERTIFICATE_MISSING_INTERMEDIATE,
    POSTURE_CERTIFICATE_WEAK_KEY,
    POSTURE_CERTIFICATE_CN_ONLY,
    POSTURE_CERTIFICATE_WILDCARD,
    POSTURE_CERTIFICATE_SHA1_SIGNED,
    POSTURE_CERTIFICATE_REVOKED,
    POSTURE_CERTIFICATE_DOMAIN_NAME,
    POSTURE_CERTIFICATE_PART_WILDCARD,
    POSTURE_CERTIFICATE_WIDE_WILDCARD,
    POSTURE_CERTIFICATE_CLIENT_ONLY,
    POSTURE_CERTIFICATE_WEAK_ISSUER,
    POSTURE_CERTIFICATE_SHA1_ISSUER,
    POSTURE_CERTIFICATE_COUNT
};

/* One reply of a host that differs from the usual 2xx. */
struct posture_reply {
    const char *command; /* connect ehlo starttls mail rcpt data end-of-data */
    const char *reply;   /* "550 5.1.1 no such user" */
    unsigned times;      /* how often before the usual reply returns; 0: ever */
    struct posture_reply *next;
};

/* A TLSA record at _25._tcp.HOST, whatever the port. */
struct posture_tlsa {
    unsigned usage, selector, matching; /* RFC 6698 2.1 */
    enum posture_tlsa_of of;
    bool is_at_alias; /* with mx: alias; else at the host behind it */
    struct posture_tlsa *next;
};

struct posture_host {
    const char *name;  /* full name, once it belongs to a domain */
    const char *label; /* "mx1", or NULL: the posture's only host, "mx" */
    unsigned preference;
    const char *posture; /* the file's name, or NULL when described in place */
    bool reachable;      /* false: the port refuses the connection */
    bool elsewhere;      /* a real server may stand there, unseen */
    enum posture_starttls starttls;
    const char *tls_min, *tls_max; /* "1.0" .. "1.3" */
    enum posture_certificate certificate;
    struct posture_reply *replies;
    struct posture_tlsa *tlsa;
    const char *address_fault, *tlsa_fault; /* words of dns_fault, or NULL */
    const char *const *extensions; /* of the EHLO reply; NULL: the usual ones */
    unsigned drop_in_data_bytes; /* closes after that much content; 0: never */
    unsigned delay_ms;           /* before each reply, in real time */
    bool has_legacy_ciphers;     /* TLS 1.2 without any suite of RFC 9325 */
    const struct posture_host
        *later;          /* from its second connection on; or NULL */
    const char *reaches; /* one host's word: none tls pkix dane dane-only
                            unreachable barred refused look-up-fails */
    const char *why;     /* the word when less than pkix, or NULL */
    struct posture_host *next;
};

struct posture_sts;

struct posture {
    const char *name; /* "tls13", or NULL when described in place */
    const char *says;
    enum posture_mx mx;
    enum posture_dns dns;
    enum posture_host_zone host_zone;
    const char *mx_fault, *txt_fault; /* words of dns_fault, or NULL */
    const char *const *txt; /* TXT at the domain, @DOMAIN@ stands for it; ended
                               by NULL, or NULL */
    struct posture_host *hosts; /* in order of preference, then of the file */
    struct posture_host
        *nta_hosts;      /* what an ntamx may name: no MX names them */
    const char *reaches; /* the axis value `server` of the tables:
                            none, pkix, tls+unreachable, null-mx, ... */
    const char *why;     /* that of the best level measured, or NULL */
    const struct posture_sts *sts; /* MTA-STS, posture_sts.h; NULL: none */
    const char *nta; /* met unmet unknown: does a recipient there meet NTA-2 */
    const char *nta_why; /* the word when it is not met, or NULL */
    struct place place;
};

#endif
