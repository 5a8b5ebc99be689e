/* The journal against the evidence, both ways: every claim needs evidence and
 * every evidence a claim. */
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool has_session(const struct trial *t)
{
    return json_array_size(evidence_list(t->evidence, "sessions")) > 0;
}

/* -- acceptance ----------------------------------------------------------- */

static bool was_taken(const json_t *submission, const char *address)
{
    size_t i;
    const json_t *r;
    json_array_foreach(evidence_list(submission, "replies"), i, r)
    {
        if (same(evidence_text(r, "stage"), "rcpt") &&
            evidence_text(r, "reply")[0] == '2' &&
            address_same(evidence_text(r, "recipient"), address))
            return true;
    }
    return false;
}

static void judge_recipients(struct trial *t, const struct letter *l)
{
    size_t i;
    const json_t *one;
    for (const struct claim *c = l->claims; c; c = c->next) {
        if (!was_taken(l->submission, c->address))
            fault(t, place_for(t, c->address), "CONV-2",
                  TEXT(t, "%s: accepted", c->address),
                  "only recipients that RCPT accepted",
                  "a recipient in the journal alone");
        for (const struct claim *d = c->next; d; d = d->next) {
            if (address_same(c->address, d->address))
                fault(t, place_for(t, c->address), "CONV-2", c->address,
                      "a recipient once", "twice in the journal");
        }
    }
    json_array_foreach(evidence_list(l->submission, "envelope"), i, one)
    {
        const char *address = json_string_value(one);
        if (address && was_taken(l->submission, address) &&
            !letter_claim(l, address))
            fault(t, place_for(t, address), "KEEP-1",
                  TEXT(t, "%s: accepted", address), "a recipient",
                  "not in the journal's event");
    }
}

static void judge_conversations(struct trial *t, const struct letter *l)
{
    for (const struct claim *c = l->claims; c; c = c->next) {
        if (!*c->conversation)
            fault(t, place_for(t, c->address), "CONV-1",
                  TEXT(t, "%s: conversation", c->address), "an id", "none");
        for (const struct claim *d = c->next; d; d = d->next) {
            bool shared = same(c->conversation, d->conversation);
            if (l->submission && shared != (c->group == d->group))
                fault(t, place_for(t, d->address), "CONV-1",
                      TEXT(t, "%s and %s", c->address, d->address),
                      shared ? "a conversation each" : "one conversation",
                      shared ? "one conversation" : "a conversation each");
        }
        for (const struct letter *k = l->next; k; k = k->next) {
            for (const struct claim *d = k->claims; d; d = d->next) {
                if (!k->reply && same(c->conversation, d->conversation))
                    fault(t, place_for(t, d->address), "CONV-1",
                          TEXT(t, "%s: conversation", d->address),
                          "a new one for each message",
                          "that of an earlier message");
            }
        }
    }
}

/* CONV-4: a guest's reply reaches the sender, and only him; it stays in the
 * conversation that he had. */
static void judge_reply(struct trial *t, const struct letter *l)
{
    const struct claim *of = l->answers;
    if (!of) {
        fault(t, t->c->place, "CONV-4", "journal: reply",
              "to a message that this guest got",
              evidence_text(l->reply, "of"));
        return;
    }
    if (!address_same(l->claims->address, of->letter->from))
        fault(t, place_for(t, l->claims->address), "CONV-4",
              TEXT(t, "%s: reply", l->from),
              TEXT(t, "to %s, who wrote", of->letter->from),
              l->claims->address);
    /* The answer to a reply starts a new one. */
    if (same(l->claims->conversation, of->conversation) == !!of->letter->reply)
        fault(t, place_for(t, l->claims->address), "CONV-4",
              TEXT(t, "%s: conversation of the reply", l->from),
              of->letter->reply ? "a new one" : of->conversation,
              l->claims->conversation);
}

static void judge_letter(struct trial *t, const struct letter *l)
{
    if (l->reply) {
        judge_reply(t, l);
        return;
    }
    bool replied = l->submission && evidence_yes(l->submission, "accepted");
    if (replied && !l->accepted)
        fault(t, t->c->place, "KEEP-1", "accepted message",
              "an event 'accepted'", "250, and nothing in the journal");
    if (!l->accepted)
        return;
    /* Whom a served world heard, only the gateway knows. */
    bool told = evidence_yes(t->evidence, "served") ||
                (l->submission ? replied || t->w.kills > 0 : has_session(t));
    if (!told)
        fault(t, t->c->place, "CONN-8", "journal: accepted",
              "250 to the end of data", "no such reply to a submitter");
    if (!l->submission)
        return;
    if (!address_same(evidence_text(l->accepted, "reverse_path"),
                      l->reverse_path))
        fault(t, t->c->place, "KEEP-1", "journal: accepted, reverse_path",
              l->reverse_path, evidence_text(l->accepted, "reverse_path"));
    judge_recipients(t, l);
    judge_conversations(t, l);
}

