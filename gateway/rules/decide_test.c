#include "rules/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"

/* Minimums that a server reaches. */
enum {
    TLS = 1 << MINIMUM_TLS,
    PKIX = TLS | 1 << MINIMUM_PKIX | 1 << MINIMUM_CERTIFICATE,
    DANE_ONLY = TLS | 1 << MINIMUM_PKIX | 1 << MINIMUM_DANE,
    DANE = PKIX | DANE_ONLY
};

/* Facts that differ from: no wish, no account, policy off, NTA unmet, nothing
 * shared, one host without TLS. What is wanted reads "method delivery [status]:
 * method why, ..." */
struct row {
    const char *name;
    bool direct, permits;
    enum right right;
    enum account account;
    bool idd, idd_any;
    enum policy policy;
    bool dane_no;
    bool sender_nta;
    enum nta_recipient nta;
    enum sender_dns dns;
    enum destination destination;
    int reaches;
    enum reach_outcome otherwise;
    bool wait_over;
    bool sms, access_code;
    enum method decided_last;
    const char *want;
};

static void fill(const struct row *row, struct facts *f)
{
    facts_init(f);
    f->direct_delivery = row->direct;
    f->email_permitted = row->permits;
    f->right = row->right;
    f->account = row->account;
    f->idd = row->idd || row->idd_any;
    f->idd_requires_account = !row->idd_any;
    f->policy = row->policy;
    f->dane_satisfies = !row->dane_no;
    f->sender_nta = row->sender_nta;
    f->host_wait_over = row->wait_over;
    f->decided_last = row->decided_last ? row->decided_last : METHOD_NONE;
    f->destination = row->destination ? row->destination : DESTINATION_USABLE;
    f->nta_recipient = row->nta ? row->nta : NTA_RECIPIENT_UNMET;
    f->sender_dns = row->dns ? row->dns : SENDER_DNS_ALIGNED;
    if (row->nta == NTA_RECIPIENT_UNKNOWN)
        f->nta_recipient_why = WHY_LOOKUP_FAILED;
    f->shares = (struct shares){true, row->sms, row->access_code};
    for (int m = 0; m < MINIMUM_COUNT; m++) {
        f->reach[m].outcome = row->otherwise ? row->otherwise : REACH_TOO_WEAK;
        f->reach[m].why =
            row->otherwise == REACH_UNKNOWN ? WHY_BARRED : WHY_SELF_SIGNED;
        if (row->reaches & 1 << m)
            f->reach[m].outcome = REACH_REACHED;
    }
}

static const char *show(struct arena *arena, const struct decision *d)
{
    char *text = arena_printf(arena, "%s %s", method_name(d->method),
                              delivery_name(d->delivery));
    if (d->kind == DECISION_CHOSEN && d->delivery == DELIVERY_DIRECT)
        text = arena_printf(arena, "%s %s%s", text, minimum_name(d->minimum),
                            d->idd ? " idd" : "");
    if (d->kind == DECISION_FAIL)
        text = arena_printf(arena, "%s %s", text,
                            d->status ? d->status : "server");
    if (d->kind == DECISION_WAIT)
        text = arena_printf(arena, "%s (%s%s)", text, why_name(d->why),
                            d->until_host_wait ? ", host wait" : "");
    for (size_t i = 0; i < d->not_applied_count; i++)
        text = arena_printf(arena, "%s%s %s %s", text, i ? "," : ":",
                            method_name(d->not_applied[i].method),
                            why_name(d->not_applied[i].why));
    return text;
}

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_create();
        struct facts facts;
        struct decision d;
        fill(&rows[i], &facts);
        decide(&facts, &d);
        const char *got = show(arena, &d);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s:\n got  %s\n want %s", rows[i].name, got,
                     rows[i].want);
        arena_destroy(&arena);
    }
}

#define CHECK(rows) check(rows, sizeof rows / sizeof *rows)
#define TOP "account no account, nta7516 sender does not meet NTA 7516"
#define NO_RIGHT ", access-right no access right"
#define NO_POLICY ", transport-security not allowed by the organization"
#define NO_SMS ", shared-sms no shared SMS verification"
#define NO_CODE ", shared-access-code no shared access code"

