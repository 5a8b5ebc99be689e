#include "peer/dmarc_check.h"

#include <ctype.h>
#include <libpsl.h>
#include <string.h>
#include <strings.h>

#include "peer/dkim_text.h"

enum { WALK_LABELS_MOST = 8 };

/* A record, where one was found. */
struct record {
    enum ask_answer answer;
    const char *domain; /* under whose _dmarc it stood */
    struct dkim_tags tags;
};

struct dmarc {
    struct arena *arena;
    const struct ask *ask;
    enum dmarc_discovery discovery;
};

static const char *value_of(const struct dmarc *d, const struct record *r,
                            const char *tag)
{
    return r->answer == ASK_ANSWER_FOUND
               ? dkim_tag_text(d->arena, &r->tags, tag)
               : "";
}

/* RFC 7489 6.6.3: of several texts those that are DMARC records count; two are
 * none. */
static struct record record_at(const struct dmarc *d, const char *domain)
{
    const char *const *texts;
    const char *name = arena_printf(d->arena, "_dmarc.%s", domain);
    struct record found = {.answer = ASK_ANSWER_NONE, .domain = domain};
    unsigned count = 0;
    enum ask_answer answer =
        d->ask->look_up(d->ask->ctx, d->arena, name, "TXT", &texts);
    if (answer != ASK_ANSWER_FOUND) {
        found.answer = answer;
        return found;
    }
    for (; *texts; texts++) {
        struct dkim_tags tags;
        if (!dkim_tags_read(d->arena, slice_of(*texts), &tags) ||
            !slice_is(tags.tags[0].name, "v") ||
            !slice_is(tags.tags[0].value, "DMARC1"))
            continue;
        found.tags = tags;
        count++;
    }
    found.answer = count == 1 ? ASK_ANSWER_FOUND : ASK_ANSWER_NONE;
    return found;
}

static const char *parent(const char *domain)
{
    const char *dot = strchr(domain, '.');
    return dot ? dot + 1 : NULL;
}

/* -- the organizational domain --------------------------------------------- */

static const char *by_suffix(const struct dmarc *d, const char *domain)
{
    char *lower = NULL;
    if (psl_str_to_utf8lower(domain, NULL, NULL, &lower) != PSL_SUCCESS)
        return domain;
    const char *found = psl_registrable_domain(psl_builtin(), lower);
    const char *copy = arena_strdup(d->arena, found ? found : lower);
    psl_free_string(lower);
    return copy;
}

static unsigned labels(const char *domain)
{
    unsigned n = 1;
    for (; *domain; domain++)
        n += *domain == '.';
    return n;
}

/* RFC 9989 4.10: the domain itself, then what is above it, at most eight names:
 * from eight labels or more the next one has seven. */
static const char *next_step(const char *domain)
{
    do
        domain = parent(domain);
    while (domain && labels(domain) >= WALK_LABELS_MOST);
    return domain;
}

/* RFC 9989 4.10.2: psd=n ends the walk; psd=y says that it is one label below,
 * or the domain itself where the walk begins there; else the record with the
 * fewest labels. */
static const char *by_walk(const struct dmarc *d, const char *domain)
{
    const char *found = NULL, *below = NULL;
    for (const char *at = domain; at; at = next_step(at)) {
        struct record r = record_at(d, at);
        const char *psd = value_of(d, &r, "psd");
        if (strcmp(psd, "n") == 0)
            return at;
        if (strcmp(psd, "y") == 0)
            return below ? below : at;
        if (r.answer == ASK_ANSWER_FOUND)
            found = at;
        below = at;
    }
    return found ? found : domain;
}

static const char *organizational(const struct dmarc *d, const char *domain)
{
    return d->discovery == DMARC_DISCOVERY_WALK ? by_walk(d, domain)
                                                : by_suffix(d, domain);
}

/* -- alignment (RFC 7489 3.1) ---------------------------------------------- */

static bool is_aligned(const struct dmarc *d,
                       const struct dmarc_identifier *one, const char *from,
                       bool is_strict)
{
    if (!one->is_pass || !*one->domain)
        return false;
    if (strcasecmp(one->domain, from) == 0)
        return true;
    return !is_strict && strcasecmp(organizational(d, one->domain),
                                    organizational(d, from)) == 0;
}

/* Of the domain itself, else of the organizational domain; by RFC 9989 4.10.1
 * else of the public suffix above it. */
static struct record find_record(const struct dmarc *d, const char *from,
                                 const char *organization)
{
    struct record r = record_at(d, from);
    if (r.answer == ASK_ANSWER_NONE && strcasecmp(from, organization) != 0)
        r = record_at(d, organization);
    const char *above = parent(organization);
    if (r.answer != ASK_ANSWER_NONE || !above ||
        d->discovery != DMARC_DISCOVERY_WALK)
        return r;
    struct record psd = record_at(d, above);
    return strcmp(value_of(d, &psd, "psd"), "y") == 0 ? psd : r;
}

/* np (RFC 9989 4.7) is about names that do not exist: nobody writes from one.
 */
static const char *policy_of(const struct dmarc *d, const struct record *r,
                             const char *from)
{
    const char *sub = value_of(d, r, "sp");
    bool is_sub = strcasecmp(r->domain, from) != 0;
    const char *policy = is_sub && *sub ? sub : value_of(d, r, "p");
    bool is_tried = d->discovery == DMARC_DISCOVERY_WALK &&
                    strcmp(value_of(d, r, "t"), "y") == 0;
    if (is_tried) /* one step weaker */
        return strcmp(policy, "reject") == 0 ? "quarantine" : "none";
    return policy;
}

static bool is_partial(const struct dmarc *d, const struct record *r)
{
    const char *pct = value_of(d, r, "pct");
    return *pct && strcmp(pct, "100") != 0;
}

static const char *in_lower(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

void dmarc_check(struct arena *arena, const struct ask *ask,
                 enum dmarc_discovery discovery,
                 const struct dmarc_message *message, struct dmarc_verdict *out)
{
    struct dmarc d = {arena, ask, discovery};
    const char *from = in_lower(arena, message->from_domain);
    *out = (struct dmarc_verdict){
        .result = "permerror", .policy = "", .organizational = ""};
    if (!*from)
        return;
    out->organizational = organizational(&d, from);
    struct record r = find_record(&d, from, out->organizational);
    if (r.answer == ASK_ANSWER_FAILED) {
        out->result = "temperror";
        return;
    }
    bool strict_spf = strcmp(value_of(&d, &r, "aspf"), "s") == 0;
    bool strict_dkim = strcmp(value_of(&d, &r, "adkim"), "s") == 0;
    out->is_spf_aligned = is_aligned(&d, &message->spf, from, strict_spf);
    for (size_t i = 0; i < message->dkim_count; i++)
        out->is_dkim_aligned |=
            is_aligned(&d, &message->dkim[i], from, strict_dkim);
    if (r.answer == ASK_ANSWER_NONE) {
        out->result = "none";
        return;
    }
    out->policy = policy_of(&d, &r, from);
    out->is_partial = is_partial(&d, &r);
    out->result = out->is_spf_aligned || out->is_dkim_aligned ? "pass" : "fail";
}
