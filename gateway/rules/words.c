#include "rules/words.h"

static const char *const methods[] = {
    [METHOD_ACCOUNT] = "account",
    [METHOD_NTA7516] = "nta7516",
    [METHOD_DIRECT_DELIVERY] = "direct-delivery",
    [METHOD_ACCESS_RIGHT] = "access-right",
    [METHOD_TRANSPORT_SECURITY] = "transport-security",
    [METHOD_SHARED_SMS] = "shared-sms",
    [METHOD_SHARED_ACCESS_CODE] = "shared-access-code",
    [METHOD_EMAIL] = "email",
    [METHOD_NONE] = "none",
    [METHOD_INBOUND_DIRECT_DELIVERY] = "inbound-direct-delivery",
};

static const char *const deliveries[] = {
    [DELIVERY_DIRECT] = "direct",
    [DELIVERY_NOTIFICATION] = "notification",
    [DELIVERY_FAILED] = "failed",
    [DELIVERY_DEFERRED] = "deferred",
};

static const char *const levels[] = {
    [LEVEL_NONE] = "none",
    [LEVEL_TLS] = "tls",
    [LEVEL_PKIX] = "pkix",
    [LEVEL_DANE] = "dane",
};

static const char *const rights[] = {
    [RIGHT_NONE] = "none",
    [RIGHT_SMS] = "sms",
    [RIGHT_ACCESS_CODE] = "access-code",
};

static const char *const whys[] = {
    [WHY_NO_ACCOUNT] = "no account",
    [WHY_ACCOUNT_WITHOUT_2FA] = "account without 2FA",
    [WHY_ACCOUNT_SUSPENDED] = "account suspended",
    [WHY_SENDER_NOT_NTA] = "sender does not meet NTA 7516",
    [WHY_SENDER_WITHOUT_2FA] = "sender without 2FA",
    [WHY_SENDER_NO_NTA_RECORD] = "sender without NTA 7516 record",
    [WHY_SENDER_NTA_INVALID] = "sender NTA 7516 record invalid",
    [WHY_SENDER_NTA_DATES] = "sender outside its NTA 7516 dates",
    [WHY_SENDER_DNS_NOT_SECURE] = "sender DNS not secure",
    [WHY_SENDER_SPF_WEAK] = "sender SPF too weak",
    [WHY_SENDER_DKIM_MISSING] = "sender DKIM key missing",
    [WHY_SENDER_DMARC_WEAK] = "sender DMARC too weak",
    [WHY_SENDER_LOOKUP_FAILED] = "sender look-up failed",
    [WHY_SENDER_DNS_MISSING] = "sender DNS settings missing",
    [WHY_RECIPIENT_NOT_NTA] = "recipient does not meet NTA 7516",
    [WHY_NO_NTA_RECORD] = "no NTA 7516 record",
    [WHY_NTA_INVALID] = "NTA 7516 record invalid",
    [WHY_NTA_NOT_SECURE] = "NTA 7516 record not secure",
    [WHY_NTA_DATES] = "outside its NTA 7516 dates",
    [WHY_NO_ACCESS_RIGHT] = "no access right",
    [WHY_NOT_ALLOWED] = "not allowed by the organization",
    [WHY_NO_STARTTLS] = "no STARTTLS",
    [WHY_STARTTLS_REFUSED] = "STARTTLS refused",
    [WHY_HANDSHAKE_FAILED] = "handshake failed",
    [WHY_TLS_BELOW_1_2] = "tls below 1.2",
    [WHY_SELF_SIGNED] = "self-signed",
    [WHY_EXPIRED] = "expired",
    [WHY_NOT_YET_VALID] = "not yet valid",
    [WHY_WRONG_HOST] = "wrong host",
    [WHY_UNTRUSTED_ISSUER] = "untrusted issuer",
    [WHY_WEAK_KEY] = "weak key",
    [WHY_REVOKED] = "revoked",
    [WHY_NO_DANE] = "no DANE",
    [WHY_NO_CONNECTION] = "no connection",
    [WHY_LOOKUP_FAILED] = "look-up failed",
    [WHY_BARRED] = "barred",
    [WHY_REFUSED_BY_SERVER] = "refused by the server",
    [WHY_NO_SHARED_SMS] = "no shared SMS verification",
    [WHY_NO_SHARED_ACCESS_CODE] = "no shared access code",
    [WHY_PREVENTED] = "prevented below the minimum",
    [WHY_CONTENT_GONE] = "content unreadable",
    [WHY_SET_ASIDE] = "set aside",
};

static const char *const warnings[] = {
    [WARNING_RIGHT_FOR_NO_RECIPIENT] = "access-right-for-no-recipient",
    [WARNING_DIRECT_DELIVERY_DEFAULTS] = "direct-delivery-defaults",
    [WARNING_RIGHT_IGNORED] = "access-right-ignored",
};

#define EVERY(names, count)                                                    \
    _Static_assert(sizeof names / sizeof *names == (count), "a word each")
EVERY(methods, METHOD_COUNT);
EVERY(deliveries, DELIVERY_COUNT);
EVERY(levels, LEVEL_COUNT);
EVERY(rights, RIGHT_COUNT);
EVERY(whys, WHY_COUNT);
EVERY(warnings, WARNING_COUNT);

/* Index of the word, or count. */
static size_t index_of(struct slice word, const char *const *names,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(word, names[i]))
            return i;
    return count;
}

const char *method_name(enum method method)
{
    return methods[method];
}

const char *delivery_name(enum delivery delivery)
{
    return deliveries[delivery];
}

const char *level_name(enum level level)
{
    return levels[level];
}

const char *right_name(enum right right)
{
    return rights[right];
}

const char *why_name(enum why why)
{
    return whys[why];
}

const char *warning_name(enum warning warning)
{
    return warnings[warning];
}

bool method_find(struct slice word, enum method *out)
{
    *out = (enum method)index_of(word, methods, METHOD_COUNT);
    return *out != METHOD_COUNT;
}

bool right_find(struct slice word, enum right *out)
{
    *out = (enum right)index_of(word, rights, RIGHT_COUNT);
    return *out != RIGHT_COUNT;
}