static void test_default_order_takes_first_rank_that_holds(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.name = "account above all",
         .account = ACCOUNT_ACTIVE,
         .sender_nta = true,
         .nta = NTA_RECIPIENT_MET,
         .right = RIGHT_SMS,
         .want = "account notification"},
        {.name = "NTA 7516 above a right",
         .sender_nta = true,
         .nta = NTA_RECIPIENT_MET,
         .right = RIGHT_SMS,
         .want = "nta7516 direct dane: account no account"},
        {.name = "a right above transport security",
         .right = RIGHT_SMS,
         .policy = POLICY_TLS,
         .reaches = DANE,
         .want = "access-right notification: " TOP},
        {.name = "an access code is a right",
         .right = RIGHT_ACCESS_CODE,
         .sms = true,
         .want = "access-right notification: " TOP},
        {.name = "transport security above shares",
         .policy = POLICY_PKIX,
         .reaches = PKIX,
         .sms = true,
         .want = "transport-security direct pkix: " TOP NO_RIGHT},
        {.name = "below the policy the order goes on",
         .policy = POLICY_PKIX,
         .reaches = TLS,
         .sms = true,
         .want = "shared-sms notification: " TOP NO_RIGHT
                 ", transport-security self-signed"},
        {.name = "shared SMS above shared code",
         .sms = true,
         .access_code = true,
         .want = "shared-sms notification: " TOP NO_RIGHT NO_POLICY},
        {.name = "shared code above e-mail",
         .access_code = true,
         .want =
             "shared-access-code notification: " TOP NO_RIGHT NO_POLICY NO_SMS},
        {.name = "e-mail is left, MINIMUM-4",
         .want = "email notification: " TOP NO_RIGHT NO_POLICY NO_SMS NO_CODE},
        {.name = "the recipient's side unmet",
         .sender_nta = true,
         .right = RIGHT_SMS,
         .want = "access-right notification: account no account, "
                 "nta7516 recipient does not meet NTA 7516"},
    };
    CHECK(rows);
}

static void test_direct_delivery_order_takes_first_rank_that_holds(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.name = "account above direct delivery",
         .direct = true,
         .account = ACCOUNT_ACTIVE,
         .reaches = DANE,
         .want = "account notification"},
        {.name = "NTA 7516 above direct delivery",
         .direct = true,
         .sender_nta = true,
         .nta = NTA_RECIPIENT_MET,
         .reaches = DANE,
         .want = "nta7516 direct dane: account no account"},
        {.name = "direct delivery above a right, without a policy (DIRECT-1)",
         .direct = true,
         .right = RIGHT_SMS,
         .reaches = PKIX,
         .want = "direct-delivery direct pkix: " TOP},
        {.name = "a right where the minimum is not reached (DIRECT-4)",
         .direct = true,
         .right = RIGHT_SMS,
         .reaches = TLS,
         .want =
             "access-right notification: " TOP ", direct-delivery self-signed"},
        {.name = "the organization's lower minimum",
         .direct = true,
         .policy = POLICY_TLS,
         .reaches = TLS,
         .want = "transport-security direct tls: " TOP
                 ", direct-delivery self-signed" NO_RIGHT},
        {.name = "shared SMS",
         .direct = true,
         .sms = true,
         .access_code = true,
         .want = "shared-sms notification: " TOP
                 ", direct-delivery self-signed" NO_RIGHT NO_POLICY},
        {.name = "shared code",
         .direct = true,
         .access_code = true,
         .want = "shared-access-code notification: " TOP
                 ", direct-delivery self-signed" NO_RIGHT NO_POLICY NO_SMS},
        {.name = "e-mail prevented (MINIMUM-1, MINIMUM-3)",
         .direct = true,
         .want =
             "none failed 5.7.10: " TOP
             ", direct-delivery self-signed" NO_RIGHT NO_POLICY NO_SMS NO_CODE
             ", email prevented below the minimum"},
        {.name = "e-mail permitted (MINIMUM-2)",
         .direct = true,
         .permits = true,
         .want =
             "email notification: " TOP
             ", direct-delivery self-signed" NO_RIGHT NO_POLICY NO_SMS NO_CODE},
        {.name = "prevented whatever was decided before",
         .direct = true,
         .decided_last = METHOD_DIRECT_DELIVERY,
         .want =
             "none failed 5.7.10: " TOP
             ", direct-delivery self-signed" NO_RIGHT NO_POLICY NO_SMS NO_CODE
             ", email prevented below the minimum"},
    };
    CHECK(rows);
}

