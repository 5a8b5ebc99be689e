/* What the words of an organization stand for. */
#include <string.h>

#include "engine/fixtures.h"
#include "engine/words.h"

bool organization_meets_nta(const struct organization *organization)
{
    static const char *const met[] = {
        "yes",        "spf-soft",         "no-dmarc", "dmarc-none",
        "dmarc-half", "dmarc-quarantine", NULL};
    static const char *const spf[] = {"good", "soft", NULL};
    const struct sending_dns_words *dns = &organization->dns;
    return met[words_index(met, organization->nta)] &&
           spf[words_index(spf, dns->spf)] && strcmp(dns->dkim, "good") == 0;
}

/* What a word stands for; NULL: it is no word of these. */
struct meaning {
    const char *word, *text;
};

static const char *meaning_of(const struct meaning *all, const char *word)
{
    while (all->word && strcmp(all->word, word) != 0)
        all++;
    return all->text;
}

const char *organization_dmarc(const struct organization *organization)
{
    static const struct meaning by_dns[] = {
        {"none", "none"},
        {"servfail", "servfail"},
        {"p-none", "v=DMARC1; p=none"},
        {"strict", "v=DMARC1; p=reject; adkim=s; aspf=s"},
        {NULL, NULL}};
    static const struct meaning by_nta[] = {
        {"no-dmarc", "none"},
        {"dmarc-none", "v=DMARC1; p=none"},
        {"dmarc-half", "v=DMARC1; p=reject; pct=50"},
        {"dmarc-quarantine", "v=DMARC1; p=quarantine"},
        {NULL, NULL}};
    const char *text = meaning_of(by_dns, organization->dns.dmarc);
    if (!text)
        text = meaning_of(by_nta, organization->nta);
    return text ? text : "v=DMARC1; p=reject; adkim=r; aspf=r";
}
