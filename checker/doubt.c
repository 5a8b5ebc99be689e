/* Each change is made on a copy of the evidence (shared but for what changes)
 * or by reading one expected cell as another; then the whole judge runs. */
#include "checker/doubt_internal.h"

#include <string.h>

#include "base/buf.h"
#include "engine/words.h"

bool doubt_is_noticed(struct doubting *d, const json_t *evidence,
                      struct judge_change change)
{
    struct arena *arena = arena_create();
    struct case_result result;
    case_result_init(&result, arena, d->c->file, d->c->name);
    struct trial t = {.judge = d->judge,
                      .c = d->c,
                      .evidence = evidence,
                      .result = &result,
                      .arena = arena,
                      .change = change};
    judge_trial(&t);
    bool noticed = result.mismatch_count > 0;
    arena_destroy(&arena);
    return noticed;
}

/* -- evidence ------------------------------------------------------------- */

void doubt_try(struct doubting *d, json_t *changed, const char *what)
{
    struct judge_change none = {NULL, NULL};
    d->report->changes++;
    if (!doubt_is_noticed(d, changed, none))
        texts_add(d->arena, &d->report->survivors, what);
    json_decref(changed);
}

/* The evidence with another list under a key; takes the list. */
json_t *doubt_with_list(const struct doubting *d, const char *key, json_t *list)
{
    json_t *changed = json_object();
    const char *k;
    json_t *value;
    json_t *all = json_incref((json_t *)(uintptr_t)d->evidence);
    json_object_foreach(all, k, value)
    {
        json_object_set(changed, k, value);
    }
    json_object_set_new(changed, key, list);
    json_decref(all);
    return changed;
}

static json_t *list_copy(const json_t *list)
{
    json_t *copy = json_array();
    size_t i;
    for (i = 0; i < json_array_size(list); i++)
        json_array_append(copy, json_array_get(list, i));
    return copy;
}

/* A list with one element replaced; takes the element. */
json_t *doubt_with_element(const json_t *list, size_t i, json_t *element)
{
    json_t *copy = list_copy(list);
    json_array_set_new(copy, i, element);
    return copy;
}

json_t *doubt_without(const json_t *list, size_t i)
{
    json_t *copy = list_copy(list);
    json_array_remove(copy, i);
    return copy;
}

json_t *doubt_doubled(const json_t *list, size_t i)
{
    json_t *copy = list_copy(list);
    json_array_insert(copy, i, json_array_get(list, i));
    return copy;
}

static void try_message_with(struct doubting *d, size_t i, const char *key,
                             json_t *value, const char *what)
{
    const json_t *list = evidence_list(d->evidence, "received");
    json_t *message = json_copy(json_array_get(list, i));
    json_object_set_new(message, key, value);
    doubt_try(
        d, doubt_with_list(d, "received", doubt_with_element(list, i, message)),
        arena_printf(d->arena, "received[%zu]: %s", i, what));
}

static void try_tls(struct doubting *d, size_t i, const json_t *message)
{
    static const char *const versions[] = {"1.0", "1.2", "1.3"};
    const char *tls = evidence_text(message, "tls");
    for (size_t k = 0; k < 3; k++) {
        if (strcmp(tls, versions[k]) != 0)
            try_message_with(d, i, "tls", json_string(versions[k]),
                             versions[k]);
    }
    if (*tls)
        try_message_with(d, i, "tls", json_null(), "plain instead of TLS");
}

