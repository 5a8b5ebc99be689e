/* The keys of posture and organization files. */
#include "engine/vocabulary.h"
#include "engine/words.h"

static const struct key any_text[] = {
    {.name = "*", .type = VALUE_TEXT, .help = "a text"}, {.name = NULL}};
static const struct key any_reply[] = {
    {.name = "connect", .type = VALUE_REPLY, .help = "instead of the greeting"},
    {.name = "ehlo", .type = VALUE_REPLY, .help = "to EHLO"},
    {.name = "starttls", .type = VALUE_REPLY, .help = "to STARTTLS"},
    {.name = "mail", .type = VALUE_REPLY, .help = "to MAIL FROM"},
    {.name = "rcpt", .type = VALUE_REPLY, .help = "to RCPT TO"},
    {.name = "data", .type = VALUE_REPLY, .help = "to DATA"},
    {.name = "end-of-data", .type = VALUE_REPLY, .help = "to the final dot"},
    {.name = NULL}};

static const struct key dns_keys[] = {{.name = "mx",
                                       .type = VALUE_WORD,
                                       .words = words_mx,
                                       .help = "what the domain's MX says",
                                       .example = "null"},
                                      {.name = "answer",
                                       .type = VALUE_WORD,
                                       .words = words_dns_answer,
                                       .help = "how the domain's answers come",
                                       .example = "mx-bogus"},
                                      {.name = NULL}};

static const struct key one_version[] = {
    {.name = "*", .type = VALUE_WORD, .words = words_tls, .help = "a version"},
    {.name = NULL}};
static const struct key tls_keys[] = {
    {.name = "versions",
     .type = VALUE_LIST,
     .inner = one_version,
     .one_or_list = true,
     .help = "the TLS versions that the host negotiates, lowest first",
     .example = "[\"1.2\", \"1.3\"]"},
    {.name = "certificate",
     .type = VALUE_WORD,
     .words = words_certificate,
     .help = "what the host shows",
     .example = "self-signed"},
    {.name = NULL}};

static const struct key smtp_keys[] = {
    {.name = "connect",
     .type = VALUE_WORD,
     .words = words_connect,
     .help = "whether the port takes connections"},
    {.name = "starttls",
     .type = VALUE_WORD,
     .words = words_starttls,
     .help = "whether STARTTLS is offered"},
    {.name = "replies",
     .type = VALUE_MAP,
     .inner = any_reply,
     .help = "replies other than the usual ones",
     .example = "{rcpt: 550 5.1.1 no such user}"},
    {.name = NULL}};

static const struct key host_keys[] = {
    {.name = "posture",
     .type = VALUE_TEXT,
     .help = "the posture to start from"},
    {.name = "tls", .type = VALUE_MAP, .inner = tls_keys, .help = "its TLS"},
    {.name = "smtp", .type = VALUE_MAP, .inner = smtp_keys, .help = "its SMTP"},
    {.name = "reaches",
     .type = VALUE_WORD,
     .words = words_reaches,
     .help = "what a gateway can reach there"},
    {.name = "why", .type = VALUE_TEXT, .help = "why that is less than pkix"},
    {.name = NULL}};
static const struct key mx_entry[] = {{.name = "*",
                                       .type = VALUE_MAP_OR_TEXT,
                                       .inner = host_keys,
                                       .help = "PREFERENCE LABEL: posture"},
                                      {.name = NULL}};
static const struct key mx_list[] = {
    {.name = "*", .type = VALUE_MAP, .inner = mx_entry, .help = "one host"},
    {.name = NULL}};

const struct key vocabulary_posture[] = {
    {.name = "says", .type = VALUE_TEXT, .help = "what it is, in a sentence"},
    {.name = "reaches",
     .type = VALUE_WORD,
     .words = words_reaches,
     .help = "what a gateway can reach there"},
    {.name = "why",
     .type = VALUE_TEXT,
     .help = "the word for why that is less than pkix"},
    {.name = "posture",
     .type = VALUE_TEXT,
     .help = "the posture to start from"},
    {.name = "dns", .type = VALUE_MAP, .inner = dns_keys, .help = "its DNS"},
    {.name = "tls", .type = VALUE_MAP, .inner = tls_keys, .help = "its TLS"},
    {.name = "smtp", .type = VALUE_MAP, .inner = smtp_keys, .help = "its SMTP"},
    {.name = "mx",
     .type = VALUE_LIST,
     .inner = mx_list,
     .help = "several hosts, each with preference, label and posture",
     .example = "[{10 mx1: tls10}, {20 mx2: tls13}]"},
    {.name = NULL}};

static const struct key credential_keys[] = {
    {.name = "user", .type = VALUE_TEXT, .required = true, .help = "its name"},
    {.name = "password",
     .type = VALUE_TEXT,
     .required = true,
     .help = "in clear: it exists in simulations alone"},
    {.name = "description", .type = VALUE_TEXT, .help = "what uses it"},
    {.name = NULL}};
static const struct key account_keys[] = {
    {.name = "address",
     .type = VALUE_ADDRESS,
     .required = true,
     .help = "in one of the organization's domains"},
    {.name = "name", .type = VALUE_TEXT, .help = "the person's"},
    {.name = "two-factor", .type = VALUE_YES_NO, .help = "default no"},
    {.name = "status",
     .type = VALUE_WORD,
     .words = words_status,
     .help = "default active"},
    {.name = NULL}};
static const struct key credential_entry[] = {{.name = "*",
                                               .type = VALUE_MAP,
                                               .inner = credential_keys,
                                               .help = "a credential"},
                                              {.name = NULL}};
static const struct key account_entry[] = {{.name = "*",
                                            .type = VALUE_MAP,
                                            .inner = account_keys,
                                            .help = "an account"},
                                           {.name = NULL}};

const struct key vocabulary_organization[] = {
    {.name = "says", .type = VALUE_TEXT, .help = "who they are"},
    {.name = "uuid", .type = VALUE_TEXT, .required = true, .help = "its UUID"},
    {.name = "domains",
     .type = VALUE_LIST,
     .inner = any_text,
     .required = true,
     .help = "the domains that it claims"},
    {.name = "transport-security",
     .type = VALUE_WORD,
     .words = words_policy,
     .help = "its policy, default off"},
    {.name = "inbound-direct-delivery",
     .type = VALUE_YES_NO,
     .help = "default no"},
    {.name = "mail",
     .type = VALUE_TEXT,
     .required = true,
     .help = "the posture of its own mail host"},
    {.name = "dkim",
     .type = VALUE_MAP,
     .inner = any_text,
     .help = "key records, selector: TXT"},
    {.name = "credentials",
     .type = VALUE_LIST,
     .inner = credential_entry,
     .help = "what its mail server or application submits with"},
    {.name = "accounts",
     .type = VALUE_LIST,
     .inner = account_entry,
     .help = "its people"},
    {.name = NULL}};
