#include "app/config.h"

#include <string.h>

#include "address/mailbox.h"
#include "app/config_read.h"
#include "base/log.h"

#define KEY(type, key_name, key_kind, field, must)                             \
    {                                                                          \
        .name = key_name, .kind = key_kind, .offset = offsetof(type, field),   \
        .required = must                                                       \
    }
#define NUMBER(type, key_name, field, low, high)                               \
    {                                                                          \
        .name = key_name, .kind = KEY_NUMBER, .offset = offsetof(type, field), \
        .least = low, .most = high                                             \
    }
#define WORD(type, key_name, field, list)                                      \
    {                                                                          \
        .name = key_name, .kind = KEY_WORD, .offset = offsetof(type, field),   \
        .words = list                                                          \
    }
#define PART(type, key_name, part_kind, field, of, must)                       \
    {                                                                          \
        .name = key_name, .kind = part_kind, .offset = offsetof(type, field),  \
        .shape = &of, .required = must                                         \
    }
#define SHAPE(type, list)                                                      \
    {                                                                          \
        list, sizeof list / sizeof *list, sizeof(type)                         \
    }

#define YEAR_MS (366LL * 24 * 3600 * 1000)

/* In the order of their enums. */
static const char *const policy_words[] = {"off", "tls", "pkix", "dane", NULL};
static const char *const keyword_words[] = {"both", "prose", "example", NULL};
static const char *const right_words[] = {"reject", "ignore", NULL};
static const char *const subject_words[] = {"original", "generic", NULL};
static const char *const discovery_words[] = {"rfc7489", "rfc9989", NULL};
static const char *const path_words[] = {"reject", "accept", NULL};
static const char *const allowed_words[] = {"yes", "no", NULL};
static const char *const sandbox_words[] = {"yes", "no", "required", NULL};
static const char *const credential_words[] = {"active", "revoked", NULL};
static const char *const status_words[] = {"active", "suspended", NULL};

typedef struct config_credential credential_fields;
static const struct key credential_keys[] = {
    KEY(credential_fields, "user", KEY_TEXT, user, true),
    KEY(credential_fields, "description", KEY_TEXT, description, false),
    KEY(credential_fields, "password-hash", KEY_HASH, password_hash, true),
    WORD(credential_fields, "status", status, credential_words),
};
static const struct shape credential_shape =
    SHAPE(credential_fields, credential_keys);

typedef struct config_account account_fields;
static const struct key account_keys[] = {
    KEY(account_fields, "address", KEY_MAILBOX, address, true),
    KEY(account_fields, "name", KEY_TEXT, name, false),
    KEY(account_fields, "two-factor", KEY_BOOLEAN, two_factor, false),
    WORD(account_fields, "status", status, status_words),
    KEY(account_fields, "password-hash", KEY_HASH, password_hash, false),
    KEY(account_fields, "totp", KEY_BASE32, totp, false),
};
static const struct shape account_shape = SHAPE(account_fields, account_keys);

typedef struct config_share share_fields;
static const struct key share_keys[] = {
    KEY(share_fields, "recipient", KEY_MAILBOX, recipient, true),
    KEY(share_fields, "sms", KEY_PHONE, sms, false),
    KEY(share_fields, "access-code", KEY_CODE, access_code, false),
    KEY(share_fields, "opened", KEY_TIME, opened_s, true),
};
static const struct shape share_shape = SHAPE(share_fields, share_keys);

typedef struct config_dkim dkim_fields;
static const struct key dkim_keys[] = {
    KEY(dkim_fields, "domain", KEY_DOMAIN, domain, true),
    KEY(dkim_fields, "selector", KEY_DOMAIN, selector, true),
    KEY(dkim_fields, "key", KEY_FILE, key, true),
};
static const struct shape dkim_shape = SHAPE(dkim_fields, dkim_keys);

typedef struct config_organization organization_fields;
static const struct key organization_keys[] = {
    KEY(organization_fields, "name", KEY_TEXT, name, true),
    KEY(organization_fields, "uuid", KEY_UUID, uuid, true),
    KEY(organization_fields, "domains", KEY_DOMAINS, domains, true),
    WORD(organization_fields, "transport-security", policy, policy_words),
    KEY(organization_fields, "inbound-direct-delivery", KEY_BOOLEAN,
        inbound_direct_delivery, false),
    WORD(organization_fields, "spf-authentication", spf_authentication,
         allowed_words),
    KEY(organization_fields, "spf-addresses", KEY_BLOCKS, spf_addresses, false),
    PART(organization_fields, "credentials", KEY_LIST, credentials,
         credential_shape, false),
    PART(organization_fields, "accounts", KEY_LIST, accounts, account_shape,
         false),
    PART(organization_fields, "shared-verifications", KEY_LIST, shares,
         share_shape, false),
};
static const struct shape organization_shape =
    SHAPE(organization_fields, organization_keys);