/* What bears the method: the field X-Zivver-Transport says another. */
static void try_transport(struct doubting *d, size_t i, const json_t *message)
{
    static const char *const values[] = {"direct", "nta7516", "idd",
                                         "notification", "dsn"};
    struct slice octets = evidence_octets(d->arena, message, "content");
    struct mail_view mail = mail_view(d->arena, octets);
    const struct mail_field *f = mail_field(&mail, "X-Zivver-Transport", 0);
    const json_t *list = evidence_list(d->evidence, "received");
    for (size_t k = 0; f && k < sizeof values / sizeof *values; k++) {
        if (slice_is(slice_trim(f->value), values[k]))
            continue;
        struct buf text;
        buf_init(&text, octets.n + 64);
        buf_put(&text,
                (struct slice){octets.p, (size_t)(f->value.p - octets.p)});
        buf_printf(&text, " %s", values[k]);
        const char *behind = f->value.p + f->value.n;
        buf_put(&text,
                (struct slice){behind, (size_t)(octets.p + octets.n - behind)});
        json_t *changed = json_copy((json_t *)(uintptr_t)message);
        evidence_set_octets(changed, "content", buf_slice(&text));
        buf_release(&text);
        doubt_try(d,
                  doubt_with_list(d, "received",
                                  doubt_with_element(list, i, changed)),
                  arena_printf(d->arena,
                               "received[%zu]: X-Zivver-Transport: %s", i,
                               values[k]));
    }
}

/* -- the journal ----------------------------------------------------------- */

/* The journal with one more event, told in the step of an expectation. */
static void try_further_event(struct doubting *d, unsigned step, json_t *event,
                              const char *what)
{
    json_t *list = list_copy(evidence_list(d->evidence, "journal"));
    json_object_set_new(event, "step", json_integer(step));
    json_array_append_new(list, event);
    doubt_try(d, doubt_with_list(d, "journal", list), what);
}

/* What must be absent is there; a warning that is not expected is there. */
static void try_further_events(struct doubting *d, const struct step *s)
{
    const struct node *n = s->expect->absent;
    for (n = n ? n->first : NULL; n; n = n->next) {
        json_t *event = json_object();
        for (const struct node *m = n->first; m; m = m->next)
            json_object_set_new(event, m->key, json_string(m->text));
        try_further_event(d, s->number, event,
                          arena_printf(d->arena,
                                       "%s:%d: what is absent is there",
                                       n->place.file, n->place.line));
    }
    for (size_t i = 0; s->expect->warnings && words_warning[i]; i++) {
        bool expected = false;
        for (n = s->expect->warnings->first; n; n = n->next)
            expected |= node_is_text(n, words_warning[i]);
        if (!expected)
            try_further_event(d, s->number,
                              json_pack("{s:s,s:s}", "event", "warning", "word",
                                        words_warning[i]),
                              arena_printf(d->arena,
                                           "journal: a further warning: %s",
                                           words_warning[i]));
    }
}

