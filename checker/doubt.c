/* Each change is made on a copy of the evidence (shared but for what changes)
 * or by reading one expected cell as another; then the whole judge runs. */
#include "checker/doubt.h"

#include <string.h>

#include "base/buf.h"
#include "checker/judge_internal.h"
#include "engine/words.h"

struct doubting {
    const struct judge *judge;
    const struct scenario_case *c;
    const json_t *evidence;
    struct arena *arena;
    struct doubt_report *report;
    bool killed; /* a repeat or a lost reply may be legal */
};

static bool is_noticed(struct doubting *d, const json_t *evidence,
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

/* -- expected cells ------------------------------------------------------- */

static void try_cell(struct doubting *d, const struct node *cell,
                     const char *instead)
{
    struct judge_change change = {cell, instead};
    if (cell->kind != NODE_KIND_TEXT || strcmp(cell->text, instead) == 0)
        return;
    d->report->changes++;
    if (!is_noticed(d, d->evidence, change))
        texts_addf(d->arena, &d->report->survivors,
                   "%s:%d:%d: %s: %s instead of %s", cell->place.file,
                   cell->place.line, cell->place.column,
                   cell->key ? cell->key : "word", instead, cell->text);
}

static void try_words(struct doubting *d, const struct node *cell,
                      const char *const *words)
{
    for (; *words; words++)
        try_cell(d, cell, *words);
}

/* The names of all hosts of the world. */
static void try_hosts(struct doubting *d, const struct node *cell)
{
    const struct domain *domain = d->c->world->domains;
    try_cell(d, cell, "elsewhere.example");
    for (; domain; domain = domain->next) {
        const struct posture_host *h = domain->posture->hosts;
        for (; h; h = h->next) {
            if (h->name)
                try_cell(d, cell, h->name);
        }
    }
}

static void try_not(struct doubting *d, const struct node * not )
{
    static const char *const words[] = {
        "no account",      "account without 2FA",
        "no access right", "no STARTTLS",
        "tls below 1.2",   "self-signed",
        "expired",         "wrong host",
        "no connection",   "barred",
        "no DANE",         "not allowed by the organization",
        "look-up failed",  NULL};
    for (const struct node *n = not ->first; n; n = n->next)
        try_words(d, n, words);
}

static void try_row(struct doubting *d, const struct expect_row *row)
{
    static const char *const numbers[] = {"1", "2", "3", "4", NULL};
    static const char *const statuses[] = {"5.7.10", "5.1.2", "5.1.10", "5.4.4",
                                           "5.1.1",  "5.7.1", "4.4.7",  NULL};
    static const char *const yes_no[] = {"yes", "no", NULL};
    static const char *const subjects[] = {"original", "generic", NULL};
    const struct {
        const char *key;
        const char *const *words;
    } all[] = {{"method", words_method},  {"delivery", words_delivery},
               {"conversation", numbers}, {"tls", words_tls_seen},
               {"level", words_level},    {"status", statuses},
               {"dsn", yes_no},           {"subject", subjects}};
    for (const struct node *n = row->node->first; n; n = n->next) {
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            if (strcmp(all[i].key, n->key) == 0)
                try_words(d, n, all[i].words);
        }
        if (strcmp(n->key, "at") == 0)
            try_hosts(d, n);
        if (strcmp(n->key, "not") == 0)
            try_not(d, n);
    }
}

static void try_expect(struct doubting *d, const struct expect *e)
{
    const struct node *n;
    for (const struct expect_row *r = e->rows; r; r = r->next)
        try_row(d, r);
    for (n = e->replies ? e->replies->first : NULL; n; n = n->next)
        try_cell(d, n, n->text[0] == '2' ? "550" : "250");
    for (n = e->warnings ? e->warnings->first : NULL; n; n = n->next)
        try_words(d, n, words_warning);
    for (n = e->connections ? e->connections->first : NULL; n; n = n->next)
        try_cell(d, n, "99");
    for (n = e->journal ? e->journal->first : NULL; n; n = n->next) {
        for (const struct node *m = n->first; m; m = m->next)
            try_cell(d, m, "something else");
    }
}

/* -- evidence ------------------------------------------------------------- */

static void try_evidence(struct doubting *d, json_t *changed, const char *what)
{
    struct judge_change none = {NULL, NULL};
    d->report->changes++;
    if (!is_noticed(d, changed, none))
        texts_add(d->arena, &d->report->survivors, what);
    json_decref(changed);
}