typedef struct config_settings setting_fields;
static const struct key settings_keys[] = {
    WORD(setting_fields, "access_code_keyword", access_code_keyword,
         keyword_words),
    WORD(setting_fields, "invalid_access_right", invalid_access_right,
         right_words),
    KEY(setting_fields, "dane_satisfies_certificate_validation", KEY_BOOLEAN,
        dane_satisfies, false),
    KEY(setting_fields, "idd_requires_account", KEY_BOOLEAN,
        idd_requires_account, false),
    NUMBER(setting_fields, "attachment_link_above", attachment_link_above, 0,
           INT32_MAX),
    KEY(setting_fields, "attachment_link_at_limit", KEY_BOOLEAN,
        attachment_link_at_limit, false),
    WORD(setting_fields, "notification_subject", notification_subject,
         subject_words),
    WORD(setting_fields, "dmarc_discovery", dmarc_discovery, discovery_words),
    WORD(setting_fields, "foreign_reverse_path", foreign_reverse_path,
         path_words),
    KEY(setting_fields, "nta_time_zone", KEY_ZONE, nta_time_zone, false),
    KEY(setting_fields, "nta_header", KEY_FIELD, nta_header, false),
    NUMBER(setting_fields, "unknown_host_wait_ms", unknown_host_wait_ms, 0,
           YEAR_MS),
    NUMBER(setting_fields, "queue_lifetime_ms", queue_lifetime_ms, 1, YEAR_MS),
    KEY(setting_fields, "delay_notice_default", KEY_BOOLEAN,
        delay_notice_default, false),
    NUMBER(setting_fields, "delay_notice_after_ms", delay_notice_after_ms, 0,
           YEAR_MS),
    NUMBER(setting_fields, "keep_finished_ms", keep_finished_ms, 0,
           10 * YEAR_MS),
    NUMBER(setting_fields, "retry_first_ms", retry_first_ms, 1, YEAR_MS),
    NUMBER(setting_fields, "retry_longest_ms", retry_longest_ms, 1, YEAR_MS),
    NUMBER(setting_fields, "idle_timeout_ms", idle_timeout_ms, 1, YEAR_MS),
    NUMBER(setting_fields, "connect_timeout_ms", connect_timeout_ms, 1,
           YEAR_MS),
    NUMBER(setting_fields, "smtp_timeout_ms", smtp_timeout_ms, 1, YEAR_MS),
    NUMBER(setting_fields, "smtp_transaction_ms", smtp_transaction_ms, 1,
           YEAR_MS),
    NUMBER(setting_fields, "spf_timeout_ms", spf_timeout_ms, 1, YEAR_MS),
    NUMBER(setting_fields, "sts_timeout_ms", sts_timeout_ms, 1, YEAR_MS),
    NUMBER(setting_fields, "auth_pause_first_ms", auth_pause_first_ms, 0,
           YEAR_MS),
    NUMBER(setting_fields, "auth_pause_longest_ms", auth_pause_longest_ms, 0,
           YEAR_MS),
    NUMBER(setting_fields, "auth_lock_failures", auth_lock_failures, 1, 1000),
    NUMBER(setting_fields, "auth_lock_ms", auth_lock_ms, 0, YEAR_MS),
    NUMBER(setting_fields, "connections", connections, 1, 100000),
    NUMBER(setting_fields, "connections_per_host", connections_per_host, 1,
           100000),
    NUMBER(setting_fields, "sessions_total", sessions_total, 1, 100000),
    NUMBER(setting_fields, "sessions_per_address", sessions_per_address, 0,
           100000),
    NUMBER(setting_fields, "received_fields", received_fields, 0, 100000),
    NUMBER(setting_fields, "message_bytes", message_bytes, 1, 1 << 30),
    NUMBER(setting_fields, "message_octets_per_s", message_octets_per_s, 1,
           1 << 30),
    NUMBER(setting_fields, "recipients", recipients, 1, 100000),
    NUMBER(setting_fields, "random_seed", random_seed, 0, INT64_MAX),
    NUMBER(setting_fields, "code_sms_ms", code_sms_ms, 1, YEAR_MS),
    NUMBER(setting_fields, "code_email_ms", code_email_ms, 1, YEAR_MS),
    NUMBER(setting_fields, "code_tries", code_tries, 1, 1000),
    NUMBER(setting_fields, "code_lock_ms", code_lock_ms, 0, YEAR_MS),
    NUMBER(setting_fields, "code_void_tries", code_void_tries, 1, 1000),
    NUMBER(setting_fields, "codes_per_window", codes_per_window, 1, 1000),
    NUMBER(setting_fields, "code_window_ms", code_window_ms, 0, YEAR_MS),
    NUMBER(setting_fields, "portal_session_ms", portal_session_ms, 1000,
           YEAR_MS),
    NUMBER(setting_fields, "portal_reply_bytes", portal_reply_bytes, 1024,
           1 << 28),
    NUMBER(setting_fields, "portal_replies_per_hour", portal_replies_per_hour,
           1, 1000000),
};
static const struct shape settings_shape = SHAPE(setting_fields, settings_keys);

