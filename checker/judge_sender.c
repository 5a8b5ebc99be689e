/* MAIL-1, MAIL-2: who a message says that it is from, as a strict receiver sees
 * it: return path, signatures, SPF and DMARC. */
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"
#include "checker/sending.h"
#include "peer/mailkey.h"

enum { TOKEN_LEAST = 22 }; /* 128 bits in base64 */

/* What the message is signed as, and which keys are published there. */
struct signer {
    const char *domain;
    bool has[MAILKEY_KIND_COUNT];
};

static const char *const algorithms[] = {[MAILKEY_KIND_ED25519] =
                                             "ed25519-sha256",
                                         [MAILKEY_KIND_RSA] = "rsa-sha256"};
_Static_assert(sizeof algorithms / sizeof *algorithms == MAILKEY_KIND_COUNT,
               "an algorithm per kind of key");

static void sender_fault(struct trial *t, const struct copy *copy,
                         const char *clause, const char *what,
                         const char *expected, const char *got)
{
    fault(t, place_for(t, copy->recipient), clause,
          TEXT(t, "message to %s at %s: %s", copy->recipient, copy->host, what),
          expected, *got ? got : "none");
}

/* His own message; a guest's reply is the gateway's (CONV-4). */
static bool is_senders(const struct copy *copy)
{
    return copy->kind == COPY_KIND_DIRECT &&
           !(copy->letter && copy->letter->reply);
}

static struct sending sending_at(const struct trial *t, const struct copy *copy)
{
    return sending_of(witness_world(&t->w, copy->step),
                      domain_of(copy->letter->from));
}

/* -- the return path ------------------------------------------------------- */

static const char *path_domain(struct trial *t, const struct copy *copy)
{
    bool own = is_senders(copy) && sending_at(t, copy).has_bounce;
    return own ? TEXT(t, "zivverbounce.%s", domain_of(copy->letter->from))
               : TEXT(t, "bounce.%s", t->w.gateway_host);
}

/* Long enough, and not made of the recipient's address. */
static bool is_unguessable(struct trial *t, const struct copy *copy)
{
    const char *at = strrchr(copy->reverse_path, '@');
    size_t n = at ? (size_t)(at - copy->reverse_path) : 0;
    const char *who = strrchr(copy->recipient, '@');
    char *name = arena_text(
        t->arena, (struct slice){copy->recipient,
                                 who ? (size_t)(who - copy->recipient) : 0});
    char *token = arena_text(t->arena, (struct slice){copy->reverse_path, n});
    return n >= TOKEN_LEAST && !token_is_filled(slice_of(token)) &&
           !(strlen(name) > 3 && strcasestr(token, name));
}

static struct slice local_part(struct trial *t, const char *address)
{
    const char *at = strrchr(address, '@');
    return slice_of(
        at ? arena_printf(t->arena, "%.*s", (int)(at - address), address)
           : address);
}

static void judge_path(struct trial *t, const struct copy *copy)
{
    const char *domain = domain_of(copy->reverse_path);
    const char *want = path_domain(t, copy);
    if (strcasecmp(domain, want) != 0)
        sender_fault(t, copy, "MAIL-2", "reverse-path",
                     TEXT(t, "an address at %s", want), copy->reverse_path);
    else if (!is_unguessable(t, copy))
        sender_fault(t, copy, "MAIL-2", "reverse-path",
                     "one that nobody can guess", copy->reverse_path);
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *other = &t->w.copies[i];
        if (other < copy && other->claim && other->claim != copy->claim &&
            other->kind != COPY_KIND_DSN &&
            address_same(other->reverse_path, copy->reverse_path))
            sender_fault(t, copy, "MAIL-2", "reverse-path", "one of its own",
                         TEXT(t, "that of %s", other->recipient));
        else if (other + 1 == copy && other->claim && copy->claim &&
                 other->claim != copy->claim &&
                 token_is_like(local_part(t, other->reverse_path),
                               local_part(t, copy->reverse_path)))
            sender_fault(t, copy, "MAIL-2", "reverse-path",
                         "one that the one before does not tell",
                         copy->reverse_path);
    }
}

