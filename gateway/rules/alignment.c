#include "rules/alignment.h"

#include <string.h>

struct alignment {
    struct arena *arena;
    const char *domain;
    const char *path;
    enum dmarc_discovery discovery;
    struct dmarc *asking; /* the policy, then either walk; NULL: all is said */
    enum { OF_POLICY, OF_DOMAIN, OF_PATH } stage;
    const char *organization; /* of domain, as its walk found it */
    bool is_apart;
};

static void take_policy(struct alignment *a)
{
    struct dmarc_policy policy = dmarc_policy(a->asking);
    a->asking = NULL;
    if (!policy.is_published)
        return;
    if (policy.spf_strict)
        a->is_apart = strcmp(a->domain, a->path) != 0;
    else if (a->discovery == DMARC_RFC7489)
        a->is_apart =
            strcmp(dmarc_organizational_domain(a->arena, a->domain),
                   dmarc_organizational_domain(a->arena, a->path)) != 0;
    else
        a->asking = dmarc_create_walk(a->arena, a->domain);
    a->stage = OF_DOMAIN;
}

static void take_answer(struct alignment *a)
{
    switch (a->stage) {
    case OF_POLICY:
        take_policy(a);
        return;
    case OF_DOMAIN:
        a->organization = dmarc_organization(a->asking);
        a->asking = dmarc_create_walk(a->arena, a->path);
        a->stage = OF_PATH;
        return;
    case OF_PATH:
        a->is_apart = strcmp(a->organization, dmarc_organization(a->asking));
        a->asking = NULL;
        return;
    }
}

struct alignment *alignment_create(struct arena *arena, const char *domain,
                                   const char *path,
                                   enum dmarc_discovery discovery)
{
    struct alignment *a = ARENA_NEW(arena, struct alignment);
    *a = (struct alignment){.arena = arena,
                            .domain = arena_strdup(arena, domain),
                            .path = arena_strdup(arena, path),
                            .discovery = discovery,
                            .asking = dmarc_create(arena, domain, discovery)};
    return a;
}

const char *alignment_question(const struct alignment *a)
{
    return a->asking ? dmarc_question(a->asking) : NULL;
}

void alignment_answer(struct alignment *a, const struct slice *texts,
                      size_t count)
{
    dmarc_answer(a->asking, texts, count);
    if (!dmarc_question(a->asking))
        take_answer(a);
}

bool alignment_is_apart(const struct alignment *a)
{
    return a->is_apart;
}
