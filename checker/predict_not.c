/* Why the ranks above the chosen one do not apply (ORDER-3). */
#include <string.h>

#include "checker/predict_internal.h"
#include "checker/sending.h"

static const char *fact(const struct attempt *a, const struct prediction *p,
                        const char *axis)
{
    const char *value = facts_get(a->tables, &p->facts, axis);
    return value ? value : "";
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* The word of the server's best level, where it is the reason for sure: a
 * certificate's word does not explain that DANE is missing. */
static const char *server_word(const struct attempt *a,
                               const struct prediction *p, const char *minimum)
{
    const char *at = strrchr(a->address, '@');
    const struct posture *posture = world_posture(a->world, at ? at + 1 : "");
    const char *server = fact(a, p, "server");
    if (!posture)
        return NULL;
    if (is(server, "refused"))
        return "refused by the server";
    if (is(minimum, "dane"))
        return strncmp(server, "none", 4) == 0   ? posture->why
               : strncmp(server, "pkix", 4) == 0 ? "no DANE"
                                                 : NULL;
    return posture->why;
}

static const char *account_word(const struct attempt *a,
                                const struct prediction *p)
{
    const char *account = fact(a, p, "account");
    return is(account, "none")     ? "no account"
           : is(account, "no-2fa") ? "account without 2FA"
                                   : "account suspended";
}

static const char missing[] = "sender DNS settings missing";

/* What NTA-1 asks of SPF, keys and DMARC, in its order. */
static const char *dns_word(const struct attempt *a,
                            const struct sending_dns_words *dns)
{
    const char *at = strrchr(a->submit->from, '@');
    struct sending s = sending_of(a->world, at ? at + 1 : "");
    const struct sending_dmarc *dmarc = &s.dmarc[s.discovery];
    if (is(dns->spf, "none") || is(dns->spf, "neutral"))
        return "sender SPF too weak";
    if (is(dns->dkim, "servfail"))
        return "sender look-up failed";
    if (!is(dns->dkim, "good"))
        return "sender DKIM key missing";
    if (dmarc->is_unread)
        return "sender look-up failed";
    return dmarc->is_enforced ? NULL : "sender DMARC too weak";
}

/* The sender's account comes before his domain (NTA-1). */
static const char *sender_word(const struct attempt *a)
{
    static const struct {
        const char *nta, *why;
    } words[] = {{"no", "sender without NTA 7516 record"},
                 {"legacy", "sender without NTA 7516 record"},
                 {"not-yet", "sender outside its NTA 7516 dates"},
                 {"ended", "sender outside its NTA 7516 dates"},
                 {"invalid", "sender NTA 7516 record invalid"},
                 {"twice", "sender NTA 7516 record invalid"},
                 {"insecure", "sender DNS not secure"},
                 {"bogus", "sender look-up failed"},
                 {"servfail", "sender look-up failed"},
                 {"no-spf", "sender SPF too weak"},
                 {"spf-neutral", "sender SPF too weak"},
                 {"no-dkim", "sender DKIM key missing"}};
    if (a->owner) /* a guest never meets it (CONV-4): in what words depends */
        return NULL;
    const struct organization *sender = predict_sender(a);
    if (!predict_has_2fa(a))
        return "sender without 2FA";
    for (size_t i = 0; sender && i < sizeof words / sizeof *words; i++) {
        if (is(sender->nta, words[i].nta))
            return words[i].why;
    }
    return sender ? dns_word(a, &sender->dns) : NULL;
}

static const char *nta_word(const struct attempt *a, const struct prediction *p)
{
    const char *at = strrchr(a->address, '@');
    const struct posture *posture = world_posture(a->world, at ? at + 1 : "");
    if (is(fact(a, p, "sender-nta"), "unmet"))
        return sender_word(a);
    if (is(fact(a, p, "sender-dns"), "missing"))
        return missing;
    if (!posture || posture->nta_why)
        return posture ? posture->nta_why : NULL;
    bool bare = !posture->txt && posture->dns == POSTURE_DNS_SECURE &&
                !posture->txt_fault;
    return bare ? "no NTA 7516 record" : NULL;
}

static const char *word(const struct attempt *a, const struct prediction *p,
                        const char *method)
{
    bool has_dns = !is(fact(a, p, "sender-dns"), "missing");
    if (is(method, "account"))
        return account_word(a, p);
    if (is(method, "nta7516"))
        return nta_word(a, p);
    if (is(method, "direct-delivery"))
        return has_dns ? server_word(a, p, "pkix") : missing;
    if (is(method, "access-right"))
        return "no access right";
    if (is(method, "transport-security")) {
        const char *policy = fact(a, p, "policy");
        return is(policy, "off") ? "not allowed by the organization"
               : has_dns         ? server_word(a, p, policy)
                                 : missing;
    }
    if (is(method, "shared-sms"))
        return "no shared SMS verification";
    if (is(method, "shared-access-code"))
        return "no shared access code";
    return "prevented below the minimum";
}

static void add(struct prediction *p, const char *method, const char *why)
{
    if (p->not_count < TABLES_AXES_MAX)
        p->not [p->not_count++] = (struct prediction_not){method, why};
}

void predict_not(const struct attempt *a, struct prediction *p)
{
    const char *account = fact(a, p, "account"), *idd = fact(a, p, "idd");
    unsigned last = p->row->rank;
    bool weak_idd = (is(idd, "any") && !is(account, "suspended")) ||
                    (is(idd, "on") && is(account, "active"));
    p->not_count = 0;
    /* The rank that failed without a method does not apply itself: prevented
     * e-mail (MINIMUM-1), or a server that refused to be measured (ORDER-6). */
    if (last > 0 && is(p->row->method, "none") &&
        is(p->row->delivery, "failed"))
        last++;
    if (weak_idd && (last > 1 || is(p->row->delivery, "notification")))
        add(p, "inbound-direct-delivery", server_word(a, p, "pkix"));
    for (unsigned rank = 1; rank < last; rank++) {
        const char *method = tables_rank(a->tables, &p->facts, rank);
        /* Rank 1 that fails is the direct delivery into the inbox. */
        if (method && !(is(method, "account") && p->row->rank == 1))
            add(p, method, word(a, p, method));
    }
}