/* -- signatures ------------------------------------------------------------ */

/* The From domain where it publishes a key, else the gateway's host. */
static struct signer signer_of(const struct trial *t, const struct copy *copy)
{
    struct signer s = {t->w.gateway_host, {true, true}};
    if (!is_senders(copy))
        return s;
    struct sending from = sending_at(t, copy);
    if (!from.has_ed25519 && !from.has_rsa)
        return s;
    s.domain = domain_of(copy->letter->from);
    s.has[MAILKEY_KIND_ED25519] = from.has_ed25519;
    s.has[MAILKEY_KIND_RSA] = from.has_rsa;
    return s;
}

static bool is_text(const json_t *object, const char *key, const char *want)
{
    return strcasecmp(evidence_text(object, key), want) == 0;
}

bool signature_is_gateways(const json_t *verdict)
{
    return is_text(verdict, "selector",
                   mailkey_selector(MAILKEY_KIND_ED25519)) ||
           is_text(verdict, "selector", mailkey_selector(MAILKEY_KIND_RSA));
}

size_t signatures_added(const struct copy *copy)
{
    const json_t *v;
    size_t i, count = 0;
    json_array_foreach(evidence_list(copy->json, "dkim"), i, v)
    {
        count += signature_is_gateways(v);
    }
    return count;
}

bool own_signature_breaks(struct trial *t, const struct copy *copy)
{
    const struct step *step = copy->letter ? copy->letter->step : NULL;
    const char *own = step && step->submit ? step->submit->dkim : NULL;
    if (!own || strcmp(own, "foreign") == 0)
        return false;
    return strcmp(own, "stays") != 0 || copy_is_converted(t, copy) ||
           copy_has_links(t, copy);
}

static const char *signature_text(struct trial *t, const json_t *verdict)
{
    const char *reason = evidence_text(verdict, "reason");
    return TEXT(
        t, "%s of %s by %s: %s%s%s", evidence_text(verdict, "algorithm"),
        evidence_text(verdict, "domain"), evidence_text(verdict, "selector"),
        evidence_text(verdict, "result"), *reason ? ", " : "", reason);
}

static unsigned good_count(const struct copy *copy, const struct signer *signer,
                           enum mailkey_kind kind)
{
    const json_t *v;
    size_t i;
    unsigned count = 0;
    json_array_foreach(evidence_list(copy->json, "dkim"), i, v)
    {
        count += is_text(v, "selector", mailkey_selector(kind)) &&
                 is_text(v, "domain", signer->domain) &&
                 is_text(v, "algorithm", algorithms[kind]) &&
                 is_text(v, "result", "pass");
    }
    return count;
}

/* One signature for each published key; nothing that does not verify. */
static void judge_signatures(struct trial *t, const struct copy *copy)
{
    struct signer signer = signer_of(t, copy);
    const json_t *v;
    size_t i, wanted = 0, own = 0;
    json_array_foreach(evidence_list(copy->json, "dkim"), i, v)
    {
        bool ours = signature_is_gateways(v);
        bool senders = copy->kind == COPY_KIND_DIRECT &&
                       is_text(v, "domain", domain_of(copy->letter->from));
        own += ours;
        if ((ours || senders) && !is_text(v, "result", "pass"))
            sender_fault(t, copy, "MAIL-1", "signature", "one that verifies",
                         signature_text(t, v));
    }
    for (unsigned kind = 0; kind < MAILKEY_KIND_COUNT; kind++) {
        unsigned good = good_count(copy, &signer, kind);
        wanted += signer.has[kind];
        if (good != signer.has[kind])
            sender_fault(
                t, copy, "MAIL-1",
                TEXT(t, "signatures by %s", mailkey_selector(kind)),
                signer.has[kind]
                    ? TEXT(t, "one, %s of %s", algorithms[kind], signer.domain)
                    : "none, for its key is not published",
                TEXT(t, "%u", good));
    }
    if (own != wanted)
        sender_fault(t, copy, "MAIL-1", "the gateway's signatures",
                     TEXT(t, "%zu", wanted), TEXT(t, "%zu", own));
}

