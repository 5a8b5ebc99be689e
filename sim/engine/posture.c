#include "engine/posture.h"

#include <stdlib.h>
#include <string.h>

#include "engine/posture_host.h"
#include "engine/posture_sts.h"
#include "engine/read.h"
#include "engine/words.h"

static void bad_at(struct reading *r, struct place place, const char *text)
{
    diagnostics_add(r->list, place, "%s", text);
    r->bad = true;
}

static struct posture *copy_posture(struct arena *arena,
                                    const struct posture *from)
{
    struct posture *copy = ARENA_NEW(arena, struct posture);
    *copy = *from;
    copy->hosts = posture_hosts_copy(arena, from->hosts);
    copy->nta_hosts = posture_hosts_copy(arena, from->nta_hosts);
    return copy;
}

static void name_hosts(struct arena *arena, const struct posture *posture,
                       struct posture_host *hosts, const char *domain)
{
    bool apart = posture->host_zone != POSTURE_HOST_ZONE_SAME;
    for (struct posture_host *h = hosts; h; h = h->next) {
        h->name = posture->mx == POSTURE_MX_IMPLICIT
                      ? domain
                      : arena_printf(arena, "%s.%s%s", h->label,
                                     apart ? POSTURE_ZONE_PREFIX : "", domain);
        if (!h->later)
            continue;
        struct posture_host *later = ARENA_NEW(arena, struct posture_host);
        *later = *h->later;
        later->name = h->name;
        h->later = later;
    }
}

struct posture *posture_at(struct arena *arena, const struct posture *posture,
                           const char *domain)
{
    struct posture *copy = copy_posture(arena, posture);
    name_hosts(arena, posture, copy->hosts, domain);
    name_hosts(arena, posture, copy->nta_hosts, domain);
    return copy;
}

/* What a description starts from: everything good. */
static struct posture *plain_posture(struct arena *arena, struct place place)
{
    struct posture *p = ARENA_NEW(arena, struct posture);
    p->place = place;
    p->reaches = "pkix";
    p->nta = "unmet";
    p->hosts = ARENA_NEW(arena, struct posture_host);
    *p->hosts = (struct posture_host){.label = "mx",
                                      .preference = 10,
                                      .reachable = true,
                                      .tls_min = "1.2",
                                      .tls_max = "1.3",
                                      .reaches = "pkix"};
    return p;
}

static void apply_dns(struct arena *arena, struct posture *p,
                      const struct node *dns)
{
    const char *mx = node_text(dns, "mx", NULL);
    if (mx)
        p->mx = (enum posture_mx)words_index(words_mx, mx);
    const char *answer = node_text(dns, "answer", NULL);
    if (answer)
        p->dns = (enum posture_dns)words_index(words_dns_answer, answer);
    const char *zone = node_text(dns, "host-zone", NULL);
    if (zone)
        p->host_zone =
            (enum posture_host_zone)words_index(words_host_zone, zone);
    if (node_get(dns, "txt"))
        p->txt = read_texts(arena, node_get(dns, "txt")).texts;
    const struct node *faults = node_get(dns, "faults");
    p->mx_fault = node_text(faults, "mx", p->mx_fault);
    p->txt_fault = node_text(faults, "txt", p->txt_fault);
}

static const char *usual_why(const char *reaches)
{
    static const struct {
        const char *reaches, *why;
    } usual[] = {{"unreachable", "no connection"},
                 {"look-up-fails", "look-up failed"},
                 {"barred", "barred"},
                 {"refused", "refused by the server"}};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strcmp(usual[i].reaches, reaches) == 0)
            return usual[i].why;
    return NULL;
}

static bool needs_why(const char *reaches)
{
    return strcmp(reaches, "none") == 0 || strcmp(reaches, "tls") == 0 ||
           strcmp(reaches, "dane-only") == 0;
}

static void check_why(struct reading *r, const struct node *why)
{
    const char *const *words = r->fixtures ? fixtures_why(r->fixtures) : NULL;
    if (!why || !words || !words[0] || words[words_index(words, why->text)])
        return;
    diagnostics_add_near(r->list, why->place, why->text, words,
                         "`%s` is no word of fixtures/words/why.yaml",
                         why->text);
    r->bad = true;
}

/* What the sending side of NTA 7516 finds there. */
static void apply_nta(struct reading *r, struct posture *p,
                      const struct node *map)
{
    check_why(r, node_get(map, "nta-why"));
    p->nta = node_text(map, "nta", p->nta);
    p->nta_why = node_text(map, "nta-why", p->nta_why);
}