typedef struct config fields;
static const struct key submission_keys[] = {
    KEY(fields, "listen", KEY_ENDPOINT, submission.listen, true),
    KEY(fields, "certificate", KEY_FILE, submission.certificate, true),
    KEY(fields, "key", KEY_FILE, submission.key, true),
};
static const struct shape submission_shape = SHAPE(fields, submission_keys);

static const struct key bounces_keys[] = {
    KEY(fields, "listen", KEY_ENDPOINT, bounces.listen, true),
    KEY(fields, "host", KEY_DOMAIN, bounces.host, true),
};
static const struct shape bounces_shape = SHAPE(fields, bounces_keys);

static const struct key outbound_keys[] = {
    KEY(fields, "address", KEY_ADDRESS, outbound.address, false),
    NUMBER(fields, "smtp-port", outbound.smtp_port, 1, 65535),
    NUMBER(fields, "https-port", outbound.https_port, 1, 65535),
    KEY(fields, "trust", KEY_FILE, outbound.trust, false),
};
static const struct shape outbound_shape = SHAPE(fields, outbound_keys);

static const struct key dns_keys[] = {
    KEY(fields, "resolver", KEY_RESOLVER, dns.resolver, true),
    KEY(fields, "trust-anchor", KEY_FILE, dns.trust_anchor, false),
};
static const struct shape dns_shape = SHAPE(fields, dns_keys);

static const struct key journal_keys[] = {
    NUMBER(fields, "descriptor", journal.descriptor, 0, 1023),
    KEY(fields, "file", KEY_PATH, journal.file, false),
};
static const struct shape journal_shape = SHAPE(fields, journal_keys);

static const struct key notification_keys[] = {
    KEY(fields, "from", KEY_MAILBOX, notification.from, true),
    KEY(fields, "portal", KEY_URL, notification.portal, true),
};
static const struct shape notification_shape = SHAPE(fields, notification_keys);

static const struct key portal_keys[] = {
    KEY(fields, "listen", KEY_ENDPOINT, portal.listen, true),
    KEY(fields, "certificate", KEY_FILE, portal.certificate, true),
    KEY(fields, "key", KEY_FILE, portal.key, true),
};
static const struct shape portal_shape = SHAPE(fields, portal_keys);

static const struct key sms_keys[] = {
    KEY(fields, "address", KEY_ENDPOINT, sms.address, true),
    KEY(fields, "host", KEY_DOMAIN, sms.host, true),
    KEY(fields, "path", KEY_TARGET, sms.path, true),
    KEY(fields, "tls", KEY_BOOLEAN, sms.tls, false),
    KEY(fields, "token", KEY_SECRET, sms.token, false),
};
static const struct shape sms_shape = SHAPE(fields, sms_keys);

/* The parts of the whole write into struct config itself: offset 0. */
#define SECTION(key_name, of, must)                                            \
    {                                                                          \
        .name = key_name, .kind = KEY_MAP, .offset = 0, .shape = &of,          \
        .required = must                                                       \
    }
