#include "rules/dmarc.h"

#include <libpsl.h>
#include <string.h>

#include "address/taglist.h"

enum { PCT_ALL = 100 };

struct dmarc {
    struct arena *arena;
    const char *domain;
    const char *organizational;
    const char *question;
    bool is_above; /* the organizational domain is being asked */
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

struct dmarc *dmarc_create(struct arena *arena, const char *domain)
{
    struct dmarc *dmarc = ARENA_NEW(arena, struct dmarc);
    dmarc->arena = arena;
    dmarc->domain = arena_strdup(arena, domain);
    dmarc->organizational = dmarc_organizational_domain(arena, domain);
    dmarc->question = arena_printf(arena, "_dmarc.%s", domain);
    return dmarc;
}

const char *dmarc_question(const struct dmarc *dmarc)
{
    return dmarc->question;
}

static void take_record(struct dmarc *dmarc, struct slice text)
{
    struct dmarc_record record;
    if (!dmarc_record_parse(text, &record))
        return;
    dmarc->policy =
        (struct dmarc_policy){.is_published = true,
                              .request = dmarc->is_above ? record.sp : record.p,

                              .pct = record.pct,
                              .spf_strict = record.spf_strict};
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
