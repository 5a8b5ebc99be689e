/* DSN-1, DSN-2: which reports are owed to the sender, by what came of each
 * recipient and by his NOTIFY, and which were given. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checker/dsn_view.h"
#include "checker/judge_bounces.h"

/* How many reports of one action a recipient is owed. */
struct owed {
    unsigned least, most;
    unsigned step; /* in which they come; STEP_END: any */
};

static long long time_of(const json_t *event)
{
    return evidence_number(event, "time", -1);
}

static const char *setting(const struct trial *t, const struct claim *claim,
                           const char *name, const char *otherwise)
{
    unsigned step = claim->letter->step ? claim->letter->step->number : 0;
    return world_setting(witness_world(&t->w, step), name, otherwise);
}

/* RFC 3461 4.1: a word of NOTIFY; FAILURE is asked for where it is absent, and
 * DELAY where the setting says so. */
static bool asks(const struct trial *t, const struct claim *claim,
                 const char *word)
{
    const struct submit *s = dsn_submit(claim->letter);
    const char *notify = s ? dsn_asked(s->notify, claim->address) : NULL;
    if (!*claim->letter->reverse_path)
        return false;
    if (notify)
        return strcasestr(notify, word) != NULL;
    if (strcmp(word, "DELAY") == 0)
        return strcmp(setting(t, claim, "delay_notice_default", "no"), "yes") ==
               0;
    return strcmp(word, "FAILURE") == 0;
}

/* The host that accepted it offers DSN, and answers for success itself. */
static bool was_handed_on(struct trial *t, const struct claim *claim)
{
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        if (copy->claim == claim && copy->taken)
            return copy->kind == COPY_KIND_DIRECT &&
                   copy_offered(t, copy, "DSN");
    }
    return false;
}

/* -- the delay (DSN-2) ----------------------------------------------------- */

/* The clock when a step is over: as the next one begins. */
static long long clock_after(const struct trial *t, size_t i)
{
    const json_t *next =
        json_array_get(evidence_list(t->evidence, "steps"), i + 1);
    return evidence_number(next ? next : t->evidence, next ? "clock" : "now",
                           0);
}

/* Owed once when the time has come while the recipient is still tried; where
 * his end comes at the same moment it may be either. */
static struct owed delay_owed(struct trial *t, const struct claim *claim)
{
    struct owed o = {0, 0, STEP_END};
    long long after_ms = strtoll(
        setting(t, claim, "delay_notice_after_ms", "14400000"), NULL, 10);
    long long due = time_of(claim->letter->accepted) + after_ms / 1000;
    const json_t *outcome = witness_event(&t->w, claim, "outcome", STEP_END);
    const json_t *steps = evidence_list(t->evidence, "steps"), *step;
    size_t i;
    if (!asks(t, claim, "DELAY"))
        return o;
    if (bounce_find(t, claim, "delayed")) /* the next server says so */
        return (struct owed){1, 1, STEP_END};
    if (outcome && time_of(outcome) < due)
        return o;
    json_array_foreach(steps, i, step)
    {
        long long now = clock_after(t, i);
        if (now < due)
            continue;
        bool is_open = !outcome || time_of(outcome) > now;
        return (struct owed){is_open, 1,
                             (unsigned)evidence_number(step, "step", 0)};
    }
    return o;
}

/* -- owed ------------------------------------------------------------------ */

static struct owed owed(struct trial *t, const struct claim *claim,
                        const char *action)
{
    const json_t *outcome = witness_event(&t->w, claim, "outcome", STEP_END);
    const char *delivery = evidence_text(outcome, "delivery");
    unsigned n = 0;
    if (strcmp(action, "delayed") == 0)
        return delay_owed(t, claim);
    bool came_back = bounce_find(t, claim, action) != NULL;
    if (strcmp(action, "failed") == 0)
        n = asks(t, claim, "FAILURE") &&
            (strcmp(delivery, "failed") == 0 || came_back);
    else if (asks(t, claim, "SUCCESS"))
        n = came_back ||
            (strcmp(action, "relayed") == 0 &&
             (strcmp(delivery, "notification") == 0 ||
              (strcmp(delivery, "direct") == 0 && !was_handed_on(t, claim))));
    return (struct owed){n, n, STEP_END};
}

