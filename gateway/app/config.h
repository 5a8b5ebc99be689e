/* config - the gateway's configuration: one YAML file, read through tables, so
 * that every key, type and word stands in one place and every fault is told
 * with its line. The file is described in lasthop-gateway(8). */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stdint.h>

#include "app/yaml.h"
#include "rules/wishes.h"
#include "rules/words.h"

struct config_endpoint {
    const char *address; /* NULL: not given */
    uint16_t port;
};

struct config_credential {
    const char *user;
    const char *description;
    const char *password_hash; /* app/password.h */
    int status;                /* 0 active, 1 revoked (AUTH-2) */
};

enum config_status { CONFIG_STATUS_ACTIVE, CONFIG_STATUS_SUSPENDED };

struct config_account {
    const char *address;
    const char *name;
    bool two_factor;
    int status;                /* enum config_status */
    const char *password_hash; /* of the portal's login; NULL: none */
    const char *totp;          /* RFC 6238's secret in base32; NULL: none */
};

struct config_share {
    const char *recipient;
    const char *sms;         /* one of the two; secret */
    const char *access_code; /* secret */
    int64_t opened_s;
};

/* A list as the file has it: count elements of the shape's size. */
struct config_list {
    void *items;
    size_t count;
};

struct config_dkim {
    const char *domain; /* an organization's, or host-name */
    const char *selector;
    const char *key; /* PEM file */
};

struct config_organization {
    const char *name;
    const char *uuid;
    struct config_list domains; /* const char * */
    int policy;                 /* enum policy */
    bool inbound_direct_delivery;
    int spf_authentication;           /* 0 yes, 1 no (AUTH-4) */
    struct config_list spf_addresses; /* const char *: blocks; none: any */
    struct config_list credentials;   /* struct config_credential */
    struct config_list accounts;      /* struct config_account */
    struct config_list shares;        /* struct config_share */
};

struct config_settings {
    int access_code_keyword;  /* enum code_keyword */
    int invalid_access_right; /* 0 reject, 1 ignore */
    bool dane_satisfies;      /* dane_satisfies_certificate_validation */
    bool idd_requires_account;
    int64_t attachment_link_above; /* decoded octets (ATTACH-2) */
    bool attachment_link_at_limit;
    int notification_subject;  /* 0 original, 1 generic */
    int dmarc_discovery;       /* enum dmarc_discovery (NTA-1, MAIL-2) */
    int foreign_reverse_path;  /* 0 reject, 1 accept (AUTH-7) */
    const char *nta_time_zone; /* "Europe/Amsterdam" */
    const char *nta_header;    /* NTA-7; NULL: none */
    int64_t unknown_host_wait_ms;
    int64_t queue_lifetime_ms;
    bool delay_notice_default; /* DSN-2 */
    int64_t delay_notice_after_ms;
    int64_t keep_finished_ms;
    int64_t retry_first_ms;
    int64_t retry_longest_ms;
    int64_t idle_timeout_ms;
    int64_t connect_timeout_ms;
    int64_t smtp_timeout_ms;
    int64_t smtp_transaction_ms; /* CONN-11: MAIL to the last reply */
    int64_t spf_timeout_ms;
    int64_t sts_timeout_ms;      /* TRANSPORT-6: of fetching a policy */
    int64_t auth_pause_first_ms; /* AUTH-2 */
    int64_t auth_pause_longest_ms;
    int64_t auth_lock_failures;
    int64_t auth_lock_ms;
    int64_t connections; /* to recipients' servers */
    int64_t connections_per_host;
    int64_t sessions_total;       /* of a listener, over all clients */
    int64_t sessions_per_address; /* CONN-6 */
    int64_t received_fields;
    int64_t message_bytes;
    int64_t message_octets_per_s; /* CONN-11: slower is not waited for */
    int64_t recipients;
    int64_t random_seed;
    int64_t code_sms_ms; /* PORTAL-2: how long a code is good */
    int64_t code_email_ms;
    int64_t code_tries; /* wrong ones until the link is locked */
    int64_t code_lock_ms;
    int64_t code_void_tries; /* in all, until it is void */
    int64_t codes_per_window;
    int64_t code_window_ms;
    int64_t portal_session_ms;
    int64_t portal_reply_bytes;      /* of a reply with all attachments */
    int64_t portal_replies_per_hour; /* of one guest */
};

enum config_sandbox {
    CONFIG_SANDBOX_YES, /* as far as the kernel has it */
    CONFIG_SANDBOX_NO,
    CONFIG_SANDBOX_REQUIRED
};

struct config {
    const char *version; /* "1" */
    const char *host_name;
    const char *uuid; /* NULL: none */
    struct {
        struct config_endpoint listen;
        const char *certificate, *key; /* PEM files */
    } submission;
    struct {
        struct config_endpoint listen; /* address NULL: none */
        const char *host;              /* MAIL-2: of return paths */
    } bounces;
    struct {
        const char *address; /* NULL: the system's choice */
        int64_t smtp_port;
        int64_t https_port; /* MTA-STS */
        const char *trust;  /* PEM file; NULL: the system's */
    } outbound;
    struct {
        const char *resolver;     /* "127.0.0.1@53" */
        const char *trust_anchor; /* NULL: none */
    } dns;
    const char *state;
    struct {
        int64_t descriptor; /* -1: none */
        const char *file;
    } journal;
    const char *directory; /* organizations made by command; in state unless
                              it is named; NULL: none (tests) */
    const char *control;   /* NULL: none */
    const char *log;
    const char *user; /* after the start; NULL: whoever started it */
    int sandbox;      /* enum config_sandbox */
    bool core_dumps;
    struct {
        const char *from, *portal;
    } notification;
    struct {
        struct config_endpoint listen; /* address NULL: no portal */
        const char *certificate, *key;
    } portal;
    struct {
        struct config_endpoint address; /* address NULL: no SMS */
        const char *host, *path;
        bool tls;
        const char *token; /* secret; NULL: none */
    } sms;
    struct config_settings settings;
    struct config_list dkim;          /* struct config_dkim */
    struct config_list organizations; /* struct config_organization */
};

/* config_load - paths in the file are relative to it.
 *
 * owner   everything in the arena
 * errors  NULL, and at least one line in faults
 */
const struct config *config_load(struct arena *arena, struct faults *faults);

/* config_organizations_load - faults->file, which holds `organizations` alone
 * and must fit config. false: there were faults. owner: the arena */
bool config_organizations_load(struct arena *arena, struct faults *faults,
                               const struct config *config,
                               struct config_list *out);

/* config_domain - as the configuration keeps a domain name: lower-case
 * A-labels, without the dot of the root. NULL: it is none */
const char *config_domain(struct arena *arena, const char *text);

#endif
