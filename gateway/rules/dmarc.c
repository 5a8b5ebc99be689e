#include "rules/dmarc.h"

#include <libpsl.h>
#include <string.h>

#include "address/taglist.h"

enum { PCT_ALL = 100, LABELS_MAX = 8 };

struct dmarc {
    struct arena *arena;
    const char *domain;
    const char *organizational; /* by the list, or as the walk found it */
    const char *question;
    bool is_above; /* another domain is being asked */
    bool is_whole; /* the walk goes past a record at the domain itself */
    enum dmarc_discovery discovery;
    const char *target;    /* of the walk: the domain being asked */
    const char *candidate; /* of the walk: the last with a record */
    struct dmarc_policy policy;
};

/* dmarc-version = "v" *WSP "=" *WSP %x44 %x4d %x41 %x52 %x43 %x31 */
bool dmarc_record_is(struct slice text)
{
    struct slice first = slice_cut(&text, ';');
    struct slice name = slice_trim(slice_cut(&first, '='));
    return slice_is(name, "v") && slice_is(slice_trim(first), "DMARC1");
}

static bool parse_request(struct slice text, enum dmarc_request *out)
{
    static const char *const words[] = {"none", "quarantine", "reject"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_is_nocase(text, words[i])) {
            *out = (enum dmarc_request)i;
            return true;
        }
    }
    return false;
}

bool dmarc_record_parse(struct slice text, struct dmarc_record *out)
{
    struct taglist list;
    struct slice value;
    unsigned long pct;
    *out = (struct dmarc_record){.pct = PCT_ALL};
    if (!dmarc_record_is(text) || !taglist_parse(text, &list) ||
        list.count < 2 || !slice_is(list.tags[1].name, "p") ||
        !parse_request(list.tags[1].value, &out->p))
        return false;
    out->sp = out->p;
    if (taglist_find(&list, "sp", &value) && !parse_request(value, &out->sp))
        return false;
    if (taglist_find(&list, "pct", &value) &&
        slice_number(value, PCT_ALL, &pct))
        out->pct = (unsigned)pct;
    out->is_test =
        taglist_find(&list, "t", &value) && slice_is_nocase(value, "y");
    out->psd = 'u';
    if (taglist_find(&list, "psd", &value) &&
        (slice_is_nocase(value, "y") || slice_is_nocase(value, "n")))
        out->psd = (char)(value.p[0] | 0x20);
    out->spf_strict =
        taglist_find(&list, "aspf", &value) && slice_is_nocase(value, "s");
    return true;
}

const char *dmarc_organizational_domain(struct arena *arena, const char *domain)
{
    const psl_ctx_t *psl = psl_builtin();
    const char *found = psl ? psl_registrable_domain(psl, domain) : NULL;
    return arena_strdup(arena, found ? found : domain);
}

struct dmarc *dmarc_create(struct arena *arena, const char *domain,
                           enum dmarc_discovery discovery)
{
    struct dmarc *dmarc = ARENA_NEW(arena, struct dmarc);
    dmarc->arena = arena;
    dmarc->domain = arena_strdup(arena, domain);
    dmarc->discovery = discovery;
    dmarc->target = dmarc->domain;
    dmarc->organizational = discovery == DMARC_RFC7489
                                ? dmarc_organizational_domain(arena, domain)
                                : dmarc->domain;
    dmarc->question = arena_printf(arena, "_dmarc.%s", domain);
    return dmarc;
}

struct dmarc *dmarc_create_walk(struct arena *arena, const char *domain)
{
    struct dmarc *dmarc = dmarc_create(arena, domain, DMARC_RFC9989);
    dmarc->is_whole = true;
    return dmarc;
}

const char *dmarc_organization(const struct dmarc *dmarc)
{
    return dmarc->organizational;
}

const char *dmarc_question(const struct dmarc *dmarc)
{
    return dmarc->question;
}

