/* World and message to facts: the checker's own reading of the three header
 * grammars (DIRECT-2, MINIMUM-2, RIGHT-1 to RIGHT-4). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checker/predict_internal.h"
#include "checker/sending.h"

const struct header_line *predict_header(const struct submit *submit,
                                         const char *name, size_t n)
{
    const struct header_line *h = submit->headers;
    for (; h; h = h->next) {
        if (strcasecmp(h->name, name) == 0 && n-- == 0)
            break;
    }
    return h;
}

static const char *domain(const char *address)
{
    const char *at = strrchr(address, '@');
    return at ? at + 1 : "";
}

const struct organization *predict_sender(const struct attempt *a)
{
    if (a->owner) /* CONV-4 */
        return a->owner;
    const struct organization *own =
        world_organization_of(a->world, domain(a->submit->from));
    return own ? own : a->world->sender;
}

static bool setting_is(const struct attempt *a, const char *name,
                       const char *value, const char *otherwise)
{
    return strcmp(world_setting(a->world, name, otherwise), value) == 0;
}

/* RIGHT-3: + and 7 to 15 digits, the first not 0. */
static bool is_phone(struct slice s)
{
    if (s.n < 8 || s.n > 16 || s.p[0] != '+' || s.p[1] == '0')
        return false;
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return true;
}

static bool is_code(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x21 || s.p[i] > 0x7e)
            return false;
    }
    return s.n >= 4 && s.n <= 64;
}

/* What one field gives this recipient: "sms", "access-code", or NULL. */
static const char *right_of(const struct attempt *a, const char *value)
{
    struct slice rest = slice_of(value);
    struct slice who = slice_word(&rest), how = slice_word(&rest);
    struct slice what = slice_word(&rest);
    if (who.n > 2 && who.p[0] == '<' && who.p[who.n - 1] == '>')
        who = (struct slice){who.p + 1, who.n - 2};
    if (slice_word(&rest).n || !slice_is_nocase(who, a->address))
        return NULL;
    if (slice_is_nocase(how, "sms"))
        return is_phone(what) ? "sms" : NULL;
    bool prose = slice_is_nocase(how, "access-code") &&
                 !setting_is(a, "access_code_keyword", "example", "both");
    bool example = slice_is_nocase(how, "sharedAccessCode") &&
                   !setting_is(a, "access_code_keyword", "prose", "both");
    return (prose || example) && is_code(what) ? "access-code" : NULL;
}

const char *predict_right(const struct attempt *a, const char **doubtful)
{
    const struct header_line *h;
    const char *found = NULL;
    for (size_t i = 0;
         (h = predict_header(a->submit, "zivver-access-right", i)); i++) {
        const char *one = right_of(a, h->value);
        if (one && found && strcmp(one, found) != 0)
            *doubtful = "two rights for one recipient";
        found = one ? one : found;
    }
    return found ? found : "none";
}

static const char *minimum_header(const struct attempt *a)
{
    static const char name[] = "zivver-minimum-recipient-verification";
    const struct header_line *h = predict_header(a->submit, name, 0);
    if (!h)
        return "absent";
    struct slice value = slice_trim(slice_of(h->value));
    bool permits = slice_is_nocase(value, "email-verification") &&
                   !predict_header(a->submit, name, 1);
    return permits ? "permits" : "invalid";
}

static const char *account(const struct attempt *a)
{
    const struct account *found = world_account(a->world, a->address);
    if (!found)
        return "none";
    if (found->suspended)
        return "suspended";
    return found->two_factor ? "active" : "no-2fa";
}

static const char *idd(const struct attempt *a)
{
    const struct organization *o =
        world_organization_of(a->world, domain(a->address));
    if (!o || !o->inbound_direct_delivery)
        return "off";
    return setting_is(a, "idd_requires_account", "no", "yes") ? "any" : "on";
}

static const char *shares(const struct attempt *a)
{
    const struct organization *o = predict_sender(a);
    bool sms = predict_earned(a, "sms");
    bool code = predict_earned(a, "access-code");
    for (const struct share *s = a->world->shares; s; s = s->next) {
        if (!o || strcasecmp(s->recipient, a->address) != 0 ||
            strcmp(s->organization, o->name) != 0)
            continue;
        sms |= s->sms != NULL;
        code |= s->access_code != NULL;
    }
    return sms ? (code ? "both" : "sms") : code ? "access-code" : "none";
}

/* The posture's word; beside a host out of reach for too long, "-long". */
static const char *server(const struct attempt *a)
{
    const struct posture *p = world_posture(a->world, domain(a->address));
    if (!p)
        return "no-domain";
    const char *plus = strchr(p->reaches, '+');
    long long wait_ms = strtoll(
        world_setting(a->world, "unknown_host_wait_ms", "14400000"), NULL, 10);
    if (plus && strcmp(plus, "+unreachable") == 0 &&
        (a->now_s - a->accepted_s) * 1000 >= wait_ms)
        return arena_printf(a->arena, "%s-long", p->reaches);
    return p->reaches;
}

bool predict_has_2fa(const struct attempt *a)
{
    const struct account *from =
        a->submit->from ? world_account(a->world, a->submit->from) : NULL;
    return from && from->two_factor && !from->suspended;
}

/* NTA-1: the account and what the organization publishes. */
static const char *sender_nta(const struct attempt *a)
{
    const struct organization *o = predict_sender(a);
    if (!o || a->owner || !organization_meets_nta(o) || !predict_has_2fa(a))
        return "unmet";
    struct sending s = sending_of(a->world, domain(a->submit->from));
    return s.dmarc[s.discovery].is_enforced ? "met" : "unmet";
}

static const char *recipient_nta(const struct attempt *a)
{
    const struct posture *p = world_posture(a->world, domain(a->address));
    return p && p->nta ? p->nta : "unmet";
}

struct facts predict_facts(const struct attempt *a, const char **doubtful)
{
    const struct organization *sender = predict_sender(a);
    const struct {
        const char *axis, *value;
    } all[] = {
        {"direct-delivery",
         predict_header(a->submit, "zivver-direct-delivery", 0) ? "present"
                                                                : "absent"},
        {"minimum-header", minimum_header(a)},
        {"account", account(a)},
        {"idd", idd(a)},
        {"sender-nta", sender_nta(a)},
        {"recipient-nta", recipient_nta(a)},
        {"sender-dns",
         a->owner ? "aligned" /* From is the gateway's own */
                  : sending_dns_name(
                        sending_of(a->world, domain(a->submit->from)).dns)},
        {"right", predict_right(a, doubtful)},
        {"policy", sender ? sender->transport_security : "off"},
        {"shares", shares(a)},
        {"dane-satisfies",
         world_setting(a->world, "dane_satisfies_certificate_validation",
                       "yes")},
        {"server", server(a)},
    };
    struct facts facts = facts_default(a->tables);
    if (a->submit->raw)
        *doubtful = "the message is a file";
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!facts_set(a->tables, &facts, all[i].axis, all[i].value))
            *doubtful = arena_printf(a->arena, "no value %s of axis %s",
                                     all[i].value, all[i].axis);
    }
    return facts;
}
