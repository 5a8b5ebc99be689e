/* Who may see content, and when: each action of each visit against a model of
 * links, codes and sessions, which is made from the clauses alone. */
#include <string.h>
#include <strings.h>

#include "checker/visit_links.h"
#include "engine/visit_mail.h"

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool is_act(const struct visit_action *a, enum visit_act act)
{
    return a->turn && a->turn->act == act;
}

void visit_fault(struct trial *t, const struct visit_action *a,
                 const char *clause, const char *expected, const char *got)
{
    fault(t, visit_place(t, a), clause, visit_describe(t, a), expected, got);
}

/* A request with something false about it proves nothing. */
static bool is_tampered(const struct visit_action *a)
{
    return a->turn && (a->turn->csrf || a->turn->method || a->turn->token ||
                       (a->turn->cookie && !is(a->turn->cookie, "other")));
}

/* -- content -------------------------------------------------------------- */

/* The first letter whose mark stands in any response of the action. */
const struct letter *visit_content(struct trial *t,
                                   const struct visit_action *a,
                                   const struct letter *from)
{
    const json_t *one;
    size_t i;
    for (const struct letter *l = from; l; l = l->next) {
        json_array_foreach(evidence_list(a->json, "exchanges"), i, one)
        {
            struct haystack in =
                haystack(t->arena, evidence_octets(t->arena, one, "body"));
            if (l->mark.text.n && haystack_holds(&in, &l->mark))
                return l;
        }
    }
    return NULL;
}

/* A message that the link is of, or one of the same conversation. */
static bool belongs(const struct letter *l, const struct claim *claim)
{
    const struct claim *own = letter_claim(l, claim->address);
    if (l == claim->letter)
        return true;
    if (l->answers && is(l->claims->conversation, claim->conversation))
        return true;
    return own && is(own->conversation, claim->conversation);
}

static const char *way_in(const struct visit_action *a)
{
    /* Whoever has another's cookie has his session: no gateway can tell. */
    bool borrowed = a->turn && a->turn->cookie && is(a->turn->cookie, "other");
    return borrowed && a->turn->of ? a->turn->of : a->browser;
}

/* PORTAL-1: the link alone shows no content; nor does anybody else's. */
static void judge_content(struct portal_model *m, const struct visit_action *a,
                          const struct portal_link *link)
{
    struct trial *t = m->t;
    const struct link_session *session =
        link ? portal_session(link, way_in(a)) : NULL;
    const struct letter *l = visit_content(t, a, t->w.letters);
    for (; l; l = visit_content(t, a, l->next)) {
        if (!session || is_tampered(a))
            visit_fault(t, a, "PORTAL-1",
                        "no content without a right verification",
                        "a message's mark");
        else if (!belongs(l, link->claim))
            visit_fault(t, a, "PORTAL-1", "the link's own message alone",
                        "another message's mark");
    }
    bool page = visit_sees(a, "message") || visit_sees(a, "download") ||
                visit_sees(a, "file");
    if (page && !session)
        visit_fault(t, a, "PORTAL-1", "a verification first", a->words[0]);
}

/* What was asked for in a session comes, and is whole. */
static void judge_whole(struct portal_model *m, const struct visit_action *a,
                        const struct portal_link *link)
{
    struct trial *t = m->t;
    const struct letter *l = link->claim->letter;
    bool due = visit_sees(a, "message") && link->kind[0] == 'm' &&
               !visit_sees(a, "empty") && !visit_sees(a, "too-large");
    due |= is_act(a, VISIT_ACT_DOWNLOAD) && visit_sees(a, "file");
    due |= is_act(a, VISIT_ACT_LOOK) && visit_sees(a, "html");
    if (due && l->mark.text.n && !visit_content(t, a, l))
        visit_fault(t, a, "PORTAL-1", "the message's content", "nothing of it");
}

/* -- codes ---------------------------------------------------------------- */

/* What came while the action was done: indices of a list of the evidence. */
static size_t came(const struct visit_action *a, const char *key,
                   const json_t *list, size_t n)
{
    const json_t *indices = evidence_list(a->json, key);
    if (n >= json_array_size(indices))
        return json_array_size(list);
    return (size_t)json_integer_value(json_array_get(indices, n));
}

static const char *sms_code(struct portal_model *m,
                            const struct visit_action *a,
                            const struct portal_link *link)
{
    struct trial *t = m->t;
    const json_t *list = evidence_list(t->evidence, "sms");
    const json_t *sms = json_array_get(list, came(a, "sms", list, 0));
    const char *phone = portal_secret(m, link, "sms");
    if (!sms || json_array_get(list, came(a, "sms", list, 1)))
        visit_fault(t, a, "PORTAL-2", "one SMS",
                    sms ? "more than one" : "none");
    if (!sms)
        return NULL;
    if (!phone || !is(evidence_text(sms, "to"), phone))
        visit_fault(t, a, "SHARED-1", "the phone number that was given",
                    "another one");
    const char *code = visit_mail_code(t->arena, evidence_text(sms, "text"));
    if (!code)
        visit_fault(t, a, "PORTAL-2", "six digits in the SMS", "others");
    return evidence_yes(sms, "accepted") ? code : NULL;
}