static bool is_any(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

/* After a death a line may stand there twice; either will do. */
static bool is_repeated(const json_t *list, const json_t *event)
{
    size_t i, count = 0;
    const json_t *e;
    json_array_foreach(list, i, e)
    {
        count +=
            strcmp(evidence_text(e, "id"), evidence_text(event, "id")) == 0;
    }
    return count > 1;
}

/* Each claim dropped; each end of a recipient told twice, under another id. */
static void try_journal(struct doubting *d)
{
    static const char *const dropped[] = {"accepted", "outcome", "refused",
                                          "refusals", "dsn",     "bounced",
                                          "opened",   "reply",   NULL};
    static const char *const doubled_names[] = {"outcome", "dsn",   "bounced",
                                                "opened",  "reply", NULL};
    const json_t *list = evidence_list(d->evidence, "journal"), *e;
    size_t i;
    json_array_foreach(list, i, e)
    {
        const char *name = evidence_text(e, "event");
        if (is_any(name, dropped) && !is_repeated(list, e))
            doubt_try(
                d, doubt_with_list(d, "journal", doubt_without(list, i)),
                arena_printf(d->arena, "journal[%zu]: %s dropped", i, name));
        if (!is_any(name, doubled_names))
            continue;
        json_t *more = list_copy(list);
        json_t *again = json_copy((json_t *)(uintptr_t)e);
        json_object_set_new(again, "id", json_string("another"));
        json_array_append_new(more, again);
        doubt_try(d, doubt_with_list(d, "journal", more),
                  arena_printf(d->arena, "journal[%zu]: %s doubled", i, name));
    }
}

/* A copy by IDD goes without alignment too (MAIL-2). */
static bool must_pass(const json_t *message, const char *check)
{
    return strcmp(check, "spf") == 0 ||
           strcmp(evidence_text(json_object_get(message, check), "result"),
                  "pass") == 0;
}

/* A strict receiver's word on it is another. */
static void try_checks(struct doubting *d, size_t i, const json_t *message)
{
    static const char *const single[] = {"spf", "dmarc", "dmarc_walk"};
    const json_t *dkim = evidence_list(message, "dkim");
    for (size_t k = 0; k < json_array_size(dkim); k++) {
        json_t *broken = json_copy(json_array_get(dkim, k));
        json_object_set_new(broken, "result", json_string("fail"));
        try_message_with(d, i, "dkim", doubt_with_element(dkim, k, broken),
                         "with a signature that fails");
        try_message_with(d, i, "dkim", doubt_without(dkim, k),
                         "without one of its signatures");
    }
    for (size_t k = 0; k < 3; k++) {
        json_t *check = json_copy(json_object_get(message, single[k]));
        if (!check)
            continue;
        json_object_set_new(check, "result", json_string("fail"));
        json_object_set_new(check, "spf_aligned", json_false());
        json_object_set_new(check, "dkim_aligned", json_false());
        if (must_pass(message, single[k]))
            try_message_with(
                d, i, single[k], check,
                arena_printf(d->arena, "that fails %s", single[k]));
        else
            json_decref(check);
    }
}

static void try_message(struct doubting *d, size_t i)
{
    const json_t *list = evidence_list(d->evidence, "received");
    const json_t *message = json_array_get(list, i);
    json_t *recipients = json_array();
    json_array_append_new(recipients,
                          json_string("stranger@elsewhere.example"));
    if (!d->killed) {
        doubt_try(d, doubt_with_list(d, "received", doubt_without(list, i)),
                  arena_printf(d->arena, "received[%zu] dropped", i));
        doubt_try(d, doubt_with_list(d, "received", doubt_doubled(list, i)),
                  arena_printf(d->arena, "received[%zu] doubled", i));
    }
    try_message_with(d, i, "host", json_string("mx.elsewhere.example"),
                     "at another host");
    try_tls(d, i, message);
    if (!evidence_yes(message, "accepted")) {
        json_decref(recipients);
        return;
    }
    try_checks(d, i, message);
    try_message_with(d, i, "recipients", recipients, "for another recipient");
    try_transport(d, i, message);
}

static void try_submission_replies(struct doubting *d, size_t i,
                                   json_t *replies, const char *what, size_t k)
{
    const json_t *list = evidence_list(d->evidence, "submissions");
    json_t *changed = json_copy(json_array_get(list, i));
    json_object_set_new(changed, "replies", replies);
    doubt_try(
        d,
        doubt_with_list(d, "submissions", doubt_with_element(list, i, changed)),
        arena_printf(d->arena, "submissions[%zu]: reply %zu %s", i, k, what));
}

/* The gateway may have died within it. */
static bool is_disturbed(const struct doubting *d, const json_t *submission)
{
    for (const struct step *s = d->c->steps; s; s = s->next) {
        if (s->number == evidence_number(submission, "step", -1))
            return s->submit && !s->submit->settle;
    }
    return false;
}

static void try_submission(struct doubting *d, size_t i)
{
    const json_t *submission =
        json_array_get(evidence_list(d->evidence, "submissions"), i);
    const json_t *replies = evidence_list(submission, "replies");
    if (d->killed && is_disturbed(d, submission))
        return;
    for (size_t k = 0; k < json_array_size(replies); k++) {
        json_t *reply = json_copy(json_array_get(replies, k));
        const char *text = evidence_text(reply, "reply");
        bool good = text[0] == '2' || text[0] == '3';
        json_object_set_new(
            reply, "reply",
            json_string(good ? "554 5.0.0 no" : "250 2.0.0 ok"));
        try_submission_replies(d, i, doubt_with_element(replies, k, reply),
                               "altered", k);
        try_submission_replies(d, i, doubt_without(replies, k), "dropped", k);
        try_submission_replies(d, i, doubt_doubled(replies, k), "doubled", k);
    }
}

static void try_session(struct doubting *d, size_t i)
{
    const json_t *list = evidence_list(d->evidence, "sessions");
    const json_t *turns = evidence_list(json_array_get(list, i), "dialogue");
    doubt_try(d, doubt_with_list(d, "sessions", doubt_without(list, i)),
              arena_printf(d->arena, "sessions[%zu] dropped", i));
    doubt_try(d, doubt_with_list(d, "sessions", doubt_doubled(list, i)),
              arena_printf(d->arena, "sessions[%zu] doubled", i));
    for (size_t k = 0; k < json_array_size(turns); k++) {
        const json_t *turn = json_array_get(turns, k);
        json_t *shorter = json_copy(json_array_get(list, i));
        json_object_set_new(shorter, "dialogue", doubt_without(turns, k));
        doubt_try(
            d,
            doubt_with_list(d, "sessions",
                            doubt_with_element(list, i, shorter)),
            arena_printf(d->arena, "sessions[%zu]: turn %zu dropped", i, k));
        if (!json_array_size(evidence_list(turn, "expected")) ||
            json_object_get(turn, "tls"))
            continue;
        json_t *altered = json_copy((json_t *)(uintptr_t)turn);
        json_object_set_new(altered, "got", json_string("999 altered"));
        json_t *session = json_copy(json_array_get(list, i));
        json_object_set_new(session, "dialogue",
                            doubt_with_element(turns, k, altered));
        doubt_try(
            d,
            doubt_with_list(d, "sessions",
                            doubt_with_element(list, i, session)),
            arena_printf(d->arena, "sessions[%zu]: turn %zu altered", i, k));
    }
}

static void try_bounce(struct doubting *d, size_t i)
{
    const json_t *list = evidence_list(d->evidence, "bounces");
    json_t *altered = json_copy(json_array_get(list, i));
    bool taken = evidence_yes(altered, "accepted");
    json_object_set_new(altered, "reply",
                        json_string(taken ? "451 4.3.0 no" : "250 2.0.0 ok"));
    doubt_try(
        d, doubt_with_list(d, "bounces", doubt_with_element(list, i, altered)),
        arena_printf(d->arena, "bounces[%zu]: reply altered", i));
    doubt_try(d, doubt_with_list(d, "bounces", doubt_without(list, i)),
              arena_printf(d->arena, "bounces[%zu] dropped", i));
    doubt_try(d, doubt_with_list(d, "bounces", doubt_doubled(list, i)),
              arena_printf(d->arena, "bounces[%zu] doubled", i));
}

void doubt_case(const struct judge *judge, const struct scenario_case *c,
                const json_t *evidence, struct arena *arena,
                struct doubt_report *out)
{
    struct doubting d = {.judge = judge,
                         .c = c,
                         .evidence = evidence,
                         .arena = arena,
                         .report = out};
    *out = (struct doubt_report){.changes = 0};
    for (const struct step *s = c->steps; s; s = s->next) {
        d.killed |= s->kind == STEP_KIND_RESTART && s->kill;
        if (s->kind == STEP_KIND_EXPECT) {
            doubt_expect(&d, s->expect);
            try_further_events(&d, s);
        }
        if (s->kind == STEP_KIND_BOUNCE)
            doubt_bounce(&d, s);
    }
    for (size_t i = 0; i < json_array_size(evidence_list(evidence, "bounces"));
         i++)
        try_bounce(&d, i);
    doubt_visits(&d);
    if (!d.killed)
        try_journal(&d);
    for (size_t i = 0; i < json_array_size(evidence_list(evidence, "received"));
         i++)
        try_message(&d, i);
    for (size_t i = 0;
         i < json_array_size(evidence_list(evidence, "submissions")); i++)
        try_submission(&d, i);
    for (size_t i = 0; i < json_array_size(evidence_list(evidence, "sessions"));
         i++)
        try_session(&d, i);
}