static void test_levels_satisfy_what_they_should(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.name = "DANE satisfies certificate-validation (DIRECT-3)",
         .direct = true,
         .reaches = DANE_ONLY,
         .want = "direct-delivery direct pkix: " TOP},
        {.name = "the literal reading wants the certificate itself",
         .direct = true,
         .right = RIGHT_SMS,
         .dane_no = true,
         .reaches = DANE_ONLY,
         .want =
             "access-right notification: " TOP ", direct-delivery self-signed"},
        {.name = "and has it",
         .direct = true,
         .dane_no = true,
         .reaches = PKIX,
         .want = "direct-delivery direct certificate: " TOP},
        {.name = "it holds for the policy pkix as well",
         .policy = POLICY_PKIX,
         .dane_no = true,
         .reaches = DANE_ONLY,
         .sms = true,
         .want = "shared-sms notification: " TOP NO_RIGHT
                 ", transport-security self-signed"},
        {.name = "not for the policy dane",
         .policy = POLICY_DANE,
         .dane_no = true,
         .reaches = DANE_ONLY,
         .want = "transport-security direct dane: " TOP NO_RIGHT},
        {.name = "not for IDD",
         .account = ACCOUNT_ACTIVE,
         .idd = true,
         .dane_no = true,
         .reaches = DANE_ONLY,
         .want = "account direct pkix idd"},
        {.name = "pkix is no dane",
         .policy = POLICY_DANE,
         .reaches = PKIX,
         .sms = true,
         .want = "shared-sms notification: " TOP NO_RIGHT
                 ", transport-security self-signed"},
    };
    CHECK(rows);
}

static void test_account_and_idd_by_both_readings(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.name = "without 2FA (ACCOUNT-1)",
         .account = ACCOUNT_NO_2FA,
         .right = RIGHT_SMS,
         .want = "access-right notification: account account without 2FA, "
                 "nta7516 sender does not meet NTA 7516"},
        {.name = "suspended (ACCOUNT-1)",
         .account = ACCOUNT_SUSPENDED,
         .right = RIGHT_SMS,
         .want = "access-right notification: account account suspended, "
                 "nta7516 sender does not meet NTA 7516"},
        {.name = "IDD into the inbox",
         .account = ACCOUNT_ACTIVE,
         .idd = true,
         .reaches = PKIX,
         .want = "account direct pkix idd"},
        {.name = "IDD measured weaker: a notification",
         .account = ACCOUNT_ACTIVE,
         .idd = true,
         .reaches = TLS,
         .want = "account notification: inbound-direct-delivery self-signed"},
        {.name = "IDD without account",
         .idd = true,
         .reaches = PKIX,
         .right = RIGHT_SMS,
         .want = "access-right notification: " TOP},
        {.name = "any: without account",
         .idd_any = true,
         .reaches = PKIX,
         .want = "account direct pkix idd"},
        {.name = "any: without 2FA",
         .account = ACCOUNT_NO_2FA,
         .idd_any = true,
         .reaches = PKIX,
         .want = "account direct pkix idd"},
        {.name = "any: but not a suspended one",
         .account = ACCOUNT_SUSPENDED,
         .idd_any = true,
         .reaches = PKIX,
         .right = RIGHT_SMS,
         .want = "access-right notification: account account suspended, "
                 "nta7516 sender does not meet NTA 7516"},
        {.name = "any: measured weaker goes on to rank 2",
         .idd_any = true,
         .right = RIGHT_SMS,
         .want = "access-right notification: inbound-direct-delivery "
                 "self-signed, " TOP},
        {.name = "any: measured weaker with 2FA is a notification",
         .account = ACCOUNT_ACTIVE,
         .idd_any = true,
         .want = "account notification: inbound-direct-delivery self-signed"},
    };
    CHECK(rows);
}

