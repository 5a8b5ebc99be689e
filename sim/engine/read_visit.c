/* What visitors of the portal do, in a `visit` step. */
#include <stdlib.h>
#include <string.h>

#include "engine/read.h"
#include "engine/words.h"

static const char *const act_names[] = {
    "browser",  "open",         "open-attachment", "look",
    "press",    "code",         "access-code",     "login",
    "download", "reply",        "steal",           "http",
    "octets",   "client-login", "client-fetch",    "client-download",
    NULL};
_Static_assert(sizeof act_names / sizeof *act_names == VISIT_ACT_COUNT + 1,
               "a name for each");

/* Which modifiers have an effect on which actions; any other is a slip. */
#define ACT(name) (1u << VISIT_ACT_##name)
#define FORMS                                                                  \
    (ACT(PRESS) | ACT(CODE) | ACT(ACCESS_CODE) | ACT(LOGIN) | ACT(REPLY))
#define CLIENT (ACT(CLIENT_LOGIN) | ACT(CLIENT_FETCH) | ACT(CLIENT_DOWNLOAD))
#define REQUESTS                                                               \
    (FORMS | CLIENT | ACT(OPEN) | ACT(OPEN_ATTACHMENT) | ACT(LOOK) |           \
     ACT(DOWNLOAD) | ACT(STEAL) | ACT(HTTP) | ACT(OCTETS))
static const struct {
    const char *key;
    unsigned acts;
} modifiers[] = {
    {"times", REQUESTS},
    {"nth", ACT(OPEN) | ACT(OPEN_ATTACHMENT) | ACT(CLIENT_FETCH)},
    {"of", REQUESTS & ~ACT(OCTETS)},
    {"token", ACT(OPEN) | ACT(OPEN_ATTACHMENT) | ACT(CLIENT_FETCH) |
                  ACT(CLIENT_DOWNLOAD)},
    {"csrf", FORMS},
    {"cookie", REQUESTS & ~CLIENT & ~ACT(OCTETS)},
    {"method", REQUESTS & ~ACT(HTTP) & ~ACT(OCTETS)},
    {"origin", REQUESTS & ~ACT(OCTETS)},
    {"answers", ACT(OCTETS)},
    {"source", ACT(BROWSER)},
    {"with", ACT(CLIENT_LOGIN)},
    {"attachment", ACT(REPLY)},
    {"sees", REQUESTS},
    {"shows", REQUESTS},
    {"hides", REQUESTS},
};

const char *visit_act_name(enum visit_act act)
{
    return act_names[act];
}

static void slip(struct reading *r, const struct node *n, const char *text)
{
    diagnostics_add(r->list, n->key_place, "`%s`: %s", n->key, text);
    r->bad = true;
}

/* The one key that is an action; NULL after a diagnostic. */
static const struct node *find_act(struct reading *r, const struct node *map)
{
    const struct node *found = NULL;
    for (const struct node *n = map->first; n; n = n->next) {
        if (!act_names[words_index(act_names, n->key)])
            continue;
        if (found)
            slip(r, n, "one action in each turn");
        else
            found = n;
    }
    if (!found) {
        diagnostics_add(r->list, map->place,
                        "nothing is done: expected browser, open, press, "
                        "code, login, download, reply or another action");
        r->bad = true;
    }
    return found;
}

static void check_modifiers(struct reading *r, const struct node *map,
                            enum visit_act act)
{
    for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++) {
        const struct node *n = node_get(map, modifiers[i].key);
        if (n && !(modifiers[i].acts & (1u << act)))
            slip(r, n, "no effect on this action");
    }
    const struct node *sees = node_get(map, "sees");
    if (!sees && ((REQUESTS >> act) & 1)) {
        diagnostics_add(r->list, map->place,
                        "`sees` is missing: what the visitor sees then");
        r->bad = true;
    }
}

static unsigned number(const struct node *map, const char *key,
                       unsigned otherwise)
{
    const char *text = node_text(map, key, NULL);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static bool is_code(const char *text)
{
    static const char *const words[] = {"right", "old", "wrong", NULL};
    return words[words_index(words, text)] ||
           (strlen(text) == 6 && strspn(text, "0123456789") == 6);
}

static void check_value(struct reading *r, const struct visit_turn *t,
                        const struct node *act, const struct world_spec *world)
{
    if (t->act == VISIT_ACT_CODE && !is_code(t->value))
        slip(r, act, "expected right, old, wrong, or six digits");
    if (t->act == VISIT_ACT_HTTP && !strstr(t->value, " /"))
        slip(r, act, "expected a method and a path: GET /path");
    if (t->act == VISIT_ACT_CLIENT_LOGIN && !world_account(world, t->value))
        slip(r, act, "there is no account of this address");
    if (t->act == VISIT_ACT_OCTETS && !node_get(t->node, "answers"))
        slip(r, act, "`answers` is missing: the status of each answer");
    if (t->times == 0 || t->times > 30)
        slip(r, act, "from once to 30 times");
}

static struct visit_turn *read_turn(struct reading *r, const struct node *map,
                                    const struct world_spec *world)
{
    const struct node *act = find_act(r, map);
    if (!act)
        return NULL;
    struct visit_turn *t = ARENA_NEW(r->arena, struct visit_turn);
    *t = (struct visit_turn){
        .act = (enum visit_act)words_index(act_names, act->key),
        .value = act->text ? act->text : "",
        .times = number(map, "times", 1),
        .nth = number(map, "nth", 0),
        .of = node_text(map, "of", NULL),
        .token = node_text(map, "token", NULL),
        .csrf = node_text(map, "csrf", NULL),
        .cookie = node_text(map, "cookie", NULL),
        .method = node_text(map, "method", NULL),
        .origin = node_text(map, "origin", NULL),
        .with = node_text(map, "with", NULL),
        .attachment = number(map, "attachment", 0),
        .is_other = node_get(map, "source") != NULL,
        .sees = read_texts(r->arena, node_get(map, "sees")),
        .shows = read_texts(r->arena, node_get(map, "shows")),
        .hides = read_texts(r->arena, node_get(map, "hides")),
        .node = map,
        .place = map->place};
    check_modifiers(r, map, t->act);
    check_value(r, t, act, world);
    return t;
}

/* The first thing done opens something, or there is no page to do it on. */
static void check_first(struct reading *r, const struct visit_turn *t,
                        const struct node *list)
{
    const unsigned starts = ACT(BROWSER) | ACT(OPEN) | ACT(OPEN_ATTACHMENT) |
                            ACT(HTTP) | ACT(OCTETS) | ACT(STEAL) |
                            ACT(CLIENT_LOGIN) | ACT(CLIENT_FETCH);
    if (t && (starts >> t->act) & 1)
        return;
    diagnostics_add(r->list, t ? t->place : list->place,
                    "a visit begins with browser, open, open-attachment, "
                    "steal, http, octets or client-login");
    r->bad = true;
}

struct visit_turn *read_visit(struct reading *r, const struct node *list,
                              const struct world_spec *world)
{
    struct visit_turn *first = NULL, **end = &first;
    for (const struct node *n = list->first; n; n = n->next) {
        struct visit_turn *t =
            n->kind == NODE_KIND_MAP ? read_turn(r, n, world) : NULL;
        if (!t)
            continue;
        *end = t;
        end = &t->next;
    }
    if (!r->bad)
        check_first(r, first, list);
    return first;
}
