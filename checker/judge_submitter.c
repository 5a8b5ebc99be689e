/* What the submitter was told: expected replies, replies against the journal's
 * refusals, and raw dialogues. */
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"

static const char *text_at(const json_t *list, size_t i)
{
    const char *text = json_string_value(json_array_get(list, i));
    return text ? text : "";
}

static unsigned step_of(const json_t *object)
{
    return (unsigned)evidence_number(object, "step", STEP_END);
}

/* -- expected replies ----------------------------------------------------- */

/* Which of the case's clauses it is that such an expectation shows. */
static const char *clause_shown_by(const struct trial *t, const char *what)
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

/* Code and enhanced code, without the text. */
static bool same_reply(const char *a, const char *b)
{
    enum { CODES = 9 }; /* "550 5.7.1" */
    return strncmp(a, b, strlen(a) < CODES || strlen(b) < CODES ? 3 : CODES) ==
           0;
}

static bool journal_refuses(const struct trial *t, unsigned step,
                            const char *reply)
{
    size_t i;
    const json_t *e;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        if (strcmp(evidence_text(e, "event"), "refused") == 0 &&
            step_of(e) == step && same_reply(evidence_text(e, "reply"), reply))
            return true;
    }
    return false;
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
 * was refused. */
static unsigned ended_content(const json_t *submission)
{
    size_t i;
    const json_t *r;
    json_array_foreach(evidence_list(submission, "replies"), i, r)
    {
        if (strcmp(evidence_text(r, "stage"), "data") == 0)
            return strcmp(evidence_text(r, "command"), "DATA") != 0;
    }
    return 0;
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
    if (taken && count_stage(s, "quit", false) > 1)
        fault(t, t->c->place, "CONN-7", "replies to QUIT", "1", "more");
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
    bool killed = t->w.kills > 0;
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
        if (!journal_refuses(t, step, last))
            fault(t, t->c->place, "CONN-7",
                  TEXT(t, "reply to %s", evidence_text(r, "command")),
                  "an event 'refused' that says so", last);
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
        if (same_reply(evidence_text(r, "reply"), reply))
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
    if (submitted && t->w.kills == 0)
        fault(t, t->c->place, "CONN-7", "journal: refused",
              "a reply that the submitter got", evidence_text(event, "reply"));
}

/* -- raw dialogues -------------------------------------------------------- */

static bool turn_is_right(const json_t *turn)
{
    const json_t *expected = evidence_list(turn, "expected");
    const char *got = evidence_text(turn, "got");
    size_t n = json_array_size(expected);
    bool right = n == 0 || json_object_get(turn, "tls");
    for (size_t i = 0; i < n; i++) {
        const char *want = text_at(expected, i);
        right |= strncmp(got, want, strlen(want)) == 0;
    }
    return right && evidence_yes(turn, "ok");
}

static const char *expected_text(struct trial *t, const json_t *turn)
{
    const json_t *expected = evidence_list(turn, "expected");
    const char *text = text_at(expected, 0);
    for (size_t i = 1; i < json_array_size(expected); i++)
        text = TEXT(t, "%s or %s", text, text_at(expected, i));
    return *text ? text : "success";
}

static void judge_session(struct trial *t, const json_t *session)
{
    size_t i;
    const json_t *turn;
    const char *sent = "the connection";
    json_array_foreach(evidence_list(session, "dialogue"), i, turn)
    {
        if (json_object_get(turn, "sent"))
            sent = evidence_text(turn, "sent");
        if (turn_is_right(turn))
            continue;
        struct place place = {t->c->file, (int)evidence_number(turn, "line", 0),
                              1};
        const char *got = evidence_text(turn, "got");
        const char *failure = evidence_text(session, "failure");
        fault(t, place, clause_shown_by(t, "session"),
              TEXT(t, "session, after %s", sent), expected_text(t, turn),
              *got ? got : failure);
        return; /* what follows was not reached */
    }
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
    json_array_foreach(evidence_list(t->evidence, "sessions"), i, one)
    {
        judge_session(t, one);
    }
}
