#include "rules/decide.h"

#include "base/status.h"

/* One run through the ranks. */
struct walk {
    const struct facts *facts;
    struct decision *d;
    bool host_is_unknown; /* a host too weak beside unknown ones was met */
};

/* What a rank answers: whether it settled the matter. Where it did not, the
 * next rank is asked. */
enum rank_answer { RANK_SETTLED, RANK_PASSED };

static void explain(struct walk *w, enum method method, enum why why)
{
    struct decision *d = w->d;
    d->not_applied[d->not_applied_count++] = (struct not_applied){method, why};
}

static enum rank_answer passed(struct walk *w, enum method method, enum why why)
{
    explain(w, method, why);
    return RANK_PASSED;
}

static enum rank_answer ask(struct walk *w, enum question question)
{
    w->d->kind = DECISION_ASK;
    w->d->question = question;
    return RANK_SETTLED;
}

static enum rank_answer choose(struct walk *w, enum method method,
                               enum delivery delivery)
{
    w->d->kind = DECISION_CHOSEN;
    w->d->method = method;
    w->d->delivery = delivery;
    return RANK_SETTLED;
}

static enum rank_answer wait_for(struct walk *w, enum method method,
                                 enum why why)
{
    explain(w, method, why);
    w->d->kind = DECISION_WAIT;
    w->d->delivery = DELIVERY_DEFERRED;
    w->d->why = why;
    return RANK_SETTLED;
}

static enum rank_answer give_up(struct walk *w, enum method decided,
                                const char *status)
{
    w->d->kind = DECISION_FAIL;
    w->d->delivery = DELIVERY_FAILED;
    w->d->method = decided;
    w->d->status = status;
    return RANK_SETTLED;
}

/* MAIL-2, before the recipient's side is asked. false: *out is the rank's
 * answer. */
static bool has_sender_dns(struct walk *w, enum method method,
                           enum rank_answer *out)
{
    switch (w->facts->sender_dns) {
    case SENDER_DNS_ALIGNED:
        return true;
    case SENDER_DNS_UNASKED:
        *out = ask(w, QUESTION_SENDER_DNS);
        return false;
    case SENDER_DNS_MISSING:
        *out = passed(w, method, WHY_SENDER_DNS_MISSING);
        return false;
    case SENDER_DNS_UNKNOWN:
        *out = wait_for(w, method, WHY_SENDER_LOOKUP_FAILED);
        return false;
    }
    BUG("sender DNS %d", (int)w->facts->sender_dns);
}

/* A method that needs a level: direct where it is there; else asks, waits,
 * fails, or passes with what was measured (ORDER-5, ORDER-6). */
static enum rank_answer try_level(struct walk *w, enum method method,
                                  enum minimum minimum)
{
    const struct reach *reach = &w->facts->reach[minimum];
    bool is_idd = method == METHOD_INBOUND_DIRECT_DELIVERY;
    enum rank_answer answer;
    if (!is_idd && !has_sender_dns(w, method, &answer))
        return answer;
    w->d->minimum = minimum;
    switch (reach->outcome) {
    case REACH_UNASKED:
        return ask(w, QUESTION_REACH);
    case REACH_REACHED:
        w->d->idd = is_idd;
        return choose(w, is_idd ? METHOD_ACCOUNT : method, DELIVERY_DIRECT);
    case REACH_TOO_WEAK:
        return passed(w, method, reach->why);
    case REACH_WEAK_AND_UNREACHABLE:
        if (is_idd) /* ORDER-5(2) is not for rank 1 */
            return wait_for(w, method, WHY_NO_CONNECTION);
        w->host_is_unknown = true;
        return passed(w, method, reach->why);
    case REACH_UNKNOWN:
        return wait_for(w, method, reach->why);
    case REACH_REFUSED:
        explain(w, method, WHY_REFUSED_BY_SERVER);
        return give_up(w, w->facts->decided_last, NULL);
    }
    BUG("reach outcome %d", (int)reach->outcome);
}

/* Of "certificate-validation" and of the policy pkix (DIRECT-3). */
static enum minimum pkix_minimum(const struct facts *facts)
{
    return facts->dane_satisfies ? MINIMUM_PKIX : MINIMUM_CERTIFICATE;
}

