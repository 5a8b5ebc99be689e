#include "engine/words.h"

#include <stddef.h>
#include <string.h>

const char *const words_method[] = {"account",
                                    "nta7516",
                                    "direct-delivery",
                                    "access-right",
                                    "transport-security",
                                    "shared-sms",
                                    "shared-access-code",
                                    "email",
                                    "none",
                                    NULL};
const char *const words_delivery[] = {"direct", "notification", "failed",
                                      "deferred", NULL};
const char *const words_dsn[] = {
    "no",        "yes",          "delayed",          "relayed",
    "delivered", "delayed, yes", "delayed, relayed", "delayed, delivered",
    NULL};
const char *const words_level[] = {"none", "tls", "pkix", "dane", NULL};
const char *const words_tls[] = {"1.0", "1.1", "1.2", "1.3", NULL};
const char *const words_tls_seen[] = {"1.2", "1.3", "plain", NULL};
const char *const words_policy[] = {"off", "tls", "pkix", "dane", NULL};
const char *const words_status[] = {"active", "suspended", NULL};
const char *const words_warning[] = {"access-right-for-no-recipient",
                                     "direct-delivery-defaults",
                                     "access-right-ignored", NULL};
const char *const words_event[] = {
    "listening", "accepted", "refused", "handshake-refused",
    "warning",   "decided",  "outcome", "deferred",
    "dsn",       "bounced",  "opened",  "reply",
    "sms",       "mailed",   "settled", "refusals",
    NULL};
const char *const words_reaches[] = {
    "no-domain",   "null-mx",   "no-host", "look-up-fails", "refused",
    "unreachable", "barred",    "none",    "tls",           "pkix",
    "dane",        "dane-only", NULL};
/* The orders of these are those of the enums in posture.h. */
const char *const words_certificate[] = {"good",
                                         "self-signed",
                                         "expired",
                                         "not-yet-valid",
                                         "wrong-host",
                                         "untrusted-ca",
                                         "missing-intermediate",
                                         "weak-key",
                                         "cn-only",
                                         "wildcard",
                                         "sha1-signed",
                                         "revoked",
                                         "domain-name",
                                         "part-wildcard",
                                         "wide-wildcard",
                                         "client-only",
                                         "weak-issuer",
                                         "sha1-issuer",
                                         NULL};
const char *const words_starttls[] = {
    "offered", "absent", "refused", "stripped", "garbage", "closes", NULL};
const char *const words_mx[] = {"hosts",       "null",    "implicit",
                                "alias",       "no-host", "literal-beside",
                                "null-beside", NULL};
const char *const words_dns_answer[] = {"secure", "insecure", "no-domain",
                                        NULL};
const char *const words_host_zone[] = {"same", "secure", "insecure", NULL};
const char *const words_tlsa_of[] = {"leaf", "intermediate", "root", "other",
                                     NULL};
const char *const words_tlsa_at[] = {"host", "alias", NULL};
const char *const words_dns_fault[] = {"bogus",    "expired",  "unsigned",
                                       "servfail", "nxdomain", "truncated",
                                       "silent",   NULL};
const char *const words_ciphers[] = {"usual", "legacy", NULL};
const char *const words_nta[] = {"met", "unmet", "unknown", NULL};
const char *const words_nta_sender[] = {
    "no",         "yes",         "not-yet",          "ended",   "invalid",
    "legacy",     "twice",       "insecure",         "bogus",   "servfail",
    "no-spf",     "spf-neutral", "spf-soft",         "no-dkim", "no-dmarc",
    "dmarc-none", "dmarc-half",  "dmarc-quarantine", NULL};
const char *const words_dns_spf[] = {"good", "none", "soft", "neutral", NULL};
const char *const words_dns_bounce[] = {"good", "none", "wrong", "servfail",
                                        NULL};
const char *const words_dns_dkim[] = {"good",  "none",    "ed25519",  "rsa",
                                      "other", "revoked", "servfail", NULL};
const char *const words_dns_dmarc[] = {"good",   "none",     "p-none",
                                       "strict", "servfail", NULL};
const char *const words_sts_mode[] = {"enforce", "testing", "none", NULL};
/* The order of posture_sts.h. */
const char *const words_sts_host[] = {
    "serves", "not-found", "error",   "redirect",   "html", "oversized",
    "silent", "cut",       "refused", "no-address", NULL};
const char *const words_connect[] = {"accepted", "refused", "elsewhere", NULL};
const char *const words_command[] = {"connect", "ehlo", "starttls",    "mail",
                                     "rcpt",    "data", "end-of-data", NULL};
const char *const words_restart[] = {"orderly", "kill", NULL};
const char *const words_disk[] = {"full", "room", "gone", "back", NULL};

unsigned words_index(const char *const *words, const char *word)
{
    unsigned i = 0;
    while (words[i] && strcmp(words[i], word) != 0)
        i++;
    return i;
}
const char *const words_sms[] = {"none",   "refuses", "slow",
                                 "silent", "down",    NULL};
