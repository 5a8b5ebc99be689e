/* The journal's `opened`, `reply` and `sms` against what the visits show, both
 * ways; and mail clients that read a conversation (PORTAL-5). */
#include <string.h>

#include "checker/visit_links.h"

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void add_opening(struct portal_model *m, const struct visit_action *a,
                        const struct claim *claim, const char *method,
                        const char *what, bool optional)
{
    struct opening *o = ARENA_NEW(m->t->arena, struct opening);
    *o = (struct opening){.step = a->step,
                          .claim = claim,
                          .method = method,
                          .what = what,
                          .action = a,
                          .optional = optional,
                          .next = m->openings};
    m->openings = o;
}

void portal_opens(struct portal_model *m, const struct visit_action *a,
                  const struct claim *claim, const char *method,
                  const char *what)
{
    add_opening(m, a, claim, method, what, false);
}

/* -- opened --------------------------------------------------------------- */

static struct opening *opening_of(struct portal_model *m, const json_t *event)
{
    for (struct opening *o = m->openings; o; o = o->next) {
        if (!o->found && o->step == evidence_number(event, "step", -1) &&
            is(o->claim->letter->id, evidence_text(event, "message")) &&
            address_same(o->claim->address,
                         evidence_text(event, "recipient")) &&
            is(o->claim->conversation, evidence_text(event, "conversation")) &&
            is(o->method, evidence_text(event, "method")) &&
            is(o->what, evidence_text(event, "what")))
            return o;
    }
    return NULL;
}

static void judge_opened(struct portal_model *m, const json_t *event)
{
    struct trial *t = m->t;
    struct opening *o = opening_of(m, event);
    if (o)
        o->found = true;
    else
        fault(
            t, place_for(t, evidence_text(event, "recipient")), "SHARED-1",
            TEXT(t, "journal: opened by %s", evidence_text(event, "recipient")),
            "a visitor who saw it so",
            TEXT(t, "method %s, %s, and nobody saw it",
                 evidence_text(event, "method"), evidence_text(event, "what")));
}

/* -- replies and codes ---------------------------------------------------- */

static unsigned replies_seen(const struct visit_action *all, unsigned step,
                             const char *guest)
{
    unsigned count = 0;
    for (; all; all = all->next)
        count += all->step == step && all->turn &&
                 all->turn->act == VISIT_ACT_REPLY && visit_sees(all, "sent") &&
                 address_same(all->recipient, guest);
    return count;
}

static unsigned events_of(struct trial *t, const char *name, const char *key,
                          const char *who, unsigned step)
{
    unsigned count = 0;
    size_t i;
    const json_t *e;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        count += is(evidence_text(e, "event"), name) &&
                 evidence_number(e, "step", -1) == step &&
                 address_same(evidence_text(e, key), who);
    }
    return count;
}

static void compare_counts(struct trial *t, const char *clause,
                           const char *what, unsigned seen, unsigned told)
{
    if (seen != told)
        fault(t, t->c->place, clause, what,
              TEXT(t, "%u (what visitors saw)", seen),
              TEXT(t, "%u (the journal)", told));
}

static void judge_replies(struct trial *t, const struct visit_action *all)
{
    size_t i;
    const json_t *e;
    for (const struct visit_action *a = all; a; a = a->next) {
        if (a->turn && a->turn->act == VISIT_ACT_REPLY)
            compare_counts(
                t, "CONV-4", TEXT(t, "replies of %s", a->recipient),
                replies_seen(all, a->step, a->recipient),
                events_of(t, "reply", "sender", a->recipient, a->step));
    }
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        const char *guest = evidence_text(e, "sender");
        unsigned step = (unsigned)evidence_number(e, "step", STEP_END);
        if (is(evidence_text(e, "event"), "reply") &&
            !replies_seen(all, step, guest))
            compare_counts(t, "CONV-4", TEXT(t, "replies of %s", guest), 0, 1);
    }
}