static void test_unknown_facts_wait(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.name = "NTA of the recipient",
         .sender_nta = true,
         .nta = NTA_RECIPIENT_UNKNOWN,
         .right = RIGHT_SMS,
         .want = "none deferred (look-up failed): account no account, "
                 "nta7516 look-up failed"},
        {.name = "not asked where the sender does not meet it (ORDER-5(1))",
         .nta = NTA_RECIPIENT_UNKNOWN,
         .right = RIGHT_SMS,
         .want = "access-right notification: " TOP},
        {.name = "direct delivery does not slip to a right",
         .direct = true,
         .right = RIGHT_SMS,
         .otherwise = REACH_UNKNOWN,
         .want = "none deferred (barred): " TOP ", direct-delivery barred"},
        {.name = "nor when the host wait is over",
         .direct = true,
         .right = RIGHT_SMS,
         .wait_over = true,
         .otherwise = REACH_UNKNOWN,
         .want = "none deferred (barred): " TOP ", direct-delivery barred"},
        {.name = "transport security",
         .policy = POLICY_TLS,
         .sms = true,
         .otherwise = REACH_UNKNOWN,
         .want = "none deferred (barred): " TOP NO_RIGHT
                 ", transport-security barred"},
        {.name = "a right is chosen before",
         .policy = POLICY_TLS,
         .right = RIGHT_SMS,
         .otherwise = REACH_UNKNOWN,
         .want = "access-right notification: " TOP},
        {.name = "no rank asked: e-mail (ORDER-5(3))",
         .otherwise = REACH_UNKNOWN,
         .want = "email notification: " TOP NO_RIGHT NO_POLICY NO_SMS NO_CODE},
        {.name = "IDD waits",
         .account = ACCOUNT_ACTIVE,
         .idd = true,
         .otherwise = REACH_UNKNOWN,
         .want = "none deferred (barred): inbound-direct-delivery barred"},
        {.name = "IDD waits for the unreachable beside the weak",
         .account = ACCOUNT_ACTIVE,
         .idd = true,
         .wait_over = true,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want = "none deferred (no connection): inbound-direct-delivery no "
                 "connection"},
    };
    CHECK(rows);
}

static void test_weak_beside_unreachable_goes_on_but_not_to_email(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.name = "a right",
         .direct = true,
         .right = RIGHT_SMS,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want =
             "access-right notification: " TOP ", direct-delivery self-signed"},
        {.name = "a lower policy",
         .direct = true,
         .policy = POLICY_TLS,
         .reaches = TLS,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want = "transport-security direct tls: " TOP
                 ", direct-delivery self-signed" NO_RIGHT},
        {.name = "shares",
         .policy = POLICY_PKIX,
         .access_code = true,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want = "shared-access-code notification: " TOP NO_RIGHT
                 ", transport-security self-signed" NO_SMS},
        {.name = "prevention is not decided",
         .direct = true,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want =
             "none deferred (no connection, host wait): " TOP
             ", direct-delivery self-signed" NO_RIGHT NO_POLICY NO_SMS NO_CODE
             ", email no connection"},
        {.name = "nor is e-mail, permitted",
         .direct = true,
         .permits = true,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want =
             "none deferred (no connection, host wait): " TOP
             ", direct-delivery self-signed" NO_RIGHT NO_POLICY NO_SMS NO_CODE
             ", email no connection"},
        {.name = "nor in the default order",
         .policy = POLICY_DANE,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want = "none deferred (no connection, host wait): " TOP NO_RIGHT
                 ", transport-security self-signed" NO_SMS NO_CODE
                 ", email no connection"},
        {.name = "after the wait: prevented",
         .direct = true,
         .wait_over = true,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want =
             "none failed 5.7.10: " TOP
             ", direct-delivery self-signed" NO_RIGHT NO_POLICY NO_SMS NO_CODE
             ", email prevented below the minimum"},
        {.name = "after the wait: e-mail",
         .policy = POLICY_TLS,
         .wait_over = true,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want = "email notification: " TOP NO_RIGHT
                 ", transport-security self-signed" NO_SMS NO_CODE},
        {.name = "no rank asked: no wait",
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want = "email notification: " TOP NO_RIGHT NO_POLICY NO_SMS NO_CODE},
    };
    CHECK(rows);
}

static void test_failures_keep_the_method_that_they_should(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.name = "no domain, whatever the method (ORDER-7)",
         .account = ACCOUNT_ACTIVE,
         .destination = DESTINATION_NO_DOMAIN,
         .decided_last = METHOD_ACCESS_RIGHT,
         .want = "none failed 5.1.2"},
        {.name = "null MX",
         .destination = DESTINATION_NULL_MX,
         .want = "none failed 5.1.10"},
        {.name = "no host",
         .right = RIGHT_SMS,
         .destination = DESTINATION_NO_HOST,
         .want = "none failed 5.4.4"},
        {.name = "whether there is a domain is unknown",
         .account = ACCOUNT_ACTIVE,
         .destination = DESTINATION_LOOKUP_FAILED,
         .want = "none deferred (look-up failed)"},
        {.name = "refused everywhere, nothing decided before (ORDER-6)",
         .direct = true,
         .right = RIGHT_SMS,
         .otherwise = REACH_REFUSED,
         .want = "none failed server: " TOP
                 ", direct-delivery refused by the server"},
        {.name = "refused everywhere, decided before",
         .direct = true,
         .otherwise = REACH_REFUSED,
         .decided_last = METHOD_DIRECT_DELIVERY,
         .want = "direct-delivery failed server: " TOP
                 ", direct-delivery refused by the server"},
        {.name = "refused to IDD",
         .account = ACCOUNT_ACTIVE,
         .idd = true,
         .otherwise = REACH_REFUSED,
         .want = "none failed server: inbound-direct-delivery refused by the "
                 "server"},
    };
    CHECK(rows);
}

