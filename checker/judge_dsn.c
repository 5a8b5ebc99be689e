/* DSN-1, DSN-3: each failure is told to the sender once, in the form of
 * RFC 3464, as his NOTIFY asks for. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checker/dsn_view.h"
#include "checker/judge_bounces.h"

static const char *who(struct trial *t, const char *address, const char *what)
{
    return TEXT(t, "%s: DSN's %s", address, what);
}

static void want(struct trial *t, const char *address, const char *what,
                 const char *expected, const char *got)
{
    if (strcasecmp(expected, got) != 0)
        fault(t, place_for(t, address), "DSN-1", who(t, address, what),
              *expected ? expected : "none", *got ? got : "none");
}

static const char *without_blanks(struct trial *t, const char *text)
{
    return arena_text(t->arena,
                      octets_without_blanks(t->arena, slice_of(text)));
}

/* -- one recipient's fields (RFC 3464 2.3) --------------------------------- */

/* On a clock that runs, any readable date will do. */
static void want_date(struct trial *t, const char *address, const char *field,
                      const char *got, long long expected)
{
    bool runs = t->c->clock_is_now && dsn_date(got) > 0;
    if (*got && dsn_date(got) != expected && !runs)
        fault(t, place_for(t, address), "DSN-1", who(t, address, field),
              TEXT(t, "%lld, seconds since 1970", expected), got);
}

static void want_class(struct trial *t, const char *address, char class,
                       const char *got)
{
    if (got[0] != class || got[1] != '.' || !strchr(got + 2, '.'))
        want(t, address, "Status", TEXT(t, "%c.X.X", class), got);
}

/* The kit's clock when a step was over: as the next one began. */
static long long clock_in(const struct trial *t, long long step)
{
    const json_t *steps = evidence_list(t->evidence, "steps");
    size_t i = 0, count = json_array_size(steps);
    while (i < count &&
           evidence_number(json_array_get(steps, i), "step", -1) != step)
        i++;
    const json_t *next = json_array_get(steps, i + 1);
    return evidence_number(next ? next : t->evidence, next ? "clock" : "now",
                           -1);
}

/* When the attempt was made that a report tells of; the report itself may have
 * waited. */
static long long attempted(const struct trial *t, const struct copy *copy,
                           const struct claim *claim, const char *action)
{
    bool failed = strcmp(action, "failed") == 0;
    const json_t *outcome =
        failed ? witness_event(&t->w, claim, "outcome", STEP_END) : NULL;
    return clock_in(t, evidence_number(outcome, "step", copy->step));
}

static long long retried_until(const struct trial *t, const struct letter *l)
{
    long long lifetime_ms = strtoll(
        world_setting(witness_world(&t->w, l->step ? l->step->number : 0),
                      "queue_lifetime_ms", "432000000"),
        NULL, 10);
    return evidence_number(l->accepted, "time", 0) + lifetime_ms / 1000;
}

/* Action and Status by what came of the recipient. */
static void judge_status(struct trial *t, const struct claim *claim,
                         const char *action, const char *status)
{
    const char *address = claim->address;
    const json_t *outcome = witness_event(&t->w, claim, "outcome", STEP_END);
    const json_t *bounce = bounce_find(t, claim, action);
    const char *said = evidence_text(bounce, "status");
    bool plain = bounce && strcmp(evidence_text(bounce, "form"), "plain") == 0;
    bool failed = strcmp(evidence_text(outcome, "delivery"), "failed") == 0;
    if (strcmp(action, "delayed") == 0)
        want_class(t, address, '4', status);
    else if (strcmp(action, "failed") == 0 && failed)
        want(t, address, "Status", evidence_text(outcome, "status"), status);
    else if (strcmp(action, "failed") == 0 && plain)
        want_class(t, address, '5', status);
    else if (bounce)
        want(t, address, "Status", said, status);
    else if (strcmp(action, "relayed") == 0)
        want_class(t, address, '2', status);
    else
        want(t, address, "Action", "failed, delayed, relayed or delivered",
             action);
}