/* The n-th mailed one that came with the action; NULL. */
static const struct copy *mailed(struct trial *t, const struct visit_action *a,
                                 size_t n)
{
    const json_t *list = evidence_list(t->evidence, "received");
    for (size_t i = 0;; i++) {
        size_t at = came(a, "mails", list, i);
        if (at >= t->w.copy_count)
            return NULL;
        const struct copy *copy = &t->w.copies[at];
        if (copy->kind == COPY_KIND_MAILED && copy->taken && n-- == 0)
            return copy;
    }
}

static const char *mail_code(struct portal_model *m,
                             const struct visit_action *a,
                             const struct portal_link *link)
{
    struct trial *t = m->t;
    const struct copy *copy = mailed(t, a, 0);
    if (!copy || mailed(t, a, 1))
        visit_fault(t, a, "PORTAL-2", "one mailed code",
                    copy ? "more than one" : "none");
    if (!copy)
        return NULL;
    if (!address_same(copy->recipient, link->claim->address))
        visit_fault(t, a, "PORTAL-2",
                    TEXT(t, "a code for %s", link->claim->address),
                    copy->recipient);
    const char *code = visit_mail_code(
        t->arena, visit_mail_plain(t->arena, copy->mail.octets));
    if (!code)
        visit_fault(t, a, "PORTAL-2", "six digits in the mail", "others");
    return code;
}

static unsigned sent_lately(const struct portal_link *link, int64_t now_s,
                            int64_t window_ms)
{
    unsigned count = 0;
    for (const struct link_code *c = link->codes; c; c = c->next)
        count += (now_s - c->sent_s) * 1000 < window_ms;
    return count;
}

static void keep_code(struct portal_model *m, struct portal_link *link,
                      const struct visit_action *a, const char *code, bool sms)
{
    struct link_code *c = ARENA_NEW(m->t->arena, struct link_code);
    *c = (struct link_code){
        .digits = code,
        .sent_s = a->now_s,
        .lives_ms = sms ? portal_setting(m, a, "code_sms_ms", 300000)
                        : portal_setting(m, a, "code_email_ms", 600000),
        .next = link->codes};
    link->codes = c;
}

/* PORTAL-2: at most 3 codes per 15 minutes, and none while it is locked. */
static void ask_code(struct portal_model *m, struct portal_link *link,
                     const struct visit_action *a)
{
    struct trial *t = m->t;
    const char *way = portal_way(m, link);
    bool sms = is(way, "sms");
    bool due = (sms || is(way, "email")) && !link->is_void &&
               a->now_s >= link->locked_until_s && !is_tampered(a) &&
               sent_lately(link, a->now_s,
                           portal_setting(m, a, "code_window_ms", 900000)) <
                   portal_setting(m, a, "codes_per_window", 3);
    bool good = is(witness_world(&t->w, a->step)->sms, "none") ||
                is(witness_world(&t->w, a->step)->sms, "slow");
    const json_t *list = evidence_list(t->evidence, "sms");
    if (!due) {
        if (json_array_get(list, came(a, "sms", list, 0)) || mailed(t, a, 0))
            visit_fault(t, a, "PORTAL-2", "no further code", "one was sent");
        return;
    }
    if (sms && !good)
        return; /* what the visitor sees says it: not-sent */
    const char *code = sms ? sms_code(m, a, link) : mail_code(m, a, link);
    if (!code)
        return;
    keep_code(m, link, a, code, sms);
    if (!visit_sees(a, "code-sent"))
        visit_fault(t, a, "PORTAL-2", "code-sent", "another page");
}

static bool is_right_code(const struct portal_link *link,
                          const struct visit_action *a)
{
    struct link_code *c = link->codes;
    return c && !c->used && is(evidence_text(a->json, "typed"), c->digits) &&
           (a->now_s - c->sent_s) * 1000 <= c->lives_ms;
}

/* -- verifications -------------------------------------------------------- */

static bool is_right_login(struct portal_model *m,
                           const struct portal_link *link,
                           const struct visit_action *a)
{
    const struct account *account =
        world_account(witness_world(&m->t->w, a->step), link->claim->address);
    bool own = !a->turn->of || address_same(a->turn->of, link->claim->address);
    return is(a->turn->value, "right") && own && account &&
           account->two_factor && !account->suspended;
}