/* Whether IDD is tried: ACCOUNT-2 with both readings of its setting. */
static bool idd_applies(const struct facts *f)
{
    if (!f->idd || f->account == ACCOUNT_SUSPENDED)
        return false;
    return f->account == ACCOUNT_ACTIVE || !f->idd_requires_account;
}

static enum rank_answer try_account(struct walk *w)
{
    static const enum why whys[] = {
        [ACCOUNT_NONE] = WHY_NO_ACCOUNT,
        [ACCOUNT_NO_2FA] = WHY_ACCOUNT_WITHOUT_2FA,
        [ACCOUNT_SUSPENDED] = WHY_ACCOUNT_SUSPENDED,
    };
    if (idd_applies(w->facts) && try_level(w, METHOD_INBOUND_DIRECT_DELIVERY,
                                           MINIMUM_PKIX) == RANK_SETTLED)
        return RANK_SETTLED;
    if (w->facts->account == ACCOUNT_ACTIVE)
        return choose(w, METHOD_ACCOUNT, DELIVERY_NOTIFICATION);
    return passed(w, METHOD_ACCOUNT, whys[w->facts->account]);
}

static enum rank_answer try_nta7516(struct walk *w)
{
    enum rank_answer answer;
    if (w->facts->sender_nta_open)
        return ask(w, QUESTION_NTA_SENDER);
    if (!w->facts->sender_nta)
        return passed(w, METHOD_NTA7516, w->facts->sender_nta_why);
    if (!has_sender_dns(w, METHOD_NTA7516, &answer))
        return answer;
    switch (w->facts->nta_recipient) {
    case NTA_RECIPIENT_UNASKED:
        return ask(w, QUESTION_NTA_RECIPIENT);
    case NTA_RECIPIENT_UNMET:
        return passed(w, METHOD_NTA7516, w->facts->nta_recipient_why);
    case NTA_RECIPIENT_MET: /* NTA-3 */
        w->d->minimum = MINIMUM_DANE;
        return choose(w, METHOD_NTA7516, DELIVERY_DIRECT);
    case NTA_RECIPIENT_UNKNOWN:
        return wait_for(w, METHOD_NTA7516, w->facts->nta_recipient_why);
    case NTA_RECIPIENT_REFUSED: /* ORDER-6 */
        explain(w, METHOD_NTA7516, WHY_REFUSED_BY_SERVER);
        return give_up(w, w->facts->decided_last, NULL);
    }
    BUG("NTA answer %d", (int)w->facts->nta_recipient);
}

static enum rank_answer try_direct_delivery(struct walk *w)
{
    return try_level(w, METHOD_DIRECT_DELIVERY, pkix_minimum(w->facts));
}

static enum rank_answer try_access_right(struct walk *w)
{
    if (w->facts->right == RIGHT_NONE)
        return passed(w, METHOD_ACCESS_RIGHT, WHY_NO_ACCESS_RIGHT);
    return choose(w, METHOD_ACCESS_RIGHT, DELIVERY_NOTIFICATION);
}

static enum rank_answer try_transport_security(struct walk *w)
{
    switch (w->facts->policy) {
    case POLICY_TLS:
        return try_level(w, METHOD_TRANSPORT_SECURITY, MINIMUM_TLS);
    case POLICY_PKIX:
        return try_level(w, METHOD_TRANSPORT_SECURITY, pkix_minimum(w->facts));
    case POLICY_DANE:
        return try_level(w, METHOD_TRANSPORT_SECURITY, MINIMUM_DANE);
    case POLICY_OFF:
    case POLICY_COUNT:
        break;
    }
    return passed(w, METHOD_TRANSPORT_SECURITY, WHY_NOT_ALLOWED);
}

static enum rank_answer try_shared_sms(struct walk *w)
{
    if (!w->facts->shares.known)
        return ask(w, QUESTION_SHARES);
    if (!w->facts->shares.sms)
        return passed(w, METHOD_SHARED_SMS, WHY_NO_SHARED_SMS);
    return choose(w, METHOD_SHARED_SMS, DELIVERY_NOTIFICATION);
}

