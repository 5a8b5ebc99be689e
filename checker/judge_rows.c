/* Each expected row against what happened to its recipient up to that step. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "checker/judge_internal.h"

/* What happened to one recipient, in the words of a row. */
struct happened {
    const struct claim *claim;
    const struct copy *copy; /* received, or NULL */
    const json_t *state;     /* the last outcome or deferral, or NULL */
    const json_t *decided;   /* the last decision, or NULL */
    const char *method, *delivery;
    const char *conversation, *at, *tls, *level, *status, *dsn, *subject;
};

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static const struct copy *copy_of(const struct trial *t,
                                  const struct claim *claim, unsigned last)
{
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *c = &t->w.copies[i];
        if (c->claim == claim && c->taken && c->step <= last)
            return c;
    }
    return NULL;
}

static const json_t *state_of(const struct trial *t, const struct claim *claim,
                              unsigned last)
{
    const json_t *outcome = witness_event(&t->w, claim, "outcome", last);
    return outcome ? outcome : witness_event(&t->w, claim, "deferred", last);
}

static const char *known(const char *text)
{
    return text && *text ? text : NULL;
}

static const char *subject_word(struct trial *t, const struct copy *copy)
{
    enum tri shows = shows_subject(t, copy);
    return shows == TRI_UNKNOWN ? subject_asked(t, copy)
           : shows == TRI_YES   ? "original"
                                : "generic";
}

static struct happened happened(struct trial *t, const struct claim *claim,
                                unsigned last)
{
    struct happened h = {.claim = claim};
    unsigned number = witness_conversation(claim);
    h.copy = copy_of(t, claim, last);
    h.state = state_of(t, claim, last);
    h.decided = witness_event(&t->w, claim, "decided", last);
    h.method = known(evidence_text(h.state, "method"));
    h.delivery = same(evidence_text(h.state, "event"), "deferred")
                     ? "deferred"
                     : known(evidence_text(h.state, "delivery"));
    h.conversation = number ? TEXT(t, "%u", number) : NULL;
    h.at = h.copy ? h.copy->host : known(evidence_text(h.state, "host"));
    h.tls = h.copy ? (h.copy->tls ? h.copy->tls : "plain")
                   : known(evidence_text(h.state, "tls"));
    h.level = known(evidence_text(h.state, "level"));
    h.status = known(evidence_text(h.state, "status"));
    h.dsn = dsn_told(t, claim, last);
    if (h.copy && h.copy->kind == COPY_KIND_NOTIFICATION)
        h.subject = subject_word(t, h.copy);
    return h;
}

static const json_t *not_entry(const json_t *decided, const char *method)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(evidence_list(decided, "not"), i, entry)
    {
        if (same(evidence_text(entry, "method"), method))
            return entry;
    }
    return NULL;
}

static const char *why_not(const struct happened *h, const char *method)
{
    const json_t *entry = not_entry(h->decided, method);
    return entry ? evidence_text(entry, "why") : NULL;
}

static const char *value_of(const struct happened *h, const char *key)
{
    const struct {
        const char *key, *value;
    } all[] = {{"method", h->method},
               {"delivery", h->delivery},
               {"conversation", h->conversation},
               {"at", h->at},
               {"tls", h->tls},
               {"level", h->level},
               {"status", h->status},
               {"dsn", h->dsn},
               {"subject", h->subject}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].key, key) == 0)
            return all[i].value;
    }
    return NULL;
}

/* -- what a mismatch shows ------------------------------------------------ */

/* A cell's value, quoted where YAML asks for it. */
static const char *yaml(struct trial *t, const char *text)
{
    return strpbrk(text, ",:{}[]#\"") ? TEXT(t, "\"%s\"", text) : text;
}