/* The keys that change what a gateway reaches there. */
static bool changes_reach(const struct node *map)
{
    const struct node *smtp = node_get(map, "smtp");
    const struct node *replies = node_get(smtp, "replies");
    return node_get(map, "tls") || node_get(map, "dns") ||
           node_get(map, "sts") || node_get(map, "later") ||
           node_get(smtp, "starttls") || node_get(smtp, "connect") ||
           node_get(replies, "connect") || node_get(replies, "ehlo") ||
           node_get(replies, "starttls");
}

/* What the map says about reaching, into p; or it must say it. */
static void apply_reaches(struct reading *r, struct posture *p,
                          const struct node *map, bool in_scenario)
{
    const char *reaches = node_text(map, "reaches", NULL);
    check_why(r, node_get(map, "why"));
    if (!reaches) {
        if (!in_scenario || changes_reach(map))
            bad_at(r, map->place,
                   "`reaches` is missing: say what a gateway can reach there");
        return;
    }
    p->reaches = reaches;
    p->why = node_text(map, "why", usual_why(reaches));
    if (needs_why(reaches) && !p->why)
        bad_at(r, map->place, "`why` is missing: say why it is less than pkix");
    for (struct posture_host *h = p->hosts; h; h = h->next) {
        h->reaches = reaches;
        h->why = p->why;
    }
}

static const struct posture *named_posture(struct reading *r,
                                           const struct node *name)
{
    const struct posture *p = fixtures_posture(r->fixtures, name->text);
    if (p)
        return p;
    diagnostics_add_near(r->list, name->place, name->text,
                         fixtures_postures(r->fixtures),
                         "no posture `%s` in fixtures/postures", name->text);
    r->bad = true;
    return NULL;
}

/* What the host is from its second connection on. */
static void apply_later(struct reading *r, struct posture_host *h,
                        const struct node *map)
{
    const struct node *later = node_get(map, "later");
    const struct posture *p = later ? named_posture(r, later) : NULL;
    if (p && (!p->hosts || p->hosts->next))
        bad_at(r, later->place, "a posture of one host alone can stand here");
    else if (p)
        h->later = p->hosts;
}

static struct posture *read_single(struct reading *r, const struct node *map,
                                   const char *name, bool in_scenario)
{
    const struct node *base = node_get(map, "posture");
    const struct posture *from = base ? named_posture(r, base) : NULL;
    if (base && !from)
        return NULL;
    struct posture *p = from ? copy_posture(r->arena, from)
                             : plain_posture(r->arena, map->place);
    p->place = map->place;
    p->name = name;
    p->says = node_text(map, "says", p->says);
    apply_dns(r->arena, p, node_get(map, "dns"));
    for (struct posture_host *h = p->hosts; h; h = h->next) {
        h->posture = name ? name : base ? base->text : NULL;
        posture_host_apply(r->arena, h, map);
        apply_later(r, h, map);
    }
    apply_reaches(r, p, map, in_scenario);
    return p;
}

/* "10 mx1" */
static bool split_mx(struct reading *r, const struct node *entry,
                     struct posture_host *h)
{
    struct slice rest = slice_of(entry->key);
    unsigned long preference;
    struct slice first = slice_word(&rest), label = slice_word(&rest);
    if (!slice_number(first, 65535, &preference) || !label.n ||
        slice_word(&rest).n) {
        bad_at(r, entry->key_place,
               "expected a preference and a label, such as 10 mx1");
        return false;
    }
    h->preference = (unsigned)preference;
    h->label = arena_text(r->arena, label);
    return true;
}

/* Nothing in it is about the domain. */
static bool is_one_host(const struct posture *p)
{
    return p->hosts && !p->hosts->next && p->mx == POSTURE_MX_HOSTS &&
           p->dns == POSTURE_DNS_SECURE && !p->mx_fault && !p->txt_fault &&
           !p->sts && !p->txt && p->host_zone == POSTURE_HOST_ZONE_SAME;
}

static struct posture_host *read_mx(struct reading *r, const struct node *map)
{
    const struct node *entry = node_single(map);
    if (!entry) {
        bad_at(r, map->place, "expected one host: {10 mx1: posture}");
        return NULL;
    }
    const struct posture *p = entry->kind == NODE_KIND_TEXT
                                  ? named_posture(r, entry)
                                  : read_single(r, entry, NULL, true);
    if (!p)
        return NULL;
    if (!is_one_host(p)) {
        bad_at(r, entry->place, "a posture of one host alone can stand here");
        return NULL;
    }
    struct posture_host *h = posture_hosts_copy(r->arena, p->hosts);
    return split_mx(r, entry, h) ? h : NULL;
}