unsigned dsn_count(struct trial *t, const struct claim *claim,
                   const char *action, unsigned last)
{
    unsigned count = 0;
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        struct mail_view fields;
        if (copy->kind == COPY_KIND_DSN && copy->letter == claim->letter &&
            copy->step <= last && copy->taken &&
            dsn_group_of(t, copy, claim->address, &fields) &&
            strcmp(dsn_action(t, &fields), action) == 0)
            count++;
    }
    return count;
}

const char *dsn_told(struct trial *t, const struct claim *claim, unsigned last)
{
    const char *later = dsn_count(t, claim, "failed", last)      ? "yes"
                        : dsn_count(t, claim, "relayed", last)   ? "relayed"
                        : dsn_count(t, claim, "delivered", last) ? "delivered"
                                                                 : NULL;
    if (!dsn_count(t, claim, "delayed", last))
        return later ? later : "no";
    return later ? TEXT(t, "delayed, %s", later) : "delayed";
}

static void number_fault(struct trial *t, const struct claim *claim,
                         const char *action, const char *expected,
                         const char *got)
{
    bool delay = strcmp(action, "delayed") == 0;
    fault(t, place_for(t, claim->address), delay ? "DSN-2" : "DSN-1",
          TEXT(t, "%s: reports that it %s%s", claim->address,
               delay ? "is " : "was ", action),
          expected, got);
}

/* Is a DSN to this sender waiting, or was it rightly given up? */
static bool is_underway(struct trial *t, const struct letter *l)
{
    size_t i;
    const json_t *e;
    const struct posture *p = world_posture(witness_world(&t->w, STEP_END),
                                            domain_of(l->reverse_path));
    const char *reaches = p ? p->reaches : "no-domain";
    bool takes_mail = strcmp(reaches, "pkix") == 0 ||
                      strcmp(reaches, "tls") == 0 ||
                      strcmp(reaches, "none") == 0;
    if (takes_mail && !(p->hosts && p->hosts->replies))
        return false;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        const char *name = evidence_text(e, "event");
        bool waits = strcmp(name, "deferred") == 0 && evidence_yes(e, "dsn");
        bool ended = strcmp(name, "dsn") == 0 &&
                     strcmp(evidence_text(e, "outcome"), "sent") != 0;
        if ((waits || ended) && strcmp(evidence_text(e, "message"), l->id) == 0)
            return true;
    }
    return false;
}

/* The reports of one action that came outside their step. */
static unsigned untimely(struct trial *t, const struct claim *claim,
                         const char *action, unsigned step)
{
    unsigned all = dsn_count(t, claim, action, STEP_END);
    unsigned before = step ? dsn_count(t, claim, action, step - 1) : 0;
    return step == STEP_END
               ? 0
               : all - (dsn_count(t, claim, action, step) - before);
}

static void judge_action(struct trial *t, const struct claim *claim,
                         const char *action)
{
    struct owed o = owed(t, claim, action);
    unsigned count = dsn_count(t, claim, action, STEP_END);
    unsigned most = o.most + (o.most ? t->w.kills : 0);
    bool underway = is_underway(t, claim->letter);
    if ((count < o.least && !underway) || count > most)
        number_fault(t, claim, action,
                     o.least == o.most ? TEXT(t, "%u", o.most) : "0 or 1",
                     TEXT(t, "%u", count));
    else if (!underway && t->w.kills == 0 && untimely(t, claim, action, o.step))
        number_fault(t, claim, action, TEXT(t, "in step %u", o.step),
                     "in another");
}

