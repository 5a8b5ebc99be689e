/* What every answer of the portal owes, whoever asks: TLS, headers, cookies,
 * forms, nothing from elsewhere (PORTAL-3), no secret and no Bcc recipient
 * (RIGHT-5, CONV-3, PORTAL-4). */
#include <string.h>
#include <strings.h>

#include "checker/judge_visit.h"

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool has(const char *text, const char *word)
{
    return strcasestr(text, word) != NULL;
}

/* -- one answer ----------------------------------------------------------- */

static void judge_tls(struct trial *t, const struct visit_action *a,
                      const json_t *one)
{
    const char *tls = evidence_text(one, "tls");
    const char *certificate = evidence_text(one, "certificate");
    if (strcmp(tls, "1.2") < 0)
        visit_fault(t, a, "PORTAL-1", "TLS 1.2 or higher",
                    *tls ? tls : evidence_text(one, "failure"));
    if (*certificate)
        visit_fault(t, a, "PORTAL-1", "a certificate for the portal",
                    certificate);
}

static bool has_attribute(const char *cookie, const char *name)
{
    struct slice rest = slice_of(cookie);
    slice_cut(&rest, ';');
    while (rest.n) {
        struct slice one = slice_trim(slice_cut(&rest, ';'));
        if (slice_starts_nocase(one, name))
            return true;
    }
    return false;
}

static void judge_cookies(struct trial *t, const struct visit_action *a,
                          const json_t *one)
{
    static const char *const wanted[] = {"Secure", "HttpOnly", "SameSite="};
    size_t i, k;
    const json_t *field;
    json_array_foreach(evidence_list(one, "headers"), i, field)
    {
        const char *value = evidence_text(field, "value");
        if (strcasecmp(evidence_text(field, "name"), "Set-Cookie") != 0)
            continue;
        for (k = 0; k < 3; k++) {
            if (!has_attribute(value, wanted[k]))
                visit_fault(t, a, "PORTAL-3",
                            TEXT(t, "a cookie with %s", wanted[k]), "without");
        }
        if (has_attribute(value, "SameSite=None"))
            visit_fault(t, a, "PORTAL-3", "a cookie of this site alone",
                        "SameSite=None");
    }
}

/* Some kind of thing may come from somewhere: any source but nothing at all, or
 * what stands in the document itself. */
static bool loads_something(struct trial *t, const char *policy)
{
    struct slice rest = slice_of(policy);
    while (rest.n) {
        struct slice one = slice_trim(slice_cut(&rest, ';'));
        const char *name = arena_text(t->arena, slice_word(&one));
        struct slice source;
        while (strstr(name, "-src") && (source = slice_word(&one)).n) {
            if (!slice_is_nocase(source, "'none'") &&
                !slice_is_nocase(source, "'unsafe-inline'") &&
                !slice_is_nocase(source, "data:"))
                return true;
        }
    }
    return false;
}

/* Scripts from nowhere, and nothing but from the portal itself. */
static void judge_policy(struct trial *t, const struct visit_action *a,
                         const json_t *one, bool framed)
{
    const char *policy = visit_header(one, "Content-Security-Policy");
    bool strict =
        has(policy, "default-src 'none'") && !has(policy, "*") &&
        !has(policy, "unsafe-eval") && !has(policy, "http") &&
        !(has(policy, "script-src") && !has(policy, "script-src 'none'"));
    if (!strict)
        visit_fault(t, a, "PORTAL-3",
                    "a policy with default-src 'none' and no scripts",
                    *policy ? policy : "no Content-Security-Policy");
    if (framed && (!has(policy, "sandbox") || has(policy, "allow-scripts")))
        visit_fault(t, a, "PORTAL-3", "a sandboxed document", policy);
    if (framed && loads_something(t, policy))
        visit_fault(t, a, "PORTAL-3", "a document that can load nothing",
                    policy);
}

/* -- one page ------------------------------------------------------------- */

static bool is_own(const char *link)
{
    return link[0] != '/' ? strcspn(link, ":") == strlen(link) : link[1] != '/';
}

static void judge_loads(struct trial *t, const struct visit_action *a,
                        const struct html_page *page)
{
    static const char *const loading[] = {"script", "link",   "img",   "iframe",
                                          "embed",  "object", "video", "audio",
                                          "source", "base",   NULL};
    for (size_t i = 0; i < page->count; i++) {
        const struct html_element *e = &page->elements[i];
        const char *src = html_attribute(e, "src");
        const char *href = html_attribute(e, "href");
        for (const char *const *name = loading; *name; name++) {
            if (is(e->name, *name) &&
                ((src && !is_own(src)) || (href && !is_own(href))))
                visit_fault(t, a, "PORTAL-3", "nothing from elsewhere",
                            src ? src : href);
        }
        if (is(e->name, "iframe") &&
            (!html_attribute(e, "sandbox") ||
             has(html_attribute(e, "sandbox"), "allow-scripts") ||
             has(html_attribute(e, "sandbox"), "allow-same-origin")))
            visit_fault(t, a, "PORTAL-3", "frames in a sandbox", "one without");
        for (size_t k = 0; k < e->attribute_count; k++) {
            if (strncmp(e->attributes[k].name, "on", 2) == 0)
                visit_fault(t, a, "PORTAL-3", "no script in an attribute",
                            e->attributes[k].name);
        }
    }
}

