/* Each expected cell, read as every other legal value. */
#include <string.h>

#include "checker/doubt_internal.h"
#include "engine/words.h"

void doubt_cell(struct doubting *d, const struct node *cell,
                const char *instead)
{
    struct judge_change change = {cell, instead};
    if (cell->kind != NODE_KIND_TEXT || strcmp(cell->text, instead) == 0)
        return;
    d->report->changes++;
    if (!doubt_is_noticed(d, d->evidence, change))
        texts_addf(d->arena, &d->report->survivors,
                   "%s:%d:%d: %s: %s instead of %s", cell->place.file,
                   cell->place.line, cell->place.column,
                   cell->key ? cell->key : "word", instead, cell->text);
}

static void try_words(struct doubting *d, const struct node *cell,
                      const char *const *words)
{
    for (; *words; words++)
        doubt_cell(d, cell, *words);
}

/* The names of all hosts of the world. */
static void try_hosts(struct doubting *d, const struct node *cell)
{
    const struct domain *domain = d->c->world->domains;
    doubt_cell(d, cell, "elsewhere.example");
    for (; domain; domain = domain->next) {
        const struct posture_host *h = domain->posture->hosts;
        for (; h; h = h->next) {
            if (h->name)
                doubt_cell(d, cell, h->name);
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
    static const char *const subjects[] = {"original", "generic", NULL};
    const struct {
        const char *key;
        const char *const *words;
    } all[] = {{"method", words_method},  {"delivery", words_delivery},
               {"conversation", numbers}, {"tls", words_tls_seen},
               {"level", words_level},    {"status", statuses},
               {"dsn", words_dsn},        {"subject", subjects}};
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

/* A reply's code, and a word that it does not hold. */
static void try_reply(struct doubting *d, const struct node *cell)
{
    doubt_cell(d, cell, cell->text[0] == '2' ? "550" : "250");
    doubt_cell(d, cell, arena_printf(d->arena, "%s otherwise", cell->text));
}

void doubt_expect(struct doubting *d, const struct expect *e)
{
    const struct node *n;
    for (const struct expect_row *r = e->rows; r; r = r->next)
        try_row(d, r);
    for (n = e->replies ? e->replies->first : NULL; n; n = n->next)
        try_reply(d, n);
    for (n = e->warnings ? e->warnings->first : NULL; n; n = n->next)
        try_words(d, n, words_warning);
    for (n = e->connections ? e->connections->first : NULL; n; n = n->next)
        doubt_cell(d, n, "99");
    for (n = e->policy_fetches ? e->policy_fetches->first : NULL; n;
         n = n->next)
        doubt_cell(d, n, "99");
    for (n = e->journal ? e->journal->first : NULL; n; n = n->next) {
        for (const struct node *m = n->first; m; m = m->next)
            doubt_cell(d, m, "something else");
    }
}

void doubt_bounce(struct doubting *d, const struct step *step)
{
    const struct node *reply = node_get(step->node, "expect");
    if (reply)
        try_reply(d, reply);
}