/* The journal's word for it: was anything made of this outcome? */
static void judge_claimed(struct trial *t, const struct claim *claim)
{
    const json_t *outcome = witness_event(&t->w, claim, "outcome", STEP_END);
    bool failed = strcmp(evidence_text(outcome, "delivery"), "failed") == 0;
    bool due = failed ? asks(t, claim, "FAILURE")
                      : owed(t, claim, "relayed").most > 0 &&
                            !bounce_find(t, claim, "relayed");
    if (outcome && evidence_yes(outcome, "dsn") != due)
        fault(t, place_for(t, claim->address), "DSN-1",
              TEXT(t, "%s: DSN's claim", claim->address),
              due ? "made" : "not made", due ? "not made" : "made");
}

static void judge_owed(struct trial *t, const struct claim *claim)
{
    static const char *const actions[] = {"failed", "delayed", "relayed",
                                          "delivered", "expanded"};
    judge_claimed(t, claim);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        judge_action(t, claim, actions[i]);
}

/* -- the journal's events -------------------------------------------------- */

static void claim_fault(struct trial *t, const char *address,
                        const char *expected, const char *got)
{
    fault(t, place_for(t, address), "DSN-1",
          TEXT(t, "%s: DSN's claim", address), expected, got);
}

/* The DSNs that the journal says were sent, ended by NULL; a line that was
 * written again, under the same id, counts once. */
static const json_t **sent_events(struct trial *t)
{
    const json_t *list = evidence_list(t->evidence, "journal"), *e;
    const json_t **sent =
        arena_alloc(t->arena, (json_array_size(list) + 1) * sizeof *sent);
    size_t i, k, n = 0;
    json_array_foreach(list, i, e)
    {
        const char *id = evidence_text(e, "id");
        if (strcmp(evidence_text(e, "event"), "dsn") != 0 ||
            strcmp(evidence_text(e, "outcome"), "sent") != 0)
            continue;
        for (k = 0;
             k < n && (!*id || strcmp(evidence_text(sent[k], "id"), id) != 0);)
            k++;
        if (k == n)
            sent[n++] = e;
    }
    sent[n] = NULL;
    return sent;
}

static bool agrees(struct trial *t, const json_t *event,
                   const struct copy *copy)
{
    const char *action = evidence_text(event, "action");
    const char *tls = evidence_text(event, "tls");
    tls = strcmp(tls, "plain") == 0 ? "" : tls;
    return copy->kind == COPY_KIND_DSN && copy->taken && copy->letter &&
           strcmp(evidence_text(event, "message"), copy->letter->id) == 0 &&
           strcmp(*action ? action : "failed", dsn_copy_action(t, copy)) == 0 &&
           address_same(evidence_text(event, "to"), copy->recipient) &&
           strcasecmp(evidence_text(event, "host"), copy->host) == 0 &&
           strcmp(tls, copy->tls ? copy->tls : "") == 0;
}

/* Each claim of a DSN takes one received DSN; what remains on either side is
 * without its counterpart. */
static void judge_sent(struct trial *t)
{
    bool *used = arena_alloc(t->arena, t->w.copy_count + 1);
    for (const json_t **sent = sent_events(t); *sent; sent++) {
        const json_t *event = *sent;
        size_t i = 0;
        while (i < t->w.copy_count &&
               (used[i] || !agrees(t, event, &t->w.copies[i])))
            i++;
        used[i] = true;
        if (i == t->w.copy_count)
            claim_fault(t, evidence_text(event, "to"), "received there",
                        "no such message at that host over that TLS");
    }
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        if (copy->kind == COPY_KIND_DSN && copy->taken && !used[i] &&
            t->w.kills == 0)
            claim_fault(t, copy->recipient, "an event 'dsn'", "none");
    }
}

void judge_dsns_owed(struct trial *t)
{
    for (const struct letter *l = t->w.letters; l; l = l->next) {
        for (const struct claim *c = l->claims; c; c = c->next)
            judge_owed(t, c);
    }
    judge_sent(t);
}