static void judge_forms(struct trial *t, const struct visit_action *a,
                        const struct html_page *page)
{
    size_t i = 0;
    while ((i = html_find(page, "form", NULL, NULL, i, 0)) < page->count) {
        size_t end = page->elements[i].end;
        size_t csrf = html_find(page, "input", "name", "csrf", i, end);
        const char *value =
            csrf < end ? html_attribute(&page->elements[csrf], "value") : NULL;
        const char *method = html_attribute(&page->elements[i], "method");
        if (method && strcasecmp(method, "post") == 0 &&
            (!value || strlen(value) < 32))
            visit_fault(t, a, "PORTAL-3", "a CSRF token in each form",
                        value ? value : "none");
        i++;
    }
}

/* -- participants (PORTAL-4) ---------------------------------------------- */

static struct claim *claim_of(struct trial *t, const struct visit_action *a)
{
    struct slice token = visit_token(a->link);
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        struct needle n = needle(t->arena, arena_text(t->arena, token));
        if (copy->claim && copy->kind == COPY_KIND_NOTIFICATION && token.n &&
            haystack_holds(&copy->haystack, &n))
            return copy->claim;
    }
    return NULL;
}

static bool lists(const struct html_page *page, const char *address)
{
    size_t i = 0;
    while ((i = html_find(page, NULL, "data-participant", NULL, i, 0)) <
           page->count) {
        if (address_same(html_attribute(&page->elements[i], "data-participant"),
                         address))
            return true;
        i++;
    }
    return false;
}

static void judge_participants(struct trial *t, const struct visit_action *a)
{
    const struct claim *own = claim_of(t, a);
    size_t i = 0;
    if (!own || own->letter->reply || !visit_sees(a, "message"))
        return;
    for (const struct claim *c = own->letter->claims; c; c = c->next) {
        bool should = !own->bcc && !c->bcc;
        if (lists(&a->page, c->address) != should)
            visit_fault(t, a, "PORTAL-4",
                        TEXT(t,
                             should ? "%s among the participants"
                                    : "%s not among the participants",
                             c->address),
                        should ? "not there" : "there");
    }
    while ((i = html_find(&a->page, NULL, "data-participant", NULL, i, 0)) <
           a->page.count) {
        const char *who =
            html_attribute(&a->page.elements[i++], "data-participant");
        if (!letter_claim(own->letter, who) &&
            !address_same(who, own->letter->from))
            visit_fault(t, a, "PORTAL-4",
                        "participants that have an envelope recipient", who);
    }
}

/* By another message, in which both take part openly. */
static bool knows_otherwise(const struct trial *t, const char *who,
                            const char *address)
{
    for (const struct letter *l = t->w.letters; l; l = l->next) {
        const struct claim *c = letter_claim(l, address);
        if (c && !c->bcc && letter_claim(l, who))
            return true;
    }
    return false;
}

static void judge_bcc(struct trial *t, const struct visit_action *a,
                      const struct claim *bcc)
{
    struct haystack in = haystack(t->arena, a->body);
    struct needle n = needle(t->arena, bcc->address);
    struct haystack sent =
        haystack(t->arena,
                 evidence_octets(t->arena, bcc->letter->submission, "content"));
    const struct letter *l = bcc->letter;
    bool own =
        address_same(a->recipient, bcc->address) ||
        knows_otherwise(t, a->recipient, bcc->address) ||
        (a->turn && a->turn->of && address_same(a->turn->of, bcc->address));
    if (!own && haystack_holds_nocase(&in, &n) &&
        !(l->submission && haystack_holds_nocase(&sent, &n)))
        visit_fault(t, a, "CONV-3", "no word of a Bcc recipient", bcc->address);
}

/* -- all of it ------------------------------------------------------------ */

static bool is_html(const json_t *one)
{
    return strncasecmp(visit_header(one, "Content-Type"), "text/html", 9) ==
               0 &&
           strncasecmp(visit_header(one, "Content-Disposition"), "attachment",
                       10) != 0;
}

/* Where the scenario ends the gateway on purpose (KEEP-4). */
static bool expects_nothing(const struct visit_action *a)
{
    const struct node *sees = a->turn ? node_get(a->turn->node, "sees") : NULL;
    return sees && node_is_text(sees, "nothing");
}

static void judge_answer(struct trial *t, const struct visit_action *a,
                         const json_t *one)
{
    judge_tls(t, a, one);
    if (!evidence_number(one, "status", 0)) {
        if (!expects_nothing(a))
            visit_fault(t, a, "PORTAL-1", "an answer",
                        evidence_text(one, "failure"));
        return;
    }
    judge_cookies(t, a, one);
    if (is_html(one) || is(visit_header(one, "Content-Type"), ""))
        judge_policy(t, a, one, visit_sees(a, "html"));
    if (!is(visit_header(one, "X-Content-Type-Options"), "nosniff"))
        visit_fault(t, a, "PORTAL-3", "X-Content-Type-Options: nosniff",
                    visit_header(one, "X-Content-Type-Options"));
}

void judge_pages(struct trial *t, const struct visit_action *all)
{
    size_t i;
    const json_t *one;
    for (const struct visit_action *a = all; a; a = a->next) {
        json_array_foreach(evidence_list(a->json, "exchanges"), i, one)
        {
            judge_answer(t, a, one);
        }
        if (a->is_html && !visit_sees(a, "html")) {
            judge_loads(t, a, &a->page);
            judge_forms(t, a, &a->page);
            judge_participants(t, a);
        }
        for (const struct letter *l = t->w.letters; l; l = l->next) {
            for (const struct claim *c = l->claims; c; c = c->next) {
                if (c->bcc)
                    judge_bcc(t, a, c);
            }
        }
    }
}