/* RFC 9989 4.7: with t=y a policy is applied one step weaker. */
static enum dmarc_request request_of(const struct dmarc *dmarc,
                                     const struct dmarc_record *record)
{
    enum dmarc_request request = dmarc->is_above ? record->sp : record->p;
    bool is_weaker = dmarc->discovery == DMARC_RFC9989 && record->is_test;
    return is_weaker && request != DMARC_NONE ? request - 1 : request;
}

static void take_record(struct dmarc *dmarc, struct slice text)
{
    struct dmarc_record record;
    dmarc->policy = (struct dmarc_policy){0};
    if (!dmarc_record_parse(text, &record))
        return;
    dmarc->policy = (struct dmarc_policy){.is_published = true,
                                          .request = request_of(dmarc, &record),

                                          .pct = record.pct,
                                          .spf_strict = record.spf_strict};
}

static size_t labels_of(const char *domain)
{
    size_t count = 1;
    for (; *domain; domain++)
        count += *domain == '.';
    return count;
}

static const char *below_first_label(const char *domain)
{
    const char *dot = strchr(domain, '.');
    return dot ? dot + 1 : NULL;
}

/* One label less; of a long name all but seven at once. NULL: the root. */
static const char *next_target(const char *domain)
{
    bool is_long = labels_of(domain) >= LABELS_MAX;
    domain = below_first_label(domain);
    while (is_long && labels_of(domain) >= LABELS_MAX)
        domain = below_first_label(domain);
    return domain;
}

static char psd_of(struct slice text)
{
    struct dmarc_record record;
    return dmarc_record_parse(text, &record) ? record.psd : 'u';
}

/* Of domain, which lies below target: its name with one label more. */
static const char *label_below(const char *domain, const char *target)
{
    const char *p = domain + strlen(domain) - strlen(target) - 1;
    while (p > domain && p[-1] != '.')
        p--;
    return p;
}

/* RFC 9989 4.10.2: who is told by psd=n, or lies right below psd=y, is the
 * organizational domain; without either the highest that has a record. The
 * psd=y of the domain that the walk starts from does not count. Where the
 * organizational domain has no record, the public suffix's own counts. Returns
 * whether the walk is over. */
static bool walk_takes(struct dmarc *dmarc, struct slice text)
{
    char psd = psd_of(text);
    dmarc->organizational = dmarc->target;
    if (psd == 'y' && dmarc->is_above) {
        dmarc->organizational = label_below(dmarc->domain, dmarc->target);
        if (dmarc->candidate &&
            strcmp(dmarc->candidate, dmarc->organizational) == 0)
            return true;
    }
    take_record(dmarc, text);
    dmarc->candidate = dmarc->target;
    return psd != 'u' || !(dmarc->is_above || dmarc->is_whole);
}

static void walk(struct dmarc *dmarc, const struct slice *found)
{
    if (found && walk_takes(dmarc, *found))
        return;
    dmarc->is_above = true;
    dmarc->target = next_target(dmarc->target);
    if (dmarc->target)
        dmarc->question =
            arena_printf(dmarc->arena, "_dmarc.%s", dmarc->target);
}

void dmarc_answer(struct dmarc *dmarc, const struct slice *texts, size_t count)
{
    const struct slice *found = NULL;
    size_t records = 0;
    for (size_t i = 0; i < count; i++) {
        if (dmarc_record_is(texts[i])) {
            found = &texts[i];
            records++;
        }
    }
    dmarc->question = NULL;
    if (dmarc->discovery == DMARC_RFC9989) {
        walk(dmarc, records == 1 ? found : NULL);
        return;
    }
    if (records == 1)
        take_record(dmarc, *found);
    if (records || dmarc->is_above ||
        strcmp(dmarc->organizational, dmarc->domain) == 0)
        return;
    dmarc->is_above = true;
    dmarc->question =
        arena_printf(dmarc->arena, "_dmarc.%s", dmarc->organizational);
}

struct dmarc_policy dmarc_policy(const struct dmarc *dmarc)
{
    return dmarc->policy;
}

bool dmarc_is_strict(const struct dmarc_policy *policy)
{
    return policy->is_published && policy->request != DMARC_NONE &&
           policy->pct == PCT_ALL;
}