static void insert_by_preference(struct posture_host **at,
                                 struct posture_host *host)
{
    while (*at && (*at)->preference <= host->preference)
        at = &(*at)->next;
    host->next = *at;
    *at = host;
}

/* A list of hosts in order of preference; NULL when one is wrong. */
static struct posture_host *read_hosts(struct reading *r,
                                       const struct node *list)
{
    struct posture_host *first = NULL;
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        struct posture_host *h = read_mx(r, n);
        if (!h)
            return NULL;
        insert_by_preference(&first, h);
    }
    if (list && !first)
        bad_at(r, list->place, "no host stands here");
    return first;
}

static unsigned rank(const char *reaches)
{
    static const char *const order[] = {"none",      "tls",  "pkix",
                                        "dane-only", "dane", NULL};
    unsigned i = words_index(order, reaches);
    return order[i] ? i + 1 : 0;
}

/* The axis value and the word of several hosts together. */
static void combine(struct arena *arena, struct posture *p)
{
    const struct posture_host *best = NULL;
    bool unreachable = false, barred = false;
    for (const struct posture_host *h = p->hosts; h; h = h->next) {
        if (rank(h->reaches) > (best ? rank(best->reaches) : 0))
            best = h;
        unreachable |= strcmp(h->reaches, "unreachable") == 0;
        barred |= strcmp(h->reaches, "barred") == 0 ||
                  strcmp(h->reaches, "look-up-fails") == 0;
    }
    const char *unknown = barred ? "barred" : unreachable ? "unreachable" : "";
    if (!best)
        p->reaches = *unknown ? unknown : "refused";
    else
        p->reaches = arena_printf(arena, "%s%s%s", best->reaches,
                                  *unknown ? "+" : "", unknown);
    p->why = best ? best->why : usual_why(p->reaches);
}

static void check_several(struct reading *r, const struct node *map)
{
    static const char *const keys[] = {"posture", "tls", "smtp", "later"};
    static const char *const names[] = {"mx", "tlsa", "host-zone"};
    const struct node *dns = node_get(map, "dns"), *met = NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !met; i++)
        met = node_get(map, keys[i]);
    for (size_t i = 0; i < sizeof names / sizeof *names && !met; i++)
        met = node_get(dns, names[i]);
    if (met)
        bad_at(r, met->key_place, "beside `mx` this belongs to one host of it");
}

static struct posture *read_several(struct reading *r, const struct node *map,
                                    const char *name)
{
    struct posture *p = ARENA_NEW(r->arena, struct posture);
    p->place = map->place;
    p->name = name;
    p->nta = "unmet";
    p->says = node_text(map, "says", NULL);
    check_several(r, map);
    p->hosts = read_hosts(r, node_get(map, "mx"));
    if (!p->hosts)
        return NULL;
    combine(r->arena, p);
    apply_dns(r->arena, p, node_get(map, "dns"));
    p->reaches = node_text(map, "reaches", p->reaches);
    check_why(r, node_get(map, "why"));
    p->why = node_text(map, "why", p->why);
    return p;
}

struct posture *read_posture(struct reading *r, const struct node *map,
                             const char *name, bool in_scenario)
{
    struct posture *p = node_get(map, "mx")
                            ? read_several(r, map, name)
                            : read_single(r, map, name, in_scenario);
    if (!p)
        return NULL;
    if (strcmp(p->nta, "unmet") != 0 && changes_reach(map) &&
        !node_get(map, "nta"))
        bad_at(r, map->place, "`nta` is missing: is NTA 7516 still met there?");
    apply_nta(r, p, map);
    if (node_get(map, "sts"))
        p->sts = posture_sts_read(r->arena, node_get(map, "sts"), p->sts);
    if (node_get(map, "nta-mx"))
        p->nta_hosts = read_hosts(r, node_get(map, "nta-mx"));
    return p;
}

const struct posture *read_domain_posture(struct reading *r,
                                          const struct node *node,
                                          const char *domain)
{
    const struct posture *p = node->kind == NODE_KIND_TEXT
                                  ? named_posture(r, node)
                                  : read_posture(r, node, NULL, true);
    /* What is wrong is said: whoever names the domain is not told once more. */
    return posture_at(r->arena, p ? p : plain_posture(r->arena, node->place),
                      domain);
}