static const struct key top_keys[] = {
    KEY(fields, "lasthop-gateway", KEY_TEXT, version, true),
    KEY(fields, "host-name", KEY_DOMAIN, host_name, true),
    KEY(fields, "uuid", KEY_UUID, uuid, false),
    SECTION("submission", submission_shape, true),
    SECTION("bounces", bounces_shape, false),
    SECTION("outbound", outbound_shape, false),
    SECTION("dns", dns_shape, true),
    KEY(fields, "state", KEY_PATH, state, true),
    SECTION("journal", journal_shape, false),
    KEY(fields, "directory", KEY_PATH, directory, false),
    KEY(fields, "control", KEY_PATH, control, false),
    KEY(fields, "log", KEY_TEXT, log, false),
    KEY(fields, "user", KEY_TEXT, user, false),
    WORD(fields, "sandbox", sandbox, sandbox_words),
    KEY(fields, "core-dumps", KEY_BOOLEAN, core_dumps, false),
    SECTION("notification", notification_shape, true),
    SECTION("portal", portal_shape, false),
    SECTION("sms", sms_shape, false),
    PART(fields, "settings", KEY_MAP, settings, settings_shape, false),
    PART(fields, "dkim", KEY_LIST, dkim, dkim_shape, false),
    PART(fields, "organizations", KEY_LIST, organizations, organization_shape,
         false),
};
static const struct shape top_shape = SHAPE(fields, top_keys);

const struct shape *config_shape(void)
{
    return &top_shape;
}

static const struct config defaults = {
    .outbound.smtp_port = 25,
    .outbound.https_port = 443,
    .journal.descriptor = -1,
    .log = "warn",
    .sms.tls = true,
    .settings = {.dane_satisfies = true,
                 .idd_requires_account = true,
                 .attachment_link_above = 10000000,
                 .nta_time_zone = "Europe/Amsterdam",
                 .unknown_host_wait_ms = 14400000,
                 .queue_lifetime_ms = 432000000,
                 .retry_first_ms = 300000,
                 .delay_notice_after_ms = 14400000,
                 .keep_finished_ms = 2592000000,
                 .connections = 200,
                 .connections_per_host = 10,
                 .retry_longest_ms = 14400000,
                 .idle_timeout_ms = 300000,
                 .connect_timeout_ms = 30000,
                 .smtp_timeout_ms = 300000,
                 .smtp_transaction_ms = 3600000,
                 .spf_timeout_ms = 20000,
                 .sts_timeout_ms = 60000,
                 .auth_pause_first_ms = 1000,
                 .auth_pause_longest_ms = 16000,
                 .auth_lock_failures = 5,
                 .auth_lock_ms = 900000,
                 .sessions_total = 1000,
                 .sessions_per_address = 50,
                 .received_fields = 100,
                 .message_bytes = 52428800,
                 .message_octets_per_s = 1000,
                 .recipients = 1000,
                 .code_sms_ms = 300000,
                 .code_email_ms = 600000,
                 .code_tries = 5,
                 .code_lock_ms = 900000,
                 .code_void_tries = 20,
                 .codes_per_window = 3,
                 .code_window_ms = 900000,
                 .portal_session_ms = 3600000,
                 .portal_reply_bytes = 20971520,
                 .portal_replies_per_hour = 30},
};

const struct config *config_load(struct arena *arena, struct faults *faults)
{
    struct yaml *root = yaml_read(arena, faults);
    if (!root)
        return NULL;
    if (root->kind != YAML_MAP) {
        faults_add(faults, root->line, root->column, "the file must be a map");
        return NULL;
    }
    struct config_reader reader = {arena, faults};
    struct config *config = ARENA_NEW(arena, struct config);
    *config = defaults;
    config_read_map(&reader, root, &top_shape, config);
    if (faults->count == 0 && !config->directory)
        config->directory =
            arena_printf(arena, "%s/directory.yaml", config->state);
    if (faults->count == 0)
        config_check(arena, faults, root, config);
    return faults->count == 0 ? config : NULL;
}

struct organizations_only {
    struct config_list organizations;
};
typedef struct organizations_only only_fields;
static const struct key only_keys[] = {
    PART(only_fields, "organizations", KEY_LIST, organizations,
         organization_shape, true),
};
static const struct shape only_shape = SHAPE(only_fields, only_keys);

bool config_organizations_load(struct arena *arena, struct faults *faults,
                               const struct config *config,
                               struct config_list *out)
{
    struct yaml *root = yaml_read(arena, faults);
    if (!root)
        return false;
    if (root->kind != YAML_MAP) {
        faults_add(faults, root->line, root->column, "the file must be a map");
        return false;
    }
    struct config_reader reader = {arena, faults};
    struct organizations_only only = {0};
    config_read_map(&reader, root, &only_shape, &only);
    if (faults->count == 0)
        config_check_organizations(faults, root, &only.organizations,
                                   &config->organizations);
    *out = only.organizations;
    return faults->count == 0;
}