/* Of the final reply, where the recipient ended with one. */
static void judge_reply(struct trial *t, const struct claim *claim,
                        const struct mail_view *g)
{
    const json_t *outcome = witness_event(&t->w, claim, "outcome", STEP_END);
    const char *reply = evidence_text(outcome, "reply");
    const char *host = evidence_text(outcome, "host");
    const char *diagnostic = mail_value(t->arena, g, "Diagnostic-Code");
    const char *remote = mail_value(t->arena, g, "Remote-MTA");
    const char *action = dsn_action(t, g);
    if (!*reply || strcmp(action, "delayed") == 0 ||
        bounce_find(t, claim, action))
        return;
    if (!strstr(diagnostic, arena_text(t->arena, (struct slice){reply, 3})))
        want(t, claim->address, "Diagnostic-Code", reply, diagnostic);
    if (*remote && *host)
        want(t, claim->address, "Remote-MTA", TEXT(t, "dns;%s", host),
             without_blanks(t, remote));
}

/* Of letters alone: no status, address, or number of a date. */
static bool is_word(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalpha((unsigned char)s.p[i]) && !strchr(".,:;", s.p[i]))
            return false;
    return s.n > 1;
}

/* The lines around this place, up to an empty one. */
static struct slice paragraph(struct slice text, const char *at)
{
    struct slice line, found = {text.p, 0};
    while (text.n) {
        line = slice_cut(&text, '\n');
        bool is_empty = !slice_trim(line).n;
        if (is_empty && line.p > at)
            break;
        found.n = (size_t)(line.p + line.n - found.p);
        if (is_empty)
            found = (struct slice){text.p, 0};
    }
    return found;
}

/* DSN-1: the reason in plain words stands where the recipient is named. */
static void judge_words(struct trial *t, const char *address, struct slice text)
{
    const char *at = memmem(text.p, text.n, address, strlen(address));
    if (!at) {
        want(t, address, "text", "the recipient's address", "none");
        return;
    }
    struct slice rest = paragraph(text, at), word;
    unsigned words = 0;
    while ((word = slice_word(&rest)).n)
        words += is_word(word);
    if (words < 2)
        want(t, address, "text", "the reason in plain words", "none");
}

static void judge_recipient(struct trial *t, const struct copy *copy,
                            const struct report *r, const struct mail_view *g)
{
    const char *final = mail_value(t->arena, g, "Final-Recipient");
    const char *address = dsn_typed_address(t, final);
    struct claim *claim = letter_claim(copy->letter, address);
    if (!claim) {
        fault(t, t->c->place, "DSN-1", who(t, copy->recipient, "recipient"),
              "a recipient of the message", *address ? address : "none");
        return;
    }
    const struct submit *s = dsn_submit(copy->letter);
    const char *orcpt = s ? dsn_asked(s->orcpt, address) : NULL;
    const char *action = dsn_action(t, g);
    judge_status(t, claim, action, mail_value(t->arena, g, "Status"));
    judge_reply(t, claim, g);
    if (s || !evidence_yes(t->evidence, "served"))
        want(t, address, "Original-Recipient",
             without_blanks(t, dsn_from_xtext(t->arena, orcpt ? orcpt : "")),
             without_blanks(t, mail_value(t->arena, g, "Original-Recipient")));
    if (!octets_are_ascii(slice_of(address)) &&
        strncasecmp(final, "utf-8;", 6) != 0)
        want(t, address, "Final-Recipient", "the type utf-8 (RFC 6533)", final);
    want_date(t, address, "Last-Attempt-Date",
              mail_value(t->arena, g, "Last-Attempt-Date"),
              attempted(t, copy, claim, action));
    const char *until = mail_value(t->arena, g, "Will-Retry-Until");
    if (*until && strcmp(action, "delayed") != 0)
        want(t, address, "Will-Retry-Until", "", until);
    want_date(t, address, "Will-Retry-Until", until,
              retried_until(t, copy->letter));
    judge_words(t, address, mail_decoded(t->arena, &r->text));
}