/* Answers questions out of the whole facts until there is a decision; names
 * them in asked. */
static void walk(const struct facts *whole, struct decision *d, char *asked,
                 size_t size)
{
    struct facts known = *whole;
    known.destination = DESTINATION_UNASKED;
    known.sender_nta_open = true;
    known.nta_recipient = NTA_RECIPIENT_UNASKED;
    known.sender_dns = SENDER_DNS_UNASKED;
    known.shares.known = false;
    for (int m = 0; m < MINIMUM_COUNT; m++)
        known.reach[m].outcome = REACH_UNASKED;
    size_t n = 0;
    asked[0] = '\0';
    for (int turns = 0; turns < 10; turns++) {
        decide(&known, d);
        if (d->kind != DECISION_ASK)
            return;
        static const char *const names[] = {"destination", "sender", "dns",
                                            "nta",         "reach",  "shares"};
        n += (size_t)snprintf(
            asked + n, size - n, "%s%s ", names[d->question],
            d->question == QUESTION_REACH ? minimum_name(d->minimum) : "");
        switch (d->question) {
        case QUESTION_DESTINATION:
            known.destination = whole->destination;
            break;
        case QUESTION_NTA_SENDER:
            known.sender_nta_open = false;
            break;
        case QUESTION_SENDER_DNS:
            known.sender_dns = whole->sender_dns;
            break;
        case QUESTION_NTA_RECIPIENT:
            known.nta_recipient = whole->nta_recipient;
            break;
        case QUESTION_REACH:
            known.reach[d->minimum] = whole->reach[d->minimum];
            break;
        case QUESTION_SHARES:
            known.shares = whole->shares;
            break;
        }
    }
    fail_msg("still asking: %s", asked);
}

static void test_direct_methods_need_the_sender_dns(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.name = "missing: no direct method, and nothing is measured",
         .direct = true,
         .sender_nta = true,
         .nta = NTA_RECIPIENT_UNKNOWN,
         .policy = POLICY_TLS,
         .dns = SENDER_DNS_MISSING,
         .reaches = DANE,
         .want = "none failed 5.7.10: account no account, nta7516 sender DNS "
                 "settings missing, direct-delivery sender DNS settings "
                 "missing, access-right no access right, transport-security "
                 "sender DNS settings missing" NO_SMS NO_CODE
                 ", email prevented below the minimum"},
        {.name = "missing: weaker ranks go on",
         .direct = true,
         .dns = SENDER_DNS_MISSING,
         .right = RIGHT_SMS,
         .reaches = DANE,
         .want = "access-right notification: " TOP
                 ", direct-delivery sender DNS settings missing"},
        {.name = "missing: no host is waited for",
         .direct = true,
         .permits = true,
         .dns = SENDER_DNS_MISSING,
         .otherwise = REACH_WEAK_AND_UNREACHABLE,
         .want =
             "email notification: " TOP
             ", direct-delivery sender DNS settings missing" NO_RIGHT NO_POLICY
                 NO_SMS NO_CODE},
        {.name = "unknown waits, whatever the server is",
         .policy = POLICY_PKIX,
         .dns = SENDER_DNS_UNKNOWN,
         .want = "none deferred (sender look-up failed): " TOP NO_RIGHT
                 ", transport-security sender look-up failed"},
        {.name = "unknown waits where NTA 7516 would do",
         .sender_nta = true,
         .nta = NTA_RECIPIENT_MET,
         .dns = SENDER_DNS_UNKNOWN,
         .want = "none deferred (sender look-up failed): account no account, "
                 "nta7516 sender look-up failed"},
        {.name = "a policy of off does not need it",
         .dns = SENDER_DNS_UNKNOWN,
         .want = "email notification: " TOP NO_RIGHT NO_POLICY NO_SMS NO_CODE},
        {.name = "nor does IDD",
         .account = ACCOUNT_ACTIVE,
         .idd = true,
         .dns = SENDER_DNS_MISSING,
         .reaches = PKIX,
         .want = "account direct pkix idd"},
    };
    CHECK(rows);
}

