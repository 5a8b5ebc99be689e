#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "engine/read.h"
#include "engine/vocabulary.h"
#include "engine/words.h"

static const char *const kind_names[] = {
    [STEP_KIND_SUBMIT] = "submit", [STEP_KIND_SESSION] = "session",
    [STEP_KIND_VISIT] = "visit",   [STEP_KIND_ADVANCE] = "advance",
    [STEP_KIND_CHANGE] = "change", [STEP_KIND_RESTART] = "restart",
    [STEP_KIND_DISK] = "disk",     [STEP_KIND_EXPECT] = "expect",
    [STEP_KIND_BOUNCE] = "bounce", [STEP_KIND_COUNT] = NULL};

const char *step_kind_name(enum step_kind kind)
{
    return kind_names[kind];
}

static void bad_at(struct reading *r, struct place place, const char *text)
{
    diagnostics_add(r->list, place, "%s", text);
    r->bad = true;
}

/* A control field that is nearly right is a slip; any other name is free. */
static void check_control_name(struct reading *r, const struct node *field)
{
    static const char *const names[] = {
        "zivver-direct-delivery", "zivver-access-right",
        "zivver-minimum-recipient-verification", NULL};
    const char *name = read_lower(r->arena, field->key);
    if (strncmp(name, "zivver-", 7) != 0 || names[words_index(names, name)] ||
        !near_miss(name, names))
        return;
    diagnostics_add_near(r->list, field->key_place, name, names,
                         "no control field `%s`", field->key);
    r->bad = true;
}

/* Header fields, and the names of those that a cell took away. */
static void read_headers(struct reading *r, struct submit *s,
                         const struct node *list)
{
    struct header_line **end = &s->headers;
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        const struct node *field = node_single(n);
        if (!field) {
            bad_at(r, n->place, "expected one field: - NAME: VALUE");
            continue;
        }
        check_control_name(r, field);
        *end = ARENA_NEW(r->arena, struct header_line);
        **end = (struct header_line){
            .name = field->key, .value = field->text, .place = field->place};
        end = &(*end)->next;
    }
}

/* The elements of `headers` that cells took away, or the whole list. */
static const struct node *removed_headers(const struct node *map)
{
    const struct node *list = node_get(map, "headers");
    if (list)
        return list->removed;
    for (const struct node *n = map->removed; n; n = n->next)
        if (strcmp(n->key, "headers") == 0)
            return n->first;
    return NULL;
}

static struct text_list left_out(struct arena *arena, const struct node *map)
{
    size_t count = 0, i = 0;
    const struct node *first = removed_headers(map);
    for (const struct node *n = first; n; n = n->next)
        count++;
    const char **names = arena_alloc(arena, (count + 1) * sizeof *names);
    for (const struct node *n = first; n; n = n->next)
        names[i++] = n->first ? n->first->key : "";
    return (struct text_list){.texts = names, .count = count};
}

static struct text_list join(struct arena *arena, const struct submit *s)
{
    const struct text_list *parts[] = {&s->to, &s->cc, &s->bcc};
    size_t count = s->to.count + s->cc.count + s->bcc.count, n = 0;
    const char **texts = arena_alloc(arena, (count + 1) * sizeof *texts);
    for (size_t p = 0; p < 3; p++)
        for (size_t i = 0; i < parts[p]->count; i++)
            texts[n++] = parts[p]->texts[i];
    return (struct text_list){.texts = texts, .count = n};
}

/* A recipient in a domain that the world does not have is a slip of the pen:
 * the posture no-domain says it on purpose. */
static void check_envelope(struct reading *r, const struct submit *s,
                           const struct node *map,
                           const struct world_spec *world)
{
    static const char *const keys[] = {"to", "cc", "bcc", "envelope"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const struct node *list = node_get(map, keys[k]);
        if (s->envelope.count && node_get(map, "envelope") && k < 3)
            continue;
        for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
            const char *domain = address_domain(n->text);
            if (*domain == '[' || world_posture(world, domain))
                continue;
            diagnostics_add(
                r->list, n->place,
                "`%s` is in no `world: domains` and is no "
                "organization's; `%s: no-domain` says so on purpose",
                domain, domain);
            r->bad = true;
        }
    }
}

static const char *read_path(const struct node *map, const char *from)
{
    const char *path = node_text(map, "reverse-path", from);
    return strcmp(path, "<>") == 0 ? "" : path;
}