/* The submitter's own, where it stays; that of a stranger has no key here. */
static void judge_own_signature(struct trial *t, const struct copy *copy)
{
    const struct step *step = copy->letter ? copy->letter->step : NULL;
    const char *own = step && step->submit ? step->submit->dkim : NULL;
    const json_t *v;
    size_t i;
    unsigned found = 0;
    if (!own || copy->kind != COPY_KIND_DIRECT)
        return;
    bool foreign = strcmp(own, "foreign") == 0;
    json_array_foreach(evidence_list(copy->json, "dkim"), i, v)
    {
        found += !signature_is_gateways(v) &&
                 is_text(v, "result", foreign ? "permerror" : "pass");
    }
    unsigned wanted = !own_signature_breaks(t, copy);
    if (found != wanted)
        sender_fault(t, copy, "MAIL-1", "the submitter's own signature",
                     wanted ? "one that is as it was" : "none",
                     TEXT(t, "%u", found));
}

/* -- SPF and DMARC --------------------------------------------------------- */

static void judge_spf(struct trial *t, const struct copy *copy)
{
    const json_t *spf = json_object_get(copy->json, "spf");
    if (!is_text(spf, "result", "pass"))
        sender_fault(t, copy, "MAIL-2", "SPF", "pass",
                     TEXT(t, "%s of %s", evidence_text(spf, "result"),
                          evidence_text(spf, "domain")));
}

static bool is_aligned(const json_t *dmarc)
{
    return evidence_yes(dmarc, "spf_aligned") ||
           evidence_yes(dmarc, "dkim_aligned");
}

/* By each way to find the organizational domain. Only IDD goes without
 * alignment, and what does not align in the way that the gateway is not set to;
 * a record that cannot be read says nothing. */
static void judge_dmarc(struct trial *t, const struct copy *copy,
                        enum dmarc_discovery by)
{
    bool walked = by == DMARC_DISCOVERY_WALK;
    const json_t *dmarc =
        json_object_get(copy->json, walked ? "dmarc_walk" : "dmarc");
    bool direct = is_senders(copy);
    struct sending sending = {.discovery = by};
    if (direct)
        sending = sending_at(t, copy);
    bool is_idd = strcmp(copy->transport, "idd") == 0;
    bool free = direct && !sending_aligns(&sending, by) &&
                (is_idd || by != sending.discovery);
    bool unread = is_text(dmarc, "result", "temperror");
    bool recorded = !direct || sending.dmarc[by].is_recorded;
    /* Without a record the walk knows no domain above (RFC 9989 4.10.2). */
    bool good = recorded ? is_text(dmarc, "result", "pass")
                         : is_aligned(dmarc) || walked;
    if (!free && !unread && !good)
        sender_fault(t, copy, "MAIL-2",
                     walked ? "DMARC (RFC 9989)" : "DMARC (RFC 7489)",
                     recorded ? "pass" : "an aligned identifier",
                     TEXT(t, "%s of %s", evidence_text(dmarc, "result"),
                          evidence_text(dmarc, "domain")));
}

void judge_sender(struct trial *t, const struct copy *copy)
{
    if (!json_object_get(copy->json, "dkim") ||
        (copy->kind == COPY_KIND_DIRECT && !copy->letter))
        return;
    judge_signatures(t, copy);
    judge_own_signature(t, copy);
    judge_spf(t, copy);
    judge_dmarc(t, copy, DMARC_DISCOVERY_PSL);
    judge_dmarc(t, copy, DMARC_DISCOVERY_WALK);
}

void judge_reverse_path(struct trial *t, const struct copy *copy)
{
    if (copy->letter)
        judge_path(t, copy);
}