/* -- one DSN -------------------------------------------------------------- */

static void judge_returned(struct trial *t, const struct copy *copy,
                           const struct report *r)
{
    struct mail_view m =
        mail_view(t->arena, mail_decoded(t->arena, &r->returned));
    const char *to = copy->recipient;
    want(t, to, "returned Message-ID", copy->letter->message_id,
         mail_value(t->arena, &m, "Message-ID"));
    if (slice_trim(m.body).n)
        want(t, to, "returned message", "header fields alone", "a body");
    for (size_t i = 0; i < m.count; i++) {
        if (slice_is_nocase(m.fields[i].name, "Bcc") ||
            slice_is_nocase(m.fields[i].name, "Resent-Bcc") ||
            slice_starts_nocase(m.fields[i].name, "zivver-"))
            want(t, to, "returned header", "no Bcc and no control field",
                 arena_text(t->arena, m.fields[i].name));
    }
}

/* RFC 3464 2.2. */
static void judge_message_fields(struct trial *t, const struct copy *copy,
                                 const struct mail_view *g)
{
    const struct submit *s = dsn_submit(copy->letter);
    const char *envid = s && s->envid ? s->envid : "";
    want(t, copy->recipient, "Reporting-MTA",
         TEXT(t, "dns;%s", t->w.gateway_host),
         without_blanks(t, mail_value(t->arena, g, "Reporting-MTA")));
    if (s || !evidence_yes(t->evidence, "served"))
        want(t, copy->recipient, "Original-Envelope-Id",
             dsn_from_xtext(t->arena, envid),
             mail_value(t->arena, g, "Original-Envelope-Id"));
    want_date(t, copy->recipient, "Arrival-Date",
              mail_value(t->arena, g, "Arrival-Date"),
              evidence_number(copy->letter->accepted, "time", -1));
}

static void judge_dsn(struct trial *t, const struct copy *copy)
{
    struct report r = dsn_report(t, copy);
    struct mail_view g;
    struct texts to = {0};
    mail_addresses(t->arena, mail_value(t->arena, &copy->mail, "To"), &to);
    if (!copy->letter) {
        fault(t, t->c->place, "DSN-1", "DSN",
              "one about a message of its recipient",
              TEXT(t, "to %s, about none that he sent", copy->recipient));
        return;
    }
    want(t, copy->recipient, "reverse-path", "", copy->reverse_path);
    want(t, copy->recipient, "To", copy->recipient, to.n ? to.v[0] : "");
    want(t, copy->recipient, "Content-Type", "multipart/report",
         mail_type(t->arena, &copy->mail));
    if (!slice_starts_nocase(
            slice_of(mail_value(t->arena, &copy->mail, "Auto-Submitted")),
            "auto-"))
        want(t, copy->recipient, "Auto-Submitted", "auto-replied", "");
    want(t, copy->recipient, "report-type", "delivery-status",
         mail_type_parameter(t->arena, &copy->mail, "report-type"));
    if (r.parts != 3 || !r.returned.octets.n || !dsn_group(t, &r, 0, &g)) {
        want(t, copy->recipient, "parts",
             "a text, message/delivery-status, text/rfc822-headers", "others");
        return;
    }
    judge_message_fields(t, copy, &g);
    for (size_t i = 1; dsn_group(t, &r, i, &g); i++)
        judge_recipient(t, copy, &r, &g);
    judge_returned(t, copy, &r);
}

void judge_dsns(struct trial *t)
{
    for (size_t i = 0; i < t->w.copy_count; i++) {
        if (t->w.copies[i].kind == COPY_KIND_DSN)
            judge_dsn(t, &t->w.copies[i]);
    }
    judge_dsns_owed(t);
}