static void follow_try(struct portal_model *m, struct portal_link *link,
                       const struct visit_action *a, const char *method,
                       bool right)
{
    struct trial *t = m->t;
    bool opens = portal_try(m, link, a, method, right);
    bool content = visit_sees(a, "message") || visit_sees(a, "download");
    bool nothing = visit_sees(a, "nothing"); /* judged by what is expected */
    if (link->codes && right && opens && !is(method, "account"))
        link->codes->used = true;
    if (opens != content && !nothing)
        visit_fault(t, a, "PORTAL-2",
                    opens ? "it opens: the code is right, in time and not "
                            "locked"
                          : "it does not open",
                    content         ? "the message"
                    : a->word_count ? a->words[0]
                                    : "nothing");
    if (!opens && link->is_void != visit_sees(a, "unknown"))
        visit_fault(t, a, "PORTAL-2",
                    link->is_void ? "a void link is unknown"
                                  : "the link lives on",
                    a->word_count ? a->words[0] : "nothing");
    bool locked = !link->is_void && a->now_s < link->locked_until_s;
    if (!opens && locked != visit_sees(a, "locked"))
        visit_fault(t, a, "PORTAL-2", locked ? "locked" : "not locked",
                    a->word_count ? a->words[0] : "nothing");
}

/* A form that is sent with something false in it counts for nothing. */
static void try_verify(struct portal_model *m, struct portal_link *link,
                       const struct visit_action *a)
{
    const char *way = portal_way(m, link);
    const char *secret;
    if (is_tampered(a) || !a->last || portal_session(link, a->browser))
        return;
    bool login = is(way, "account") || link->kind[0] == 'd';
    if (is_act(a, VISIT_ACT_CODE) && (is(way, "sms") || is(way, "email")))
        follow_try(m, link, a, way, is_right_code(link, a));
    if (is_act(a, VISIT_ACT_ACCESS_CODE) && is(way, "access-code")) {
        secret = portal_secret(m, link, "access-code");
        follow_try(m, link, a, way, secret && is(a->turn->value, secret));
    }
    if (is_act(a, VISIT_ACT_LOGIN) && login && !is(a->turn->value, "same-code"))
        follow_try(m, link, a, "account", is_right_login(m, link, a));
}

/* -- what follows --------------------------------------------------------- */

static void told(struct portal_model *m, const struct portal_link *link,
                 const struct visit_action *a)
{
    struct trial *t = m->t;
    const struct copy *copy = mailed(t, a, 0);
    if (is_tampered(a) || !visit_sees(a, "told"))
        return;
    if (!copy || mailed(t, a, 1) ||
        !address_same(copy->recipient, link->claim->letter->from))
        visit_fault(t, a, "PORTAL-1",
                    TEXT(t, "one notice to %s", link->claim->letter->from),
                    copy ? copy->recipient : "none");
}

static void follow(struct portal_model *m, struct portal_link *link,
                   const struct visit_action *a)
{
    if (!a->turn)
        return;
    if (is_act(a, VISIT_ACT_PRESS) && is(a->turn->value, "code"))
        ask_code(m, link, a);
    if (is_act(a, VISIT_ACT_PRESS) && is(a->turn->value, "forgotten"))
        told(m, link, a);
    try_verify(m, link, a);
}

static void open_session(struct portal_model *m, struct portal_link *link,
                         const struct visit_action *a)
{
    struct link_session *s = portal_session(link, way_in(a));
    bool page = visit_sees(a, "message") || visit_sees(a, "download") ||
                (link->kind[0] == 'd' && visit_sees(a, "file"));
    if (!s || !page || s->has_opened)
        return;
    s->has_opened = true;
    if (link->kind[0] == 'm')
        portal_earn(m, link, s->method);
    portal_opens(m, a, link->claim, s->method,
                 link->kind[0] == 'd' ? "attachment" : "message");
}

static void judge_action(struct portal_model *m, const struct visit_action *a)
{
    const char *path = a->last ? evidence_text(a->last, "target") : a->link;
    struct portal_link *link = portal_link(m, path);
    if (!link)
        link = portal_link(m, a->link);
    if (strncmp(path, "/api/", 5) == 0) {
        portal_client(m, a);
        return;
    }
    if (link)
        follow(m, link, a);
    judge_content(m, a, link);
    if (link && portal_session(link, way_in(a))) {
        judge_whole(m, a, link);
        open_session(m, link, a);
        if (is_act(a, VISIT_ACT_PRESS) && is(a->turn->value, "leave") &&
            !is_tampered(a))
            portal_session(link, a->browser)->is_open = false;
    }
}

void judge_access(struct trial *t, const struct visit_action *all)
{
    struct portal_model m = {.t = t};
    for (const struct visit_action *a = all; a; a = a->next)
        judge_action(&m, a);
    portal_judge_events(&m, all);
}