static bool yes(const struct node *map, const char *key, bool otherwise)
{
    const struct node *n = node_get(map, key);
    return n ? node_is_text(n, "yes") : otherwise;
}

/* A file that is not there is told before anything runs. */
static const char *read_raw(struct reading *r, const struct node *name)
{
    if (!name)
        return NULL;
    const char *const *all = fixtures_messages(r->fixtures);
    for (const char *const *file = all; *file; file++)
        if (node_is_text(name, *file))
            return name->text;
    diagnostics_add_near(r->list, name->place, name->text, all,
                         "no message `%s` in fixtures/messages", name->text);
    r->bad = true;
    return NULL;
}

struct submit *read_submit(struct reading *r, const struct node *map,
                           const struct world_spec *world)
{
    struct submit *s = ARENA_NEW(r->arena, struct submit);
    s->from = node_text(map, "from", "");
    s->reverse_path = read_path(map, s->from);
    s->to = read_texts(r->arena, node_get(map, "to"));
    s->cc = read_texts(r->arena, node_get(map, "cc"));
    s->bcc = read_texts(r->arena, node_get(map, "bcc"));
    s->envelope = node_get(map, "envelope")
                      ? read_texts(r->arena, node_get(map, "envelope"))
                      : join(r->arena, s);
    if (!s->envelope.count)
        bad_at(r, map->place, "no recipient: `to`, `cc`, `bcc` or `envelope`");
    check_envelope(r, s, map, world);
    read_headers(r, s, node_get(map, "headers"));
    s->left_out = left_out(r->arena, map);
    s->subject = node_text(map, "subject", NULL);
    s->text = node_text(map, "text", NULL);
    s->html = node_text(map, "html", NULL);
    s->raw = read_raw(r, node_get(map, "raw"));
    s->attachments = read_attachments(r, node_get(map, "attachments"));
    s->attachment = yes(map, "attachment", !s->attachments);
    s->texts = node_text(map, "texts", "both");
    s->settle = node_is_text(node_get(map, "settle"), "yes") ||
                !node_get(map, "settle");
    s->until_outcome = node_is_text(node_get(map, "settle"), "outcome");
    s->user = node_text(map, "user", NULL);
    s->password = node_text(map, "password", NULL);
    s->tls = node_text(map, "tls", NULL);
    s->helo = node_text(map, "helo", NULL);
    s->is_anonymous = node_is_text(node_get(map, "auth"), "none");
    s->auth = node_text(map, "auth", NULL);
    s->body = node_text(map, "body", NULL);
    s->size = node_text(map, "size", NULL);
    s->smtputf8 = yes(map, "smtputf8", false);
    s->chunk_bytes = (size_t)strtoull(node_text(map, "chunks", "0"), NULL, 10);
    s->is_other = node_is_text(node_get(map, "source"), "other");
    s->notify = node_get(map, "notify");
    s->orcpt = node_get(map, "orcpt");
    s->envid = node_text(map, "envid", NULL);
    s->ret = node_text(map, "ret", NULL);
    s->dkim = node_text(map, "dkim", NULL);
    return s;
}

static void check_not(struct reading *r, const struct node *row)
{
    const struct node *not = node_get(row, "not");
    const char *const *why = fixtures_why(r->fixtures);
    for (const struct node *n = not ? not ->first : NULL; n; n = n->next) {
        bool method = words_method[words_index(words_method, n->key)] ||
                      strcmp(n->key, "inbound-direct-delivery") == 0;
        if (!method) {
            diagnostics_add_near(r->list, n->key_place, n->key, words_method,
                                 "no method `%s`", n->key);
            r->bad = true;
        }
        if (!why[0] || why[words_index(why, n->text)])
            continue;
        diagnostics_add_near(r->list, n->place, n->text, why,
                             "`%s` is no word of fixtures/words/why.yaml",
                             n->text);
        r->bad = true;
    }
}

