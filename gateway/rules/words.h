/* words - the closed vocabularies of the rules, and their words as the journal
 * and the documentation write them.
 *
 * X_name gives the word, X_find the value of a word (false: no such word). */
#ifndef RULES_WORDS_H
#define RULES_WORDS_H

#include "base/slice.h"

/* How a recipient is verified. */
enum method {
    METHOD_ACCOUNT,
    METHOD_NTA7516,
    METHOD_DIRECT_DELIVERY,
    METHOD_ACCESS_RIGHT,
    METHOD_TRANSPORT_SECURITY,
    METHOD_SHARED_SMS,
    METHOD_SHARED_ACCESS_CODE,
    METHOD_EMAIL,
    METHOD_NONE,
    METHOD_INBOUND_DIRECT_DELIVERY, /* in explanations alone: rank 1's IDD */
    METHOD_COUNT
};

enum delivery {
    DELIVERY_DIRECT,
    DELIVERY_NOTIFICATION,
    DELIVERY_FAILED,
    DELIVERY_DEFERRED,
    DELIVERY_COUNT
};

/* What a recipient's server proved (TRANSPORT-2), weakest first. */
enum level { LEVEL_NONE, LEVEL_TLS, LEVEL_PKIX, LEVEL_DANE, LEVEL_COUNT };

/* An organization's transport-security policy (POLICY-1). */
enum policy { POLICY_OFF, POLICY_TLS, POLICY_PKIX, POLICY_DANE, POLICY_COUNT };

/* A recipient's own account (ACCOUNT-1). */
enum account {
    ACCOUNT_NONE,
    ACCOUNT_NO_2FA,
    ACCOUNT_SUSPENDED,
    ACCOUNT_ACTIVE, /* with 2FA */
    ACCOUNT_COUNT
};

/* An access right, also the kind of a shared verification. */
enum right { RIGHT_NONE, RIGHT_SMS, RIGHT_ACCESS_CODE, RIGHT_COUNT };

/* Why a method did not apply, or what an attempt waits for (ORDER-3). */
enum why {
    WHY_NO_ACCOUNT,
    WHY_ACCOUNT_WITHOUT_2FA,
    WHY_ACCOUNT_SUSPENDED,
    WHY_SENDER_NOT_NTA,
    WHY_SENDER_WITHOUT_2FA,
    WHY_SENDER_NO_NTA_RECORD,
    WHY_SENDER_NTA_INVALID,
    WHY_SENDER_NTA_DATES,
    WHY_SENDER_DNS_NOT_SECURE,
    WHY_SENDER_SPF_WEAK,
    WHY_SENDER_DKIM_MISSING,
    WHY_SENDER_DMARC_WEAK,
    WHY_SENDER_LOOKUP_FAILED,
    WHY_SENDER_DNS_MISSING,
    WHY_RECIPIENT_NOT_NTA,
    WHY_NO_NTA_RECORD,
    WHY_NTA_INVALID,
    WHY_NTA_NOT_SECURE,
    WHY_NTA_DATES,
    WHY_NO_ACCESS_RIGHT,
    WHY_NOT_ALLOWED,
    WHY_NO_STARTTLS,
    WHY_STARTTLS_REFUSED,
    WHY_HANDSHAKE_FAILED,
    WHY_TLS_BELOW_1_2,
    WHY_SELF_SIGNED,
    WHY_EXPIRED,
    WHY_NOT_YET_VALID,
    WHY_WRONG_HOST,
    WHY_UNTRUSTED_ISSUER,
    WHY_WEAK_KEY,
    WHY_REVOKED,
    WHY_NO_DANE,
    WHY_NO_CONNECTION,
    WHY_LOOKUP_FAILED,
    WHY_BARRED,
    WHY_REFUSED_BY_SERVER,
    WHY_NO_SHARED_SMS,
    WHY_NO_SHARED_ACCESS_CODE,
    WHY_PREVENTED,
    WHY_CONTENT_GONE,
    WHY_SET_ASIDE,
    WHY_COUNT
};

/* What an accepted message is warned of in the journal. */
enum warning {
    WARNING_RIGHT_FOR_NO_RECIPIENT,   /* RIGHT-4 */
    WARNING_DIRECT_DELIVERY_DEFAULTS, /* DIRECT-2 */
    WARNING_RIGHT_IGNORED,            /* RIGHT-4, invalid_access_right */
    WARNING_COUNT
};

const char *method_name(enum method method);
const char *delivery_name(enum delivery delivery);
const char *level_name(enum level level);
const char *right_name(enum right right);
const char *why_name(enum why why);
const char *warning_name(enum warning warning);

bool method_find(struct slice word, enum method *out);
bool right_find(struct slice word, enum right *out);

#endif