/* Every SMS and every mailed one came with a visitor's action. */
static void judge_unasked(struct trial *t, const struct visit_action *all)
{
    size_t sms = json_array_size(evidence_list(t->evidence, "sms")), asked = 0;
    size_t mails = 0, mailed = 0, i;
    const json_t *one;
    for (const struct visit_action *a = all; a; a = a->next) {
        asked += json_array_size(evidence_list(a->json, "sms"));
        json_array_foreach(evidence_list(a->json, "mails"), i, one)
        {
            size_t at = (size_t)json_integer_value(one);
            mailed += at < t->w.copy_count &&
                      t->w.copies[at].kind == COPY_KIND_MAILED;
        }
    }
    for (i = 0; i < t->w.copy_count; i++)
        mails += t->w.copies[i].kind == COPY_KIND_MAILED;
    if (sms != asked)
        fault(t, t->c->place, "PORTAL-2", "SMS", "one for each request",
              TEXT(t, "%zu for %zu", sms, asked));
    if (mails != mailed)
        fault(t, t->c->place, "PORTAL-2", "mailed codes and notices",
              "one for each request", TEXT(t, "%zu for %zu", mails, mailed));
}

void portal_judge_events(struct portal_model *m, const struct visit_action *all)
{
    struct trial *t = m->t;
    size_t i;
    const json_t *e;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        if (is(evidence_text(e, "event"), "opened") &&
            !evidence_yes(t->evidence, "served"))
            judge_opened(m, e);
    }
    for (const struct opening *o = m->openings; o; o = o->next) {
        if (!o->found && !o->optional)
            visit_fault(t, o->action, "SHARED-1",
                        TEXT(t, "an event 'opened' by %s, method %s, %s",
                             o->claim->address, o->method, o->what),
                        "none in the journal");
    }
    if (evidence_yes(t->evidence, "served"))
        return;
    judge_replies(t, all);
    judge_unasked(t, all);
}

/* -- mail clients --------------------------------------------------------- */

static const struct portal_account *logged_in(const struct portal_model *m,
                                              const char *browser)
{
    const struct portal_account *a = m->accounts;
    while (a && !is(a->browser, browser))
        a = a->next;
    return a;
}

enum { TRIES = 5, LOCK_MS = 900000, DOUBLINGS_MOST = 4 };

/* A browser comes from where it was made. */
static bool is_other(const struct trial *t, const char *browser)
{
    for (const struct step *s = t->c->steps; s; s = s->next) {
        const struct visit_turn *turn =
            s->kind == STEP_KIND_VISIT ? s->visit : NULL;
        for (; turn; turn = turn->next)
            if (turn->act == VISIT_ACT_BROWSER && is(turn->value, browser))
                return turn->is_other;
    }
    return false;
}

static struct guesses *guesses_of(struct portal_model *m,
                                  const struct visit_action *a)
{
    bool other = is_other(m->t, a->browser);
    for (struct guesses *g = m->guesses; g; g = g->next)
        if (g->is_other == other && address_same(g->account, a->turn->value))
            return g;
    struct guesses *g = ARENA_NEW(m->t->arena, struct guesses);
    *g = (struct guesses){
        .is_other = other, .account = a->turn->value, .next = m->guesses};
    return m->guesses = g;
}

static void count_guess(struct portal_model *m, const struct visit_action *a,
                        struct guesses *g)
{
    int64_t tries = portal_setting(m, a, "code_tries", TRIES);
    int64_t lock_s = portal_setting(m, a, "code_lock_ms", LOCK_MS) / 1000;
    if (++g->wrong < tries)
        return;
    g->wrong = 0;
    g->locked_until_s = a->now_s + (lock_s << g->locks);
    if (g->locks < DOUBLINGS_MOST)
        g->locks++;
}

