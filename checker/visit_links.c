#include "checker/visit_links.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/visit_mail.h"

int64_t portal_setting(const struct portal_model *m,
                       const struct visit_action *a, const char *name,
                       int64_t otherwise)
{
    const char *text =
        world_setting(witness_world(&m->t->w, a->step), name, NULL);
    return text ? strtoll(text, NULL, 10) : otherwise;
}

/* -- links ---------------------------------------------------------------- */

/* The received message that holds a link, and that was for its recipient. */
static const struct copy *copy_with(struct portal_model *m, const char *prefix,
                                    struct slice token)
{
    struct trial *t = m->t;
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        const char *text = visit_mail_text(t->arena, copy->mail.octets), *link;
        for (unsigned n = 1;
             copy->claim && (link = visit_mail_link(t->arena, text, prefix, n));
             n++) {
            if (slice_eq(visit_token(link), token))
                return copy;
        }
    }
    return NULL;
}

struct portal_link *portal_link(struct portal_model *m, const char *path)
{
    struct slice token = visit_token(path);
    const char *prefix = path[0] && path[1] == 'd' ? "/d/" : "/m/";
    if (!token.n)
        return NULL;
    for (struct portal_link *l = m->links; l; l = l->next) {
        if (slice_eq(l->token, token))
            return l;
    }
    const struct copy *copy = copy_with(m, prefix, token);
    if (!copy)
        return NULL;
    struct portal_link *l = ARENA_NEW(m->t->arena, struct portal_link);
    *l = (struct portal_link){.token = token,
                              .kind = *prefix == '/' ? prefix + 1 : "",
                              .claim = copy->claim,
                              .next = m->links};
    m->links = l;
    return l;
}

/* -- what is asked for ---------------------------------------------------- */

static const char *method_of(const struct portal_model *m,
                             const struct portal_link *l)
{
    return evidence_text(witness_event(&m->t->w, l->claim, "outcome", STEP_END),
                         "method");
}

/* The last word of the recipient's zivver-access-right; *kind: sms or
 * access-code; NULL: he has none. */
static const char *right_of(struct portal_model *m, const struct claim *claim,
                            const char **kind)
{
    struct arena *arena = m->t->arena;
    const struct mail_field *f;
    for (size_t i = 0;
         (f = mail_field(&claim->letter->mail, "zivver-access-right", i));
         i++) {
        struct slice rest = f->value;
        struct slice who = slice_word(&rest), how = slice_word(&rest);
        struct slice what = slice_word(&rest);
        if (who.n > 2 && who.p[0] == '<')
            who = (struct slice){who.p + 1, who.n - 2};
        if (!slice_is_nocase(who, claim->address) || !what.n)
            continue;
        *kind = slice_is_nocase(how, "sms") ? "sms" : "access-code";
        return arena_text(arena, what);
    }
    return NULL;
}

const char *portal_way(struct portal_model *m, const struct portal_link *link)
{
    const char *method = method_of(m, link), *kind = "email";
    if (link->kind[0] == 'd')
        return "email";
    if (strcmp(method, "account") == 0)
        return "account";
    if (strcmp(method, "shared-sms") == 0)
        return "sms";
    if (strcmp(method, "shared-access-code") == 0)
        return "access-code";
    if (strcmp(method, "access-right") == 0)
        right_of(m, link->claim, &kind);
    return kind;
}

static const struct organization *owner(const struct portal_model *m,
                                        const struct claim *claim)
{
    const struct letter *l = claim->letter;
    const char *from = l->answers ? l->answers->letter->from : l->from;
    const struct organization *o =
        world_organization_of(m->t->c->world, domain_of(from));
    return o ? o : m->t->c->world->sender;
}

/* Earned ones are newer than those that the world began with. */
static const char *shared(struct portal_model *m, const struct claim *claim,
                          const char *kind)
{
    const struct organization *o = owner(m, claim);
    bool sms = strcmp(kind, "sms") == 0;
    for (const struct earned *e = m->earned; e; e = e->next) {
        if (strcmp(e->organization->name, o->name) == 0 &&
            address_same(e->recipient, claim->address) &&
            strcmp(e->kind, kind) == 0)
            return e->value;
    }
    for (const struct share *s = m->t->c->world->shares; s; s = s->next) {
        if (address_same(s->recipient, claim->address) &&
            strcmp(s->organization, o->name) == 0 &&
            (sms ? s->sms : s->access_code))
            return sms ? s->sms : s->access_code;
    }
    return NULL;
}

const char *portal_secret(struct portal_model *m, const struct portal_link *l,
                          const char *kind)
{
    const char *given = NULL, *value = NULL;
    if (strcmp(method_of(m, l), "access-right") == 0)
        value = right_of(m, l->claim, &given);
    if (value)
        return strcmp(given, kind) == 0 ? value : NULL;
    return shared(m, l->claim, kind);
}

void portal_earn(struct portal_model *m, const struct portal_link *link,
                 const char *method)
{
    const char *value = portal_secret(m, link, method);
    if (!value ||
        (strcmp(method, "sms") != 0 && strcmp(method, "access-code") != 0))
        return;
    struct earned *e = ARENA_NEW(m->t->arena, struct earned);
    *e = (struct earned){.organization = owner(m, link->claim),
                         .recipient = link->claim->address,
                         .kind = method,
                         .value = value,
                         .next = m->earned};
    m->earned = e;
}

/* -- tries ---------------------------------------------------------------- */

struct link_session *portal_session(const struct portal_link *link,
                                    const char *browser)
{
    for (struct link_session *s = link->sessions; s; s = s->next) {
        if (s->is_open && strcmp(s->browser, browser) == 0)
            return s;
    }
    return NULL;
}

static void err_once(struct portal_model *m, struct portal_link *link,
                     const struct visit_action *a)
{
    link->wrong++;
    link->wrong_in_all++;
    if (link->wrong >= portal_setting(m, a, "code_tries", 5)) {
        link->wrong = 0;
        link->locked_until_s =
            a->now_s + portal_setting(m, a, "code_lock_ms", 900000) / 1000;
    }
    if (link->wrong_in_all >= portal_setting(m, a, "code_void_tries", 20))
        link->is_void = true;
}

bool portal_try(struct portal_model *m, struct portal_link *link,
                const struct visit_action *a, const char *method, bool right)
{
    if (link->is_void || a->now_s < link->locked_until_s)
        return false;
    if (!right) {
        err_once(m, link, a);
        return false;
    }
    struct link_session *s = ARENA_NEW(m->t->arena, struct link_session);
    *s = (struct link_session){.browser = a->browser,
                               .method = method,
                               .is_open = true,
                               .next = link->sessions};
    link->sessions = s;
    return true;
}