/* -- outcomes ------------------------------------------------------------- */

/* After a crash the gateway writes again what may not have been written, in its
 * first order: under the ids that it had. */
static bool is_written_again(const struct trial *t, const struct letter *l,
                             size_t at)
{
    const char *id = evidence_text(l->events[at], "id");
    for (size_t i = 0; t->w.kills > 0 && i < at; i++)
        if (same(evidence_text(l->events[i], "id"), id))
            return true;
    return false;
}

/* KEEP-2: one outcome a recipient, however often it is journalled. */
static const json_t *only_outcome(struct trial *t, const struct claim *claim)
{
    const struct letter *l = claim->letter;
    const json_t *found = NULL;
    for (size_t i = 0; i < l->event_count; i++) {
        const json_t *e = l->events[i];
        if (!address_same(evidence_text(e, "recipient"), claim->address))
            continue;
        const char *name = evidence_text(e, "event");
        if (found &&
            ((same(name, "deferred") && !is_written_again(t, l, i)) ||
             (same(name, "outcome") &&
              !same(evidence_text(e, "id"), evidence_text(found, "id")))))
            fault(t, place_for(t, claim->address), "KEEP-2",
                  TEXT(t, "%s: outcome", claim->address), "exactly one",
                  TEXT(t, "one more: %s", name));
        if (same(name, "outcome"))
            found = e;
    }
    return found;
}

/* Two lines of one id are the same outcome, written again. */
static bool is_again(const json_t *one, const json_t *other)
{
    static const char *const keys[] = {"event", "message", "recipient"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!same(evidence_text(one, keys[i]), evidence_text(other, keys[i])))
            return false;
    return true;
}

/* Each outcome has an id of its own. */
static void judge_ids(struct trial *t)
{
    json_t *first = json_object(), *e;
    size_t i;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        const char *id = evidence_text(e, "id");
        const json_t *other = json_object_get(first, id);
        bool is_outcome = same(evidence_text(e, "event"), "outcome");
        if (is_outcome && !*id)
            fault(t, t->c->place, "KEEP-2", "journal: outcome", "an id",
                  "none");
        if (is_outcome && other && !is_again(other, e))
            fault(t, place_for(t, evidence_text(e, "recipient")), "KEEP-2",
                  "journal: outcome", "an id of its own", id);
        if (!other)
            json_object_set(first, id, e);
    }
    json_decref(first);
}

static const char *right_transport(const json_t *outcome)
{
    if (same(evidence_text(outcome, "delivery"), "notification"))
        return "notification";
    const char *method = evidence_text(outcome, "method");
    return same(method, "account")   ? "idd"
           : same(method, "nta7516") ? "nta7516"
                                     : "direct";
}

static void compare(struct trial *t, const struct claim *claim,
                    const char *clause, const char *what, const char *claimed,
                    const char *seen)
{
    if (strcasecmp(claimed, seen) != 0)
        fault(t, place_for(t, claim->address), clause,
              TEXT(t, "%s: %s", claim->address, what),
              TEXT(t, "%s (the journal)", *claimed ? claimed : "none"),
              TEXT(t, "%s (the evidence)", *seen ? seen : "none"));
}

/* A claimed delivery against the message that was received. */
static void judge_pair(struct trial *t, const struct claim *claim,
                       const json_t *outcome, const struct copy *copy)
{
    const char *tls = evidence_text(outcome, "tls");
    const char *reply = evidence_text(outcome, "reply");
    const char *level = evidence_text(outcome, "level");
    compare(t, claim, "MAIL-1", "X-Zivver-Transport", right_transport(outcome),
            copy->transport);
    compare(t, claim, "TRANSPORT-4", "host", evidence_text(outcome, "host"),
            copy->host);
    compare(t, claim, "TRANSPORT-1", "TLS", same(tls, "plain") ? "" : tls,
            copy->tls ? copy->tls : "");
    if (*reply && *copy->reply && strncmp(reply, copy->reply, 3) != 0)
        compare(t, claim, "KEEP-2", "the server's reply", reply, copy->reply);
    if (copy->kind == COPY_KIND_DIRECT || *level)
        compare(t, claim, "TRANSPORT-1", "level", level, copy->level);
    if (copy->step > (unsigned)evidence_number(outcome, "step", STEP_END))
        compare(t, claim, "KEEP-2", "time", "before its outcome", "after it");
}