static void test_questions_are_asked_only_where_they_matter(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.account = ACCOUNT_ACTIVE,
         .direct = true,
         .sender_nta = true,
         .want = "destination "},
        {.account = ACCOUNT_ACTIVE,
         .idd = true,
         .reaches = PKIX,
         .want = "destination reachpkix "},
        {.destination = DESTINATION_NULL_MX, .want = "destination "},
        {.right = RIGHT_SMS,
         .policy = POLICY_TLS,
         .want = "destination sender "},
        {.right = RIGHT_SMS,
         .sender_nta = true,
         .want = "destination sender dns nta "},
        {.direct = true,
         .reaches = PKIX,
         .want = "destination sender dns reachpkix "},
        {.direct = true,
         .policy = POLICY_PKIX,
         .want = "destination sender dns reachpkix shares "},
        {.direct = true,
         .policy = POLICY_DANE,
         .dane_no = true,
         .want = "destination sender dns reachcertificate reachdane shares "},
        {.direct = true,
         .policy = POLICY_DANE,
         .sender_nta = true,
         .dns = SENDER_DNS_MISSING,
         .want = "destination sender dns shares "},
        {.direct = true,
         .policy = POLICY_TLS,
         .reaches = TLS,
         .want = "destination sender dns reachpkix reachtls "},
        {.want = "destination sender shares "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts facts;
        struct decision d;
        char asked[128];
        fill(&rows[i], &facts);
        walk(&facts, &d, asked, sizeof asked);
        if (strcmp(asked, rows[i].want) != 0)
            fail_msg("row %zu: asked %s, want %s", i, asked, rows[i].want);
    }
}

static void test_answers_one_by_one_lead_to_the_same_decision(void **state)
{
    (void)state;
    struct prng prng = {1};
    for (int i = 0; i < 20000; i++) {
        struct row row = {
            .direct = prng_below(&prng, 2),
            .permits = prng_below(&prng, 2),
            .right = (enum right)prng_below(&prng, RIGHT_COUNT),
            .account = (enum account)prng_below(&prng, ACCOUNT_COUNT),
            .idd = prng_below(&prng, 2),
            .idd_any = prng_below(&prng, 2),
            .policy = (enum policy)prng_below(&prng, POLICY_COUNT),
            .dane_no = prng_below(&prng, 2),
            .sender_nta = prng_below(&prng, 2),
            .nta = (enum nta_recipient)(1 + prng_below(&prng, 3)),
            .dns = (enum sender_dns)(1 + prng_below(&prng, 3)),
            .reaches = (int)prng_below(&prng, 1 << MINIMUM_COUNT),
            .otherwise = (enum reach_outcome)(2 + prng_below(&prng, 4)),
            .wait_over = prng_below(&prng, 2),
            .sms = prng_below(&prng, 2),
            .access_code = prng_below(&prng, 2),
        };
        struct arena *arena = arena_create();
        struct facts facts;
        struct decision at_once, step_by_step;
        char asked[128];
        fill(&row, &facts);
        decide(&facts, &at_once);
        walk(&facts, &step_by_step, asked, sizeof asked);
        assert_string_equal(show(arena, &at_once), show(arena, &step_by_step));
        arena_destroy(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_order_takes_first_rank_that_holds),
        cmocka_unit_test(
            test_direct_delivery_order_takes_first_rank_that_holds),
        cmocka_unit_test(test_levels_satisfy_what_they_should),
        cmocka_unit_test(test_account_and_idd_by_both_readings),
        cmocka_unit_test(test_unknown_facts_wait),
        cmocka_unit_test(test_weak_beside_unreachable_goes_on_but_not_to_email),
        cmocka_unit_test(test_failures_keep_the_method_that_they_should),
        cmocka_unit_test(test_direct_methods_need_the_sender_dns),
        cmocka_unit_test(test_questions_are_asked_only_where_they_matter),
        cmocka_unit_test(test_answers_one_by_one_lead_to_the_same_decision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