/* The row as it would have to read to accept what happened. */
static const char *pasteable(struct trial *t, const struct expect_row *row,
                             const struct happened *h)
{
    const char *text = TEXT(t, "%s: {", row->address), *comma = "";
    for (const struct node *n = row->node->first; n; n = n->next) {
        const char *value = value_of(h, n->key);
        if (n->kind == NODE_KIND_MAP) {
            const char *inner = "", *sep = "";
            for (const struct node *m = n->first; m; m = m->next) {
                const char *why = why_not(h, m->key);
                if (!why)
                    continue;
                inner = TEXT(t, "%s%s%s: %s", inner, sep, m->key, why);
                sep = ", ";
            }
            if (*inner) {
                text = TEXT(t, "%s%s%s: {%s}", text, comma, n->key, inner);
                comma = ", ";
            }
        } else if (value) {
            text = TEXT(t, "%s%s%s: %s", text, comma, n->key, yaml(t, value));
            comma = ", ";
        }
    }
    return TEXT(t, "%s}", text);
}

static void add_facts(struct trial *t, struct mismatch *m,
                      const struct prediction *p)
{
    const struct tables *tables = t->judge->tables;
    if (!p || !p->row)
        return;
    struct facts usual = facts_default(tables);
    for (unsigned i = 0; i < tables_axis_count(tables); i++) {
        if (p->facts.value[i] != usual.value[i] ||
            strcmp(tables_axis(tables, i), "server") == 0)
            texts_addf(t->arena, &m->facts, "%s: %s", tables_axis(tables, i),
                       tables_value(tables, i, p->facts.value[i]));
    }
    texts_addf(t->arena, &m->facts, "row '%s' of %s: method %s, delivery %s",
               p->row->id, p->row->order, p->method, p->delivery);
    if (!p->certain)
        texts_addf(t->arena, &m->facts, "not certain: %s", p->doubtful);
}

static const char *clause_of(const struct prediction *p, const char *key)
{
    static const struct {
        const char *key, *clause;
    } all[] = {{"conversation", "CONV-1"}, {"at", "TRANSPORT-4"},
               {"tls", "DIRECT-3"},        {"level", "TRANSPORT-2"},
               {"status", "DSN-3"},        {"dsn", "DSN-1"},
               {"subject", "MAIL-3"},      {"not", "ORDER-3"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].key, key) == 0)
            return all[i].clause;
    }
    if (!p || !p->row)
        return "ORDER-1";
    return p->row->clause                                ? p->row->clause
           : strcmp(p->row->order, "default-order") == 0 ? "ORDER-1"
                                                         : "ORDER-2";
}

/* -- a row ---------------------------------------------------------------- */

struct judging {
    struct trial *t;
    const struct expect_row *row;
    const struct prediction *p; /* or NULL */
    struct happened h;
};

static void row_fault(struct judging *j, struct place place, const char *key,
                      const char *expected, const char *got)
{
    struct trial *t = j->t;
    struct mismatch *m =
        fault(t, place, clause_of(j->p, key),
              TEXT(t, "%s: %s", j->row->address, key), expected, got);
    m->row = pasteable(t, j->row, &j->h);
    add_facts(t, m, j->p);
}

static void judge_not_cell(struct judging *j, const struct node * not )
{
    for (const struct node *n = not ->first; n; n = n->next) {
        const char *want = cell_text(j->t, n), *got = why_not(&j->h, n->key);
        if (!same(want, got))
            row_fault(j, n->place, "not", TEXT(j->t, "%s: %s", n->key, want),
                      TEXT(j->t, "%s: %s", n->key,
                           got ? got : "not above the chosen method"));
    }
}

static void judge_cells(struct judging *j)
{
    for (const struct node *n = j->row->node->first; n; n = n->next) {
        const char *want = cell_text(j->t, n);
        if (strcmp(n->key, "not") == 0) {
            judge_not_cell(j, n);
        } else if (want && strcmp(n->key, "against-table") != 0) {
            const char *got = value_of(&j->h, n->key);
            if (!same(want, got))
                row_fault(j, n->place, n->key, want, got ? got : "nothing");
        }
    }
}

