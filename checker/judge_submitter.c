/* What the submitter was told: expected replies, replies against the journal's
 * refusals, and raw dialogues. */
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"

static unsigned step_of(const json_t *object)
{
    return (unsigned)evidence_number(object, "step", STEP_END);
}

/* -- expected replies ----------------------------------------------------- */

/* Which of the case's clauses it is that such an expectation shows. */
const char *clause_shown_by(const struct trial *t, const char *what)
{
    for (size_t i = 0; i < t->c->clauses.count; i++) {
        const struct clause *clause =
            clauses_find(t->judge->clauses, t->c->clauses.texts[i]);
        for (size_t k = 0; clause && clause->shows[k]; k++) {
            if (strcmp(clause->shows[k], what) == 0)
                return clause->id;
        }
    }
    return "CONN-7";
}

/* The reply starts with the first word; the others stand somewhere in it. */
static bool matches(struct trial *t, const char *expected, const char *reply)
{
    struct slice rest = slice_of(expected), word = slice_word(&rest);
    if (strncmp(reply, word.p ? word.p : "", word.n) != 0)
        return false;
    while ((word = slice_word(&rest)).n) {
        if (!strcasestr(reply, arena_text(t->arena, word)))
            return false;
    }
    return true;
}

static const json_t *latest_submission(const struct trial *t, unsigned last)
{
    size_t i;
    const json_t *s, *found = NULL;
    json_array_foreach(evidence_list(t->evidence, "submissions"), i, s)
    {
        if (step_of(s) <= last)
            found = s;
    }
    return found;
}

static void judge_reply(struct trial *t, const struct node *cell,
                        const json_t *submission)
{
    struct slice rest = slice_of(cell->key);
    struct slice stage = slice_word(&rest), address = slice_trim(rest);
    const char *expected = cell_text(t, cell), *last = "";
    unsigned seen = 0;
    size_t i;
    const json_t *r;
    if (memchr(cell->key, '@', strlen(cell->key)) && !address.n) {
        address = stage;
        stage = slice_of("rcpt");
    }
    json_array_foreach(evidence_list(submission, "replies"), i, r)
    {
        const char *reply = evidence_text(r, "reply");
        last = reply;
        if (!slice_is(stage, evidence_text(r, "stage")) ||
            (address.n &&
             !slice_is_nocase(address, evidence_text(r, "recipient"))))
            continue;
        seen++;
        if (expected && !matches(t, expected, reply))
            fault(t, cell->place, clause_shown_by(t, "replies"),
                  TEXT(t, "reply to %s", cell->key), expected, reply);
    }
    if (!seen)
        fault(t, cell->place, clause_shown_by(t, "replies"),
              TEXT(t, "reply to %s", cell->key), expected,
              *last ? TEXT(t, "none; the last was: %s", last) : "none");
}

static void judge_expected_replies(struct trial *t)
{
    for (const struct step *s = t->c->steps; s; s = s->next) {
        if (s->kind != STEP_KIND_EXPECT || !s->expect->replies)
            continue;
        const json_t *submission = latest_submission(t, s->number);
        for (const struct node *n = s->expect->replies->first; n; n = n->next)
            judge_reply(t, n, submission);
    }
}

/* -- one submission ------------------------------------------------------- */

static bool expects_replies(const struct trial *t, unsigned from)
{
    for (const struct step *s = t->c->steps; s; s = s->next) {
        if (s->kind == STEP_KIND_EXPECT && s->number > from &&
            s->expect->replies)
            return true;
    }
    return false;
}

/* The gateway may have died before it could say or do more. */
static bool is_disturbed(const struct trial *t, unsigned step)
{
    const struct step *s = witness_step(&t->w, step);
    return t->w.kills && s && s->submit && !s->submit->settle;
}

static unsigned count_stage(const json_t *submission, const char *stage,
                            bool accepted)
{
    unsigned n = 0;
    size_t i;
    const json_t *r;
    json_array_foreach(evidence_list(submission, "replies"), i, r)
    {
        n += strcmp(evidence_text(r, "stage"), stage) == 0 &&
             (!accepted || evidence_text(r, "reply")[0] == '2');
    }
    return n;
}

/* 1 where the last word about the content came behind it, 0 where DATA itself
 * was refused
 * or BDAT stood in its place. */
static unsigned ended_content(const json_t *submission)
{
    size_t i;
    const json_t *r;
    json_array_foreach(evidence_list(submission, "replies"), i, r)
    {
        const char *command = evidence_text(r, "command");
        if (strcmp(evidence_text(r, "stage"), "data") == 0)
            return strcmp(command, "DATA") != 0 &&
                   strncmp(command, "BDAT", 4) != 0;
    }
    return 0;
}

/* The gateway itself ended the session. */
static bool was_closed(const json_t *submission)
{
    size_t i;
    const json_t *r;
    json_array_foreach(evidence_list(submission, "replies"), i, r)
    {
        if (strncmp(evidence_text(r, "reply"), "421", 3) == 0)
            return true;
    }
    return false;
}

