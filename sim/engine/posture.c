#include "engine/posture.h"

#include <stdlib.h>
#include <string.h>

#include "engine/read.h"
#include "engine/words.h"

static void bad_at(struct reading *r, struct place place, const char *text)
{
    diagnostics_add(r->list, place, "%s", text);
    r->bad = true;
}

static struct posture_host *copy_hosts(struct arena *arena,
                                       const struct posture_host *from)
{
    struct posture_host *first = NULL, **end = &first;
    for (; from; from = from->next) {
        *end = ARENA_NEW(arena, struct posture_host);
        **end = *from;
        (*end)->next = NULL;
        end = &(*end)->next;
    }
    return first;
}

static struct posture *copy_posture(struct arena *arena,
                                    const struct posture *from)
{
    struct posture *copy = ARENA_NEW(arena, struct posture);
    *copy = *from;
    copy->hosts = copy_hosts(arena, from->hosts);
    return copy;
}

struct posture *posture_at(struct arena *arena, const struct posture *posture,
                           const char *domain)
{
    struct posture *copy = copy_posture(arena, posture);
    for (struct posture_host *h = copy->hosts; h; h = h->next)
        h->name = posture->mx == POSTURE_MX_IMPLICIT
                      ? domain
                      : arena_printf(arena, "%s.%s", h->label, domain);
    return copy;
}

/* What a description starts from: everything good. */
static struct posture *plain_posture(struct arena *arena, struct place place)
{
    struct posture *p = ARENA_NEW(arena, struct posture);
    p->place = place;
    p->reaches = "pkix";
    p->hosts = ARENA_NEW(arena, struct posture_host);
    *p->hosts = (struct posture_host){.label = "mx",
                                      .preference = 10,
                                      .reachable = true,
                                      .tls_min = "1.2",
                                      .tls_max = "1.3",
                                      .reaches = "pkix"};
    return p;
}

static void apply_tls(struct posture_host *h, const struct node *tls)
{
    const struct node *versions = node_get(tls, "versions");
    if (versions && versions->kind == NODE_KIND_TEXT)
        h->tls_min = h->tls_max = versions->text;
    for (const struct node *v = versions ? versions->first : NULL; v;
         v = v->next) {
        if (v == versions->first)
            h->tls_min = v->text;
        h->tls_max = v->text;
    }
    const char *certificate = node_text(tls, "certificate", NULL);
    if (certificate)
        h->certificate = (enum posture_certificate)words_index(
            words_certificate, certificate);
}

static void apply_replies(struct arena *arena, struct posture_host *h,
                          const struct node *replies)
{
    for (const struct node *n = replies ? replies->first : NULL; n;
         n = n->next) {
        struct posture_reply *reply = ARENA_NEW(arena, struct posture_reply);
        *reply = (struct posture_reply){
            .command = n->key, .reply = n->text, .next = h->replies};
        h->replies = reply;
    }
}

static void apply_smtp(struct arena *arena, struct posture_host *h,
                       const struct node *smtp)
{
    const char *starttls = node_text(smtp, "starttls", NULL);
    if (starttls)
        h->starttls =
            (enum posture_starttls)words_index(words_starttls, starttls);
    const char *connect = node_text(smtp, "connect", NULL);
    if (connect)
        h->reachable = strcmp(connect, "accepted") == 0;
    apply_replies(arena, h, node_get(smtp, "replies"));
}

static void apply_dns(struct posture *p, const struct node *dns)
{
    const char *mx = node_text(dns, "mx", NULL);
    if (mx)
        p->mx = (enum posture_mx)words_index(words_mx, mx);
    const char *answer = node_text(dns, "answer", NULL);
    if (answer)
        p->dns = (enum posture_dns)words_index(words_dns_answer, answer);
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
    return strcmp(reaches, "none") == 0 || strcmp(reaches, "tls") == 0;
}

static void check_why(struct reading *r, const struct node *map)
{
    const struct node *why = node_get(map, "why");
    const char *const *words = r->fixtures ? fixtures_why(r->fixtures) : NULL;
    if (!why || !words || !words[0] || words[words_index(words, why->text)])
        return;
    diagnostics_add_near(r->list, why->place, why->text, words,
                         "`%s` is no word of fixtures/words/why.yaml",
                         why->text);
    r->bad = true;
}

/* The keys that change what a gateway reaches there. */
static bool changes_reach(const struct node *map)
{
    const struct node *smtp = node_get(map, "smtp");
    const struct node *replies = node_get(smtp, "replies");
    return node_get(map, "tls") || node_get(map, "dns") ||
           node_get(smtp, "starttls") || node_get(smtp, "connect") ||
           node_get(replies, "connect") || node_get(replies, "ehlo") ||
           node_get(replies, "starttls");
}

/* What the map says about reaching, into p; or it must say it. */
static void apply_reaches(struct reading *r, struct posture *p,
                          const struct node *map, bool in_scenario)
{
    const char *reaches = node_text(map, "reaches", NULL);
    check_why(r, map);
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
    apply_dns(p, node_get(map, "dns"));
    for (struct posture_host *h = p->hosts; h; h = h->next) {
        h->posture = name ? name : base ? base->text : NULL;
        apply_tls(h, node_get(map, "tls"));
        apply_smtp(r->arena, h, node_get(map, "smtp"));
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
    if (!p->hosts || p->hosts->next || p->mx != POSTURE_MX_HOSTS ||
        p->dns != POSTURE_DNS_SECURE) {
        bad_at(r, entry->place, "a posture of one host alone can stand here");
        return NULL;
    }
    struct posture_host *h = copy_hosts(r->arena, p->hosts);
    return split_mx(r, entry, h) ? h : NULL;
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

static void insert_by_preference(struct posture_host **at,
                                 struct posture_host *host)
{
    while (*at && (*at)->preference <= host->preference)
        at = &(*at)->next;
    host->next = *at;
    *at = host;
}

static struct posture *read_several(struct reading *r, const struct node *map,
                                    const char *name)
{
    struct posture *p = ARENA_NEW(r->arena, struct posture);
    p->place = map->place;
    p->name = name;
    p->says = node_text(map, "says", NULL);
    for (const struct node *n = node_get(map, "mx")->first; n; n = n->next) {
        struct posture_host *h = read_mx(r, n);
        if (!h)
            return NULL;
        insert_by_preference(&p->hosts, h);
    }
    if (!p->hosts) {
        bad_at(r, map->place, "`mx` holds no host");
        return NULL;
    }
    combine(r->arena, p);
    return p;
}

struct posture *read_posture(struct reading *r, const struct node *map,
                             const char *name, bool in_scenario)
{
    if (node_get(map, "mx"))
        return read_several(r, map, name);
    return read_single(r, map, name, in_scenario);
}

const struct posture *read_domain_posture(struct reading *r,
                                          const struct node *node,
                                          const char *domain)
{
    const struct posture *p = node->kind == NODE_KIND_TEXT
                                  ? named_posture(r, node)
                                  : read_posture(r, node, NULL, true);
    return p ? posture_at(r->arena, p, domain) : NULL;
}