/* A real server stands there: nobody saw what it got. */
static bool is_elsewhere(const struct trial *t, const struct claim *claim)
{
    const struct posture *p = world_posture(witness_world(&t->w, STEP_END),
                                            domain_of(claim->address));
    return p && p->hosts && p->hosts->elsewhere;
}

static void judge_delivered(struct trial *t, const struct claim *claim,
                            const json_t *outcome)
{
    unsigned count = 0;
    const char *delivery = evidence_text(outcome, "delivery");
    bool delivers = same(delivery, "direct") || same(delivery, "notification");
    if (is_elsewhere(t, claim))
        return;
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        if (copy->claim != claim || !copy->taken)
            continue;
        count++;
        if (delivers)
            judge_pair(t, claim, outcome, copy);
        if (delivers && evidence_number(copy->json, "seen", 0) >
                            evidence_number(outcome, "seen", 0))
            fault(t, place_for(t, claim->address), "KEEP-2",
                  TEXT(t, "%s: a message after its outcome was journalled",
                       claim->address),
                  "none", "one");
    }
    /* SMTP allows a repeat where the final reply was lost in a crash. */
    if (delivers ? count < 1 || count > 1 + t->w.kills : count > t->w.kills)
        fault(t, place_for(t, claim->address), "KEEP-2",
              TEXT(t, "%s: received messages", claim->address),
              delivers ? TEXT(t, "one (%s)", delivery)
                       : TEXT(t, "none (%s)", delivery),
              TEXT(t, "%u", count));
}

/* A server's reply that the journal quotes was really given. */
static void judge_quoted_reply(struct trial *t, const struct claim *claim,
                               const json_t *outcome)
{
    const char *quoted = evidence_text(outcome, "reply");
    size_t i, k;
    const json_t *connection, *reply;
    if (!*quoted || !same(evidence_text(outcome, "delivery"), "failed"))
        return;
    json_array_foreach(evidence_list(t->evidence, "connections"), i, connection)
    {
        json_array_foreach(evidence_list(connection, "replies"), k, reply)
        {
            const char *text = json_string_value(reply);
            if (text && strstr(text, quoted))
                return;
        }
    }
    fault(t, place_for(t, claim->address), "DSN-3",
          TEXT(t, "%s: the server's reply", claim->address),
          TEXT(t, "%s (the journal)", quoted), "no host said so");
}

/* What was delivered is what was decided; the decision may be lost in a crash.
 */
static void judge_decided(struct trial *t, const struct claim *claim,
                          const json_t *outcome)
{
    static const char *const keys[] = {"method", "delivery"};
    unsigned step = (unsigned)evidence_number(outcome, "step", STEP_END);
    const json_t *decided = witness_event(&t->w, claim, "decided", step);
    if (same(evidence_text(outcome, "delivery"), "failed") ||
        (!decided && t->w.kills > 0))
        return;
    for (size_t i = 0; i < 2; i++) {
        const char *was = evidence_text(decided, keys[i]);
        const char *came = evidence_text(outcome, keys[i]);
        if (!same(was, came))
            fault(t, place_for(t, claim->address), "ORDER-3",
                  TEXT(t, "%s: %s, as decided", claim->address, keys[i]), came,
                  *was ? was : "no such decision");
    }
}

static void judge_claim(struct trial *t, const struct claim *claim)
{
    const json_t *outcome = only_outcome(t, claim);
    const json_t *deferred = witness_event(&t->w, claim, "deferred", STEP_END);
    static const char *const kinds[] = {"direct", "notification", "failed"};
    bool right = false;
    if (!outcome) {
        if (!deferred)
            fault(t, place_for(t, claim->address), "KEEP-2",
                  TEXT(t, "%s: outcome", claim->address),
                  "an outcome, or deferred", "neither");
        judge_delivered(t, claim, deferred);
        return;
    }
    for (size_t i = 0; i < 3; i++)
        right |= same(evidence_text(outcome, "delivery"), kinds[i]);
    if (!right)
        fault(t, place_for(t, claim->address), "KEEP-2",
              TEXT(t, "%s: outcome", claim->address),
              "direct, notification or failed",
              evidence_text(outcome, "delivery"));
    compare(t, claim, "CONV-1", "conversation",
            evidence_text(outcome, "conversation"), claim->conversation);
    judge_delivered(t, claim, outcome);
    judge_decided(t, claim, outcome);
    judge_quoted_reply(t, claim, outcome);
}

void judge_claims(struct trial *t)
{
    judge_ids(t);
    for (const struct letter *l = t->w.letters; l; l = l->next) {
        judge_letter(t, l);
        for (const struct claim *c = l->claims; c; c = c->next)
            judge_claim(t, c);
    }
}