/* The explanation names every rank above the chosen one, in order; inbound
 * direct delivery beside the first where it fell short. */
static void judge_explanation(struct judging *j)
{
    const struct prediction *p = j->p;
    struct trial *t = j->t;
    const json_t *list = evidence_list(j->h.decided, "not");
    if (!p->row || strcmp(p->row->delivery, "deferred") == 0)
        return;
    for (unsigned i = 0; i < p->not_count; i++) {
        const json_t *entry = not_entry(j->h.decided, p->not [i].method);
        const char *why = entry ? evidence_text(entry, "why") : "not explained";
        if (!entry || (p->not [i].why && !same(why, p->not [i].why)))
            row_fault(j, j->row->node->key_place, "not",
                      TEXT(t, "%s: %s", p->not [i].method,
                           p->not [i].why ? p->not [i].why : "a reason"),
                      TEXT(t, "%s: %s", p->not [i].method, why));
    }
    if (json_array_size(list) > p->not_count)
        row_fault(j, j->row->node->key_place, "not",
                  TEXT(t, "%u reasons", p->not_count),
                  TEXT(t, "%zu reasons", json_array_size(list)));
}

/* What the tables say holds too, wherever the row left it open. */
static void judge_prediction(struct judging *j)
{
    const struct prediction *p = j->p;
    if (!p || !p->certain || node_get(j->row->node, "against-table"))
        return;
    const struct {
        const char *key, *want, *got;
    } all[] = {{"method", p->method, j->h.method},
               {"delivery", p->delivery, j->h.delivery},
               {"status", strcmp(p->delivery, "failed") ? NULL : p->status,
                j->h.status}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i].want || node_get(j->row->node, all[i].key) ||
            same(all[i].want, all[i].got))
            continue;
        row_fault(j, j->row->node->key_place, all[i].key,
                  TEXT(j->t, "%s (by the tables)", all[i].want),
                  all[i].got ? all[i].got : "nothing");
    }
    judge_explanation(j);
}

static void judge_row(struct trial *t, const struct step *step,
                      const struct expect_row *row,
                      const struct prediction *all)
{
    struct claim *claim = witness_claim(&t->w, row->address, step->number);
    struct judging j = {.t = t, .row = row};
    if (!claim) {
        fault(t, row->node->key_place, "CONV-2", row->address,
              "a recipient of an accepted message", "none");
        return;
    }
    claim->rowed = true;
    j.p = predict_find(all, row->address);
    j.h = happened(t, claim, step->number);
    judge_cells(&j);
    judge_prediction(&j);
}

/* A served world that expects no recipients is judged by what holds in every
 * one. */
static bool is_open(const struct trial *t)
{
    for (const struct step *s = t->c->steps; s; s = s->next)
        if (s->kind == STEP_KIND_EXPECT && s->expect->rows)
            return false;
    return evidence_yes(t->evidence, "served");
}

static void judge_unrowed(struct trial *t)
{
    if (is_open(t))
        return;
    for (const struct letter *l = t->w.letters; l; l = l->next) {
        for (const struct claim *c = l->claims; c; c = c->next) {
            if (c->rowed)
                continue;
            struct happened h = happened(t, c, STEP_END);
            struct mismatch *m =
                fault(t, t->c->place, "CONV-2", TEXT(t, "%s: row", c->address),
                      "a row for each recipient", "no row");
            m->row = TEXT(t, "%s: {method: %s, delivery: %s}", c->address,
                          h.method ? h.method : "none",
                          h.delivery ? h.delivery : "deferred");
        }
    }
}

void judge_rows(struct trial *t)
{
    for (const struct step *s = t->c->steps; s; s = s->next) {
        if (s->kind != STEP_KIND_EXPECT || !s->expect->rows)
            continue;
        const struct prediction *all =
            predict_at(t->arena, t->judge->tables, t->c, s);
        for (const struct expect_row *r = s->expect->rows; r; r = r->next)
            judge_row(t, s, r, all);
    }
    judge_unrowed(t);
}