static void log_in(struct portal_model *m, const struct visit_action *a)
{
    struct trial *t = m->t;
    const struct account *account =
        world_account(witness_world(&t->w, a->step), a->turn->value);
    const char *with = a->turn->with ? a->turn->with : "right";
    struct guesses *g = guesses_of(m, a);
    bool locked = a->now_s < g->locked_until_s;
    bool right = is(with, "right") && !a->turn->method && account &&
                 account->two_factor && !account->suspended && !locked;
    if (right) {
        struct portal_account *one = ARENA_NEW(t->arena, struct portal_account);
        *one = (struct portal_account){.browser = a->browser,
                                       .address = a->turn->value,
                                       .next = m->accounts};
        m->accounts = one;
    }
    if (visit_sees(a, "token"))
        g->wrong = g->locks = 0;
    else if (!locked)
        count_guess(m, a, g);
    if (right != visit_sees(a, "token") && !is(with, "same-code"))
        visit_fault(t, a, "PORTAL-5",
                    right    ? "a token"
                    : locked ? "no token for who guessed too often"
                             : "no token for a wrong login",
                    a->word_count ? a->words[0] : "nothing");
}

/* Some claim of the conversation of a path's end, where that account is its
 * recipient or wrote; NULL: it takes no part. */
static const struct claim *takes_part(const struct trial *t, const char *path,
                                      const char *address)
{
    const char *id = strrchr(path, '/') + 1;
    for (const struct letter *l = t->w.letters; l; l = l->next) {
        for (const struct claim *c = l->claims; c; c = c->next) {
            if (is(c->conversation, id) && (address_same(c->address, address) ||
                                            address_same(l->from, address)))
                return c;
        }
    }
    return NULL;
}

static bool may_read(const struct letter *l, const char *address)
{
    const struct letter *of = l->answers ? l->answers->letter : l;
    return letter_claim(l, address) || letter_claim(of, address) ||
           address_same(of->from, address);
}

static void judge_marks(struct portal_model *m, const struct visit_action *a,
                        const struct portal_account *account, bool allowed)
{
    struct trial *t = m->t;
    const struct letter *l = visit_content(t, a, t->w.letters);
    for (; l; l = visit_content(t, a, l->next)) {
        if (!allowed || !may_read(l, account->address))
            visit_fault(t, a, "PORTAL-5", "no content that is another's",
                        "a message's mark");
    }
}

/* The first time since the login it is told; the sender reads what he wrote. */
static void open_in_client(struct portal_model *m, const struct visit_action *a,
                           const struct claim *claim,
                           const struct portal_account *account)
{
    bool optional = !address_same(claim->address, account->address);
    for (const struct opening *o = m->openings; o; o = o->next)
        optional |= o->claim == claim && is(o->action->browser, a->browser);
    add_opening(m, a, claim, "account", "message", optional);
}

void portal_client(struct portal_model *m, const struct visit_action *a)
{
    struct trial *t = m->t;
    const struct portal_account *account = logged_in(m, a->browser);
    bool tampered = a->turn && (a->turn->token || a->turn->method);
    const char *path = evidence_text(a->last, "target");
    if (a->turn && a->turn->act == VISIT_ACT_CLIENT_LOGIN) {
        log_in(m, a);
        return;
    }
    judge_marks(m, a, account, account && !tampered);
    const struct claim *claim =
        account && !tampered && strncmp(path, "/api/conversations/", 19) == 0
            ? takes_part(t, path, account->address)
            : NULL;
    bool is_file = a->turn && a->turn->act == VISIT_ACT_CLIENT_DOWNLOAD &&
                   visit_sees(a, "file");
    if (is_file && !visit_content(t, a, t->w.letters))
        visit_fault(t, a, "PORTAL-5", "an attachment", "other octets");
    bool is_fetch = a->turn && a->turn->act == VISIT_ACT_CLIENT_FETCH;
    if (!is_fetch)
        return;
    if (!claim && visit_sees(a, "conversation"))
        visit_fault(t, a, "PORTAL-5", "no conversation of others",
                    "conversation");
    if (claim && claim->letter->mark.text.n &&
        !visit_content(t, a, claim->letter))
        visit_fault(t, a, "PORTAL-5", "the conversation's content", "none");
    if (claim)
        open_in_client(m, a, claim, account);
}