static enum rank_answer try_shared_access_code(struct walk *w)
{
    if (!w->facts->shares.known)
        return ask(w, QUESTION_SHARES);
    if (!w->facts->shares.access_code)
        return passed(w, METHOD_SHARED_ACCESS_CODE, WHY_NO_SHARED_ACCESS_CODE);
    return choose(w, METHOD_SHARED_ACCESS_CODE, DELIVERY_NOTIFICATION);
}

/* Rank direct-delivery did not reach its minimum, or the message does not ask
 * for one: only then this rank is asked (MINIMUM-1, MINIMUM-4). */
static enum rank_answer try_email(struct walk *w)
{
    if (w->host_is_unknown && !w->facts->host_wait_over) {
        w->d->until_host_wait = true;
        return wait_for(w, METHOD_EMAIL, WHY_NO_CONNECTION);
    }
    if (w->facts->direct_delivery && !w->facts->email_permitted) {
        explain(w, METHOD_EMAIL, WHY_PREVENTED);
        return give_up(w, METHOD_NONE, "5.7.10");
    }
    return choose(w, METHOD_EMAIL, DELIVERY_NOTIFICATION);
}

static enum rank_answer (*const tries[])(struct walk *) = {
    [METHOD_ACCOUNT] = try_account,
    [METHOD_NTA7516] = try_nta7516,
    [METHOD_DIRECT_DELIVERY] = try_direct_delivery,
    [METHOD_ACCESS_RIGHT] = try_access_right,
    [METHOD_TRANSPORT_SECURITY] = try_transport_security,
    [METHOD_SHARED_SMS] = try_shared_sms,
    [METHOD_SHARED_ACCESS_CODE] = try_shared_access_code,
    [METHOD_EMAIL] = try_email,
};

/* ORDER-7, before any rank. */
static enum rank_answer try_destination(struct walk *w)
{
    switch (w->facts->destination) {
    case DESTINATION_UNASKED:
        return ask(w, QUESTION_DESTINATION);
    case DESTINATION_USABLE:
        return RANK_PASSED;
    case DESTINATION_NO_DOMAIN:
        return give_up(w, METHOD_NONE, "5.1.2");
    case DESTINATION_NULL_MX:
        return give_up(w, METHOD_NONE, "5.1.10");
    case DESTINATION_NO_HOST:
        return give_up(w, METHOD_NONE, "5.4.4");
    case DESTINATION_LOOKUP_FAILED:
        w->d->kind = DECISION_WAIT;
        w->d->delivery = DELIVERY_DEFERRED;
        w->d->why = WHY_LOOKUP_FAILED;
        return RANK_SETTLED;
    }
    BUG("destination %d", (int)w->facts->destination);
}

void decide(const struct facts *facts, struct decision *d_out)
{
    struct walk w = {.facts = facts, .d = d_out};
    const struct order *order =
        facts->direct_delivery ? &order_direct_delivery : &order_default;
    *d_out = (struct decision){.method = METHOD_NONE};
    enum rank_answer answer = try_destination(&w);
    for (size_t i = 0; answer == RANK_PASSED; i++) {
        if (i == order->count)
            BUG("no rank settled");
        answer = tries[order->ranks[i]](&w);
    }
}

void facts_init(struct facts *facts)
{
    *facts = (struct facts){.idd_requires_account = true,
                            .dane_satisfies = true,
                            .sender_nta_why = WHY_SENDER_NOT_NTA,
                            .nta_recipient_why = WHY_RECIPIENT_NOT_NTA,
                            .decided_last = METHOD_NONE};
}

const char *minimum_name(enum minimum minimum)
{
    static const char *const names[] = {
        [MINIMUM_TLS] = "tls",
        [MINIMUM_PKIX] = "pkix",
        [MINIMUM_CERTIFICATE] = "certificate",
        [MINIMUM_DANE] = "dane",
    };
    _Static_assert(sizeof names / sizeof *names == MINIMUM_COUNT,
                   "a word each");
    return names[minimum];
}