struct expect *read_expect(struct reading *r, const struct node *map)
{
    struct expect *e = ARENA_NEW(r->arena, struct expect);
    struct expect_row **end = &e->rows;
    e->node = map;
    for (const struct node *n = map->first; n; n = n->next) {
        if (!strchr(n->key, '@'))
            continue;
        *end = ARENA_NEW(r->arena, struct expect_row);
        **end = (struct expect_row){.address = n->key, .node = n};
        end = &(*end)->next;
        check_not(r, n);
    }
    e->replies = node_get(map, "replies");
    e->warnings = node_get(map, "warnings");
    e->journal = node_get(map, "journal");
    e->absent = node_get(map, "absent");
    e->connections = node_get(map, "connections");
    e->policy_fetches = node_get(map, "policy-fetches");
    return e;
}

static bool fill_step(struct reading *r, struct step *s, const struct node *n,
                      const struct world_spec *world, unsigned held_now)
{
    unsigned kind = words_index(kind_names, n->key);
    long long seconds = 0;
    if (kind >= STEP_KIND_COUNT)
        return false;
    s->kind = (enum step_kind)kind;
    s->place = n->key_place;
    s->node = n;
    s->world = world;
    switch (s->kind) {
    case STEP_KIND_SUBMIT:
        s->submit = read_submit(r, n, world);
        break;
    case STEP_KIND_SESSION:
        read_session(r, s, n, held_now);
        break;
    case STEP_KIND_VISIT:
        s->visit = read_visit(r, n, world);
        break;
    case STEP_KIND_BOUNCE:
        s->bounce = read_bounce(r, n);
        break;
    case STEP_KIND_ADVANCE:
        if (!duration_parse(n->text, &seconds) || seconds == 0)
            bad_at(r, n->place, "the clock only goes forward");
        s->advance_s = seconds;
        break;
    case STEP_KIND_CHANGE:
        s->world = read_change(r, n, world);
        break;
    case STEP_KIND_RESTART:
        s->kill = node_is_text(n, "kill");
        break;
    case STEP_KIND_DISK:
        s->disk = (enum target_disk)words_index(words_disk, n->text);
        break;
    case STEP_KIND_EXPECT:
        s->expect = read_expect(r, n);
        break;
    case STEP_KIND_COUNT:
        return false;
    }
    return true;
}

struct chain {
    struct step *first, **end;
    unsigned count;
    unsigned held; /* connections that are open */
    const struct world_spec *world;
};

static void add_step(struct reading *r, struct chain *chain,
                     const struct node *n)
{
    struct step *s = n ? ARENA_NEW(r->arena, struct step) : NULL;
    if (!s || !fill_step(r, s, n, chain->world, chain->held))
        return;
    s->number = chain->count++;
    chain->world = s->world;
    chain->held += s->hold - s->held;
    *chain->end = s;
    chain->end = &s->next;
}

static bool is_published(const char *key)
{
    return strcmp(key, "nta") == 0 || strcmp(key, "dns") == 0;
}

/* What stands in the configuration is read at a start. */
static bool needs_restart(const struct node *change)
{
    const struct node *sender = node_get(change, "sender");
    const struct node *others = node_get(change, "organizations");
    bool needs = node_get(change, "accounts") != NULL;
    for (const struct node *n = sender ? sender->first : NULL; n; n = n->next)
        needs |= !is_published(n->key);
    for (const struct node *o = others ? others->first : NULL; o; o = o->next)
        for (const struct node *n = o->first; n; n = n->next)
            needs |= !is_published(n->key);
    return needs;
}

static void check_changes(struct reading *r, const struct step *step)
{
    for (; step; step = step->next) {
        bool followed = step->next && step->next->kind == STEP_KIND_RESTART;
        if (step->kind == STEP_KIND_CHANGE && needs_restart(step->node) &&
            !followed)
            bad_at(
                r, step->place,
                "the gateway reads this at its start: a `restart` must follow");
    }
}

struct step *read_steps(struct reading *r, const struct node *root,
                        const struct world_spec *world)
{
    struct chain chain = {.world = world};
    chain.end = &chain.first;
    add_step(r, &chain, node_get(root, "submit"));
    add_step(r, &chain, node_get(root, "session"));
    const struct node *steps = node_get(root, "steps");
    for (const struct node *n = steps ? steps->first : NULL; n; n = n->next) {
        const struct node *step = node_single(n);
        if (step)
            add_step(r, &chain, step);
        else
            bad_at(r, n->place, "expected one step: - WORD: ...");
    }
    if (!chain.count)
        bad_at(r, root->place, "nothing happens: no submit, session or steps");
    check_changes(r, chain.first);
    add_step(r, &chain, node_get(root, "expect"));
    return chain.first;
}