/* RFC 3030: a reply to each chunk. */
static void judge_chunks(struct trial *t, const json_t *s)
{
    static const char sent[] = "C: BDAT ";
    unsigned commands = 0, answered = 0;
    size_t i;
    const json_t *v;
    json_array_foreach(evidence_list(s, "transcript"), i, v)
    {
        const char *line = json_string_value(v);
        commands += line && strncmp(line, sent, strlen(sent)) == 0;
    }
    json_array_foreach(evidence_list(s, "replies"), i, v)
    {
        answered += strncmp(evidence_text(v, "command"), "BDAT ", 5) == 0;
    }
    if (commands != answered)
        fault(t, t->c->place, "CONN-7", "replies to BDAT",
              TEXT(t, "%u", commands), TEXT(t, "%u", answered));
}

/* One reply to each command, as far as the dialogue came. */
static void judge_complete(struct trial *t, const json_t *s)
{
    static const char *const once[] = {"connect",  "ehlo", "starttls",
                                       "tls-ehlo", "auth", "mail"};
    bool ok = true;
    for (size_t i = 0; i < sizeof once / sizeof *once && ok; i++) {
        if (evidence_yes(s, "anonymous") && strcmp(once[i], "auth") == 0)
            continue; /* no credentials were shown */
        unsigned n = count_stage(s, once[i], false);
        if (n != 1)
            fault(t, t->c->place, "CONN-7", TEXT(t, "replies to %s", once[i]),
                  "1", TEXT(t, "%u", n));
        ok = count_stage(s, once[i], true) == 1;
    }
    size_t recipients = json_array_size(evidence_list(s, "envelope"));
    unsigned rcpt = count_stage(s, "rcpt", false);
    if (ok && rcpt != recipients)
        fault(t, t->c->place, "CONN-7", "replies to RCPT",
              TEXT(t, "%zu", recipients), TEXT(t, "%u", rcpt));
    bool taken = count_stage(s, "data", true) == 1;
    unsigned data = count_stage(s, "data", false);
    if (ok && count_stage(s, "rcpt", true) && data != 1)
        fault(t, t->c->place, "CONN-7", "replies to the end of data", "1",
              TEXT(t, "%u", data));
    unsigned want = ended_content(s);
    if (data == 1 && count_stage(s, "data-command", false) != want)
        fault(t, t->c->place, "CONN-7", "replies to DATA", TEXT(t, "%u", want),
              "another number");
    judge_chunks(t, s);
    unsigned quit = count_stage(s, "quit", false);
    bool closed = *evidence_text(s, "failure") || was_closed(s);
    if (!closed && quit != 1)
        fault(t, t->c->place, "CONN-7", "replies to QUIT", "1",
              TEXT(t, "%u", quit));
    if (taken != evidence_yes(s, "accepted"))
        fault(t, t->c->place, "CONN-8", "acceptance",
              "by the reply to the end of data", "otherwise");
}

static void judge_submission(struct trial *t, const json_t *s)
{
    unsigned step = step_of(s);
    size_t i;
    const json_t *r;
    const char *last = "none", *tls = evidence_text(s, "tls");
    bool killed = is_disturbed(t, step);
    if (*tls && strcmp(tls, "1.2") < 0)
        fault(t, t->c->place, "CONN-1", "submission: TLS", "1.2 or higher",
              tls);
    if (*tls && !evidence_yes(s, "certificate_verified") &&
        !witness_world(&t->w, step)->gateway_certificate)
        fault(t, t->c->place, "CONN-1", "the gateway's certificate",
              "one that verifies", "one that does not");
    json_array_foreach(evidence_list(s, "replies"), i, r)
    {
        last = evidence_text(r, "reply");
        bool data_command =
            strcmp(evidence_text(r, "stage"), "data-command") == 0;
        if (last[0] == (data_command ? '3' : '2') || killed)
            continue;
        judge_refusal(t, step, evidence_text(r, "command"), last);
    }
    if (!killed)
        judge_complete(t, s);
    if (!evidence_yes(s, "accepted") && !killed && !expects_replies(t, step))
        fault(t, t->c->place, "CONN-8", "submission", "250 to the end of data",
              TEXT(t, "%s%s%s", last, *evidence_text(s, "failure") ? "; " : "",
                   evidence_text(s, "failure")));
}

static bool was_told(const json_t *submission, const char *reply)
{
    size_t i;
    const json_t *r;
    json_array_foreach(evidence_list(submission, "replies"), i, r)
    {
        if (judge_same_reply(evidence_text(r, "reply"), reply))
            return true;
    }
    return false;
}

/* A refusal of the journal was really told to a submitter. */
static void judge_refused(struct trial *t, const json_t *event)
{
    size_t i;
    const json_t *s;
    bool submitted = false;
    json_array_foreach(evidence_list(t->evidence, "submissions"), i, s)
    {
        if (step_of(s) != step_of(event))
            continue;
        submitted = true;
        if (was_told(s, evidence_text(event, "reply")))
            return;
    }
    if (submitted && !is_disturbed(t, step_of(event)))
        fault(t, t->c->place, "CONN-7", "journal: refused",
              "a reply that the submitter got", evidence_text(event, "reply"));
}

void judge_submitter(struct trial *t)
{
    size_t i;
    const json_t *one;
    judge_expected_replies(t);
    json_array_foreach(evidence_list(t->evidence, "submissions"), i, one)
    {
        judge_submission(t, one);
    }
    json_array_foreach(evidence_list(t->evidence, "journal"), i, one)
    {
        if (strcmp(evidence_text(one, "event"), "refused") == 0)
            judge_refused(t, one);
    }
    judge_dialogues(t);
    judge_refusals(t);
}