/* The evidence with another list under a key; takes the list. */
static json_t *with_list(const struct doubting *d, const char *key,
                         json_t *list)
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
static json_t *with_element(const json_t *list, size_t i, json_t *element)
{
    json_t *copy = list_copy(list);
    json_array_set_new(copy, i, element);
    return copy;
}

static json_t *without(const json_t *list, size_t i)
{
    json_t *copy = list_copy(list);
    json_array_remove(copy, i);
    return copy;
}

static json_t *doubled(const json_t *list, size_t i)
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
    try_evidence(d, with_list(d, "received", with_element(list, i, message)),
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
        try_evidence(
            d, with_list(d, "received", with_element(list, i, changed)),
            arena_printf(d->arena, "received[%zu]: X-Zivver-Transport: %s", i,
                         values[k]));
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
        try_evidence(d, with_list(d, "received", without(list, i)),
                     arena_printf(d->arena, "received[%zu] dropped", i));
        try_evidence(d, with_list(d, "received", doubled(list, i)),
                     arena_printf(d->arena, "received[%zu] doubled", i));
    }
    try_message_with(d, i, "host", json_string("mx.elsewhere.example"),
                     "at another host");
    try_tls(d, i, message);
    if (!evidence_yes(message, "accepted")) {
        json_decref(recipients);
        return;
    }
    try_message_with(d, i, "recipients", recipients, "for another recipient");
    try_transport(d, i, message);
}

static void try_submission_replies(struct doubting *d, size_t i,
                                   json_t *replies, const char *what, size_t k)
{
    const json_t *list = evidence_list(d->evidence, "submissions");
    json_t *changed = json_copy(json_array_get(list, i));
    json_object_set_new(changed, "replies", replies);
    try_evidence(
        d, with_list(d, "submissions", with_element(list, i, changed)),
        arena_printf(d->arena, "submissions[%zu]: reply %zu %s", i, k, what));
}

static void try_submission(struct doubting *d, size_t i)
{
    const json_t *submission =
        json_array_get(evidence_list(d->evidence, "submissions"), i);
    const json_t *replies = evidence_list(submission, "replies");
    for (size_t k = 0; k < json_array_size(replies); k++) {
        json_t *reply = json_copy(json_array_get(replies, k));
        const char *text = evidence_text(reply, "reply");
        bool good = text[0] == '2' || text[0] == '3';
        json_object_set_new(
            reply, "reply",
            json_string(good ? "554 5.0.0 no" : "250 2.0.0 ok"));
        bool quit = strcmp(evidence_text(reply, "stage"), "quit") == 0;
        try_submission_replies(d, i, with_element(replies, k, reply), "altered",
                               k);
        if (quit)
            continue; /* nothing hangs on it */
        try_submission_replies(d, i, without(replies, k), "dropped", k);
        try_submission_replies(d, i, doubled(replies, k), "doubled", k);
    }
}

static void try_session(struct doubting *d, size_t i)
{
    const json_t *list = evidence_list(d->evidence, "sessions");
    const json_t *turns = evidence_list(json_array_get(list, i), "dialogue");
    for (size_t k = 0; k < json_array_size(turns); k++) {
        const json_t *turn = json_array_get(turns, k);
        if (!json_array_size(evidence_list(turn, "expected")) ||
            json_object_get(turn, "tls"))
            continue;
        json_t *altered = json_copy((json_t *)(uintptr_t)turn);
        json_object_set_new(altered, "got", json_string("999 altered"));
        json_t *session = json_copy(json_array_get(list, i));
        json_object_set_new(session, "dialogue",
                            with_element(turns, k, altered));
        try_evidence(
            d, with_list(d, "sessions", with_element(list, i, session)),
            arena_printf(d->arena, "sessions[%zu]: turn %zu altered", i, k));
    }
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
        if (s->kind == STEP_KIND_EXPECT)
            try_expect(&d, s->expect);
    }
    for (size_t i = 0; i < json_array_size(evidence_list(evidence, "received"));
         i++)
        try_message(&d, i);
    for (size_t i = 0;
         !d.killed &&
         i < json_array_size(evidence_list(evidence, "submissions"));
         i++)
        try_submission(&d, i);
    for (size_t i = 0; i < json_array_size(evidence_list(evidence, "sessions"));
         i++)
        try_session(&d, i);
}
